//! [`Reader`]: recalls entries, several at a time and beside the writer.

use std::sync::LazyLock;
use std::time::Instant;

use rusqlite::{Connection, Error, Params, Row, params_from_iter};

use super::crew::Desk;
use super::listing::Listing;
use super::passing::is_busy;
use super::recent::Recent;
use super::{database, row};
use crate::catalogue::{CatalogueError, Holder, Query, Usage};
use crate::domain::{Amount, Entry, EntryId};

static ONE: LazyLock<String> = LazyLock::new(|| format!("{} WHERE id = ?1", *row::SELECT));

#[derive(Clone, Debug)]
pub(super) struct Reader {
    desk: Desk,
    recent: Recent,
}

impl Reader {
    pub(super) fn new(desk: Desk, recent: Recent) -> Self {
        Self { desk, recent }
    }

    pub(super) async fn load(&self, id: EntryId) -> Result<Option<Entry>, CatalogueError> {
        let mark = match self.recent.find(id, Instant::now()) {
            Ok(known) => return Ok(Some(known)),
            Err(mark) => mark,
        };
        let found = move |connection: &Connection| {
            each(connection, &ONE, [id.to_string()], row::entry).map(|mut found| found.pop())
        };
        let found = self.desk.read(found).await?;
        if let Some(entry) = &found {
            self.recent.keep(mark, entry, Instant::now());
        }
        Ok(found)
    }

    pub(super) async fn list(&self, query: Query) -> Result<Vec<Entry>, CatalogueError> {
        let Listing { sql, values } = Listing::of(&query);
        let values = params_from_iter(values);
        self.desk.read(move |connection| each(connection, &sql, values, row::entry)).await
    }

    /// What a statement of our own finds.
    pub(super) async fn fetch<T: Send + 'static>(
        &self,
        sql: &'static str,
        values: impl Params + Send + 'static,
        read: fn(&Row<'_>) -> Result<T, CatalogueError>,
    ) -> Result<Vec<T>, CatalogueError> {
        self.desk.read(move |connection| each(connection, sql, values, read)).await
    }

    pub(super) async fn usage(&self, holder: Holder) -> Result<Usage, CatalogueError> {
        let values = [holder.owner.to_string(), holder.page.to_string(), holder.slot.to_string()];
        let amounts = self.fetch(include_str!("usage.sql"), values, amount).await?;
        let mut usage = Usage::default();
        for (whose, amount) in amounts {
            match whose {
                0 => usage.slot = amount,
                1 => usage.caller = amount,
                _ => usage.all = amount,
            }
        }
        Ok(usage)
    }
}

/// Whose it is, by the numbers of `usage.sql`, and how much.
fn amount(row: &Row<'_>) -> Result<(i64, Amount), CatalogueError> {
    let number = |column| {
        let number = row.get::<_, i64>(column).map_err(database)?;
        Ok(u64::try_from(number).unwrap_or_default())
    };
    let amount = Amount { bytes: number(1)?, files: number(2)?, unfinished: number(3)? };
    Ok((row.get(0).map_err(database)?, amount))
}

fn each<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, CatalogueError>,
) -> Result<Vec<T>, CatalogueError> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query(values).map_err(failed)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        all.push(read(row)?);
    }
    Ok(all)
}

fn failed(error: Error) -> CatalogueError {
    if is_busy(&error) { CatalogueError::Busy(Box::new(error)) } else { database(error) }
}

//! [`Reader`]: recalls entries, several at a time and beside the writer.
//!
//! Reading runs in the runtime of the database's thread, because a connection that is given back
//! to its pool needs a runtime that is still there.

use std::sync::Arc;

use sqlx::query::Query as SqlQuery;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteRow,
};
use sqlx::{QueryBuilder, Row, Sqlite};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::passing::is_busy;
use super::{database, row};
use crate::catalogue::{CatalogueError, Holder, Query, Usage, Wanted};
use crate::domain::{Amount, Entry, EntryId};

type Statement = SqlQuery<'static, Sqlite, SqliteArguments>;

const CONNECTIONS: u32 = 4;

/// How many readings may be under way or wait for a connection before callers wait outside.
const UNDER_WAY: usize = 64;

#[derive(Clone, Debug)]
pub(super) struct Reader {
    runtime: Handle,
    pool: SqlitePool,
    gate: Arc<Semaphore>,
}

impl Reader {
    /// Opens the pool in the current runtime, which must be the one of the database's thread.
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self, CatalogueError> {
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(options.pragma("query_only", "on"))
            .await
            .map_err(database)?;
        let gate = Arc::new(Semaphore::new(UNDER_WAY));
        Ok(Self { runtime: Handle::current(), pool, gate })
    }

    pub(super) async fn load(&self, id: EntryId) -> Result<Option<Entry>, CatalogueError> {
        self.read(move |pool| async move {
            let found = sqlx::query("SELECT * FROM entries WHERE id = $1")
                .bind(id.to_string())
                .fetch_optional(&pool)
                .await
                .map_err(failed)?;
            found.as_ref().map(row::entry).transpose()
        })
        .await
    }

    pub(super) async fn list(&self, query: Query) -> Result<Vec<Entry>, CatalogueError> {
        self.read(move |pool| async move {
            let rows = statement(&query).build().fetch_all(&pool).await.map_err(failed)?;
            rows.iter().map(row::entry).collect()
        })
        .await
    }

    /// The rows that a statement of our own finds.
    pub(super) async fn fetch(
        &self,
        statement: impl FnOnce() -> Statement + Send + 'static,
    ) -> Result<Vec<SqliteRow>, CatalogueError> {
        self.read(move |pool| async move { statement().fetch_all(&pool).await.map_err(failed) })
            .await
    }

    pub(super) async fn usage(&self, holder: Holder) -> Result<Usage, CatalogueError> {
        self.read(move |pool| async move {
            let rows = sqlx::query(include_str!("usage.sql"))
                .bind(holder.owner.to_string())
                .bind(holder.page.to_string())
                .bind(holder.slot.to_string())
                .fetch_all(&pool)
                .await
                .map_err(failed)?;
            let mut usage = Usage::default();
            for row in &rows {
                let number = |column| {
                    row.try_get::<i64, _>(column)
                        .map(|number| u64::try_from(number).unwrap_or_default())
                        .map_err(database)
                };
                let amount =
                    Amount { bytes: number(1)?, files: number(2)?, unfinished: number(3)? };
                match row.try_get::<i64, _>(0).map_err(database)? {
                    0 => usage.slot = amount,
                    1 => usage.caller = amount,
                    _ => usage.all = amount,
                }
            }
            Ok(usage)
        })
        .await
    }

    /// Waits for what is under way, then closes all connections; later readings are `Closed`.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    async fn read<T, F>(&self, reading: impl FnOnce(SqlitePool) -> F) -> Result<T, CatalogueError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, CatalogueError>> + Send + 'static,
    {
        let gate = Arc::clone(&self.gate);
        let permit = gate.acquire_owned().await.map_err(|_| CatalogueError::Closed)?;
        let reading = reading(self.pool.clone());
        let task = self.runtime.spawn(async move {
            let outcome = reading.await;
            drop(permit);
            outcome
        });
        task.await.unwrap_or(Err(CatalogueError::Closed))
    }
}

fn failed(error: sqlx::Error) -> CatalogueError {
    match error {
        sqlx::Error::PoolClosed => CatalogueError::Closed,
        error if is_busy(&error) => CatalogueError::Busy(Box::new(error)),
        error => database(error),
    }
}

/// Only conditions that are asked for stand in the text, so that SQLite finds its indexes.
pub(super) fn statement(query: &Query) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("SELECT * FROM entries WHERE ");
    sql.push(match query.wanted {
        Wanted::Any => "TRUE",
        // The plus keeps SQLite from the index of states; the one of owners is the better one.
        Wanted::Stored if query.owner.is_some() => {
            "+state = 'consumed' AND kept_at IS NOT NULL AND lost_at IS NULL"
        }
        Wanted::Stored => "state = 'consumed' AND kept_at IS NOT NULL AND lost_at IS NULL",
        Wanted::Taken => "state = 'consumed' AND kept_at IS NULL",
        Wanted::Unfinished => "state IN ('registered', 'receiving', 'verifying')",
        Wanted::Unconsumed => "state = 'complete'",
    });
    if let Some(owner) = query.owner {
        sql.push(" AND owner = ").push_bind(owner.to_string());
    }
    if let Some(ticket) = query.ticket {
        sql.push(" AND ticket = ").push_bind(ticket.to_string());
    }
    if let Some(session) = query.session {
        sql.push(" AND session = ").push_bind(session.to_string());
    }
    if let Some(page) = &query.page {
        sql.push(" AND page = ").push_bind(page.to_string());
    }
    if let Some(slot) = &query.slot {
        sql.push(" AND slot = ").push_bind(slot.to_string());
    }
    if let Some(before) = query.before {
        sql.push(" AND touched_at < ").push_bind(before.as_millis());
    }
    if let Some(before) = query.born_before {
        sql.push(" AND created_at < ").push_bind(before.as_millis());
    }
    if let Some(cursor) = query.cursor {
        sql.push(" AND id < ").push_bind(cursor.to_string());
    }
    sql.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(query.limit));
    sql
}

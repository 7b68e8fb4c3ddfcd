//! An entry as a row of SQLite, and back.
//!
//! Writing can't fail on what an entry holds. Reading can: a row may have been written by a newer
//! version or by hand, and each field goes through its own parser again.
//!
//! INVARIANT: what can't be understood is `Corrupt`, never a panic and never a guess.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::LazyLock;

use rusqlite::types::{FromSql, ValueRef};
use rusqlite::{Connection, Error, Row, params};
use serde_json::{Value, json};

use crate::catalogue::CatalogueError;
use crate::domain::{
    ClientFacts, Entry, EntryKind, EntryState, FileName, NewEntry, PartialDigest, Rejection,
    RelativePath, Timestamp,
};

/// All columns, in the order in which they are written and read. Asking SQLite for the place of a name would cost more
/// than reading the row.
const COLUMNS: [&str; 33] = [
    "id",
    "reference",
    "session",
    "owner",
    "page",
    "slot",
    "name",
    "relative_path",
    "client_name",
    "client_type",
    "client_size",
    "client_relative_path",
    "client_last_modified",
    "client_sha256",
    "length",
    "byte_offset",
    "digest",
    "media_type",
    "created_at",
    "settled_at",
    "kept_at",
    "state",
    "rejection_code",
    "rejection_message",
    "rejection_params",
    "writer_result",
    "home",
    "touched_at",
    "partial_digest",
    "lost_at",
    "piece",
    "memo",
    "ticket",
];

/// The beginning of whatever reads rows.
pub(super) static SELECT: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {} FROM entries", COLUMNS.join(", ")));

/// Runs a statement that is given all fields. Answers how many rows were made or changed.
pub(super) fn write(connection: &Connection, sql: &str, entry: &Entry) -> Result<usize, Error> {
    let facts = &entry.facts;
    let rejection = entry.rejection();
    connection.prepare_cached(sql)?.execute(params![
        entry.id.to_string(),
        entry.reference.to_string(),
        entry.session.to_string(),
        entry.owner.to_string(),
        entry.page.to_string(),
        entry.slot.to_string(),
        entry.name.to_string(),
        entry.relative_path.as_ref().map(text),
        facts.client_name,
        facts.client_type,
        facts.client_size.map(u64::cast_signed),
        facts.client_relative_path,
        facts.client_last_modified,
        facts.client_sha256.as_ref().map(text),
        entry.length.map(u64::cast_signed),
        entry.offset.cast_signed(),
        entry.digest.as_ref().map(text),
        entry.media_type.as_ref().map(text),
        entry.created_at.as_millis(),
        entry.settled_at.map(Timestamp::as_millis),
        entry.kept_at.map(Timestamp::as_millis),
        entry.state().as_str(),
        rejection.map(|rejection| rejection.code().to_string()),
        rejection.map(|rejection| rejection.message()),
        rejection.and_then(params_text),
        entry.writer_result.as_ref().map(text),
        entry.home.to_string(),
        entry.touched_at.as_millis(),
        entry.partial_digest.as_ref().map(PartialDigest::as_bytes),
        entry.lost_at.map(Timestamp::as_millis),
        i64::from(entry.kind == EntryKind::Piece),
        entry.memo,
        entry.ticket.as_ref().map(text),
    ])
}

/// The entry that a row of all columns holds.
pub(super) fn entry(row: &Row<'_>) -> Result<Entry, CatalogueError> {
    let row = Fields(row);
    let mut entry = Entry::new(NewEntry {
        id: row.parsed("id")?,
        reference: row.parsed("reference")?,
        session: row.parsed("session")?,
        owner: row.parsed("owner")?,
        ticket: row.parsed_if_there("ticket")?,
        page: row.parsed("page")?,
        slot: row.parsed("slot")?,
        name: row.sanitised("name", FileName::sanitise)?.ok_or_else(|| row.corrupt("name", &""))?,
        relative_path: row.sanitised("relative_path", RelativePath::sanitise)?,
        facts: ClientFacts {
            client_name: row.get("client_name")?,
            client_type: row.get("client_type")?,
            client_size: row.get("client_size").map(unsigned)?,
            client_relative_path: row.get("client_relative_path")?,
            client_last_modified: row.get("client_last_modified")?,
            client_sha256: row.parsed_if_there("client_sha256")?,
        },
        kind: row.kind()?,
        memo: row.get("memo")?,
        length: row.get("length").map(unsigned)?,
        created_at: Timestamp::from_millis(row.get("created_at")?),
    });
    entry.offset = row.get::<i64>("byte_offset")?.cast_unsigned();
    entry.digest = row.parsed_if_there("digest")?;
    entry.media_type = row.parsed_if_there("media_type")?;
    entry.settled_at = row.get::<Option<i64>>("settled_at")?.map(Timestamp::from_millis);
    entry.kept_at = row.get::<Option<i64>>("kept_at")?.map(Timestamp::from_millis);
    entry.writer_result = row.parsed_if_there("writer_result")?;
    entry.home = row.parsed("home")?;
    entry.touched_at = Timestamp::from_millis(row.get("touched_at")?);
    entry.partial_digest = row.get::<Option<Vec<u8>>>("partial_digest")?.map(PartialDigest::new);
    entry.lost_at = row.get::<Option<i64>>("lost_at")?.map(Timestamp::from_millis);
    Ok(entry.with_state(row.state()?))
}

fn text(value: &impl Display) -> String {
    value.to_string()
}

/// SQLite has no unsigned numbers. The same 64 bits lose nothing, also of a claim beyond all files.
fn unsigned(number: Option<i64>) -> Option<u64> {
    number.map(i64::cast_unsigned)
}

/// Parameters are for clients that write their own sentences; losing them would be no harm, so
/// the failure that serde knows here in theory is none.
fn params_text(rejection: &Rejection) -> Option<String> {
    let params = rejection.params();
    if params.is_empty() { None } else { serde_json::to_string(params).ok() }
}

/// A row, with errors that say where in it something is wrong.
struct Fields<'r>(&'r Row<'r>);

impl<'r> Fields<'r> {
    fn get<T: FromSql>(&self, column: &str) -> Result<T, CatalogueError> {
        self.0.get(place(column)).map_err(|error| self.corrupt(column, &error))
    }

    fn raw(&self, column: &str) -> Result<ValueRef<'r>, CatalogueError> {
        self.0.get_ref(place(column)).map_err(|error| self.corrupt(column, &error))
    }

    fn text(&self, column: &str) -> Result<&'r str, CatalogueError> {
        self.raw(column)?.as_str().map_err(|error| self.corrupt(column, &error))
    }

    fn text_if_there(&self, column: &str) -> Result<Option<&'r str>, CatalogueError> {
        self.raw(column)?.as_str_or_null().map_err(|error| self.corrupt(column, &error))
    }

    fn parsed<T: FromStr>(&self, column: &str) -> Result<T, CatalogueError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| self.corrupt(column, &text))
    }

    fn parsed_if_there<T: FromStr>(&self, column: &str) -> Result<Option<T>, CatalogueError> {
        let text = self.text_if_there(column)?;
        text.map(|text| text.parse().map_err(|_| self.corrupt(column, &text))).transpose()
    }

    /// A name that was made safe once is made safe again; that changes nothing, unless the rules
    /// became stricter since.
    fn sanitised<T>(
        &self,
        column: &str,
        sanitise: impl FnOnce(&str) -> Result<T, Rejection>,
    ) -> Result<Option<T>, CatalogueError> {
        let text = self.text_if_there(column)?;
        text.map(|text| sanitise(text).map_err(|_| self.corrupt(column, &text))).transpose()
    }

    fn kind(&self) -> Result<EntryKind, CatalogueError> {
        let piece: i64 = self.get("piece")?;
        match piece {
            0 => Ok(EntryKind::File),
            1 => Ok(EntryKind::Piece),
            _ => Err(self.corrupt("piece", &piece)),
        }
    }

    fn state(&self) -> Result<EntryState, CatalogueError> {
        let name = self.text("state")?;
        EntryState::restore(name, self.rejection()?).ok_or_else(|| self.corrupt("state", &name))
    }

    fn rejection(&self) -> Result<Option<Rejection>, CatalogueError> {
        let Some(code) = self.text_if_there("rejection_code")? else {
            return Ok(None);
        };
        let message = self.text("rejection_message")?;
        let params: Value = match self.text_if_there("rejection_params")? {
            None => json!({}),
            Some(text) => serde_json::from_str(text)
                .map_err(|error| self.corrupt("rejection_params", &error))?,
        };
        serde_json::from_value(json!({ "code": code, "message": message, "params": params }))
            .map_err(|error| self.corrupt("rejection_code", &error))
    }

    fn corrupt(&self, column: &str, found: &dyn Display) -> CatalogueError {
        let id = self.0.get_ref(place("id")).ok().and_then(|id| id.as_str().ok());
        let id = id.unwrap_or("without an id");
        CatalogueError::Corrupt { what: format!("`{column}` of entry {id}: {found}") }
    }
}

/// Where a column stands in a row. One that isn't there is beyond the last one, and that is an error of the row.
fn place(column: &str) -> usize {
    COLUMNS.iter().position(|known| *known == column).unwrap_or(COLUMNS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_statements_name_the_columns_in_one_order() {
        for sql in [include_str!("insert.sql"), include_str!("settle.sql")] {
            let names = sql.split(['(', ')']).nth(1).unwrap().split(',').map(str::trim);
            assert_eq!(names.collect::<Vec<_>>(), COLUMNS);
            let values = sql.split(['(', ')']).nth(3).unwrap().split(',').map(str::trim);
            let numbers = (1..=COLUMNS.len()).map(|number| format!("?{number}"));
            assert_eq!(values.collect::<Vec<_>>(), numbers.collect::<Vec<_>>());
        }
        let (_, others) = include_str!("settle.sql").split_once("DO UPDATE SET").unwrap();
        let others = others.split(',').map(|line| line.split('=').next().unwrap().trim());
        assert_eq!(others.collect::<Vec<_>>(), COLUMNS[1..], "all but the id");
    }

    #[test]
    fn a_row_in_its_place_is_given_all_that_does_not_say_whose_it_is() {
        let sql = include_str!("settle_in_place.sql");
        let (changed, kept) = sql.split_once(" SET").unwrap().1.split_once("WHERE").unwrap();
        let named = |words: &str, between: &str| {
            let words = words.split(between).map(|word| word.replace(" IS ", " = "));
            let pairs = words.map(|word| {
                let (column, number) = word.split_once(" = ?").unwrap();
                (column.trim().to_owned(), number.trim().parse::<usize>().unwrap())
            });
            pairs.collect::<Vec<_>>()
        };
        let mut all: Vec<_> = named(changed, ",").into_iter().chain(named(kept, " AND ")).collect();
        all.sort_by_key(|(_, number)| *number);
        let expected = COLUMNS.iter().enumerate().map(|(at, name)| ((*name).to_owned(), at + 1));
        assert_eq!(all, expected.collect::<Vec<_>>());
    }
}

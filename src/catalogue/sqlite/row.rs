//! An entry as a row of SQLite, and back.
//!
//! Writing can't fail on what an entry holds. Reading can: a row may have been written by a newer
//! version or by hand, and each field goes through its own parser again.
//!
//! INVARIANT: what can't be understood is `Corrupt`, never a panic and never a guess.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Value, json};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Decode, Row, Sqlite, Type};

use crate::catalogue::CatalogueError;
use crate::domain::{
    ClientFacts, Entry, EntryKind, EntryState, FileName, NewEntry, PartialDigest, Rejection,
    RelativePath, Timestamp,
};

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// As many columns as are bound.
pub(super) const COLUMNS: usize = 33;

/// Binds the fields in the order in which `insert.sql` and `settle.sql` name their columns.
pub(super) fn bind<'q>(statement: Statement<'q>, entry: &Entry) -> Statement<'q> {
    let facts = &entry.facts;
    let rejection = entry.rejection();
    statement
        .bind(entry.id.to_string())
        .bind(entry.reference.to_string())
        .bind(entry.session.to_string())
        .bind(entry.owner.to_string())
        .bind(entry.page.to_string())
        .bind(entry.slot.to_string())
        .bind(entry.name.to_string())
        .bind(entry.relative_path.as_ref().map(text))
        .bind(facts.client_name.clone())
        .bind(facts.client_type.clone())
        .bind(facts.client_size.map(u64::cast_signed))
        .bind(facts.client_relative_path.clone())
        .bind(facts.client_last_modified)
        .bind(facts.client_sha256.as_ref().map(text))
        .bind(entry.length.map(u64::cast_signed))
        .bind(entry.offset.cast_signed())
        .bind(entry.digest.as_ref().map(text))
        .bind(entry.media_type.as_ref().map(text))
        .bind(entry.created_at.as_millis())
        .bind(entry.settled_at.map(Timestamp::as_millis))
        .bind(entry.kept_at.map(Timestamp::as_millis))
        .bind(entry.state().as_str())
        .bind(rejection.map(|rejection| rejection.code().to_string()))
        .bind(rejection.map(|rejection| rejection.message().to_owned()))
        .bind(rejection.and_then(params_text))
        .bind(entry.writer_result.as_ref().map(text))
        .bind(entry.home.to_string())
        .bind(entry.touched_at.as_millis())
        .bind(entry.partial_digest.as_ref().map(|digest| digest.as_bytes().to_vec()))
        .bind(entry.lost_at.map(Timestamp::as_millis))
        .bind(i64::from(entry.kind == EntryKind::Piece))
        .bind(entry.memo.clone())
        .bind(entry.ticket.as_ref().map(text))
}

/// The entry that a row of all columns holds.
pub(super) fn entry(row: &SqliteRow) -> Result<Entry, CatalogueError> {
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
struct Fields<'r>(&'r SqliteRow);

impl<'r> Fields<'r> {
    fn get<T>(&self, column: &str) -> Result<T, CatalogueError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        self.0.try_get(column).map_err(|error| self.corrupt(column, &error))
    }

    fn parsed<T: FromStr>(&self, column: &str) -> Result<T, CatalogueError> {
        let text: &str = self.get(column)?;
        text.parse().map_err(|_| self.corrupt(column, &text))
    }

    fn parsed_if_there<T: FromStr>(&self, column: &str) -> Result<Option<T>, CatalogueError> {
        let text: Option<&str> = self.get(column)?;
        text.map(|text| text.parse().map_err(|_| self.corrupt(column, &text))).transpose()
    }

    /// A name that was made safe once is made safe again; that changes nothing, unless the rules
    /// became stricter since.
    fn sanitised<T>(
        &self,
        column: &str,
        sanitise: impl FnOnce(&str) -> Result<T, Rejection>,
    ) -> Result<Option<T>, CatalogueError> {
        let text: Option<&str> = self.get(column)?;
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
        let name: &str = self.get("state")?;
        EntryState::restore(name, self.rejection()?).ok_or_else(|| self.corrupt("state", &name))
    }

    fn rejection(&self) -> Result<Option<Rejection>, CatalogueError> {
        let Some(code) = self.get::<Option<&str>>("rejection_code")? else {
            return Ok(None);
        };
        // Read as an option, because the driver turns a text that isn't there into an empty one.
        let message: Option<&str> = self.get("rejection_message")?;
        let params: Value = match self.get::<Option<&str>>("rejection_params")? {
            None => json!({}),
            Some(text) => serde_json::from_str(text)
                .map_err(|error| self.corrupt("rejection_params", &error))?,
        };
        serde_json::from_value(json!({ "code": code, "message": message, "params": params }))
            .map_err(|error| self.corrupt("rejection_code", &error))
    }

    fn corrupt(&self, column: &str, found: &dyn Display) -> CatalogueError {
        let id = self.0.try_get::<&str, _>("id").unwrap_or("without an id");
        CatalogueError::Corrupt { what: format!("`{column}` of entry {id}: {found}") }
    }
}

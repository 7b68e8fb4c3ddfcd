//! New rows, all or none.

use rusqlite::{Connection, Error};

use super::row;
use super::writer::{Answer, one_row, say};
use crate::catalogue::CatalogueError;
use crate::domain::Entry;

/// Many entries stand in a savepoint of their own.
pub(super) fn insert_all(connection: &Connection, entries: &[Entry]) -> Result<Answer, Error> {
    if let [entry] = entries {
        return insert(connection, entry);
    }
    say(connection, "SAVEPOINT together")?;
    let mut answer = Ok(());
    for entry in entries {
        answer = insert(connection, entry)?;
        if answer.is_err() {
            say(connection, "ROLLBACK TO together")?;
            break;
        }
    }
    say(connection, "RELEASE together")?;
    Ok(answer)
}

fn insert(connection: &Connection, entry: &Entry) -> Result<Answer, Error> {
    let made = row::write(connection, include_str!("insert.sql"), entry)?;
    Ok(one_row(made).ok_or(CatalogueError::Duplicate(entry.id)))
}

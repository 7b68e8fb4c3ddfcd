//! Connections to the file: the one that writes, and those that are told to refuse it.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Error, OpenFlags};

use super::Synchronous;

/// How long to wait for another process that has the file, such as a person with a shell.
const PATIENCE: Duration = Duration::from_secs(5);

/// As many statements as stay prepared: more than there are. Of listings there may be more, by what they ask for.
const PREPARED: usize = 32;

/// The one that writes.
pub(super) fn writing(path: &Path, synchronous: Synchronous) -> Result<Connection, Error> {
    let connection = open(path)?;
    connection.execute_batch("PRAGMA journal_mode = WAL")?;
    // What a savepoint would take back is a file of its own otherwise, to which each statement writes its pages again.
    connection.execute_batch("PRAGMA temp_store = MEMORY")?;
    connection.execute_batch(match synchronous {
        Synchronous::Full => "PRAGMA synchronous = FULL",
        Synchronous::Normal => "PRAGMA synchronous = NORMAL",
    })?;
    Ok(connection)
}

/// One that reads.
pub(super) fn reading(path: &Path) -> Result<Connection, Error> {
    let connection = open(path)?;
    connection.execute_batch("PRAGMA query_only = ON")?;
    Ok(connection)
}

/// A path is a path, whatever it looks like, and each connection stays with one thread.
fn open(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(connection: &Connection, pragma: &str) -> String {
        let value = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
        format!("{:?}", connection.query_row(&format!("PRAGMA {pragma}"), [], value).unwrap())
    }

    #[test]
    fn a_connection_waits_syncs_and_refuses_as_it_was_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x?mode=memory");
        std::fs::write(&path, "").unwrap();
        for (synchronous, number) in [(Synchronous::Full, 2), (Synchronous::Normal, 1)] {
            let connection = writing(&path, synchronous).unwrap();
            assert_eq!(said(&connection, "synchronous"), format!("Integer({number})"));
            assert_eq!(said(&connection, "journal_mode"), "Text(\"wal\")");
            assert_eq!(said(&connection, "busy_timeout"), "Integer(5000)");
            connection.execute_batch("CREATE TABLE IF NOT EXISTS rows (x)").unwrap();
        }
        let reader = reading(&path).unwrap();
        assert_eq!(said(&reader, "busy_timeout"), "Integer(5000)");
        assert_eq!(said(&reader, "journal_mode"), "Text(\"wal\")", "it is the same file");
        reader.execute_batch("INSERT INTO rows VALUES (1)").unwrap_err();
    }
}

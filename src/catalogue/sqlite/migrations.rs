//! How older tables become newer ones. The file remembers how far it is (`PRAGMA user_version`).
//!
//! Files of before keep a list in a table of the driver that made them, and have no number of ours. What that list says
//! counts until the tables change here; then the list goes, because a program that believes it would not know them.
//!
//! INVARIANT: a change of the tables and its number are one transaction.

use rusqlite::{Connection, Error, TransactionBehavior};

/// What was changed, in the order of the numbers.
const MIGRATIONS: [(i64, &str); 9] = [
    (1, include_str!("../migrations/sqlite/0001_entries.sql")),
    (2, include_str!("../migrations/sqlite/0002_writer_result.sql")),
    (3, include_str!("../migrations/sqlite/0003_resume.sql")),
    (4, include_str!("../migrations/sqlite/0004_doors.sql")),
    (5, include_str!("../migrations/sqlite/0005_outbox.sql")),
    (7, include_str!("../migrations/sqlite/0007_usage.sql")),
    (8, include_str!("../migrations/sqlite/0008_tickets.sql")),
    (9, include_str!("../migrations/sqlite/0009_stages.sql")),
    (10, include_str!("../migrations/sqlite/0010_words.sql")),
];
const NEWEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Why tables can't be brought up to date.
#[derive(Debug, thiserror::Error)]
pub(super) enum MigrationError {
    #[error(
        "the tables were made by a newer version: {0}, and {NEWEST} is the last one known here"
    )]
    Newer(i64),
    #[error("the file's list of what was changed is none of ours")]
    Unknown,
    #[error(transparent)]
    Database(#[from] Error),
}

/// Makes what is missing.
pub(super) fn run(connection: &mut Connection) -> Result<(), MigrationError> {
    // Most starts find nothing to do, and then nobody is locked out.
    while applied(connection)? < NEWEST {
        step(connection)?;
    }
    Ok(())
}

/// The next one. Somebody else may have made it meanwhile.
fn step(connection: &mut Connection) -> Result<(), MigrationError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = applied(&transaction)?;
    if let Some((number, sql)) = MIGRATIONS.iter().find(|(number, _)| *number > version) {
        transaction.execute_batch(sql)?;
        transaction.execute_batch("DROP TABLE IF EXISTS _sqlx_migrations")?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    Ok(transaction.commit()?)
}

/// The number of the last one that was made, 0 if none was.
fn applied(connection: &Connection) -> Result<i64, MigrationError> {
    let own = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let version = listed(connection)?.max(own);
    if version > NEWEST { Err(MigrationError::Newer(version)) } else { Ok(version) }
}

/// The same by the list of the earlier driver.
fn listed(connection: &Connection) -> Result<i64, MigrationError> {
    let there = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')";
    if !connection.query_row(there, [], |row| row.get(0))? {
        return Ok(0);
    }
    let mut list =
        connection.prepare("SELECT version, success FROM _sqlx_migrations ORDER BY version")?;
    let list = list.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let list: Vec<(i64, bool)> = list.collect::<Result<_, _>>()?;
    let last = list.last().map_or(0, |(version, _)| *version);
    if last > NEWEST {
        return Err(MigrationError::Newer(last));
    }
    let ours = MIGRATIONS.iter().map(|(number, _)| (*number, true)).take(list.len());
    if ours.eq(list) { Ok(last) } else { Err(MigrationError::Unknown) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The table that sqlx 0.9 makes.
    const LIST: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
        version BIGINT PRIMARY KEY,
        description TEXT NOT NULL,
        installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
        success BOOLEAN NOT NULL,
        checksum BLOB NOT NULL,
        execution_time BIGINT NOT NULL
    );";

    fn note(connection: &Connection, version: i64, success: bool) {
        let note =
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
            VALUES (?1, 'entries', ?2, x'00', 1)";
        connection.execute(note, (version, success)).unwrap();
    }

    /// A database as the earlier driver left it, with so many of our migrations.
    fn left(count: usize) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(LIST).unwrap();
        for (number, sql) in &MIGRATIONS[..count] {
            connection.execute_batch(sql).unwrap();
            note(&connection, *number, true);
        }
        connection
    }

    /// Its tables, indexes and triggers, without the list of the earlier driver.
    fn schema(connection: &Connection) -> Vec<String> {
        let all = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL \
            AND tbl_name <> '_sqlx_migrations' ORDER BY name";
        let mut all = connection.prepare(all).unwrap();
        all.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn version(connection: &Connection) -> i64 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn every_file_of_the_folder_is_in_the_list() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue/migrations/sqlite");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<_> = files
            .map(|file| {
                let name = file.file_name().unwrap().to_str().unwrap().to_owned();
                let number: i64 = name.split('_').next().unwrap().parse().unwrap();
                (number, std::fs::read_to_string(file).unwrap())
            })
            .collect();
        files.sort();
        assert_eq!(files, MIGRATIONS.map(|(number, sql)| (number, sql.to_owned())));
    }

    #[test]
    fn a_new_file_gets_all_tables_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        for _ in 0..2 {
            run(&mut connection).unwrap();
            assert_eq!(version(&connection), NEWEST);
        }
    }

    #[test]
    fn what_the_earlier_driver_left_is_taken_over_however_far_it_was() {
        let mut new = Connection::open_in_memory().unwrap();
        run(&mut new).unwrap();
        for count in 0..=MIGRATIONS.len() {
            let mut old = left(count);
            if count > 0 {
                old.execute_batch(
                    "INSERT INTO entries (id, reference, session, owner, page, slot, name, client_name, byte_offset,
                        created_at, state) VALUES ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 7, 1, 'complete')",
                )
                .unwrap();
            }
            for _ in 0..2 {
                run(&mut old).unwrap();
                assert_eq!(schema(&old), schema(&new), "{count} were made");
            }
            if count > 0 {
                let offset = "SELECT byte_offset FROM entries";
                assert_eq!(old.query_row(offset, [], |row| row.get::<_, i64>(0)).unwrap(), 7);
                let weight = "SELECT files FROM usage WHERE owner = 'd' AND page = 'e'";
                assert_eq!(old.query_row(weight, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
            }
            // Nothing is to be done: an earlier version finds its list. The tables were changed: it finds none.
            let list = old.prepare("SELECT * FROM _sqlx_migrations").is_ok();
            assert_eq!(list, count == MIGRATIONS.len());
            assert_eq!(version(&old), if list { 0 } else { NEWEST });
        }
    }

    #[test]
    fn what_a_newer_version_made_is_refused_and_left_alone() {
        let mut listed = left(MIGRATIONS.len());
        note(&listed, NEWEST + 1, true);
        let mut numbered = Connection::open_in_memory().unwrap();
        run(&mut numbered).unwrap();
        numbered.pragma_update(None, "user_version", NEWEST + 1).unwrap();
        for newer in [&mut listed, &mut numbered] {
            let before = (version(newer), schema(newer));
            let refused = run(newer).unwrap_err();
            assert!(
                matches!(refused, MigrationError::Newer(version) if version == NEWEST + 1),
                "{refused}"
            );
            assert!(refused.to_string().contains("newer version"), "{refused}");
            assert_eq!((version(newer), schema(newer)), before);
        }
    }

    #[test]
    fn a_list_that_is_none_of_ours_is_refused() {
        let failed = left(1);
        note(&failed, 2, false);
        let gap = left(1);
        note(&gap, 3, true);
        let other = left(5);
        note(&other, 6, true);
        for mut list in [failed, gap, other] {
            assert!(matches!(run(&mut list), Err(MigrationError::Unknown)));
        }
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing_behind() {
        let mut connection = left(3);
        // The fourth adds two columns; the second one is there already.
        connection.execute_batch("ALTER TABLE entries ADD COLUMN memo TEXT").unwrap();
        let before = schema(&connection);
        assert!(matches!(run(&mut connection), Err(MigrationError::Database(_))));
        assert_eq!((version(&connection), schema(&connection)), (0, before));
        assert_eq!(listed(&connection).unwrap(), 3);
    }
}

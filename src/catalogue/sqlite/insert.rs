//! New rows, all or none.
//!
//! Each statement is a way to the driver's thread and back, and a page may offer a thousand files at once. So many rows
//! go with one statement.

use std::sync::LazyLock;

use sqlx::Error;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::row;
use super::writer::{Answer, one_row, say};
use crate::catalogue::CatalogueError;
use crate::domain::Entry;

/// As many rows as go with one statement.
const ROWS: usize = 32;

const ONE: &str = include_str!("insert.sql");

/// The statement for many rows: that for one, with its values written as often.
static MANY: LazyLock<SqlStr> = LazyLock::new(|| {
    let values = ONE.find("VALUES").unwrap_or(ONE.len());
    let (before, rest) = ONE.split_at(values);
    let after = rest.find("ON CONFLICT").map_or("", |at| &rest[at..]);
    let rows = (0..ROWS).map(|row| {
        let numbers = (1..=row::COLUMNS).map(|column| format!("${}", row * row::COLUMNS + column));
        format!("({})", numbers.collect::<Vec<_>>().join(", "))
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    AssertSqlSafe(format!("{before}VALUES {rows} {after}")).into_sql_str()
});

/// Many entries stand in a savepoint of their own.
pub(super) async fn insert_all(
    connection: &mut SqliteConnection,
    entries: &[Entry],
) -> Result<Answer, Error> {
    if let [entry] = entries {
        return insert(connection, entry).await;
    }
    say(connection, "SAVEPOINT together").await?;
    let mut answer = Ok(());
    if !many(connection, entries).await? {
        // One of them is known, and which one is found out one by one.
        say(connection, "ROLLBACK TO together").await?;
        answer = one_by_one(connection, entries).await?;
        if answer.is_err() {
            say(connection, "ROLLBACK TO together").await?;
        }
    }
    say(connection, "RELEASE together").await?;
    Ok(answer)
}

/// Whether all of them are new.
async fn many(connection: &mut SqliteConnection, entries: &[Entry]) -> Result<bool, Error> {
    let groups = entries.chunks_exact(ROWS);
    let rest = groups.remainder();
    for group in groups {
        let mut statement = sqlx::query(MANY.clone());
        for entry in group {
            statement = row::bind(statement, entry);
        }
        let done = statement.execute(&mut *connection).await?;
        if done.rows_affected() < ROWS as u64 {
            return Ok(false);
        }
    }
    Ok(one_by_one(connection, rest).await?.is_ok())
}

async fn one_by_one(connection: &mut SqliteConnection, entries: &[Entry]) -> Result<Answer, Error> {
    for entry in entries {
        let answer = insert(connection, entry).await?;
        if answer.is_err() {
            return Ok(answer);
        }
    }
    Ok(Ok(()))
}

async fn insert(connection: &mut SqliteConnection, entry: &Entry) -> Result<Answer, Error> {
    let statement = row::bind(sqlx::query(ONE), entry);
    let done = statement.execute(connection).await?;
    Ok(one_row(&done).ok_or(CatalogueError::Duplicate(entry.id)))
}

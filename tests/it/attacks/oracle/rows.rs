//! O-INT and O-CLEAN: the catalogue held against the files, read by another program's eyes.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use longshore::testing::samples::sha256;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};

/// Rows of files whose bytes are in the store.
const KEPT: &str = "SELECT id, digest, byte_offset FROM entries WHERE writer_result IS NULL \
    AND lost_at IS NULL AND (kept_at IS NOT NULL OR state = 'complete')";
const UNFINISHED: &str = "SELECT id || ' ' || state FROM entries WHERE state IN \
    ('registered', 'receiving', 'verifying')";

async fn open(data: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(data.join("catalogue.sqlite3"));
    options.read_only(true).connect().await.unwrap()
}

/// Panics unless every file that is complete has its bytes, with the length and the SHA-256 of its row, and every file
/// in the store has its row.
pub(super) async fn files_are_what_their_rows_say(data: &Path) {
    let mut wrong = Vec::new();
    // A file is published a moment before its row is committed, and goes a moment after it.
    for _ in 0..100 {
        wrong = differences(data).await;
        if wrong.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("files and rows differ: {wrong:?}");
}

async fn differences(data: &Path) -> Vec<String> {
    let mut catalogue = open(data).await;
    let rows = sqlx::query(KEPT).fetch_all(&mut catalogue).await.unwrap();
    catalogue.close().await.unwrap();
    let files = data.join("files");
    let names = std::fs::read_dir(&files).unwrap();
    let mut there: BTreeSet<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let mut wrong = Vec::new();
    for row in rows {
        let (id, digest): (String, Option<String>) = (row.get("id"), row.get("digest"));
        let length = row.get::<i64, _>("byte_offset");
        there.remove(&id);
        let Ok(bytes) = std::fs::read(files.join(&id)) else {
            wrong.push(format!("{id} has no bytes"));
            continue;
        };
        if digest.as_deref() != Some(&*sha256(&bytes)) || i64::try_from(bytes.len()) != Ok(length) {
            wrong.push(format!("{id} has other bytes than its row says"));
        }
    }
    wrong.extend(there.into_iter().map(|id| format!("{id} has no row")));
    wrong
}

/// What is not over, as id and state.
pub(super) async fn unfinished(data: &Path) -> Vec<String> {
    let mut catalogue = open(data).await;
    let rows = sqlx::query_scalar(UNFINISHED).fetch_all(&mut catalogue).await.unwrap();
    catalogue.close().await.unwrap();
    rows
}

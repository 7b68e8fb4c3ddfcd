//! O-INT and O-CLEAN: the catalogue held against the files, read by another program's eyes.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use longshore::testing::samples::sha256;
use rusqlite::{Connection, OpenFlags};

/// Rows of files whose bytes are in the store.
const KEPT: &str = "SELECT id, digest, byte_offset FROM entries WHERE writer_result IS NULL \
    AND lost_at IS NULL AND (kept_at IS NOT NULL OR state = 'complete')";
const UNFINISHED: &str = "SELECT id || ' ' || state FROM entries WHERE state IN \
    ('registered', 'receiving', 'verifying')";

fn open(data: &Path) -> Connection {
    let file = data.join("catalogue.sqlite3");
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// Panics unless every file that is complete has its bytes, with the length and the SHA-256 of its row, and every file
/// in the store has its row.
pub(super) async fn files_are_what_their_rows_say(data: &Path) {
    let mut wrong = Vec::new();
    // A file is published a moment before its row is committed, and goes a moment after it.
    for _ in 0..100 {
        wrong = differences(data);
        if wrong.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("files and rows differ: {wrong:?}");
}

fn kept(data: &Path) -> Vec<(String, Option<String>, i64)> {
    let catalogue = open(data);
    let mut rows = catalogue.prepare(KEPT).unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(|row| row.unwrap()).collect()
}

fn differences(data: &Path) -> Vec<String> {
    let rows = kept(data);
    let files = data.join("files");
    let names = std::fs::read_dir(&files).unwrap();
    let mut there: BTreeSet<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let mut wrong = Vec::new();
    for (id, digest, length) in rows {
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
pub(super) fn unfinished(data: &Path) -> Vec<String> {
    let catalogue = open(data);
    let mut rows = catalogue.prepare(UNFINISHED).unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.map(|row| row.unwrap()).collect()
}

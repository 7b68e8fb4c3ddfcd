//! The claims desk, tried through every door, with the test twin and nothing else.

// Helpers fail a test by panicking; that is what they are for.
#![allow(clippy::unwrap_used)]

mod attacks;
mod binary;
mod form;
mod live;
mod log;
mod public;
mod restart;
mod view;

use std::path::Path;

use embedder::{Desk, Row};
use longshore::testing::{TestServer, Visitor};
use tempfile::TempDir;

/// The desk on a folder, running. The uploads are in the same folder, as `main` has them.
async fn running(folder: &Path) -> (Desk, TestServer) {
    let desk = Desk::open(folder).unwrap();
    let own = desk.clone();
    let server = TestServer::start_with_routes(
        |uploads| desk.describe(uploads).data(folder.join("uploads")),
        move |config| own.routes(config),
    );
    (desk.clone(), server.await)
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// What the desk's own route says that a visitor has brought.
async fn brought(visitor: &Visitor) -> Vec<Row> {
    let answer = visitor.get("results.json").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    std::fs::read_dir(folder).unwrap().map(|e| name(e).into_string().unwrap()).collect()
}

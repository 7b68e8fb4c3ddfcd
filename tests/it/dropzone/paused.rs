//! Chunks whose connection goes quiet: a line that is dead, or a client that sends the chunk again on another one.

use longshore::testing::raw::RawConnection;
use longshore::testing::samples::{sha256, text};
use longshore::testing::until;

use super::drop::Drop;
use crate::support::{Form, TestApp, Upload};

const CHUNK: usize = 2_000_000;

/// A connection on which a chunk hangs in its middle, when a part of it is written.
async fn stalled(app: &TestApp, file: &Upload, index: usize, uuid: &str) -> RawConnection {
    let body = Drop::form("large", file, index, CHUNK, uuid, None).body();
    let head = format!(
        "POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        Form::content_type(),
        body.len()
    );
    let mut connection = RawConnection::to(app).await;
    connection.send(&[head.as_bytes(), &body[..CHUNK * 3 / 4]].concat()).await;
    let begun = || {
        app.spool()
            .iter()
            .any(|path| path.metadata().is_ok_and(|facts| facts.is_file() && facts.len() > 0))
    };
    until("a part of the chunk is written", begun).await;
    connection
}

#[actix_web::test]
async fn a_chunk_that_pauses_hears_at_once_that_a_newer_request_has_it() {
    let app = TestApp::start().await;
    let file = Upload::bytes("a.txt", text(2 * CHUNK));
    let mut hangs = stalled(&app, &file, 0, "twice").await;
    let (first, second) = (app.visitor(), app.visitor());
    let answer = Drop::new(&first, "inbox", "twice").named("large").chunk(&file, 0, CHUNK).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    // Without another byte of its own.
    let ended = hangs.answer().await;
    assert_eq!(ended.status, 409, "{}", ended.head);
    assert_eq!(ended.json()["errors"][0]["code"], "superseded");
    assert!(ended.says_close() && hangs.is_cut().await);
    let drop = Drop::new(&second, "inbox", "twice").named("large");
    let json = drop.chunk(&file, 1, CHUNK).await.json();
    assert_eq!(json["files"][0]["sha256"], *sha256(file.contents()), "{json}");
    app.end().await;
}

#[actix_web::test]
async fn a_chunk_whose_line_dies_leaves_no_part_of_itself() {
    let app = TestApp::start().await;
    let file = Upload::bytes("a.txt", text(CHUNK + 1));
    drop(stalled(&app, &file, 0, "dead").await);
    // Another content under the same name: had a part of the first one stayed, this would be neither.
    let other = Upload::bytes("a.txt", text(CHUNK + 1).into_iter().rev().collect::<Vec<_>>());
    let mut json = serde_json::Value::Null;
    for index in [1, 0] {
        let stranger = app.visitor();
        let drop = Drop::new(&stranger, "inbox", "dead").named("large");
        json = drop.chunk(&other, index, CHUNK).await.json();
    }
    assert_eq!(json["files"][0]["sha256"], *sha256(other.contents()), "{json}");
    app.end().await;
}

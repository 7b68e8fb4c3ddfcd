//! What a client was told is stored survives `kill -9`; what was on its way waits for its page.

use std::path::Path;

use serde_json::Value;

use crate::client::{Live, get, post};
use crate::server::Server;

fn entries(folder: &Path, name: &str) -> usize {
    std::fs::read_dir(folder.join(name)).unwrap().count()
}

#[actix_web::test]
async fn an_acknowledged_file_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_be_bytes()[3]).collect();
    let server = Server::start(folder.path(), &[]);
    let (answer, cookie) = post(&server.url, "a.bin", &bytes).await;
    server.kill();
    let server = Server::start(folder.path(), &[]);
    let url = answer["files"][0]["url"].as_str().unwrap();
    assert!(get(&server.url, url, &cookie).await == bytes);
    let listed: Value =
        serde_json::from_slice(&get(&server.url, "/api/files", &cookie).await).unwrap();
    assert_eq!(listed["files"][0]["sha256"], answer["files"][0]["sha256"]);
}

#[actix_web::test]
async fn a_half_sent_file_waits_for_its_page_after_kill_9_and_goes_if_nobody_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut live = Live::connect(&server.url, "files").await;
    let stream = live.register("files", "a.bin", 4_000_000).await;
    live.data(stream, 0, &vec![1; 900_000]).await;
    live.hear("ack").await;
    server.kill();
    let server = Server::start(folder.path(), &[]);
    assert_eq!(entries(folder.path(), "spool"), 1, "its session may come back");
    server.kill();
    let _server = Server::start(folder.path(), &["--session-grace", "0s"]);
    for _ in 0..600 {
        if entries(folder.path(), "spool") == 0 {
            break;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(entries(folder.path(), "spool"), 0);
    assert_eq!(entries(folder.path(), "files"), 0);
}

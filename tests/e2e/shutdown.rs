//! SIGTERM: sockets are told why, nothing that was answered is lost, the exit code is 0.

use crate::client::{Live, post};
use crate::server::Server;

#[actix_web::test]
async fn sigterm_closes_live_pages_with_1001_and_ends_with_0() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--shutdown-timeout", "10s"]);
    post(&server.url, "a.txt", b"abc").await;
    let mut live = Live::connect(&server.url, "files").await;
    let stream = live.register("files", "b.bin", 4_000_000).await;
    live.data(stream, 0, &vec![1; 900_000]).await;
    live.hear("ack").await;
    let ended = std::thread::spawn(move || server.terminate());
    let code = loop {
        if let Err(code) = live.next().await {
            break code;
        }
    };
    assert_eq!(code, 1001);
    drop(live);
    assert_eq!(ended.join().unwrap().code(), Some(0));
    assert_eq!(std::fs::read_dir(folder.path().join("files")).unwrap().count(), 1);
}

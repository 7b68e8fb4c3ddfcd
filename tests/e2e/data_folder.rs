//! The data folder of a process: what it makes under any umask, and a disk that is taken away under it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use awc::Client;

use crate::client::{Live, get, post};
use crate::mounts::Mount;
use crate::server::{Launch, Server};

/// Everything below a folder that others could read, write or run.
fn open_to_others(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let facts = fs::symlink_metadata(&path).unwrap();
        let expected = if facts.is_dir() { 0o700 } else { 0o600 };
        if facts.mode() & 0o7777 != expected {
            found.push(format!("{}: {:o}", path.display(), facts.mode()));
        }
        if facts.is_dir() {
            found.extend(open_to_others(&path));
        }
    }
    found
}

#[actix_web::test]
async fn fsr_02_files_are_0600_and_folders_0700_under_any_umask() {
    for umask in ["000", "022", "077", "777"] {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        let server = Launch { umask: Some(umask), ..Launch::on(&data) }.start(&[]);
        let (stored, cookie) = post(&server.url, "a.txt", b"abc").await;
        let url = stored["files"][0]["url"].as_str().unwrap().to_owned();
        let picture = include_bytes!("../../docs/images/files-dark.png");
        post(&server.url, "a.png", picture).await;
        let mut live = Live::connect(&server.url, "files").await;
        let stream = live.register("files", "half.bin", 4_000_000).await;
        live.data(stream, 0, &vec![1; 900_000]).await;
        live.hear("ack").await;
        assert_eq!(fs::metadata(&data).unwrap().mode() & 0o7777, 0o700, "umask {umask}");
        assert_eq!(open_to_others(&data), [""; 0], "umask {umask}");
        drop(live);
        server.kill();
        // What lies there can be opened again by whoever made it.
        let server = Launch { umask: Some(umask), ..Launch::on(&data) }.start(&[]);
        assert_eq!(get(&server.url, &url, &cookie).await, b"abc");
    }
}

async fn ready(server: &Server) -> (u16, String) {
    let mut answer = Client::default().get(format!("{}/readyz", server.url)).send().await.unwrap();
    let body = answer.body().await.unwrap();
    (answer.status().as_u16(), String::from_utf8_lossy(&body).into_owned())
}

#[actix_web::test]
async fn fsr_05_a_disk_that_is_unmounted_under_a_server_leaves_its_mount_point_empty() {
    let mount = Mount::tmpfs("size=64m,mode=700");
    let server = Server::start(mount.path(), &[]);
    post(&server.url, "a.txt", b"abc").await;
    let mut live = Live::connect(&server.url, "files").await;
    let stream = live.register("files", "b.bin", 2_000_000).await;
    live.data(stream, 0, &vec![1; 900_000]).await;
    live.hear("ack").await;
    assert_eq!(ready(&server).await.0, 200);

    let unmounted = Command::new("umount").arg("-l").arg(mount.path()).status().unwrap();
    assert!(unmounted.success());
    assert_eq!(fs::read_dir(mount.path()).unwrap().count(), 0, "this is the mount point");
    let mut answer = ready(&server).await;
    for _ in 0..100 {
        if answer.0 == 503 {
            break;
        }
        // The outcome of a trial holds for a second.
        tokio::time::sleep(Duration::from_millis(50)).await;
        answer = ready(&server).await;
    }
    // The catalogue was on that disk, too, and may be found out first or never.
    assert!(answer.0 == 503 && answer.1.contains(r#""store"]"#), "{answer:?}");
    let (refused, _) = post(&server.url, "c.txt", b"abc").await;
    assert_eq!(refused["success"], false, "{refused}");
    assert_eq!(refused["errors"][0]["code"], "storage_error", "{refused}");
    live.data(stream, 900_000, &vec![1; 1_100_000]).await;
    let end = loop {
        let message = live.hear("progress").await;
        if message["error"].is_object() || message["url"].is_string() {
            break message;
        }
    };
    assert_eq!(end["error"]["code"], "storage_error", "{end}");
    assert_eq!(fs::read_dir(mount.path()).unwrap().count(), 0, "written below the mount point");
}

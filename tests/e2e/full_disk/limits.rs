//! Limits that the system sets a process: how large a file may be, and how many may be open.

use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{MIB, PATIENCE, Upload, status, upload};
use crate::client::post;
use crate::server::Server;

fn limit(server: &Server, what: &str) {
    let pid = server.pid().to_string();
    let limited = Command::new("prlimit").args(["--pid", &pid, what]).status();
    assert!(limited.is_ok_and(|status| status.success()), "prlimit {what} failed");
}

#[actix_web::test]
async fn a_file_beyond_the_largest_size_fails_alone_and_does_not_end_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let url = &server.url;
    // The system sends SIGXFSZ, of which a process dies that doesn't listen to it.
    limit(&server, "--fsize=1048576:unlimited");
    assert_eq!(upload(url, "a.bin", 3 * MIB).await.code(), "disk_full");
    let (answer, _) = post(url, "b.bin", &vec![7; 3 * 1024 * 1024]).await;
    assert_eq!(answer["errors"][0]["code"], "disk_full", "{answer}");
    assert!(upload(url, "c.bin", MIB / 2).await.is_true_or("complete", folder.path()));
    limit(&server, "--fsize=unlimited:unlimited");
    assert!(upload(url, "d.bin", 3 * MIB).await.is_true_or("complete", folder.path()));
}

fn open_files(server: &Server) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count()
}

/// Hundredths of a second that the process has worked.
fn worked(server: &Server) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let behind_name = stat.rsplit(')').next().unwrap().to_owned();
    let fields: Vec<&str> = behind_name.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[actix_web::test]
async fn without_a_free_file_handle_connections_wait_and_uploads_fail_with_their_code() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--workers", "1"]);
    let url = &server.url;
    assert_eq!(post(url, "a.bin", b"x").await.0["success"], true);
    let under_way = Upload::offer(url, "b.bin", MIB).await.unwrap();
    let handles = open_files(&server) + 10;
    limit(&server, &format!("--nofile={handles}:4096"));
    let address = url.trim_start_matches("http://");
    let crowd: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
    let end = Instant::now() + PATIENCE;
    while open_files(&server) < handles {
        assert!(Instant::now() < end, "{} of {handles} handles are open", open_files(&server));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(under_way.finish().await.code(), "storage_error");
    // A busy loop would work the whole time.
    let (before, begun) = (worked(&server), Instant::now());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (hundredths, waited) = (worked(&server) - before, begun.elapsed());
    let (worked, waited) = (u128::from(hundredths) * 10, waited.as_millis());
    println!("{worked} ms of work in {waited} ms without a free handle");
    assert!(worked < waited / 2, "a busy loop");
    drop(crowd);
    let end = Instant::now() + PATIENCE;
    while open_files(&server) >= handles {
        assert!(Instant::now() < end, "the handles are not given back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(status(url, "/healthz").await.0, 200);
    let end = upload(url, "c.bin", MIB).await;
    assert!(end.is_true_or("complete", folder.path()), "{end:?}");
}

//! Disks that take nothing any more: read-only, or with a directory that can't be synced.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::{MIB, PATIENCE, Upload, readiness_becomes, upload};
use crate::client::post;
use crate::mounts::Mount;
use crate::server::Server;

/// Everything that a server keeps open lies elsewhere, so that its disk can be mounted again without a restart.
fn keeps_nothing_open_on(mount: &Mount, elsewhere: &Path) {
    std::fs::create_dir(mount.data()).unwrap();
    for name in ["lock", "catalogue.sqlite3"] {
        std::os::unix::fs::symlink(elsewhere.join(name), mount.data().join(name)).unwrap();
    }
}

#[actix_web::test]
async fn a_disk_that_is_mounted_read_only_fails_uploads_until_it_is_mounted_for_writing_again() {
    let (mount, elsewhere) = (Mount::tmpfs("size=24m"), tempfile::tempdir().unwrap());
    keeps_nothing_open_on(&mount, elsewhere.path());
    let server = Server::start(&mount.data(), &[]);
    let url = &server.url;
    let under_way = Upload::offer(url, "a.bin", MIB).await.unwrap();
    mount.remount("ro");
    assert_eq!(under_way.finish().await.code(), "storage_error");
    readiness_becomes(url, Some("read_only")).await;
    assert_eq!(upload(url, "b.bin", MIB).await.code(), "storage_error");
    let (answer, _) = post(url, "c.bin", b"x").await;
    assert_eq!(answer["errors"][0]["code"], "storage_error", "{answer}");
    mount.remount("rw");
    let back = readiness_becomes(url, None).await;
    println!("ready again {} ms after the disk was writable", back.as_millis());
    let end = upload(url, "d.bin", MIB).await;
    assert!(end.is_true_or("complete", &mount.data()), "{end:?}");
}

#[actix_web::test]
async fn a_disk_that_turns_read_only_under_an_upload_fails_it_and_is_found_without_another() {
    let mount = Mount::ext4(64);
    let server = Server::start(&mount.data(), &[]);
    let url = &server.url;
    let mut under_way = Upload::offer(url, "a.bin", 4 * MIB).await.unwrap();
    under_way.send(MIB).await;
    under_way.written(MIB).await;
    mount.meet_an_error();
    let begun = Instant::now();
    assert_eq!(under_way.finish().await.code(), "storage_error");
    println!("told {} ms after the disk was read-only", begun.elapsed().as_millis());
    readiness_becomes(url, Some("read_only")).await;
    assert_eq!(upload(url, "b.bin", MIB).await.code(), "storage_error");
}

/// A tracer that makes the server's system calls fail. It lets go when it is dropped.
struct Tracer(Child);

impl Tracer {
    fn on(server: &Server, call: &str, errno: &str, path: &Path) -> Self {
        let inject = format!("inject={call}:error={errno}");
        let tracer = Command::new("strace")
            .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject])
            .arg("-P")
            .arg(path)
            .args(["-p", &server.pid().to_string()])
            .spawn();
        let tracer = Self(tracer.unwrap_or_else(|error| panic!("strace can't be run: {error}")));
        // Each thread is attached to by itself.
        let traced = || {
            let threads = std::fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
            threads.flatten().all(|thread| {
                let status = std::fs::read_to_string(thread.path().join("status"));
                !status.is_ok_and(|status| status.lines().any(|line| line == "TracerPid:\t0"))
            })
        };
        let end = Instant::now() + PATIENCE;
        while !traced() {
            assert!(Instant::now() < end, "strace does not attach; it needs the right to trace");
            std::thread::park_timeout(Duration::from_millis(20));
        }
        tracer
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        // Not as hard as `kill -9`, or the server would stay stopped.
        let pid = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

#[actix_web::test]
async fn after_a_failed_directory_sync_nobody_is_told_stored_before_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let url = &server.url;
    assert_eq!(post(url, "a.bin", b"first").await.0["success"], true);
    let files = folder.path().join("files").canonicalize().unwrap();
    let tracer = Tracer::on(&server, "fsync", "EIO", &files);
    assert_eq!(upload(url, "b.bin", MIB).await.code(), "storage_error");
    drop(tracer);
    // The next sync would succeed, and say nothing of what the failed one has lost.
    assert_eq!(upload(url, "c.bin", MIB).await.code(), "storage_error");
    assert_eq!(post(url, "d.bin", b"x").await.0["errors"][0]["code"], "storage_error");
    readiness_becomes(url, Some("store")).await;
    server.kill();
    let server = Server::start(folder.path(), &[]);
    readiness_becomes(&server.url, None).await;
    let end = upload(&server.url, "e.bin", MIB).await;
    assert!(end.is_true_or("complete", folder.path()), "{end:?}");
}

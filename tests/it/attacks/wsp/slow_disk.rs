//! Small frames, faster than the disk.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use longshore::blob::LocalStore;
use longshore::testing::raw::{RawConnection, frame};
use longshore::testing::samples::{sha256, text};
use longshore::testing::{Fault, FaultyStore, Operation, data_frame};
use longshore::{Durability, Limits};
use tokio::net::TcpStream;

use super::{BINARY, HELLO, TEXT};
use crate::support::TestApp;

const LENGTH: usize = 8_000_000;
/// Bytes of a frame.
const SMALL: usize = 256;
/// What a session may hold (256 KiB here), what is being written, and what lies in the connection's own buffers.
const BOUND: u64 = 3_000_000;

/// Bytes that the kernel holds between two sockets of this machine: sent, and read by nobody yet.
fn between(one: SocketAddr, other: SocketAddr) -> u64 {
    let of = |port: u16| format!(":{port:04X}");
    let (one, other) = (of(one.port()), of(other.port()));
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours = lines.filter(|line| {
        let ends = |a: &str, b: &str| line[1].ends_with(a) && line[2].ends_with(b);
        ends(&one, &other) || ends(&other, &one)
    });
    let queued = ours.flat_map(|line| {
        line[4].split(':').map(|hex| u64::from_str_radix(hex, 16).unwrap()).collect::<Vec<_>>()
    });
    queued.sum()
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.path() {
            path if path.is_dir() => bytes_below(&path),
            path => path.metadata().map_or(0, |meta| meta.len()),
        })
        .sum()
}

/// What is taken and not yet written is bounded, however small the frames are, and however slow the disk is.
#[actix_web::test]
async fn ws_09_small_frames_against_a_slow_disk_wait_in_the_socket_and_not_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let disk = LocalStore::open(folder.path(), Durability::Os).unwrap();
    let slow = Fault::Slow(Duration::from_secs(2));
    let store = FaultyStore::new(disk).with(Operation::Write, 1, slow);
    let app = TestApp::with(|builder| {
        // No window holds this client back: it is the attacker's own.
        let limits = Limits { session_bytes: 256 * 1024, window: 1 << 40, ..Limits::default() };
        builder.store(store).limits(limits)
    })
    .await;
    let stream = TcpStream::connect(app.address()).await.unwrap();
    let near = stream.local_addr().unwrap();
    let mut page = RawConnection::over(stream, &app).upgraded("inbox").await;
    page.frame(TEXT, HELLO).await;
    assert!(page.text().await.contains("welcome"));
    let file = format!(r#"{{"ref":"c1","name":"a.txt","size":{LENGTH}}}"#);
    let register = format!(r#"{{"type":"register","slot":"large","entries":[{file}]}}"#);
    page.frame(TEXT, register.as_bytes()).await;
    assert!(page.text().await.contains("registered"));
    let bytes = text(LENGTH);
    let (mut sent, mut most) = (0, 0);
    for (number, block) in bytes.chunks(64 * 1024).enumerate() {
        let mut frames = Vec::new();
        for (n, piece) in block.chunks(SMALL).enumerate() {
            let at = (number * 64 * 1024 + n * SMALL) as u64;
            frames.extend(frame(BINARY, &data_frame(1, 0, at, piece)));
        }
        page.send_what_goes(&frames).await;
        sent += block.len() as u64;
        // In the sockets lie headers too, so this is at most a tenth less than it is.
        let elsewhere = between(near, app.address()) + bytes_below(folder.path());
        most = most.max(sent.saturating_sub(elsewhere));
    }
    assert!(most < BOUND, "{most} bytes lay in memory");
    let complete = loop {
        let said = page.text().await;
        if said.contains("\"status\":\"complete\"") {
            break said;
        }
        assert!(!said.contains("\"error\""), "{said}");
    };
    assert!(complete.contains(&sha256(&bytes)), "{complete}");
    drop(page);
    app.stop().await;
}

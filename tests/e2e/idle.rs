//! Many open pages that do nothing, and then all of them gone at once: what each costs, and that it is given
//! back. A thousand unless `LONGSHORE_IDLE_SESSIONS` says otherwise; each takes a descriptor here and two there.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use longshore::testing::raw::frame;
use longshore::testing::until;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpSocket, TcpStream};

use crate::server::Server;

/// As many descriptors as are allowed, for this process; the server takes its own.
fn take_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// An open page that was welcomed. Addresses of their own, for one has only so many ports.
async fn page(address: SocketAddr, number: usize) -> std::net::TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let source = Ipv4Addr::new(127, 0, 0, 2 + u8::try_from(number % 8).unwrap());
    socket.bind((source, 0).into()).unwrap();
    let stream: TcpStream = socket.connect(address).await.unwrap();
    let mut stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!(
        "GET /files/ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: longshore.v1\r\nOrigin: http://{address}\r\n\r\n"
    );
    let mut request = head.into_bytes();
    request.extend(frame(0x81, br#"{"type":"hello"}"#));
    stream.write_all(&request).unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while !answer.windows(9).any(|nine| nine == b"\"welcome\"") {
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "page {number}: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&piece[..read]);
    }
    stream
}

#[actix_web::test]
async fn many_idle_pages_cost_little_and_leave_nothing() {
    let wanted = std::env::var("LONGSHORE_IDLE_SESSIONS").ok();
    let count: usize = wanted.and_then(|count| count.parse().ok()).unwrap_or(1_000);
    take_descriptors();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--session-grace", "1s"]);
    let address: SocketAddr = server.address().parse().unwrap();
    let warm: Vec<_> = vec![page(address, 0).await, page(address, 1).await];
    drop(warm);
    let mut last = usize::MAX;
    until("the first pages are gone", || {
        let now = server.sockets();
        std::mem::replace(&mut last, now) == now
    })
    .await;
    let (memory, sockets) = (server.memory_kib("VmRSS"), server.sockets());
    let begun = Instant::now();
    let mut pages = Vec::new();
    for number in 0..count {
        pages.push(page(address, number).await);
    }
    let full = server.memory_kib("VmRSS");
    let (opened, kib) = (begun.elapsed(), full.saturating_sub(memory));
    assert!(server.sockets() >= sockets + count);
    println!(
        "{count} pages in {opened:?}: {memory} to {full} KiB, {} bytes each, {} sockets",
        kib * 1024 / count as u64,
        server.sockets(),
    );
    assert!(kib / (count as u64) < 40, "an idle page costs {kib} KiB / {count}");
    let begun = Instant::now();
    drop(pages);
    until("all connections are gone", || server.sockets() <= sockets).await;
    let gone = begun.elapsed();
    until("the spool is empty", || {
        std::fs::read_dir(folder.path().join("spool")).unwrap().count() == 0
    })
    .await;
    println!("all gone after {gone:?}; {} KiB", server.memory_kib("VmRSS"));
    // As many again find room in what these left.
    let mut pages = Vec::new();
    for number in 0..count {
        pages.push(page(address, number).await);
    }
    let again = server.memory_kib("VmRSS");
    println!("{count} pages again: {again} KiB");
    drop(pages);
    until("all connections are gone again", || server.sockets() <= sockets).await;
    assert!(server.terminate().success());
}

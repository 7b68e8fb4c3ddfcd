//! Connections whose peers don't go on are ended by the real binary, and floods cost it no memory.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use longshore::testing::raw::frame;
use longshore::testing::{Upload, Visitor, until};

use crate::client::post;
use crate::server::Server;

const MIB: usize = 1024 * 1024;

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Everything until the connection ends, which it does.
fn rest(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("it goes on: {error}"),
        _ => String::from_utf8_lossy(&rest).into_owned(),
    }
}

#[test]
fn half_a_request_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--body-timeout", "1s"]);
    let mut never = connect(&server);
    let mut first = connect(&server);
    first.write_all(b"GET /files/ws HTTP/1.1\r\nHost: x\r\nUpgr").unwrap();
    assert!(rest(&mut first).starts_with("HTTP/1.1 408"));
    rest(&mut never);
    // actix keeps no time for a connection's second request.
    let mut second = connect(&server);
    second.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    second.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    second.write_all(b"GET /healthz HTTP/1.1\r\nHo").unwrap();
    rest(&mut second);
    // Nor for a body that nobody wants.
    let mut refused = connect(&server);
    let head = "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab";
    refused.write_all(head.as_bytes()).unwrap();
    assert!(rest(&mut refused).starts_with("HTTP/1.1 404"));
}

#[actix_web::test]
async fn a_download_that_nobody_reads_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let (answer, cookie) = post(&server.url, "large.bin", &vec![7; 48 * MIB]).await;
    let path = answer["files"][0]["url"].as_str().unwrap().to_owned();
    assert!(server.terminate().success());
    let server = Server::start(folder.path(), &["--body-timeout", "500ms"]);
    let readers: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut reader = connect(&server);
            let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n");
            reader.write_all(request.as_bytes()).unwrap();
            let mut first = [0; 12];
            reader.read_exact(&mut first).unwrap();
            assert_eq!(&first, b"HTTP/1.1 200");
            reader
        })
        .collect();
    // A socket, a handle to cut it off, a file.
    let (full, each) = (server.descriptors(), 3 * readers.len());
    assert!(full > each);
    until("their connections are ended", || server.descriptors() + each <= full).await;
}

/// How a connection ends that the other side has ended.
const CUT: [ErrorKind; 2] = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset];

/// Sends one message again and again without reading, until the server takes no more of it.
fn flood(server: &Server, message: &str) -> usize {
    let mut socket = connect(server);
    let address = server.address();
    let head = format!(
        "GET /files/ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: longshore.v1\r\nOrigin: http://{address}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    socket.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 101");
    socket.write_all(&frame(0x81, br#"{"type":"hello"}"#)).unwrap();
    let message = frame(0x81, message.as_bytes());
    socket.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut sent = 0;
    // Some of it is taken slowly, for as long as it comes.
    let enough = Instant::now() + Duration::from_secs(8);
    while sent < 256 * MIB && Instant::now() < enough {
        match socket.write(&message) {
            // A part of a frame that is not gone on with is as good as the end.
            Ok(length) if length < message.len() => break,
            Ok(length) => sent += length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            // Whoever floods may be cut off.
            Err(error) if CUT.contains(&error.kind()) => break,
            Err(error) => panic!("{error}"),
        }
    }
    // Held open for as long as the caller measures.
    std::mem::forget(socket);
    sent
}

#[actix_web::test]
async fn who_asks_for_ever_and_never_reads_costs_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--workers", "2", "--log", "error"]);
    let offers: Vec<_> = (0..900).map(|n| format!(r#"{{"ref":"{n}","name":"{n}.txt"}}"#)).collect();
    let offers = offers.join(",");
    let long = "x".repeat(60_000);
    for message in [
        "nonsense".to_owned(),
        format!(r#"{{"type":"register","slot":"none","entries":[{offers}]}}"#),
        format!(r#"{{"type":"register","slot":"files","entries":[{offers}]}}"#),
        format!(r#"{{"type":"event","name":"nothing","payload":"{long}","seq":1}}"#),
        format!(r#"{{"type":"event","name":"nothing","payload":"{long}"}}"#),
        r#"{"type":"cancel","ref":"nobody"}"#.to_owned(),
        r#"{"type":"attach","ref":"a","id":"019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10","size":1}"#
            .to_owned(),
    ] {
        let before = server.memory_kib("VmRSS");
        let sent = flood(&server, &message) / MIB;
        let grown = server.memory_kib("VmRSS").saturating_sub(before) / 1024;
        let kind: String = message.chars().take(40).collect();
        println!("{kind}: {sent} MiB sent, memory grew by {grown} MiB");
        assert!(grown < 32, "{kind}: memory grew by {grown} MiB while {sent} MiB came");
    }
    // Nobody else is hurt who is known: strangers of one address share what they may offer.
    let visitor = Visitor::at(&server.url);
    visitor.get("/files").await;
    let mut live = visitor.live("files").await;
    let file = live.select("files", Upload::bytes("good.bin", vec![1; 1 << 20])).await.unwrap();
    live.send_all(&file).await;
    assert!(live.settled(&file).await.is_complete());
}

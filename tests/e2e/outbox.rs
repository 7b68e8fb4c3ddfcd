//! What another service has to be told is told, whatever happens to the process between the commit and the telling.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{get, post};
use crate::server::Server;

/// Longer than any pause before a second attempt.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the binary with a webhook there.
fn telling(folder: &Path, receiver: SocketAddr) -> Server {
    let secret = folder.join("webhook-secret");
    std::fs::write(&secret, "only the two of us know this\n").unwrap();
    let url = format!("http://{receiver}/hooks");
    let flags = [
        "--webhook",
        &url,
        "--webhook-secret-file",
        secret.to_str().unwrap(),
        "--webhook-allow-private",
    ];
    Server::start(&folder.join("data"), &flags)
}

/// The next letter that comes, and the line on which its sender waits for an answer.
fn letter(listener: &TcpListener) -> (String, Value, TcpStream) {
    listener.set_nonblocking(true).unwrap();
    let end = Instant::now() + PATIENCE;
    let socket = loop {
        match listener.accept() {
            Ok((socket, _)) => break socket,
            Err(_) if Instant::now() < end => std::thread::yield_now(),
            Err(error) => panic!("no letter came: {error}"),
        }
    };
    socket.set_nonblocking(false).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let (mut length, mut id, mut line) = (0, String::new(), String::new());
    while reader.read_line(&mut line).unwrap() > 2 {
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        if let Some(value) = lower.strip_prefix("longshore-id: ") {
            id = value.trim().to_owned();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (id, serde_json::from_slice(&body).unwrap(), socket)
}

fn take(mut socket: TcpStream) {
    socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
}

#[actix_web::test]
async fn a_letter_survives_kill_9_between_the_commit_and_the_sending() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody listens there yet, so nothing can have been sent.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = telling(folder.path(), address);
    let (answer, cookie) = post(&server.url, "a.bin", b"hello").await;
    server.kill();
    let listener = TcpListener::bind(address).unwrap();
    let server = telling(folder.path(), address);
    let (id, told, socket) = letter(&listener);
    assert_eq!((told["event"].as_str(), told["id"].as_str()), (Some("file.stored"), Some(&*id)));
    assert_eq!(told["file"]["sha256"], answer["files"][0]["sha256"]);
    take(socket);
    let url = answer["files"][0]["url"].as_str().unwrap();
    assert_eq!(get(&server.url, url, &cookie).await, b"hello");
}

#[actix_web::test]
async fn a_letter_whose_answer_was_not_heard_comes_again_with_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = telling(folder.path(), address);
    post(&server.url, "a.bin", b"hello").await;
    let (first, told, _waiting) = letter(&listener);
    // The receiver has it, and the sender dies before it hears so.
    server.kill();
    let _server = telling(folder.path(), address);
    let (again, same, socket) = letter(&listener);
    assert_eq!((first, told), (again, same));
    take(socket);
}

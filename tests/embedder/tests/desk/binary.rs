//! The application itself: it serves, and stops when it is told to, with a page still open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::folder;

/// Ends the application if the test ends first.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_serves_its_page_and_stops_in_order() {
    let folder = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_embedder"));
    command.arg(folder.path()).arg("127.0.0.1:0").stdout(Stdio::piped());
    let mut running = Running(command.spawn().unwrap());
    let mut url = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let address = url.trim().strip_prefix("http://").unwrap().split('/').next().unwrap();

    let page = asked(address, "GET /desk/claim HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n");
    let (mut page, mut html) = (page, String::new());
    page.read_to_string(&mut html).unwrap();
    assert!(html.starts_with("HTTP/1.1 200") && html.contains("<h1>Claims desk</h1>"), "{html}");

    let mut live = asked(
        address,
        "GET /desk/claim/ws HTTP/1.1\r\nHost: HOST\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: longshore.v1\r\nOrigin: http://HOST\r\n",
    );
    let mut status = [0; 12];
    live.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 101");

    let pid = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
    // The open page was told: 1001, going away.
    let mut rest = Vec::new();
    live.read_to_end(&mut rest).unwrap();
    let told = rest.windows(4).any(|frame| frame[0] == 0x88 && frame[2..] == [0x03, 0xe9]);
    assert!(told, "{rest:?}");
}

/// Sends a request without a body; what comes back is read from the connection.
fn asked(address: &str, head: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection.write_all(head.replace("HOST", address).as_bytes()).unwrap();
    connection.write_all(b"\r\n").unwrap();
    connection
}

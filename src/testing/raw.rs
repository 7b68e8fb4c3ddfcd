//! Bytes on a TCP connection, for what no library would send: half a request, a frame that lies about its length.
//!
//! ```
//! # actix_web::rt::System::new().block_on(async {
//! use longshore::testing::TestServer;
//! use longshore::testing::raw::RawConnection;
//!
//! let server = TestServer::start(|uploads| uploads).await;
//! let mut connection = RawConnection::to(&server).await;
//! connection.send(b"GET /api/files HTTP/1.1\r\nHost: x\r\n\r\n").await;
//! assert_eq!(connection.answer().await.status, 200);
//! # });
//! ```

use actix_web::web::{Bytes, ServiceConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{TestServer, within};

/// A connection to a [`TestServer`].
#[derive(Debug)]
pub struct RawConnection {
    stream: TcpStream,
    received: Vec<u8>,
    host: String,
}

/// A response, as it was on the wire.
#[derive(Debug)]
pub struct RawAnswer {
    /// The status code.
    pub status: u16,
    /// The status line and the header lines.
    pub head: String,
    /// The bytes behind them.
    pub body: Vec<u8>,
}

/// How a WebSocket ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// With a close frame.
    Closed(u16),
    /// The connection was cut.
    Cut,
}

impl RawConnection {
    /// Connects, and says nothing.
    pub async fn to(server: &TestServer) -> Self {
        let stream = within("a connection", TcpStream::connect(server.address())).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, received: Vec::new(), host: server.address().to_string() }
    }

    /// A connection of the test's own: with a small buffer, or with something in between. `server` is whom it is to
    /// name as its host.
    #[must_use]
    pub fn over(stream: TcpStream, server: &TestServer) -> Self {
        Self { stream, received: Vec::new(), host: server.address().to_string() }
    }

    /// A connection on which a page is live, but for the hello.
    pub async fn live(server: &TestServer, page: &str) -> Self {
        Self::to(server).await.upgraded(page).await
    }

    /// The same connection, on which a page is live now, but for the hello.
    pub async fn upgraded(self, page: &str) -> Self {
        let mut connection = self;
        let head = "GET /PAGE/ws HTTP/1.1\r\nHost: HOST\r\nUpgrade: websocket\r\n\
                    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                    Sec-WebSocket-Protocol: longshore.v1\r\nOrigin: http://HOST\r\n\r\n";
        let head = head.replace("HOST", &connection.host).replace("PAGE", page);
        connection.send(head.as_bytes()).await;
        let answer = connection.head().await;
        assert_eq!(answer.status, 101, "{}", answer.head);
        connection
    }

    /// Sends bytes; panics if the other side does not take them.
    pub async fn send(&mut self, bytes: &[u8]) {
        within("room in the socket", self.stream.write_all(bytes)).await.expect("an open socket");
    }

    /// Sends for as long as the other side takes it: it may have enough, and say so, before the end.
    pub async fn send_what_goes(&mut self, bytes: &[u8]) {
        let (mut reader, mut writer) = self.stream.split();
        let received = &mut self.received;
        let writing = async {
            // The answer tells what became of it.
            let _ = writer.write_all(bytes).await;
        };
        let reading = async {
            let mut piece = vec![0; 4_096];
            while let Ok(count @ 1..) = reader.read(&mut piece).await {
                received.extend_from_slice(&piece[..count]);
            }
        };
        within("an answer or room in the socket", async {
            tokio::select! { () = writing => {}, () = reading => {} }
        })
        .await;
    }

    /// Sends a piece again and again, without reading, until the other side cuts the connection or this many bytes
    /// were taken. Answers how many were.
    pub async fn flood(&mut self, piece: &[u8], at_most: u64) -> u64 {
        let mut taken = 0;
        while taken < at_most {
            match within("room in the socket, or its end", self.stream.write(piece)).await {
                Ok(count) => taken += count as u64,
                Err(_) => break,
            }
        }
        taken
    }

    /// A request with a body of this type; headers for a visitor without cookie and origin.
    pub async fn post(&mut self, path: &str, content_type: &str, body: &[u8]) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {content_type}\r\n\
             Content-Length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        self.send(head.as_bytes()).await;
        self.send_what_goes(body).await;
    }

    /// A request for a path, by a visitor without cookie.
    pub async fn get(&mut self, path: &str) {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host);
        self.send_what_goes(head.as_bytes()).await;
    }

    /// More bytes; false at the end of the connection.
    async fn more(&mut self) -> bool {
        let mut piece = vec![0; 4_096];
        match within("an answer", self.stream.read(&mut piece)).await {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.received.extend_from_slice(&piece[..count]);
                true
            }
        }
    }

    /// The next response without its body: of a handshake there is none.
    pub async fn head(&mut self) -> RawAnswer {
        self.try_head().await.expect("a response before the connection ends")
    }

    async fn try_head(&mut self) -> Option<RawAnswer> {
        let end = loop {
            if let Some(at) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.more().await {
                return None;
            }
        };
        let head: Vec<u8> = self.received.drain(..end).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Some(RawAnswer { status: status.expect("a status"), head, body: Vec::new() })
    }

    /// The next response. Lengths are always declared here.
    pub async fn answer(&mut self) -> RawAnswer {
        self.try_answer().await.expect("a response before the connection ends")
    }

    /// The next response, or nothing if the connection ended before one came.
    pub async fn try_answer(&mut self) -> Option<RawAnswer> {
        let mut answer = self.try_head().await?;
        let lower = answer.head.to_ascii_lowercase();
        let length = lower.split("content-length:").nth(1).and_then(|rest| rest.lines().next());
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        while self.received.len() < length {
            assert!(self.more().await, "the connection ended within a body");
        }
        answer.body = self.received.drain(..length).collect();
        Some(answer)
    }

    /// Sends a frame (its first byte and its payload) as a client must: masked, with the shortest length.
    pub async fn frame(&mut self, first: u8, payload: &[u8]) {
        self.send_what_goes(&frame(first, payload)).await;
    }

    /// Reads until the server ends the WebSocket.
    pub async fn ended(&mut self) -> Ended {
        loop {
            match self.next_frame().await {
                None => return Ended::Cut,
                Some((0x88, payload)) => {
                    let code = payload.get(..2).expect("a close code");
                    return Ended::Closed(u16::from_be_bytes([code[0], code[1]]));
                }
                Some(_) => {}
            }
        }
    }

    /// True when the connection is over, close frame or not.
    pub async fn is_cut(&mut self) -> bool {
        while self.more().await {}
        true
    }

    /// The next text message of the server.
    pub async fn text(&mut self) -> String {
        loop {
            match self.next_frame().await {
                Some((0x81, payload)) => return String::from_utf8(payload.to_vec()).unwrap(),
                Some((0x89 | 0x8a, _)) => {}
                other => panic!("not a text but {other:?}"),
            }
        }
    }

    async fn next_frame(&mut self) -> Option<(u8, Bytes)> {
        loop {
            if let Some((first, payload, length)) = parsed(&self.received) {
                self.received.drain(..length);
                return Some((first, payload));
            }
            if !self.more().await {
                return None;
            }
        }
    }
}

impl RawAnswer {
    /// The body as JSON; panics with what it is if it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    /// Whether the server says that this was the last answer here.
    #[must_use]
    pub fn says_close(&self) -> bool {
        self.head.to_ascii_lowercase().contains("connection: close")
    }
}

/// For [`TestServer::start_with_routes`]: `GET /echo`, a WebSocket that sends back what comes. It has the guard and the
/// socket of live pages, and nothing else of them: for suites that try RFC 6455.
pub fn echo(config: &mut ServiceConfig) {
    crate::echo(config);
}

/// A masked frame with this first byte (FIN, reserved bits and opcode); the mask is zero, so the payload stays readable.
#[must_use]
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len() as u64, true);
    frame.extend(payload);
    frame
}

/// A frame's header with any length, and the mask's four zeros.
#[must_use]
pub fn header(first: u8, length: u64, masked: bool) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut header = vec![first];
    match length {
        0..126 => header.push(mask | u8::try_from(length).unwrap()),
        126..65_536 => {
            header.push(mask | 126);
            header.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            header.push(mask | 127);
            header.extend(length.to_be_bytes());
        }
    }
    if masked {
        header.extend([0; 4]);
    }
    header
}

fn parsed(bytes: &[u8]) -> Option<(u8, Bytes, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (length, start) = match second & 0x7f {
        126 => (usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let payload = bytes.get(start..start + length)?;
    Some((first, Bytes::copy_from_slice(payload), start + length))
}

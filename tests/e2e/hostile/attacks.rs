//! What a hostile client does with a connection, until that ends.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use longshore::testing::data_frame;
use longshore::testing::raw::{frame, header};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::mob::Counts;

/// Between two bytes of somebody slow.
const DRIBBLE: Duration = Duration::from_millis(300);
const BINARY: u8 = 0x82;
const TEXT: u8 = 0x81;
const PING: u8 = 0x89;

/// Whom they attack.
#[derive(Debug)]
pub(super) struct Prey {
    pub(super) address: SocketAddr,
    pub(super) file: (String, String),
    pub(super) counts: Arc<Counts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attack {
    /// Connects, and says nothing.
    Silence,
    /// A header, a byte at a time.
    SlowHead,
    /// A file, a byte at a time.
    SlowBody,
    /// Asks for a large file, and doesn't read it.
    DeafReader,
    /// A page that asks for ever, and doesn't read the answers.
    DeafPage,
    /// A frame that announces a GiB, and what follows it.
    FrameBomb,
    /// Tiny frames of a file that isn't there, and reads what is said to that.
    FrameFlood,
    /// Pings, as fast as they go.
    PingFlood,
    /// A form of a hundred thousand parts.
    PartBomb,
    /// Registers as many files as a message holds, and goes away.
    RegisterBomb,
}

impl Attack {
    pub(super) const ALL: [Self; 10] = [
        Self::Silence,
        Self::SlowHead,
        Self::SlowBody,
        Self::DeafReader,
        Self::DeafPage,
        Self::FrameBomb,
        Self::FrameFlood,
        Self::PingFlood,
        Self::PartBomb,
        Self::RegisterBomb,
    ];

    /// Goes on until the connection ends.
    pub(super) async fn go(self, stream: TcpStream, prey: &Prey) -> io::Result<()> {
        let mut client = Client { stream, prey };
        match self {
            Self::Silence => drain(&mut client.stream).await,
            Self::SlowHead => client.dribble("GET /files HTTP/1.1\r\nHost: x\r\nX-Slow: ").await,
            Self::SlowBody => {
                let body = "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
                client.dribble(&format!("{}{body}", post(1 << 30))).await
            }
            Self::DeafReader => {
                let (path, cookie) = &prey.file;
                let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n");
                client.write(request.as_bytes()).await?;
                std::future::pending().await
            }
            Self::DeafPage => {
                client.page().await?;
                let ask = frame(TEXT, br#"{"type":"event","name":"nothing","payload":{},"seq":1}"#);
                client.for_ever(&ask.repeat(200)).await
            }
            Self::FrameBomb => {
                client.page().await?;
                client.write(&header(BINARY, 1 << 30, true)).await?;
                client.for_ever(&[7; 65_536]).await
            }
            Self::FrameFlood => {
                client.page().await?;
                let tiny = frame(BINARY, &data_frame(99, 0, 0, b"x"));
                client.flood(&tiny.repeat(200)).await
            }
            Self::PingFlood => {
                client.page().await?;
                client.flood(&frame(PING, &[7; 125]).repeat(200)).await
            }
            Self::PartBomb => {
                let part = "--cut\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n";
                client.write(post(100_000 * part.len()).as_bytes()).await?;
                client.flood(part.repeat(1_000).as_bytes()).await
            }
            Self::RegisterBomb => {
                client.page().await?;
                let offers: Vec<_> = (0..900)
                    .map(|n| format!(r#"{{"ref":"{n}","name":"{n}.txt","size":9}}"#))
                    .collect();
                let offers = offers.join(",");
                let register =
                    format!(r#"{{"type":"register","slot":"files","entries":[{offers}]}}"#);
                client.write(&frame(TEXT, register.as_bytes())).await?;
                client.hears(b"\"registered\"").await
            }
        }
    }
}

fn post(length: usize) -> String {
    format!(
        "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=cut\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

/// Reads until the end of the connection.
async fn drain(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut piece = vec![0; 16_384];
    while reader.read(&mut piece).await? > 0 {}
    Ok(())
}

/// Writes the same again and again.
async fn pour(
    writer: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
    counts: &Counts,
) -> io::Result<()> {
    loop {
        writer.write_all(bytes).await?;
        counts.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
}

struct Client<'a> {
    stream: TcpStream,
    prey: &'a Prey,
}

impl Client<'_> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.prey.counts.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Writes the same again and again, and reads nothing.
    async fn for_ever(&mut self, bytes: &[u8]) -> io::Result<()> {
        pour(&mut self.stream, bytes, &self.prey.counts).await
    }

    /// Writes the same again and again, and reads what comes, so that it is only cut off on purpose.
    async fn flood(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (mut reader, mut writer) = self.stream.split();
        tokio::select! {
            end = pour(&mut writer, bytes, &self.prey.counts) => end,
            end = drain(&mut reader) => end,
        }
    }

    async fn dribble(&mut self, begun: &str) -> io::Result<()> {
        self.write(begun.as_bytes()).await?;
        loop {
            sleep(DRIBBLE).await;
            self.write(b"a").await?;
        }
    }

    /// Opens a live page, and says hello.
    async fn page(&mut self) -> io::Result<()> {
        let address = self.prey.address;
        let head = format!(
            "GET /files/ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: longshore.v1\r\nOrigin: http://{address}\r\n\r\n"
        );
        self.write(head.as_bytes()).await?;
        self.write(&frame(TEXT, br#"{"type":"hello"}"#)).await?;
        self.hears(b"\"welcome\"").await
    }

    /// Reads until these bytes have come.
    async fn hears(&mut self, wanted: &[u8]) -> io::Result<()> {
        let (mut heard, mut piece) = (Vec::new(), vec![0; 16_384]);
        while !heard.windows(wanted.len()).any(|window| window == wanted) {
            match self.stream.read(&mut piece).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => heard.extend_from_slice(&piece[..count]),
            }
        }
        Ok(())
    }
}

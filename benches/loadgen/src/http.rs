//! Just enough of HTTP/1.1 on a blocking socket.

use std::io::{IoSlice, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::Outcome;

/// More than this goes out in several system calls.
const AT_ONCE: usize = 1 << 20;
/// A body up to this goes out with its head, in one piece.
const SMALL: usize = 64 << 10;
/// Whoever says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// An error that shows the beginning of the body, unless it is a success.
    pub(crate) fn success(self) -> Outcome<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let text: String = String::from_utf8_lossy(&self.body).chars().take(200).collect();
        Err(format!("{} {text}", self.status).into())
    }
}

/// `127.0.0.1:8080` and `/path` of `http://127.0.0.1:8080/path`.
pub(crate) fn split(url: &str) -> (String, String) {
    let rest = url.trim_start_matches("http://");
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (host.to_owned(), if path.is_empty() { "/".to_owned() } else { path.to_owned() })
}

pub(crate) fn connect(host: &str) -> Outcome<TcpStream> {
    let stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Whether the other end has not closed. Nothing is read.
pub(crate) fn is_open(stream: &TcpStream) -> bool {
    let looked = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
    match looked {
        Ok(count) => count > 0,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    }
}

/// A connection that is made again when the server has closed it.
pub(crate) struct Connection {
    pub(crate) host: String,
    pub(crate) stream: Option<TcpStream>,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(host: String) -> Self {
        Self { host, stream: None, read: Vec::new() }
    }

    pub(crate) fn open(&mut self) -> Outcome<&mut TcpStream> {
        if self.stream.is_none() {
            self.read.clear();
            self.stream = Some(connect(&self.host)?);
        }
        self.stream.as_mut().ok_or_else(|| "not connected".into())
    }

    /// Sends a request and reads its answer, also one that comes before the body was sent.
    pub(crate) fn request(&mut self, head: &str, body: &[&[u8]]) -> Outcome<Answer> {
        let sent = send(self.open()?, head.as_bytes(), body);
        let answer = self.answer();
        if sent.is_err() || answer.is_err() {
            self.stream = None;
        }
        match (sent, answer) {
            (_, Ok(answer)) => Ok(answer),
            (Err(error), Err(_)) => Err(format!("while sending: {error}").into()),
            (Ok(()), Err(error)) => Err(error),
        }
    }

    fn fill(&mut self) -> Outcome<()> {
        let mut piece = [0; 16 << 10];
        let count = self.stream.as_mut().ok_or("not connected")?.read(&mut piece)?;
        self.read.extend_from_slice(&piece[..count]);
        if count == 0 { Err("the server closed the connection".into()) } else { Ok(()) }
    }

    /// The next head, the blank line included; 100 is none.
    pub(crate) fn head(&mut self) -> Outcome<Answer> {
        loop {
            let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") else {
                self.fill()?;
                continue;
            };
            let head = String::from_utf8_lossy(&self.read[..end]).into_owned();
            self.read.drain(..end + 4);
            let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
            let status = status.ok_or("no status line")?;
            if status != 100 {
                return Ok(Answer { status, head, body: Vec::new() });
            }
        }
    }

    fn answer(&mut self) -> Outcome<Answer> {
        let mut answer = self.head()?;
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        let chunked = answer.header("transfer-encoding").is_some_and(|how| how.contains("chunked"));
        if answer.status == 204 || answer.status == 304 {
        } else if let Some(length) = length {
            answer.body = self.exactly(length)?;
        } else if chunked {
            loop {
                let line = self.line()?;
                let length =
                    usize::from_str_radix(line.split(';').next().unwrap_or("").trim(), 16)?;
                answer.body.extend(self.exactly(length)?);
                self.line()?;
                if length == 0 {
                    break;
                }
            }
        } else {
            while self.fill().is_ok() {}
            answer.body = std::mem::take(&mut self.read);
            self.stream = None;
        }
        if answer.header("connection").is_some_and(|how| how.eq_ignore_ascii_case("close")) {
            self.stream = None;
        }
        Ok(answer)
    }

    fn exactly(&mut self, length: usize) -> Outcome<Vec<u8>> {
        while self.read.len() < length {
            self.fill()?;
        }
        Ok(self.read.drain(..length).collect())
    }

    fn line(&mut self) -> Outcome<String> {
        loop {
            if let Some(end) = self.read.windows(2).position(|two| two == b"\r\n") {
                let line = self.exactly(end + 2)?;
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.fill()?;
        }
    }

    /// Reads a body and compares it with what it should be, without keeping it.
    pub(crate) fn compare(&mut self, bytes: &[u8], buffer: &mut [u8]) -> Outcome<()> {
        let early = self.read.len().min(bytes.len());
        let mut same = self.read.drain(..early).as_slice() == &bytes[..early];
        let mut at = early;
        let stream = self.stream.as_mut().ok_or("not connected")?;
        while at < bytes.len() {
            let most = buffer.len().min(bytes.len() - at);
            let count = stream.read(&mut buffer[..most])?;
            if count == 0 {
                return Err("the server closed the connection".into());
            }
            same &= buffer[..count] == bytes[at..at + count];
            at += count;
        }
        if same { Ok(()) } else { Err("other bytes came back".into()) }
    }
}

/// A head with a small body goes out in one piece, as from a browser or curl; the head of a large one with its first MiB.
pub(crate) fn send(stream: &mut TcpStream, head: &[u8], body: &[&[u8]]) -> Outcome<()> {
    let length: usize = body.iter().map(|part| part.len()).sum();
    let mut first = head.to_vec();
    if length <= SMALL {
        body.iter().for_each(|part| first.extend_from_slice(part));
        return Ok(stream.write_all(&first)?);
    }
    for part in body {
        if part.len() <= SMALL {
            first.extend_from_slice(part);
            continue;
        }
        let begin = part.len().min(AT_ONCE);
        let sent = stream.write_vectored(&[IoSlice::new(&first), IoSlice::new(&part[..begin])])?;
        stream.write_all(first.get(sent..).unwrap_or_default())?;
        for piece in part[sent.saturating_sub(first.len())..].chunks(AT_ONCE) {
            stream.write_all(piece)?;
        }
        first.clear();
    }
    Ok(stream.write_all(&first)?)
}

//! One conversation with a daemon: `zINSTREAM`, pieces with their lengths, an empty piece, an answer. Or only `zPING`.
//!
//! The daemon may answer in the middle ("size limit exceeded") and close; then our writing fails, and
//! what it said is lost to whoever doesn't read meanwhile. So both go on side by side.
//!
//! INVARIANT: one piece of the file and at most [`LONGEST_ANSWER`] bytes from the daemon are in memory.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::ClamdAddress;
use crate::checks::Content;
use crate::checks::outside::{Failure, printable};

/// Bytes of the file that are sent at once.
const PIECE: usize = 256 * 1024;
const LONGEST_ANSWER: u64 = 4 * 1024;

/// What a daemon said of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Clean,
    /// The signature's name.
    Infected(String),
}

/// Sends all of a file, and answers what the daemon says of it.
pub(super) async fn scan(address: &ClamdAddress, content: &dyn Content) -> Result<Answer, Failure> {
    let gone = |source| Failure::Gone { what: "clamd can't be reached", source };
    match address {
        ClamdAddress::Unix(path) => {
            talk(UnixStream::connect(path).await.map_err(gone)?, content).await
        }
        ClamdAddress::Tcp(peer) => {
            talk(TcpStream::connect(peer).await.map_err(gone)?, content).await
        }
    }
}

/// Whether a daemon is there and hears.
pub(super) async fn answers(address: &ClamdAddress) -> bool {
    let said = match address {
        ClamdAddress::Unix(path) => match UnixStream::connect(path).await {
            Ok(stream) => ping(stream).await,
            Err(_) => return false,
        },
        ClamdAddress::Tcp(peer) => match TcpStream::connect(peer).await {
            Ok(stream) => ping(stream).await,
            Err(_) => return false,
        },
    };
    said == b"PONG\0"
}

async fn ping(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Vec<u8> {
    // What can't be sent isn't answered.
    let _ = stream.write_all(b"zPING\0").await;
    hear(stream.take(LONGEST_ANSWER)).await
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite,
    content: &dyn Content,
) -> Result<Answer, Failure> {
    let (from, mut to) = tokio::io::split(stream);
    let mut hearing = std::pin::pin!(hear(from.take(LONGEST_ANSWER)));
    let sent = tokio::select! {
        // It answered before it had everything.
        said = &mut hearing => return match understood(&said)? {
            Answer::Clean => Err(Failure::Answer("clamd answered too early".to_owned())),
            infected @ Answer::Infected(_) => Ok(infected),
        },
        sent = send(&mut to, content) => sent,
    };
    match sent {
        Ok(()) => understood(&hearing.await),
        // Our own bytes: whatever the daemon says now, it hasn't seen them.
        Err(failure @ Failure::Read(_)) => Err(failure),
        // It went away; what it said before that tells more.
        Err(failure) => match understood(&hearing.await) {
            Ok(Answer::Clean) | Err(Failure::Gone { .. }) => Err(failure),
            answer => answer,
        },
    }
}

async fn send(to: &mut (impl AsyncWrite + Unpin), content: &dyn Content) -> Result<(), Failure> {
    let gone = |source| Failure::Gone { what: "clamd went away", source };
    to.write_all(b"zINSTREAM\0").await.map_err(gone)?;
    let mut offset = 0;
    loop {
        let piece = content.read_at(offset, PIECE).await.map_err(Failure::Read)?;
        // An empty piece is the end, for the daemon too.
        let length = u32::try_from(piece.len())
            .map_err(|_| Failure::Read(io::ErrorKind::InvalidData.into()))?;
        to.write_all(&length.to_be_bytes()).await.map_err(gone)?;
        to.write_all(&piece).await.map_err(gone)?;
        if piece.is_empty() {
            return to.flush().await.map_err(gone);
        }
        offset += u64::from(length);
    }
}

/// Reads until the answer's NUL or the end, whatever ends it.
async fn hear(mut from: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut said = Vec::new();
    while !said.contains(&0) {
        if !matches!(from.read_buf(&mut said).await, Ok(1..)) {
            break;
        }
    }
    said
}

/// The three answers that there are: `stream: OK`, `stream: NAME FOUND` and `... ERROR`.
fn understood(said: &[u8]) -> Result<Answer, Failure> {
    let line = said.split(|byte| *byte == 0).next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let line = line.trim_end_matches('\n');
    if !said.contains(&0) {
        let source = io::ErrorKind::UnexpectedEof.into();
        return Err(Failure::Gone { what: "clamd went away without an answer", source });
    }
    match line.strip_prefix("stream: ") {
        Some("OK") => return Ok(Answer::Clean),
        Some(found) => {
            if let Some(name) = found.strip_suffix(" FOUND") {
                return Ok(Answer::Infected(name.to_owned()));
            }
        }
        None => {}
    }
    Err(Failure::Answer(format!("clamd said {:?}", printable(line, 200))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answers_that_there_are_are_understood() {
        assert_eq!(understood(b"stream: OK\0").unwrap(), Answer::Clean);
        let found = understood(b"stream: Win.Test.EICAR_HDB-1 FOUND\0").unwrap();
        assert_eq!(found, Answer::Infected("Win.Test.EICAR_HDB-1".to_owned()));
        for said in [
            &b""[..],
            b"\0",
            b"stream: OK",
            b"stream: OK FOUN",
            b"OK\0",
            b"stream: \0",
            b"stream: OKAY\0",
            b"stream: ok\0",
            b"PONG\0",
            b"UNKNOWN COMMAND\0",
            b"INSTREAM size limit exceeded. ERROR\0",
            b"stream: Can't allocate memory ERROR\0",
            b"\xff\xfe\0",
        ] {
            assert!(understood(said).is_err(), "{:?}", String::from_utf8_lossy(said));
        }
    }

    #[test]
    fn what_the_log_is_told_of_nonsense_is_one_line() {
        let error = understood(b"HTTP/1.1 400\r\nX: y\x1b[31m\0").unwrap_err();
        assert!(!error.to_string().contains(char::is_control), "{error}");
    }
}

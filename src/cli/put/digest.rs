//! A SHA-256 that runs beside the sending.
//!
//! Bytes may be sent twice, after a cut, and the first ones may have been sent by an earlier run. Each is
//! counted once, and what this run doesn't send is read from the file.

use std::fmt::Write;
use std::io;

use sha2::{Digest, Sha256};

use super::source::Source;

/// The digest of everything below an offset.
pub(super) struct Running {
    state: Sha256,
    upto: u64,
}

impl Running {
    pub(super) fn new() -> Self {
        Self { state: Sha256::new(), upto: 0 }
    }

    /// Counts bytes that lie at an offset at which, or behind which, counting stopped.
    pub(super) fn feed(&mut self, at: u64, bytes: &[u8]) {
        let known = usize::try_from(self.upto.saturating_sub(at)).unwrap_or(usize::MAX);
        if let Some(new) = bytes.get(known..) {
            self.state.update(new);
            self.upto += new.len() as u64;
        }
    }

    /// Reads and counts what lies below an offset and was not sent by this run.
    ///
    /// # Errors
    /// What reading says; `UnexpectedEof` if the file ends earlier.
    pub(super) fn catch_up(&mut self, source: &Source, to: u64) -> io::Result<()> {
        let mut buffer = vec![0; 256 * 1024];
        while self.upto < to {
            let most = buffer.len().min(usize::try_from(to - self.upto).unwrap_or(usize::MAX));
            let Some(piece) = buffer.get_mut(..most) else { break };
            let read = source.read_at(piece, self.upto)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.feed(self.upto, piece.get(..read).unwrap_or_default());
        }
        Ok(())
    }

    pub(super) fn hex(self) -> String {
        hex(&self.state.finalize())
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn what_is_sent_twice_is_counted_once() {
        let mut running = Running::new();
        running.feed(0, b"ab");
        running.feed(0, b"a");
        running.feed(1, b"bc");
        running.feed(3, b"");
        assert_eq!(running.hex(), ABC);
    }

    #[test]
    fn what_an_earlier_run_sent_is_read() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"abc").unwrap();
        let source = Source::File { file, size: 3 };
        let mut running = Running::new();
        running.catch_up(&source, 2).unwrap();
        running.feed(2, b"c");
        assert!(running.catch_up(&source, 4).is_err());
        assert_eq!(running.hex(), ABC);
    }
}

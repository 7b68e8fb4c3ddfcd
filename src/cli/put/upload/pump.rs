//! The bytes of one request, as they are asked for: read, counted into the digest, shown on the bar.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

use super::super::board::Bar;
use super::super::digest::Running;
use super::super::source::Source;

pub(super) struct Pump<'a> {
    source: &'a Source,
    begin: u64,
    left: Range<u64>,
    digest: Option<&'a mut Running>,
    bar: &'a Bar<'a>,
    fault: Option<io::Error>,
}

impl<'a> Pump<'a> {
    pub(super) fn new(
        source: &'a Source,
        span: Range<u64>,
        digest: Option<&'a mut Running>,
        bar: &'a Bar<'a>,
    ) -> Self {
        Self { source, begin: span.start, left: span, digest, bar, fault: None }
    }

    /// How much was given away.
    pub(super) fn given(&self) -> u64 {
        self.left.start - self.begin
    }

    /// What reading said, which would look like a broken connection otherwise.
    pub(super) fn fault(&mut self) -> Option<io::Error> {
        self.fault.take()
    }

    fn next(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let Some(piece) = buffer.get_mut(..most).filter(|piece| !piece.is_empty()) else {
            return Ok(0);
        };
        let read = self.source.read_at(piece, self.left.start)?;
        if read == 0 {
            // The request has promised more, and its sender would ask for ever.
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "it became shorter"));
        }
        if let Some(digest) = &mut self.digest {
            digest.feed(self.left.start, piece.get(..read).unwrap_or_default());
        }
        self.left.start += read as u64;
        self.bar.at(self.left.start);
        Ok(read)
    }
}

impl Read for Pump<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.next(buffer).map_err(|error| {
            let told = io::Error::new(error.kind(), error.to_string());
            self.fault = Some(error);
            told
        })
    }
}

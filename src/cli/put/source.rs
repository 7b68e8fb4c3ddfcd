//! Where bytes come from: a file, read wherever it is needed, or a stream, of which one piece is kept.
//!
//! After a broken connection the server says how much it has, and that may be less than what was sent. A file is
//! read there again. Of a stream the last piece is in memory, and that is all that one connection can lose.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// The bytes of one upload.
pub(super) enum Source {
    File { file: File, size: u64 },
    Stream(Stream),
}

pub(super) struct Stream {
    reader: Box<dyn Read + Send>,
    limit: usize,
    piece: Vec<u8>,
    /// Where the piece begins.
    start: u64,
    ended: bool,
}

impl Source {
    pub(super) fn stream(reader: Box<dyn Read + Send>, limit: usize) -> Self {
        let piece = Vec::new();
        Self::Stream(Stream { reader, limit, piece, start: 0, ended: false })
    }

    /// How much there is, if that is known by now.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::File { size, .. } => Some(*size),
            Self::Stream(stream) => stream.ended.then(|| stream.end()),
        }
    }

    /// When it was written last, in milliseconds since 1970.
    pub(super) fn modified(&self) -> Option<u128> {
        let Self::File { file, .. } = self else { return None };
        let time = file.metadata().ok()?.modified().ok()?;
        Some(time.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis())
    }

    /// What one request may send from here.
    ///
    /// # Errors
    /// A stream that can't be read, or of which these bytes are gone.
    pub(super) fn span(&mut self, from: u64, chunk: Option<u64>) -> io::Result<Range<u64>> {
        match self {
            Self::File { size, .. } => {
                let end = chunk.map_or(*size, |chunk| from.saturating_add(chunk).min(*size));
                Ok(from..end)
            }
            Self::Stream(stream) => stream.span(from),
        }
    }

    /// Reads what is there at an offset; nothing only behind the end.
    pub(super) fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        match self {
            Self::File { file, .. } => file.read_at(buffer, at),
            Self::Stream(stream) => {
                let from = usize::try_from(at - stream.start).unwrap_or(usize::MAX);
                let mut rest = stream.piece.get(from..).unwrap_or_default();
                rest.read(buffer)
            }
        }
    }
}

impl Stream {
    fn end(&self) -> u64 {
        self.start + self.piece.len() as u64
    }

    fn span(&mut self, from: u64) -> io::Result<Range<u64>> {
        if from == self.end() && !self.ended {
            self.start = from;
            self.piece.clear();
            (&mut self.reader).take(self.limit as u64).read_to_end(&mut self.piece)?;
            self.ended = self.piece.len() < self.limit;
        }
        if from < self.start || from > self.end() {
            return Err(io::Error::other(format!(
                "the server wants byte {from} again, and a stream can't be read twice"
            )));
        }
        Ok(from..self.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &Source, span: Range<u64>) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(span.end - span.start).unwrap()];
        assert_eq!(source.read_at(&mut bytes, span.start).unwrap(), bytes.len());
        bytes
    }

    #[test]
    fn a_stream_comes_in_pieces_and_its_end_is_found() {
        let mut source = Source::stream(Box::new(&b"abcdefgh"[..]), 3);
        assert_eq!((source.span(0, None).unwrap(), source.length()), (0..3, None));
        assert_eq!(read(&source, 0..3), b"abc");
        assert_eq!(source.span(1, None).unwrap(), 1..3);
        assert_eq!(read(&source, 1..3), b"bc");
        assert_eq!(source.span(3, None).unwrap(), 3..6);
        assert!(source.span(2, None).is_err(), "these bytes are gone");
        assert_eq!((source.span(6, None).unwrap(), source.length()), (6..8, Some(8)));
        assert_eq!(source.span(8, None).unwrap(), 8..8);
        assert!(source.span(9, None).is_err());
    }

    #[test]
    fn a_stream_that_ends_with_a_piece_has_an_empty_one_behind_it() {
        let mut source = Source::stream(Box::new(&b"abcdef"[..]), 3);
        source.span(0, None).unwrap();
        assert_eq!((source.span(3, None).unwrap(), source.length()), (3..6, None));
        assert_eq!((source.span(6, None).unwrap(), source.length()), (6..6, Some(6)));
        let mut nothing = Source::stream(Box::new(io::empty()), 3);
        assert_eq!((nothing.span(0, None).unwrap(), nothing.length()), (0..0, Some(0)));
    }

    #[test]
    fn a_file_is_one_request_unless_somebody_limits_them() {
        let file = tempfile::tempfile().unwrap();
        let mut source = Source::File { file, size: 10 };
        assert_eq!(source.span(0, None).unwrap(), 0..10);
        assert_eq!(source.span(4, Some(4)).unwrap(), 4..8);
        assert_eq!(source.span(8, Some(4)).unwrap(), 8..10);
    }
}

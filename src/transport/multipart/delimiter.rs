//! Where the content of a part ends: at its body's delimiter (RFC 2046, section 5.1.1).
//!
//! It is found as the parser of the parts finds it: a line end that is CR LF or CR alone, two hyphens, the boundary. What is behind
//! the boundary is for the parser to judge.

use actix_web::web::{Bytes, BytesMut};
use memchr::memmem::Finder;
use memchr::memrchr;

/// The delimiter of a body.
#[derive(Debug)]
pub(super) struct Delimiter {
    /// Two hyphens and the boundary.
    line: Finder<'static>,
}

/// A piece of a body, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Apart {
    /// What belongs to the content, in its order; either may be empty.
    pub(super) content: [Bytes; 2],
    /// What comes behind it: from the delimiter on, or what may be the beginning of one.
    pub(super) rest: Vec<Bytes>,
    /// Whether the content ends here.
    pub(super) ended: bool,
}

impl Delimiter {
    pub(super) fn of(boundary: &str) -> Self {
        let line = ["--", boundary].concat();
        Self { line: Finder::new(line.as_bytes()).into_owned() }
    }

    /// As many bytes may be a delimiter.
    pub(super) fn longest(&self) -> usize {
        2 + self.line.needle().len()
    }

    /// Where one begins.
    fn find(&self, bytes: &[u8]) -> Option<usize> {
        self.line.find_iter(bytes).find_map(|at| {
            let before = &bytes[..at];
            let line_end = before.strip_suffix(b"\r\n").or_else(|| before.strip_suffix(b"\r"))?;
            Some(line_end.len())
        })
    }

    /// Where one may begin that doesn't end here. There is no CR in a delimiter but the first byte, so it can only be the last one.
    fn find_part(&self, bytes: &[u8]) -> usize {
        let first = bytes.len().saturating_sub(self.longest() - 1);
        let Some(at) = memrchr(b'\r', &bytes[first..]).map(|at| first + at) else {
            return bytes.len();
        };
        let line = bytes[at + 1..].strip_prefix(b"\n").unwrap_or(&bytes[at + 1..]);
        if self.line.needle().starts_with(line) { at } else { bytes.len() }
    }

    /// Takes a piece apart behind bytes of which none is the content's for sure, which were the rest of the piece before.
    pub(super) fn divide(&self, before: Bytes, piece: Bytes) -> Apart {
        if before.is_empty() {
            return self.divide_one(piece);
        }
        let few = piece.len().min(self.longest() - 1);
        let mut seam = BytesMut::with_capacity(before.len() + few);
        seam.extend_from_slice(&before);
        seam.extend_from_slice(&piece[..few]);
        if few == piece.len() {
            return self.divide_one(seam.freeze());
        }
        // What begins in front of the piece ends in the seam.
        match self.find(&seam).filter(|at| *at < before.len()) {
            Some(at) => {
                let content = [before.slice(..at), Bytes::new()];
                Apart { content, rest: vec![before.slice(at..), piece], ended: true }
            }
            None => {
                let Apart { content: [content, _], rest, ended } = self.divide_one(piece);
                Apart { content: [before, content], rest, ended }
            }
        }
    }

    fn divide_one(&self, mut piece: Bytes) -> Apart {
        let found = self.find(&piece);
        let rest = piece.split_off(found.unwrap_or_else(|| self.find_part(&piece)));
        let rest = if rest.is_empty() { Vec::new() } else { vec![rest] };
        Apart { content: [piece, Bytes::new()], rest, ended: found.is_some() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz::{cuts, pieces};

    /// What the delimiters are of that the tests look for.
    const BOUNDARIES: [&str; 3] = ["X", "-", "XY-X"];

    /// Bytes that are a delimiter far more often than chance would have it.
    fn tempting() -> impl Strategy<Value = Vec<u8>> {
        let words: [&[u8]; 9] =
            [b"\r", b"\n", b"\r\n", b"-", b"--", b"X", b"XY-X", b"\r\n--X", b"text"];
        vec(prop::sample::select(words.to_vec()), 0..40).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn the_content_ends_at_the_first_delimiter_however_it_is_cut(
            body in tempting(),
            cuts in cuts(),
            boundary in prop::sample::select(BOUNDARIES.to_vec()),
        ) {
            let delimiter = Delimiter::of(boundary);
            let whole = delimiter.find(&body);
            let (mut content, mut rest, mut ended) = (Vec::new(), Vec::new(), false);
            for piece in pieces(&body, &cuts) {
                if ended {
                    rest.push(piece);
                    continue;
                }
                let before = rest.pop().unwrap_or_default();
                let apart = delimiter.divide(before, piece);
                content.extend_from_slice(&apart.content.concat());
                (rest, ended) = (apart.rest, apart.ended);
                prop_assert!(ended || rest.len() <= 1 && rest.concat().len() < delimiter.longest());
            }
            prop_assert_eq!(ended, whole.is_some());
            let end = whole.unwrap_or(content.len());
            prop_assert_eq!(&content, &body[..end]);
            prop_assert_eq!(rest.concat(), &body[end..]);
        }
    }

    #[test]
    fn a_delimiter_begins_a_line() {
        let delimiter = Delimiter::of("X");
        assert_eq!(delimiter.find(b"--X"), None);
        assert_eq!(delimiter.find(b"a--X\n--X\r\n--X"), Some(8));
        assert_eq!(delimiter.find(b"a\r--X"), Some(1));
        assert_eq!(delimiter.find_part(b"a\r\n--"), 1);
        assert_eq!(delimiter.find_part(b"a\r\n-\r"), 4);
        assert_eq!(delimiter.find_part(b"a\r\n-a"), 5);
    }

    #[test]
    fn what_is_no_delimiter_is_not_copied() {
        let delimiter = Delimiter::of("X");
        let piece = Bytes::from(vec![7; 100_000]);
        let apart = delimiter.divide(Bytes::new(), piece.clone());
        assert_eq!(apart.content[0].as_ptr(), piece.as_ptr());
        let apart = delimiter.divide(Bytes::from_static(b"\r\n-"), piece.clone());
        assert_eq!(apart.content[1].as_ptr(), piece.as_ptr());
        assert_eq!(apart.content[0], b"\r\n-"[..]);
    }
}

//! The names of a whole file: its own, and those of what is packed in it.
//!
//! A reader finds packed objects by a table; we look into every stream that begins as packed ones do, whatever its
//! dictionary says, because dictionaries can be made to say anything.

use flate2::{Decompress, FlushDecompress, Status};

use super::names::{Names, Token};

/// What speaks against a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scan {
    /// It has scripts, or starts programs.
    Runs,
    /// That can't be said.
    Closed,
}

/// Kinds of actions that run something; and a rendition's may be a script, too.
const RUNNING: [&[u8]; 3] = [b"JavaScript", b"Launch", b"Rendition"];
/// Ways of packing that are not unpacked here.
const ODD: [&[u8]; 5] =
    [b"LZWDecode", b"ASCII85Decode", b"ASCIIHexDecode", b"RunLengthDecode", b"Predictor"];
/// Streams that may lie within each other. An honest file has one at a time.
const NESTED: usize = 4;

/// What has been read of a file.
#[derive(Debug)]
pub(super) struct Objects {
    names: Names,
    dictionary: Dictionary,
    /// A stream begins behind the end of its line.
    beginning: bool,
    packed: Vec<Packed>,
    /// Bytes that it may still unpack to.
    room: u64,
}

/// What was said since the last stream.
#[derive(Debug, Default)]
struct Dictionary {
    has_objects: bool,
    is_odd: bool,
}

/// A stream that is being unpacked.
#[derive(Debug)]
struct Packed {
    decoder: Decompress,
    names: Names,
}

impl Objects {
    /// Of a file that may unpack to so many bytes.
    pub(super) fn of_at_most(room: u64) -> Self {
        let (names, dictionary) = (Names::default(), Dictionary::default());
        Self { names, dictionary, beginning: false, packed: Vec::new(), room }
    }

    /// Reads the next piece of a file; answers what speaks against it, once something does.
    pub(super) fn read(&mut self, piece: &[u8]) -> Option<Scan> {
        let mut unread = 0;
        for (at, byte) in piece.iter().enumerate() {
            if self.beginning && !matches!(byte, b'\r' | b'\n' | b' ') {
                self.beginning = false;
                // The method of a zlib stream, RFC 1950, section 2.2.
                if byte & 0x0f == 8 {
                    // Those that began earlier have read so far.
                    if let Some(found) = self.unpack(&piece[unread..at]) {
                        return Some(found);
                    }
                    unread = at;
                    self.packed
                        .push(Packed { decoder: Decompress::new(true), names: Names::default() });
                    if self.packed.len() > NESTED {
                        return Some(Scan::Closed);
                    }
                }
            }
            let token = self.names.push(*byte);
            if let Some(found) = token.and_then(|token| self.judge(&token)) {
                return Some(found);
            }
        }
        self.unpack(&piece[unread..])
    }

    /// What the end of the file says.
    pub(super) fn end(mut self) -> Option<Scan> {
        let last = self.names.end();
        last.and_then(|token| self.judge(&token))
    }

    fn judge(&mut self, token: &Token) -> Option<Scan> {
        match token {
            Token::Name(name) if RUNNING.contains(&&name[..]) => return Some(Scan::Runs),
            Token::Name(name) if name == b"Encrypt" => return Some(Scan::Closed),
            Token::Name(name) if name == b"ObjStm" => self.dictionary.has_objects = true,
            Token::Name(name) if ODD.contains(&&name[..]) => self.dictionary.is_odd = true,
            Token::Name(_) => {}
            Token::Word(word) if word == b"stream" => {
                self.beginning = true;
                let Dictionary { has_objects, is_odd } = std::mem::take(&mut self.dictionary);
                return (has_objects && is_odd).then_some(Scan::Closed);
            }
            Token::Word(word) if word == b"endobj" => self.dictionary = Dictionary::default(),
            Token::Word(_) => {}
        }
        None
    }

    fn unpack(&mut self, bytes: &[u8]) -> Option<Scan> {
        let mut left = Vec::new();
        for mut stream in std::mem::take(&mut self.packed) {
            match stream.read(bytes, &mut self.room) {
                Err(found) => return Some(found),
                Ok(true) => left.push(stream),
                Ok(false) => {}
            }
        }
        self.packed = left;
        None
    }
}

impl Packed {
    /// Unpacks what these bytes come to; `false` when the stream has ended, or is none.
    fn read(&mut self, mut bytes: &[u8], room: &mut u64) -> Result<bool, Scan> {
        let mut buffer = vec![0; 32 * 1024];
        loop {
            let (read, written) = (self.decoder.total_in(), self.decoder.total_out());
            let status = self.decoder.decompress(bytes, &mut buffer, FlushDecompress::None);
            let count = |now: u64, before: u64| usize::try_from(now - before).unwrap_or_default();
            bytes = &bytes[count(self.decoder.total_in(), read).min(bytes.len())..];
            let written = count(self.decoder.total_out(), written);
            *room = room.checked_sub(written as u64).ok_or(Scan::Closed)?;
            for byte in &buffer[..written] {
                if matches!(self.names.push(*byte), Some(Token::Name(name)) if RUNNING.contains(&&name[..]))
                {
                    return Err(Scan::Runs);
                }
            }
            match status {
                Ok(Status::Ok) if !bytes.is_empty() || written == buffer.len() => {}
                Ok(Status::Ok | Status::BufError) => return Ok(true),
                // What a damaged one held before is what a reader gets, too.
                Ok(Status::StreamEnd) | Err(_) => {
                    let last = self.names.end();
                    let runs =
                        matches!(last, Some(Token::Name(name)) if RUNNING.contains(&&name[..]));
                    return if runs { Err(Scan::Runs) } else { Ok(false) };
                }
            }
        }
    }
}

//! `Upload-Checksum`: a digest of one request's body.

use actix_web::http::header::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::headers::single;
use super::refusal::Refusal;

/// "Tus-Checksum-Algorithm": what this server can compute. SHA-1 has to be among them.
pub(super) const ALGORITHMS: &str = "sha1,sha256,md5,crc32";

/// A digest that runs along with the bytes, and what it has to be at the end.
#[derive(Debug)]
pub(super) struct Checksum {
    running: Running,
    expected: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Running {
    Sha1(Sha1),
    Sha256(Sha256),
    Md5(Md5),
    Crc32(crc32fast::Hasher),
}

/// "Upload-Checksum": the algorithm's name, one space, the Base64 of the digest. An algorithm that is not supported
/// is 400, and so is a digest that no bytes can have.
pub(super) fn read(headers: &HeaderMap) -> Result<Option<Checksum>, Refusal> {
    let Some(text) = single(headers, "upload-checksum")? else { return Ok(None) };
    let bad =
        || Refusal::bad("The header Upload-Checksum must be an algorithm and a Base64 digest.");
    let (name, digest) = text.split_once(' ').ok_or_else(bad)?;
    let running = Running::named(name).ok_or_else(|| {
        Refusal::bad(format!("The checksum's algorithm must be one of {ALGORITHMS}."))
    })?;
    let expected = STANDARD.decode(digest).map_err(|_| bad())?;
    if running.clone().end().len() != expected.len() {
        return Err(bad());
    }
    Ok(Some(Checksum { running, expected }))
}

impl Checksum {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match &mut self.running {
            Running::Sha1(digest) => digest.update(bytes),
            Running::Sha256(digest) => digest.update(bytes),
            Running::Md5(digest) => digest.update(bytes),
            Running::Crc32(digest) => digest.update(bytes),
        }
    }

    pub(super) fn holds(self) -> bool {
        self.running.end() == self.expected
    }
}

impl Running {
    fn named(name: &str) -> Option<Self> {
        match name {
            "sha1" => Some(Self::Sha1(Sha1::new())),
            "sha256" => Some(Self::Sha256(Sha256::new())),
            "md5" => Some(Self::Md5(Md5::new())),
            "crc32" => Some(Self::Crc32(crc32fast::Hasher::new())),
            _ => None,
        }
    }

    fn end(self) -> Vec<u8> {
        match self {
            Self::Sha1(digest) => digest.finalize().to_vec(),
            Self::Sha256(digest) => digest.finalize().to_vec(),
            Self::Md5(digest) => digest.finalize().to_vec(),
            Self::Crc32(digest) => digest.finalize().to_be_bytes().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::tus::tests::headers;

    fn of(value: &str) -> Result<Option<Checksum>, Refusal> {
        read(&headers(&[("upload-checksum", value)]))
    }

    /// CK-05, CK-08: digests of other programs, of "hello world" and of nothing.
    #[test]
    fn every_algorithm_knows_its_digest() {
        for (value, bytes) in [
            ("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "hello world"),
            ("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", "hello world"),
            ("md5 XrY7u+Ae7tCTyyK7j1rNww==", "hello world"),
            ("crc32 DUoRhQ==", "hello world"),
            ("sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=", ""),
            ("crc32 AAAAAA==", ""),
        ] {
            let mut right = of(value).unwrap().unwrap();
            for piece in bytes.as_bytes().chunks(3) {
                right.update(piece);
            }
            assert!(right.holds(), "{value}");
            let mut wrong = of(value).unwrap().unwrap();
            wrong.update(b"hello worlds");
            assert!(!wrong.holds(), "{value}");
        }
    }

    /// CK-03, CK-04
    #[test]
    fn what_is_no_checksum_is_refused() {
        for bad in [
            "",
            "sha1",
            "sha1 ",
            "sha1Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
            "sha1 !!",
            "sha1 YQ==",
            "sha1  Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
            "SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
            "foo Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
            "crc32 DUoRhQ== x",
            "md5 DUoRhQ==",
        ] {
            assert!(of(bad).is_err(), "{bad}");
        }
        assert!(read(&headers(&[])).unwrap().is_none());
        assert!(ALGORITHMS.split(',').all(|name| Running::named(name).is_some()));
    }
}

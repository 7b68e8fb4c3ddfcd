//! Digests (RFC 9530): of the whole file, which the engine compares at the end, and of one request's content,
//! without which that content does not count.
//!
//! Algorithms that we don't know are passed over, as that document wants it; so are fields that can't be read.

use actix_web::http::header::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sfv::{Dictionary, ListEntry, Parser};
use sha2::{Digest, Sha256, Sha512};

use super::fields::joined;
use crate::domain::{Code, Entry, Sha256Digest};
use crate::transport::answer::Problem;

pub(super) const REPR_DIGEST: &str = "repr-digest";
const CONTENT_DIGEST: &str = "content-digest";
const WANT_REPR_DIGEST: &str = "want-repr-digest";

/// What has to be known again when an upload is complete; its entry carries it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memo {
    /// The client wants to hear the digest of the whole.
    wants_digest: bool,
}

impl Memo {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let weight = dictionary(headers, WANT_REPR_DIGEST).and_then(|wanted| {
            let Some(ListEntry::Item(item)) = wanted.get("sha-256") else { return None };
            Some(i64::from(item.bare_item.as_integer()?))
        });
        Self { wants_digest: weight.is_some_and(|weight| weight > 0) }
    }

    /// As an entry carries it.
    pub(super) fn written(self) -> Option<String> {
        serde_json::to_string(&self).ok()
    }

    /// `Repr-Digest` for a complete entry, if its client wanted it and there is a SHA-256: a slot may have another digest.
    pub(super) fn answer(entry: &Entry) -> Option<String> {
        let memo: Self = entry.memo.as_deref().and_then(|memo| serde_json::from_str(memo).ok())?;
        memo.of(entry)
    }

    pub(super) fn of(self, entry: &Entry) -> Option<String> {
        let digest = entry.digest.filter(|_| self.wants_digest)?.sha256()?;
        Some(format!("sha-256=:{}:", STANDARD.encode(digest.as_bytes())))
    }
}

/// The SHA-256 of the whole file that a request declares.
///
/// # Errors
/// `invalid_message` for one that has not the length of one, because no file could have it.
pub(super) fn declared(headers: &HeaderMap) -> Result<Option<Sha256Digest>, Problem> {
    let Some(bytes) = dictionary(headers, REPR_DIGEST).and_then(|all| bytes(&all, "sha-256"))
    else {
        return Ok(None);
    };
    let digest: [u8; 32] = bytes.try_into().map_err(|_| {
        Problem::because(Code::InvalidMessage, "A SHA-256 has 32 bytes; Repr-Digest has not.")
    })?;
    Ok(Some(digest.into()))
}

/// The digests of a request's content: those that were declared, and what has come so far.
#[derive(Debug, Clone)]
pub(super) struct Content {
    sha256: Option<(Vec<u8>, Sha256)>,
    sha512: Option<(Vec<u8>, Sha512)>,
}

impl Content {
    /// Nothing if none is declared that we know.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let all = dictionary(headers, CONTENT_DIGEST)?;
        let sha256 = bytes(&all, "sha-256").map(|bytes| (bytes, Sha256::new()));
        let sha512 = bytes(&all, "sha-512").map(|bytes| (bytes, Sha512::new()));
        (sha256.is_some() || sha512.is_some()).then_some(Self { sha256, sha512 })
    }

    pub(super) fn update(&mut self, piece: &[u8]) {
        if let Some((_, hasher)) = &mut self.sha256 {
            hasher.update(piece);
        }
        if let Some((_, hasher)) = &mut self.sha512 {
            hasher.update(piece);
        }
    }

    /// Whether what came is what was declared, by each digest that was.
    pub(super) fn holds(self) -> bool {
        let small = self.sha256.is_none_or(|(said, hasher)| *hasher.finalize() == *said);
        let large = self.sha512.is_none_or(|(said, hasher)| *hasher.finalize() == *said);
        small && large
    }
}

fn dictionary(headers: &HeaderMap, name: &str) -> Option<Dictionary> {
    Parser::new(&joined(headers, name)?).parse::<Dictionary>().ok()
}

fn bytes(all: &Dictionary, algorithm: &str) -> Option<Vec<u8>> {
    let Some(ListEntry::Item(item)) = all.get(algorithm) else { return None };
    item.bare_item.as_byte_sequence().map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    /// SHA-256 of "hello".
    const HELLO: &str = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:";

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn r_31_a_content_digest_holds_or_does_not() {
        for (field, content, holds) in [
            (HELLO.to_owned(), "hello", Some(true)),
            (HELLO.to_owned(), "hullo", Some(false)),
            (HELLO.to_owned(), "", Some(false)),
            (format!("md5=:AAAA:, {HELLO}"), "hello", Some(true)),
            (format!("{HELLO}, sha-512=:AAAA:"), "hello", Some(false)),
            ("sha-256=:AAAA:".to_owned(), "hello", Some(false)),
            ("md5=:AAAA:".to_owned(), "hello", None),
            ("sha-256=text".to_owned(), "hello", None),
            ("sha-256=:!:".to_owned(), "hello", None),
            ("".to_owned(), "hello", None),
        ] {
            let digest = Content::read(&headers(&[(CONTENT_DIGEST, &field)]));
            let held = digest.map(|mut digest| {
                let (first, second) = content.split_at(content.len() / 2);
                digest.update(first.as_bytes());
                digest.update(second.as_bytes());
                digest.holds()
            });
            assert_eq!(held, holds, "{field} of {content}");
        }
    }

    #[test]
    fn r_31_the_digest_of_the_whole_is_read_or_passed_over() {
        let read = |field: &str| declared(&headers(&[(REPR_DIGEST, field)]));
        let hello = read(HELLO).unwrap().unwrap().to_string();
        assert!(hello.starts_with("2cf24dba5fb0a30e26e83b2ac5b9e29e"), "{hello}");
        assert_eq!(read("sha-512=:AAAA:").unwrap(), None);
        assert_eq!(read("nonsense=").unwrap(), None);
        assert!(read("sha-256=:AAAA:").is_err());
    }

    #[test]
    fn r_31_the_digest_is_told_to_whoever_wants_it() {
        for (field, wants) in [
            ("sha-256=10", true),
            ("sha-512=3, sha-256=1", true),
            ("sha-256=0", false),
            ("sha-512=3", false),
            ("sha-256", false),
            ("sha-256=\"1\"", false),
        ] {
            let memo = Memo::read(&headers(&[(WANT_REPR_DIGEST, field)]));
            assert_eq!(memo.wants_digest, wants, "{field}");
            let written = memo.written().unwrap();
            assert_eq!(serde_json::from_str::<Memo>(&written).unwrap(), memo);
        }
    }
}

//! FilePond's words: the headers of a chunk and what a query asks for. Only reading; nothing is decided here.

use actix_web::http::header::{CONTENT_TYPE, HeaderMap};

use crate::domain::Code;
use crate::transport::answer::Problem;

/// What a chunk's `PATCH` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) offset: u64,
    /// The whole file's length.
    pub(super) length: Option<u64>,
    /// The file's name. FilePond writes UTF-8 as it is, and encodes nothing.
    pub(super) name: Option<String>,
}

impl Patch {
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let kind = one(headers, CONTENT_TYPE.as_str())?.unwrap_or_default();
        let essence = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        if !essence.eq_ignore_ascii_case(b"application/offset+octet-stream") {
            return Err(bad("A chunk's Content-Type is application/offset+octet-stream."));
        }
        let Some(offset) = number(headers, "upload-offset")? else {
            return Err(bad("The header Upload-Offset is missing."));
        };
        let name = one(headers, "upload-name")?;
        let name = name.map(|name| String::from_utf8_lossy(name).into_owned());
        Ok(Self { offset, length: number(headers, "upload-length")?, name })
    }
}

/// The length of the file for which a place is asked, if it is said.
pub(super) fn length(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    number(headers, "upload-length")
}

/// What a query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    /// A chunked upload, by the id that its `POST` answered.
    Patch(String),
    /// The bytes of a file.
    Load(String),
    /// The bytes of a file on another server.
    Fetch,
    /// Nothing that we know.
    Nothing,
}

impl Ask {
    pub(super) fn read(query: &str) -> Self {
        let pairs = serde_urlencoded::from_str::<Vec<(String, String)>>(query).unwrap_or_default();
        let known = pairs.into_iter().find_map(|(name, value)| match name.as_str() {
            "patch" => Some(Self::Patch(value)),
            // FilePond 5 asks for `id` alone.
            "load" | "restore" | "id" => Some(Self::Load(value)),
            "fetch" => Some(Self::Fetch),
            _ => None,
        });
        known.unwrap_or(Self::Nothing)
    }
}

pub(super) fn bad(message: &str) -> Problem {
    Problem::because(Code::InvalidMessage, message)
}

fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a [u8]>, Problem> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(|value| value.as_bytes())),
        _ => Err(bad(&format!("The header {name} is there twice."))),
    }
}

fn number(headers: &HeaderMap, name: &str) -> Result<Option<u64>, Problem> {
    let Some(value) = one(headers, name)? else { return Ok(None) };
    // What `parse` would take of a sign is no number here; what it doesn't fit into is no length of a file.
    let digits = value.iter().all(u8::is_ascii_digit).then_some(value);
    let number = digits.and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    let fits = |number: &u64| *number <= i64::MAX.unsigned_abs();
    number.filter(fits).map(Some).ok_or_else(|| bad(&format!("The header {name} is no number.")))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    const KIND: (&str, &[u8]) = ("content-type", b"application/offset+octet-stream");

    #[test]
    fn a_chunk_says_where_it_goes_and_what_the_file_is_called() {
        let all: &[(&str, &[u8])] = &[
            KIND,
            ("upload-offset", b"5000000"),
            ("upload-length", b"9000000"),
            ("upload-name", "föto 100%25.jpg".as_bytes()),
        ];
        let expected = Patch {
            offset: 5_000_000,
            length: Some(9_000_000),
            name: Some("föto 100%25.jpg".to_owned()),
        };
        assert_eq!(Patch::read(&headers(all)).unwrap(), expected);
        let least = Patch::read(&headers(&all[..2])).unwrap();
        assert_eq!((least.length, least.name), (None, None));
    }

    #[test]
    fn a_chunk_that_says_it_wrongly_is_refused() {
        let offset: (&str, &[u8]) = ("upload-offset", b"0");
        let mut all: Vec<Vec<(&str, &[u8])>> = vec![
            vec![KIND],
            vec![offset],
            vec![offset, ("content-type", b"text/plain")],
            vec![offset, KIND, KIND],
            vec![KIND, offset, offset],
            vec![KIND, offset, ("upload-name", b"a"), ("upload-name", b"b")],
        ];
        let numbers: &[&[u8]] = &[
            b"",
            b"-1",
            b"+1",
            b"1.5",
            b" ",
            b"1e3",
            b"x",
            b"0x1",
            b"99999999999999999999",
            b"9223372036854775808",
            b"1,2",
            b"\xff",
        ];
        for number in numbers {
            all.push(vec![KIND, ("upload-offset", number)]);
            all.push(vec![KIND, offset, ("upload-length", number)]);
        }
        for pairs in all {
            assert!(Patch::read(&headers(&pairs)).is_err(), "{pairs:?}");
        }
    }

    #[test]
    fn a_query_asks_for_one_thing() {
        for (query, expected) in [
            ("patch=a.b%2Cc", Ask::Patch("a.b,c".to_owned())),
            ("x=1&load=a", Ask::Load("a".to_owned())),
            ("restore=a", Ask::Load("a".to_owned())),
            ("id=a", Ask::Load("a".to_owned())),
            ("fetch=http%3A%2F%2Fx", Ask::Fetch),
            ("", Ask::Nothing),
            ("patched=a", Ask::Nothing),
            ("%ff=%zz", Ask::Nothing),
        ] {
            assert_eq!(Ask::read(query), expected, "{query}");
        }
    }
}

#[cfg(test)]
mod fuzz;

//! The draft's header fields, as structured fields (RFC 9651). Nothing here knows an upload.
//!
//! A field that can't be understood counts as not sent (draft, "State"): a client that gets a word wrong must
//! not have it half understood. Of a field that came twice the same holds, because two lines are one value with
//! a comma in it, and that is no item.

use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use sfv::{Item, Parser};

pub(super) const UPLOAD_COMPLETE: &str = "upload-complete";
pub(super) const UPLOAD_LENGTH: &str = "upload-length";
pub(super) const UPLOAD_LIMIT: &str = "upload-limit";
pub(super) const UPLOAD_OFFSET: &str = "upload-offset";

/// The largest integer of a structured field.
pub(super) const LARGEST: u64 = 999_999_999_999_999;

/// What a request says of its upload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Fields {
    /// Where its content begins.
    pub(super) offset: Option<u64>,
    /// Whether its content ends the upload.
    pub(super) complete: Option<bool>,
    /// How long the whole is.
    pub(super) length: Option<u64>,
    /// How long its content is.
    pub(super) content_length: Option<u64>,
}

/// A request says of one length two things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inconsistent;

impl Fields {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let content_length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        Self {
            offset: integer(headers, UPLOAD_OFFSET),
            complete: boolean(headers, UPLOAD_COMPLETE),
            length: integer(headers, UPLOAD_LENGTH),
            content_length: content_length.and_then(|length| length.parse().ok()),
        }
    }

    /// The length of the whole, if its content begins at `offset`: `Upload-Length` says it, or the length of
    /// the last content does.
    ///
    /// # Errors
    /// They differ, or the content would go beyond.
    pub(super) fn whole(&self, offset: u64) -> Result<Option<u64>, Inconsistent> {
        let end = match self.content_length {
            Some(length) => Some(offset.checked_add(length).ok_or(Inconsistent)?),
            None => None,
        };
        match (self.length, end) {
            (Some(length), Some(end)) if end > length => Err(Inconsistent),
            (Some(length), Some(end)) if self.complete == Some(true) && end != length => {
                Err(Inconsistent)
            }
            (Some(length), _) => Ok(Some(length)),
            (None, end) => Ok(end.filter(|_| self.complete == Some(true))),
        }
    }

    /// Whether the content, if it begins at `offset`, is announced to go beyond so many bytes.
    pub(super) fn passes(&self, offset: u64, length: u64) -> bool {
        self.content_length.is_some_and(|content| content > length.saturating_sub(offset))
    }
}

/// All lines of a field as one value.
pub(super) fn joined(headers: &HeaderMap, name: &str) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = headers.get_all(name).map(|value| value.as_bytes()).collect();
    (!lines.is_empty()).then(|| lines.join(&b", "[..]))
}

fn item(headers: &HeaderMap, name: &str) -> Option<Item> {
    Parser::new(&joined(headers, name)?).parse::<Item>().ok()
}

fn integer(headers: &HeaderMap, name: &str) -> Option<u64> {
    u64::try_from(item(headers, name)?.bare_item.as_integer()?).ok()
}

fn boolean(headers: &HeaderMap, name: &str) -> Option<bool> {
    item(headers, name)?.bare_item.as_boolean()
}

/// `?1` or `?0`.
pub(super) fn written(complete: bool) -> &'static str {
    if complete { "?1" } else { "?0" }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn r_03_r_05_what_is_no_integer_from_zero_on_was_not_sent() {
        for (text, number) in [
            ("0", Some(0)),
            ("5", Some(5)),
            ("  5 ", Some(5)),
            ("007", Some(7)),
            ("999999999999999", Some(LARGEST)),
            ("1;a=?1", Some(1)),
            ("1; a;b=\"x\"", Some(1)),
            ("-0", Some(0)),
            ("1000000000000000", None),
            ("-1", None),
            ("5.0", None),
            ("\"5\"", None),
            ("1e3", None),
            ("+5", None),
            ("5, 5", None),
            ("5 5", None),
            ("0x5", None),
            ("?1", None),
            ("five", None),
            ("@5", None),
            (":NQ==:", None),
            ("", None),
            ("５", None),
        ] {
            for name in [UPLOAD_OFFSET, UPLOAD_LENGTH] {
                assert_eq!(integer(&headers(&[(name, text)]), name), number, "{name}: {text}");
            }
        }
        assert_eq!(integer(&headers(&[]), UPLOAD_OFFSET), None);
    }

    #[test]
    fn r_04_what_is_no_boolean_was_not_sent() {
        for (text, said) in [
            ("?1", Some(true)),
            ("?0", Some(false)),
            ("?1;a", Some(true)),
            ("true", None),
            ("1", None),
            ("0", None),
            ("?2", None),
            ("?", None),
            ("?10", None),
            ("\"?1\"", None),
            ("", None),
        ] {
            let headers = headers(&[(UPLOAD_COMPLETE, text)]);
            assert_eq!(boolean(&headers, UPLOAD_COMPLETE), said, "{text}");
        }
    }

    #[test]
    fn a_field_in_two_lines_was_not_sent() {
        let twice = headers(&[
            (UPLOAD_OFFSET, "1"),
            (UPLOAD_OFFSET, "1"),
            (UPLOAD_COMPLETE, "?1"),
            (UPLOAD_COMPLETE, "?0"),
        ]);
        assert_eq!(Fields::read(&twice), Fields::default());
    }

    #[test]
    fn r_07_two_words_about_one_length_must_agree() {
        let (known, open) = (Some(true), Some(false));
        for (complete, length, content, offset, whole) in [
            (known, Some(10), Some(10), 0, Ok(Some(10))),
            (known, Some(10), Some(4), 6, Ok(Some(10))),
            (known, None, Some(4), 6, Ok(Some(10))),
            (known, Some(10), None, 0, Ok(Some(10))),
            (known, None, None, 0, Ok(None)),
            (known, Some(0), Some(0), 0, Ok(Some(0))),
            (known, Some(10), Some(9), 0, Err(Inconsistent)),
            (known, Some(10), Some(11), 0, Err(Inconsistent)),
            (known, Some(10), Some(0), 11, Err(Inconsistent)),
            (known, None, Some(u64::MAX), 1, Err(Inconsistent)),
            (open, Some(10), Some(9), 0, Ok(Some(10))),
            (open, Some(10), Some(10), 0, Ok(Some(10))),
            (open, None, Some(9), 0, Ok(None)),
            (open, None, None, 0, Ok(None)),
            (open, Some(10), Some(11), 0, Err(Inconsistent)),
            (None, None, Some(9), 0, Ok(None)),
        ] {
            let fields = Fields { complete, length, content_length: content, offset: None };
            assert_eq!(fields.whole(offset), whole, "{fields:?} at {offset}");
        }
    }

    #[test]
    fn content_passes_a_length_when_it_is_more_than_the_rest() {
        let of = |content_length| Fields { content_length, ..Fields::default() };
        assert!(of(Some(5)).passes(6, 10) && of(Some(u64::MAX)).passes(0, 10));
        assert!(of(Some(1)).passes(10, 10) && of(Some(1)).passes(11, 10));
        assert!(
            !of(Some(4)).passes(6, 10) && !of(Some(0)).passes(10, 10) && !of(None).passes(0, 0)
        );
    }
}

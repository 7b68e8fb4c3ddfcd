//! What a file is called: `Content-Disposition` says it (RFC 6266), or the last segment of its address.
//!
//! Whatever it says is a claim; what the file is called here is decided by the slot.

use actix_web::http::header::{CONTENT_DISPOSITION, HeaderMap};
use percent_encoding::percent_decode_str;

use crate::transport::multipart::parameter;

/// The name as the client says it; empty without one.
pub(super) fn claimed(headers: &HeaderMap, segment: Option<&str>) -> String {
    let disposition = headers.get(CONTENT_DISPOSITION).map(|value| text(value.as_bytes()));
    let said = disposition.as_deref().and_then(disposed);
    said.or_else(|| segment.map(ToOwned::to_owned)).unwrap_or_default()
}

/// `filename*` is the precise one and wins.
fn disposed(disposition: &str) -> Option<String> {
    let extended = parameter(disposition, "filename*").and_then(|value| decoded(&value));
    extended.or_else(|| parameter(disposition, "filename"))
}

/// `UTF-8''na%C3%AFve.txt` (RFC 8187).
fn decoded(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    let bytes: Vec<u8> = percent_decode_str(encoded).collect();
    if charset.eq_ignore_ascii_case("utf-8") {
        String::from_utf8(bytes).ok()
    } else if charset.eq_ignore_ascii_case("iso-8859-1") {
        Some(bytes.into_iter().map(char::from).collect())
    } else {
        None
    }
}

/// Header lines are bytes. Clients mean UTF-8 by them, or Latin-1 as the old rules had it.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn of(disposition: &[u8], segment: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_bytes(disposition).unwrap());
        claimed(&headers, segment)
    }

    #[test]
    fn the_disposition_says_the_name() {
        for (disposition, name) in [
            (&b"inline; filename=\"a b.txt\""[..], "a b.txt"),
            (b"inline; filename=a.txt", "a.txt"),
            (b"attachment; x=1; FileName = \"a.txt\"", "a.txt"),
            (b"inline; filename=\"a%20b.txt\"", "a%20b.txt"),
            (b"inline; filename=\"x.txt\"; filename*=UTF-8''na%C3%AFve.txt", "na\u{ef}ve.txt"),
            (b"inline; filename*=utf-8'en'%e2%82%ac.txt; filename=x.txt", "\u{20ac}.txt"),
            (b"inline; filename*=ISO-8859-1''%e4.txt", "\u{e4}.txt"),
            (b"inline; filename=x.txt; filename*=UTF-8''%ff", "x.txt"),
            (b"inline; filename=x.txt; filename*=KOI8-R''a", "x.txt"),
            (b"inline; filename=x.txt; filename*=broken", "x.txt"),
            (b"inline; filename*=UTF-8''..%2F..%2Fetc", "../../etc"),
            (b"inline; filename=\"say \\\"hi\\\".txt\"", "say \"hi\".txt"),
            ("inline; filename=\"na\u{ef}ve.txt\"".as_bytes(), "na\u{ef}ve.txt"),
            (b"inline; filename=\"na\xefve.txt\"", "na\u{ef}ve.txt"),
            (b"inline; filename=\"\"", ""),
            (b"inline", ""),
            (b"inline; filename", ""),
            (b"", ""),
        ] {
            assert_eq!(of(disposition, None), name, "{}", String::from_utf8_lossy(disposition));
        }
    }

    #[test]
    fn the_address_names_what_nothing_else_does() {
        assert_eq!(claimed(&HeaderMap::new(), Some("a.txt")), "a.txt");
        assert_eq!(of(b"inline", Some("a.txt")), "a.txt");
        assert_eq!(of(b"inline; filename=b.txt", Some("a.txt")), "b.txt");
        assert_eq!(claimed(&HeaderMap::new(), None), "");
    }
}

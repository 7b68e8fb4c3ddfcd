//! What headers may say: one value each, and numbers that are numbers.
//!
//! A lenient reader makes of `+1`, of `1, 1` or of 2^64 whatever its language does, and then bytes land where nobody
//! sent them. Nothing here touches a request's state.

use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING,
};

use super::refusal::Refusal;

/// The type of the bytes of an upload.
const BYTES: &str = "application/offset+octet-stream";
/// The largest number that is read: file systems and databases count no further.
const LARGEST: u64 = i64::MAX as u64;

/// A header that has one value, or none. Doubled ones are refused: which of the two is meant?
pub(super) fn single<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match value.to_str() {
            Ok(text) => Ok(Some(text.trim_matches([' ', '\t']))),
            Err(_) => {
                Err(Refusal::bad(format!("The header {name} has characters that it can't have.")))
            }
        },
        (Some(_), Some(_)) => Err(Refusal::bad(format!("The header {name} is there twice."))),
    }
}

/// "Upload-Offset", "Upload-Length": a non-negative integer, in digits and nothing else.
pub(super) fn number(headers: &HeaderMap, name: &'static str) -> Result<Option<u64>, Refusal> {
    let Some(text) = single(headers, name)? else { return Ok(None) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten().filter(|number| *number <= LARGEST);
    let bad = || Refusal::bad(format!("The header {name} must be a number from 0 to {LARGEST}."));
    number.map(Some).ok_or_else(bad)
}

/// "PATCH": the bytes' place has to be said.
pub(super) fn offset(headers: &HeaderMap) -> Result<u64, Refusal> {
    let missing = || Refusal::bad("The header Upload-Offset is missing.");
    number(headers, "upload-offset")?.ok_or_else(missing)
}

/// How many bytes the body has, where the request says so.
pub(super) fn body_length(headers: &HeaderMap) -> Option<u64> {
    if headers.contains_key(TRANSFER_ENCODING) {
        return None;
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    Some(length.and_then(|length| length.trim().parse().ok()).unwrap_or(0))
}

/// Whether a body comes, of unknown length perhaps.
pub(super) fn has_body(headers: &HeaderMap) -> bool {
    body_length(headers) != Some(0)
}

/// Whether the request says that its body is bytes of an upload. Parameters of the type are allowed and mean nothing.
pub(super) fn says_bytes(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(BYTES))
}

/// "PATCH", "Creation With Upload": the body's type must be that of bytes of an upload. A body that is packed is
/// refused: offsets would count other bytes than those of the file.
pub(super) fn ensure_bytes(headers: &HeaderMap) -> Result<(), Refusal> {
    if !says_bytes(headers) {
        return Err(Refusal::media_type(format!("The header Content-Type must be {BYTES}.")));
    }
    let plain = |value: &[u8]| value.trim_ascii().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).any(|value| !plain(value.as_bytes())) {
        return Err(Refusal::media_type(
            "The bytes of an upload are sent as they are, not packed.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::tus::tests::headers;

    /// C-PAT-08, C-PAT-09, CR-06
    #[test]
    fn a_number_is_digits_and_fits() {
        let read = |value: &str| number(&headers(&[("upload-length", value)]), "upload-length");
        for (text, number) in [
            ("0", 0),
            ("100", 100),
            (" 7 ", 7),
            ("007", 7),
            ("4294967301", (1 << 32) + 5),
            ("9223372036854775807", LARGEST),
        ] {
            assert_eq!(read(text).unwrap(), Some(number), "{text}");
        }
        let vast = format!("1{}", "0".repeat(30));
        for text in [
            "",
            " ",
            "-1",
            "+1",
            "1.0",
            "1.5",
            "0x1",
            "9e2",
            "abc",
            "1,1",
            "1, 1",
            "1 1",
            "１",
            "9223372036854775808",
            "18446744073709551616",
            "99999999999999999999",
            &vast,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let twice = headers(&[("upload-offset", "1"), ("upload-offset", "1")]);
        assert!(offset(&twice).is_err());
        assert!(offset(&headers(&[])).is_err());
        assert_eq!(number(&headers(&[]), "upload-length").unwrap(), None);
    }

    /// C-PAT-05, C-PAT-06, C-PAT-07, C-PAT-20
    #[test]
    fn bytes_of_an_upload_have_their_own_type_and_are_not_packed() {
        let kind = |kind: &str| ensure_bytes(&headers(&[("content-type", kind)])).is_ok();
        assert!(kind("application/offset+octet-stream"));
        assert!(kind("Application/Offset+Octet-Stream; charset=x"));
        for other in
            ["text/plain", "", "application/octet-stream", "application/offset+octet-streams"]
        {
            assert!(!kind(other), "{other}");
        }
        assert!(ensure_bytes(&headers(&[])).is_err());
        for (coding, fine) in [("identity", true), ("gzip", false), ("", false)] {
            let lines = [("content-type", BYTES), ("content-encoding", coding)];
            assert_eq!(ensure_bytes(&headers(&lines)).is_ok(), fine, "{coding}");
        }
    }

    #[test]
    fn a_body_is_announced_by_its_length_or_by_its_coding() {
        for (pairs, length) in [
            (&[][..], Some(0)),
            (&[("content-length", "0")], Some(0)),
            (&[("content-length", "40")], Some(40)),
            (&[("transfer-encoding", "chunked")], None),
        ] {
            assert_eq!(body_length(&headers(pairs)), length);
            assert_eq!(has_body(&headers(pairs)), length != Some(0));
        }
    }
}

//! The length that a creation declares, now or later.

use actix_web::http::header::HeaderMap;

use super::headers::{number, single};
use super::refusal::Refusal;

/// "Creation" and "Upload-Defer-Length": exactly one of the two headers has to be there, the length or the promise
/// to say it later, whose only value is 1. `None` is the promise.
pub(super) fn declared(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let length = number(headers, "upload-length")?;
    let later = single(headers, "upload-defer-length")?;
    match (length, later) {
        (Some(length), None) => Ok(Some(length)),
        (None, Some("1")) => Ok(None),
        (None, Some(_)) => Err(Refusal::bad("The header Upload-Defer-Length can only be 1.")),
        (Some(_), Some(_)) => {
            Err(Refusal::bad("Upload-Length and Upload-Defer-Length can't be there both."))
        }
        (None, None) => Err(Refusal::bad("The header Upload-Length is missing.")),
    }
}

/// "Concatenation": the length of a final upload follows from its parts, so none may be declared.
pub(super) fn ensure_none(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.contains_key("upload-length") || headers.contains_key("upload-defer-length") {
        return Err(Refusal::bad("The length of a final upload is that of its parts."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::tus::tests::headers;

    /// CR-03, CR-04, CR-05, CD-01
    #[test]
    fn a_length_is_declared_now_or_later_and_not_both() {
        let (now, later) = ("upload-length", "upload-defer-length");
        for (pairs, expected) in [
            (&[(now, "100")][..], Some(Some(100))),
            (&[(now, "0")], Some(Some(0))),
            (&[(later, "1")], Some(None)),
            (&[], None),
            (&[(now, "100"), (later, "1")], None),
            (&[(later, "0")], None),
            (&[(later, "2")], None),
            (&[(later, "true")], None),
            (&[(later, "")], None),
            (&[(later, "1"), (later, "1")], None),
            (&[(now, "1"), (now, "1")], None),
            (&[(now, "")], None),
        ] {
            assert_eq!(declared(&headers(pairs)).ok(), expected, "{pairs:?}");
        }
        assert!(ensure_none(&headers(&[(now, "1")])).is_err());
        assert!(ensure_none(&headers(&[(later, "1")])).is_err());
        assert!(ensure_none(&headers(&[])).is_ok());
    }
}

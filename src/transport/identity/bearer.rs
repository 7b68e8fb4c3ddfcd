//! `Authorization: Bearer …` (RFC 6750).
//!
//! Other schemes are none of ours: a proxy in front may have asked for a password and hand it on. But whoever shows a
//! bearer token wants to be known by it, so a wrong one is refused. Taking its bearer for somebody new instead would
//! let a camera with a mistyped token upload for weeks to where nobody looks.

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use super::Known;
use crate::domain::{Code, Rejection};
use crate::uploads::Uploads;

/// Who a request's token speaks for; nothing for a request without one.
pub(super) fn find(request: &HttpRequest, uploads: &Uploads) -> Result<Option<Known>, Rejection> {
    let Some(presented) = presented(request.headers())? else { return Ok(None) };
    match uploads.admission().bearer(presented) {
        Some(caller) => Ok(Some(Known::by_proof(caller))),
        None => Err(wrong()),
    }
}

pub(super) fn presented(headers: &HeaderMap) -> Result<Option<&str>, Rejection> {
    let mut bearers = headers.get_all(AUTHORIZATION).filter_map(|value| bearer(value.as_bytes()));
    match (bearers.next(), bearers.next()) {
        (None, _) => Ok(None),
        (Some(token), None) => std::str::from_utf8(token).map(Some).map_err(|_| wrong()),
        (Some(_), Some(_)) => Err(wrong()),
    }
}

/// The token of a header's value, if its scheme is `Bearer` in any case (RFC 9110 §11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(b"bearer".len())?;
    let ends = rest.first().is_none_or(u8::is_ascii_whitespace);
    (scheme.eq_ignore_ascii_case(b"bearer") && ends).then(|| rest.trim_ascii())
}

fn wrong() -> Rejection {
    Rejection::new(Code::Unauthenticated).with_message("This token isn't known here.")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_bearer_token_is_found_and_other_schemes_are_left_alone() {
        for (values, expected) in [
            (&["Bearer abc"][..], Some(Some("abc"))),
            (&["bEARER  abc "], Some(Some("abc"))),
            (&["Bearer"], Some(Some(""))),
            (&["Bearer "], Some(Some(""))),
            (&["Bearerabc"], Some(None)),
            (&["Basic YTpi"], Some(None)),
            (&[""], Some(None)),
            (&[], Some(None)),
            (&["Basic YTpi", "Bearer abc"], Some(Some("abc"))),
            (&["Bearer abc", "Bearer abc"], None),
            (&["Bearer \u{e4}"], Some(Some("\u{e4}"))),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
                headers.append(AUTHORIZATION, value);
            }
            assert_eq!(presented(&headers).ok(), expected, "{values:?}");
        }
        let mut headers = HeaderMap::new();
        headers.append(AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xff").unwrap());
        assert!(presented(&headers).is_err());
    }
}

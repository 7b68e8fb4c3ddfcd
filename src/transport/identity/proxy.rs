//! A reverse proxy's header: it has signed its user in, and says who that is.
//!
//! Anybody can write a header, so it counts only on connections that come from a trusted proxy. From anybody else it is
//! refused and not passed over: what comes past the proxy is an attempt, or a proxy that its operator has forgotten to
//! trust, and whose users would all be strangers without anybody noticing.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;

use super::Known;
use crate::domain::{Caller, Code, Rejection};
use crate::transport::address;
use crate::uploads::{Uploads, owner_of};

/// As long as a user's name may be, in bytes.
const LONGEST: usize = 256;

/// Whom the proxy has signed in; nothing where it names nobody.
pub(super) fn find(request: &HttpRequest, uploads: &Uploads) -> Result<Option<Known>, Rejection> {
    let Some(name) = &uploads.admission().proxy_header else { return Ok(None) };
    let Some(user) = user(request.headers(), name)? else { return Ok(None) };
    if !address::comes_from_trusted_proxy(request, uploads) {
        let peer = request.peer_addr();
        tracing::warn!(?peer, header = %name, "a user's name came past the trusted proxies");
        return Err(refuse("This server is reached through its proxy."));
    }
    Ok(Some(Known::by_surroundings(Caller::new(owner_of("user", user)))))
}

/// One name; an empty header is none.
fn user<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Rejection> {
    let mut values = headers.get_all(name);
    let (Some(value), None) = (values.next(), values.next()) else {
        let several = headers.contains_key(name);
        return if several { Err(refuse("There are several user names.")) } else { Ok(None) };
    };
    let user = std::str::from_utf8(value.as_bytes()).map(str::trim).unwrap_or("\0");
    if user.len() > LONGEST || user.chars().any(char::is_control) {
        return Err(refuse("This is no user's name."));
    }
    Ok(Some(user).filter(|user| !user.is_empty()))
}

fn refuse(why: &str) -> Rejection {
    Rejection::new(Code::Forbidden).with_message(why)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_header_names_one_user_or_nobody() {
        let long = "x".repeat(257);
        for (values, expected) in [
            (&[][..], Some(None)),
            (&[""], Some(None)),
            (&["  "], Some(None)),
            (&["alice"], Some(Some("alice"))),
            (&[" zoë "], Some(Some("zoë"))),
            (&["alice", "root"], None),
            (&["", ""], None),
            (&[&*long], None),
            (&["a\tb"], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
                headers.append(HeaderName::from_static("x-remote-user"), value);
            }
            assert_eq!(user(&headers, "X-Remote-User").ok(), expected, "{values:?}");
        }
    }
}

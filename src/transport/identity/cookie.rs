//! The cookie: whoever shows nothing else is somebody new, and is known by it from then on.
//!
//! It says whose these files are and nothing else, and is signed, so that nobody can write themselves another's.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::http::header::HeaderValue;

use crate::domain::{Caller, OwnerId};
use crate::uploads::Uploads;

const COOKIE: &str = "longshore";
const YEAR: Duration = Duration::days(365);

/// Whose cookie a request has, if we signed it. It counts only where strangers are let in.
pub(super) fn owner(request: &HttpRequest, uploads: &Uploads) -> Option<OwnerId> {
    if !uploads.admission().anonymous {
        return None;
    }
    signed(request, &key(uploads))
}

fn signed(request: &HttpRequest, key: &Key) -> Option<OwnerId> {
    let cookie = request.cookie(COOKIE)?;
    let mut jar = CookieJar::new();
    jar.add_original(cookie);
    jar.signed(key).get(COOKIE)?.value().parse().ok()
}

/// The cookie that makes a caller known, as a header's value; `secure` for one that is only sent back by HTTPS.
pub(super) fn header(caller: &Caller, uploads: &Uploads, secure: bool) -> Option<HeaderValue> {
    let cookie = Cookie::build(COOKIE, caller.owner().to_string())
        .path(uploads.site().cookie_path().to_owned())
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .max_age(YEAR)
        .finish();
    let mut jar = CookieJar::new();
    jar.signed_mut(&key(uploads)).add(cookie);
    HeaderValue::from_str(&jar.get(COOKIE)?.encoded().to_string()).ok()
}

fn key(uploads: &Uploads) -> Key {
    Key::from(uploads.secret().as_bytes())
}

#[cfg(test)]
mod fuzz;

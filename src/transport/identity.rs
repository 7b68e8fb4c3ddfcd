//! Who asks, and whether their browser was told to by a page of ours.
//!
//! A caller is known by a signed cookie that is made at the first visit; it says whose files these are and
//! nothing else. A changing request that carries the cookie must come from our own origin, or else any
//! page on the web could upload and delete in the name of whoever looks at it. One with neither cookie nor
//! origin (curl) is an anonymous caller of its own.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::dev::{Extensions, Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, ResponseError, web};
use uuid::Uuid;

use super::answer::Problem;
use super::peers::{Rests, is_https, tcp};
use crate::domain::{Caller, Code, EntryId, OwnerId};
use crate::supervisor::Cut;
use crate::uploads::Uploads;

const COOKIE: &str = "longshore";
const YEAR: Duration = Duration::days(365);

/// The caller of a request, as an extractor.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) caller: Caller,
    /// A form post whose browser said nothing about its origin: the form's own token must prove it.
    pub(super) needs_token: bool,
    /// Nobody knows them yet: they came without a cookie.
    pub(super) is_new: bool,
}

impl Visitor {
    /// Who asks for one upload: whom the pass in its address speaks for, or else the visitor.
    pub(super) fn with_pass(
        &self,
        request: &HttpRequest,
        id: EntryId,
        uploads: &Uploads,
    ) -> Caller {
        self.with_pass_in(request.query_string(), id, uploads)
    }

    /// The same for an upload whose address is only named in a request; this is what follows its `?`.
    pub(super) fn with_pass_in(&self, query: &str, id: EntryId, uploads: &Uploads) -> Caller {
        let query = serde_urlencoded::from_str::<Vec<(String, String)>>(query);
        let mut query = query.unwrap_or_default().into_iter();
        let pass = query.find(|(name, _)| name == PASS).map(|(_, pass)| pass);
        let passed = pass.and_then(|pass| uploads.passed(id, &pass));
        passed.unwrap_or_else(|| self.caller.clone())
    }

    /// An upload's address as this visitor needs it: with a pass for whoever is not known by a cookie.
    pub(super) fn address(&self, path: &str, id: EntryId, uploads: &Uploads) -> String {
        let address = uploads.site().below(path);
        match self.is_new {
            true => format!("{address}?{PASS}={}", uploads.pass(id, &self.caller)),
            false => address,
        }
    }

    /// Refuses what a page of another site could have made a browser send without being asked: a request that
    /// carries the cookie, doesn't say where it comes from, and has nothing about it that a bare form has not.
    ///
    /// # Errors
    /// `forbidden`.
    pub(super) fn ensure_meant(&self, request: &HttpRequest) -> Result<(), Problem> {
        let simple = matches!(meant_method(request), Method::GET | Method::HEAD | Method::POST);
        let says_more = |name: &&str| request.headers().contains_key(*name);
        if self.needs_token && simple && !MEANT.iter().any(says_more) {
            return Err(Problem::because(Code::Forbidden, "The Origin header is missing."));
        }
        Ok(())
    }
}

/// The method that a request means, where a door lets it say another one than it is sent with. What may be done is
/// asked of this one.
#[derive(Debug, Clone)]
pub(super) struct Meant(pub(super) Method);

/// The method that a request means: what it is sent with, unless it says another.
pub(super) fn meant_method(request: &HttpRequest) -> Method {
    let meant = request.extensions().get::<Meant>().map(|Meant(method)| method.clone());
    meant.unwrap_or_else(|| request.method().clone())
}
/// Says whose cookie the answer brings to whoever came without one; `None` for none. Those who are known stay who
/// they are.
pub(super) fn introduce(request: &HttpRequest, caller: Option<&Caller>) {
    request.extensions_mut().insert(Introduced(caller.cloned()));
}

/// Who a visitor without a cookie is from now on.
struct Introduced(Option<Caller>);

/// The name of the pass in an upload's address.
const PASS: &str = "pass";
/// Headers that a browser sends to another site only after it has asked (Fetch standard, "CORS-safelisted").
const MEANT: &[&str] = &["tus-resumable", "upload-complete", "upload-length", "x-requested-with"];

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let visitor = request.extensions().get::<Self>().cloned();
        std::future::ready(visitor.ok_or_else(|| Problem::new(Code::Unauthenticated)))
    }
}

/// For routes of the application's own: who asks, as [`Uploads::caller`] says it. Nobody is `None` for an
/// `Option<Caller>`, and a [`Problem`] otherwise.
impl FromRequest for Caller {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let uploads = request.app_data::<web::Data<Uploads>>();
        let caller = uploads.and_then(|uploads| uploads.caller(request));
        std::future::ready(caller.ok_or_else(|| Problem::new(Code::Unauthenticated)))
    }
}

/// Middleware: finds or makes the caller, and refuses what another site's page started.
pub(super) async fn identify<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let Some(uploads) = request.app_data::<web::Data<Uploads>>().cloned() else {
        return Err(Problem::new(Code::StorageError).into());
    };
    let key = Key::from(uploads.secret().as_bytes());
    let known = owner(request.request(), &key);
    let changing = !meant_method(request.request()).is_safe() || is_upgrade(request.headers());
    let origin = origin(request.headers(), uploads.origins());
    let needs_token = match (changing, origin) {
        (true, Origin::Foreign) => {
            return Ok(refused(request, "This request comes from a page of another site."));
        }
        (true, Origin::Unsaid) => known.is_some(),
        (true, Origin::Ours) | (false, _) => false,
    };
    if needs_token && is_upgrade(request.headers()) {
        return Ok(refused(request, "The Origin header is missing."));
    }
    let caller = Caller::new(known.unwrap_or_else(|| OwnerId::from_uuid(Uuid::new_v4())));
    let visitor = Visitor { caller: caller.clone(), needs_token, is_new: known.is_none() };
    request.extensions_mut().insert(visitor);
    let mut response = next.call(request).await?.map_into_boxed_body();
    let introduced = response.request().extensions_mut().remove::<Introduced>();
    let is_now = introduced.map_or(Some(caller), |Introduced(caller)| caller);
    let is_now = is_now.filter(|_| known.is_none());
    let secure = is_https(response.request(), &uploads);
    if let Some(cookie) =
        is_now.and_then(|caller| signed(&caller, &key, uploads.site().cookie_path(), secure))
        && let Ok(value) = HeaderValue::from_str(&cookie.encoded().to_string())
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// An answer and no error: whatever is outside of this marks it as it marks all others.
fn refused(request: ServiceRequest, why: &str) -> ServiceResponse {
    let answer = Problem::because(Code::Forbidden, why).error_response();
    request.into_response(answer)
}

impl Uploads {
    /// Who sent a request, for routes of the application's own; `None` if the request has no cookie of ours
    /// or one that we did not sign. A visitor gets the cookie at the first page of ours.
    ///
    /// The cookie is sent to paths below [`Uploads::prefix`] only, so that is where such a route has to be,
    /// registered before [`Uploads::routes`]. It says who asks, and not that a page of ours made them ask:
    /// answer questions this way, and let changes come as events of a page, which prove it.
    #[must_use]
    pub fn caller(&self, request: &HttpRequest) -> Option<Caller> {
        owner(request, &Key::from(self.secret().as_bytes())).map(Caller::new)
    }
}

/// The token that a caller's forms carry.
pub(super) fn form_token(uploads: &Uploads, caller: &Caller) -> String {
    uploads.secret().tag("form", &caller.owner().to_string())
}

pub(super) fn checks_token(uploads: &Uploads, caller: &Caller, token: &str) -> bool {
    uploads.secret().checks("form", &caller.owner().to_string(), token)
}

fn owner(request: &HttpRequest, key: &Key) -> Option<OwnerId> {
    let cookie = request.cookie(COOKIE)?;
    let mut jar = CookieJar::new();
    jar.add_original(cookie);
    jar.signed(key).get(COOKIE)?.value().parse().ok()
}

/// `secure` for one that is only sent back by HTTPS.
fn signed(caller: &Caller, key: &Key, path: &str, secure: bool) -> Option<Cookie<'static>> {
    let cookie = Cookie::build(COOKIE, caller.owner().to_string())
        .path(path.to_owned())
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .max_age(YEAR)
        .finish();
    let mut jar = CookieJar::new();
    jar.signed_mut(key).add(cookie);
    jar.get(COOKIE).cloned()
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Ours,
    Foreign,
    Unsaid,
}

/// Reads `Origin`, and `Sec-Fetch-Site` where a browser leaves `Origin` out.
fn origin(headers: &HeaderMap, allowed: &[String]) -> Origin {
    let mut origins = headers.get_all(header::ORIGIN);
    match (origins.next(), origins.next()) {
        (Some(_), Some(_)) => return Origin::Foreign,
        (Some(origin), None) => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
            return match origin.to_str() {
                Ok(origin) if allowed.iter().any(|allowed| allowed == origin) => Origin::Ours,
                Ok(origin) if host.is_some_and(|host| is_at(origin, host)) => Origin::Ours,
                _ => Origin::Foreign,
            };
        }
        _ => {}
    }
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(b"same-origin" | b"none") => Origin::Ours,
        Some(_) => Origin::Foreign,
        None => Origin::Unsaid,
    }
}

/// True if an origin is exactly `http://host` or `https://host`.
fn is_at(origin: &str, host: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

/// What was sent and not acknowledged, or not let in because the peer's window is closed, is given up after
/// this time, whoever waits for it; its milliseconds.
const UNREAD: u32 = 60_000;
/// A connection on which nothing is to be sent is asked whether its peer is there, this often.
const ASK: std::time::Duration = std::time::Duration::from_secs(30);

/// For `HttpServer::on_connect`: keeps a handle of each connection's socket, so that a peer that neither reads
/// nor closes can be cut off from outside; and lets the kernel give up on dead peers.
pub fn remember_socket(connection: &dyn std::any::Any, extensions: &mut Extensions) {
    use rustix::net::{Shutdown, shutdown, sockopt};
    let Some(stream) = tcp(connection) else { return };
    let _ = sockopt::set_socket_keepalive(stream, true);
    let _ = sockopt::set_tcp_keepidle(stream, ASK);
    let _ = sockopt::set_tcp_keepintvl(stream, ASK / 3);
    let _ = sockopt::set_tcp_user_timeout(stream, UNREAD);
    if let Ok(socket) = rustix::io::dup(stream) {
        let socket = Arc::new(socket);
        let cut = Cut::new(move || {
            let _ = shutdown(&*socket, Shutdown::Both);
        });
        extensions.insert(Arc::new(Rests::new(cut.clone())));
        extensions.insert(cut);
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn only_the_exact_origin_is_ours() {
        let host = ("host", "good.example");
        for (given, expected) in [
            ("http://good.example", Origin::Ours),
            ("https://good.example", Origin::Ours),
            ("https://evil.example", Origin::Foreign),
            ("https://good.example.evil", Origin::Foreign),
            ("https://good.example:444", Origin::Foreign),
            ("https://good.example.", Origin::Foreign),
            ("null", Origin::Foreign),
            ("", Origin::Foreign),
        ] {
            assert_eq!(origin(&headers(&[host, ("origin", given)]), &[]), expected, "{given}");
        }
    }

    #[test]
    fn two_origins_are_foreign() {
        let ours = ("origin", "http://good.example");
        assert_eq!(origin(&headers(&[("host", "good.example"), ours, ours]), &[]), Origin::Foreign);
    }

    #[test]
    fn the_fetch_site_speaks_where_the_origin_is_silent() {
        for (given, expected) in [
            ("same-origin", Origin::Ours),
            ("none", Origin::Ours),
            ("same-site", Origin::Foreign),
            ("cross-site", Origin::Foreign),
        ] {
            assert_eq!(origin(&headers(&[("sec-fetch-site", given)]), &[]), expected, "{given}");
        }
        assert_eq!(origin(&headers(&[]), &[]), Origin::Unsaid);
    }
}

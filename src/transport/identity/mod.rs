//! Who asks, and whether their browser was told to by a page of ours.
//!
//! A caller is known by one of these, tried in this order, each in a file of its own: an upload ticket, which opens
//! less than anything else; what the embedding application knows ([`Identity`]), a bearer token, a trusted proxy's
//! header, and the signed cookie that whoever shows nothing is given at the first visit.
//!
//! What a browser sends by itself proves only whose browser it is. So a changing request that is known by such must
//! come from our own origin, or else any page on the web could upload and delete in the name of whoever looks at
//! it. A ticket or a bearer token nobody sends without meaning to; they need no origin. One with nothing at all (curl) is an
//! anonymous caller of its own, where such are let in.

mod bearer;
mod cookie;
mod origin;
mod own;
mod proxy;
mod ticket;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

pub use self::own::Identity;

use self::origin::{Origin, origin};
use super::answer::{Problem, wants_page};
use super::page::error_page;
use super::peers::is_https;
use super::rates;
use crate::domain::{Caller, Code, EntryId, OwnerId, Rejection};
use crate::uploads::{Kind, Uploads};

/// By what a caller is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// By nothing yet: they came without a cookie.
    New,
    /// By our cookie.
    Cookie,
    /// By something else that a browser sends by itself.
    Surroundings,
    /// By a proof that nobody sends without meaning to.
    Proof,
}

/// Who is known by one of the ways.
#[derive(Debug, Clone)]
struct Known {
    caller: Caller,
    how: How,
    /// The ticket in the address.
    carried: Option<String>,
}

impl Known {
    fn by_proof(caller: Caller) -> Self {
        Self { caller, how: How::Proof, carried: None }
    }

    fn by_surroundings(caller: Caller) -> Self {
        Self { caller, how: How::Surroundings, carried: None }
    }
}

/// The caller of a request, as an extractor.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) caller: Caller,
    /// A form post whose browser said nothing about its origin: the form's own token must prove it.
    pub(super) needs_token: bool,
    how: How,
    /// The ticket in the address, for the addresses that follow.
    carried: Option<String>,
}

impl Visitor {
    /// Whoever is known by a cookie.
    #[cfg(test)]
    pub(super) fn of(caller: Caller) -> Self {
        Self { caller, needs_token: false, how: How::Cookie, carried: None }
    }

    /// Nobody knows them yet: they came without a cookie.
    pub(super) fn is_new(&self) -> bool {
        self.how == How::New
    }

    /// What they began without a cookie, they may go on with under it.
    pub(super) fn was_a_stranger(&self) -> bool {
        self.how == How::Cookie
    }

    /// True for whoever needs a pass to come back to an upload: those without a cookie, and pages of another origin,
    /// which leave it out. Whoever shows a proof shows it each time, and may have fewer rights than a pass gives.
    pub(super) fn needs_pass(&self, abroad: bool) -> bool {
        match self.how {
            How::New => true,
            How::Cookie => abroad,
            How::Surroundings | How::Proof => false,
        }
    }

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

    /// An upload's address as this visitor needs it: with a pass for whoever is not known by a cookie, and with
    /// the ticket for whoever came with one in the address.
    pub(super) fn address(&self, path: &str, id: EntryId, uploads: &Uploads) -> String {
        let address = uploads.site().below(path);
        match self.needs_pass(false) {
            true => format!("{address}?{PASS}={}", uploads.pass(id, &self.caller)),
            false => self.carried(address),
        }
    }

    /// An address of ours that whoever came with a ticket in theirs can use.
    pub(super) fn carried(&self, address: String) -> String {
        match &self.carried {
            Some(text) => ticket::carry(text, &address),
            None => address,
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

/// For routes of the application's own: who asks, in any of the ways in which our own doors know it. Nobody is `None`
/// for an `Option<Caller>`, and a [`Problem`] otherwise.
impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        async move {
            let nobody = || Problem::new(Code::Unauthenticated);
            let uploads = request.app_data::<web::Data<Uploads>>().ok_or_else(nobody)?;
            let known = known(&request, uploads).await?;
            known.map(|known| known.caller).ok_or_else(nobody)
        }
        .boxed_local()
    }
}

/// Who sends a request, if that is known.
async fn known(request: &HttpRequest, uploads: &Uploads) -> Result<Option<Known>, Rejection> {
    if let Some(known) = own::find(request, uploads).await? {
        return Ok(Some(known));
    }
    by_ourselves(request, uploads)
}

/// The same by the ways that are ours.
fn by_ourselves(request: &HttpRequest, uploads: &Uploads) -> Result<Option<Known>, Rejection> {
    if let Some(known) = bearer::find(request, uploads)? {
        return Ok(Some(known));
    }
    if let Some(known) = proxy::find(request, uploads)? {
        return Ok(Some(known));
    }
    let owner = cookie::owner(request, uploads);
    let by_cookie = |owner| Known { caller: Caller::new(owner), how: How::Cookie, carried: None };
    Ok(owner.map(by_cookie))
}

/// Middleware: finds or makes the caller, and refuses what another site's page started.
pub(super) async fn identify<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let Some(uploads) = request.app_data::<web::Data<Uploads>>().cloned() else {
        return Err(Problem::new(Code::StorageError).into());
    };
    let found = match ticket::find(request.request(), &uploads) {
        Ok(None) => known(request.request(), &uploads).await,
        ticketed => ticketed,
    };
    let known = match found.and_then(|known| known.map_or_else(|| stranger(&uploads), Ok)) {
        Ok(known) => known,
        Err(rejection) => return Ok(refused(request, &uploads, rejection)),
    };
    let visitor = match judged(request.request(), known, &uploads) {
        Ok(visitor) => visitor,
        Err(rejection) => return Ok(refused(request, &uploads, rejection)),
    };
    let is_new = visitor.is_new();
    let caller = visitor.caller.clone();
    let opens = is_upgrade(request.headers());
    let changing = opens || !meant_method(request.request()).is_safe();
    let kind = Kind { opens, stranger: changing && is_new };
    if let Err(too_fast) = rates::admit(request.request(), &uploads, &caller, kind) {
        let answer = Problem::from(too_fast).error_response();
        return Ok(request.into_response(answer));
    }
    request.extensions_mut().insert(visitor);
    let mut response = next.call(request).await?.map_into_boxed_body();
    let introduced = response.request().extensions_mut().remove::<Introduced>();
    let is_now = introduced.map_or(Some(caller), |Introduced(caller)| caller);
    let is_now = is_now.filter(|_| is_new);
    let secure = is_https(response.request(), &uploads);
    if let Some(cookie) = is_now.and_then(|caller| cookie::header(&caller, &uploads, secure)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Somebody who shows nothing.
fn stranger(uploads: &Uploads) -> Result<Known, Rejection> {
    if !uploads.admission().anonymous {
        return Err(Rejection::new(Code::Unauthenticated));
    }
    Ok(Known { caller: Caller::new(newcomer()), how: How::New, carried: None })
}

/// By time, so that the rows of callers who come together lie beside each other. It is no secret: the cookie is signed.
fn newcomer() -> OwnerId {
    OwnerId::from_uuid(Uuid::now_v7())
}

/// Whether a request of somebody who is known so may have been started by a page of another site.
fn judged(request: &HttpRequest, known: Known, uploads: &Uploads) -> Result<Visitor, Rejection> {
    let refuse = |why: &str| Err(Rejection::new(Code::Forbidden).with_message(why));
    let (Known { caller, how, carried }, upgrade) = (known, is_upgrade(request.headers()));
    let changing = !meant_method(request).is_safe() || upgrade;
    let by_itself = matches!(how, How::Cookie | How::Surroundings);
    let secure = is_https(request, uploads);
    let needs_token = match origin(request.headers(), uploads.origins(), secure) {
        _ if !changing || how == How::Proof => false,
        Origin::Foreign => return refuse("This request comes from a page of another site."),
        Origin::Unsaid => by_itself,
        Origin::Ours => false,
    };
    if needs_token && upgrade {
        return refuse("The Origin header is missing.");
    }
    Ok(Visitor { caller, needs_token, how, carried })
}

/// An answer and no error: whatever is outside of this marks it as it marks all others.
fn refused(request: ServiceRequest, uploads: &Uploads, rejection: Rejection) -> ServiceResponse {
    let page = request.method().is_safe() && wants_page(request.request());
    let answer = match page {
        true => error_page(uploads, &rejection),
        // A proof that has run out is none any more.
        false if rejection.code() == Code::Expired => {
            Problem::from(rejection).as_status(StatusCode::UNAUTHORIZED)
        }
        false => Problem::from(rejection).error_response(),
    };
    request.into_response(challenged(answer))
}

/// RFC 9110 §15.5.2: whoever is not known is told how they could be.
fn challenged(mut answer: HttpResponse) -> HttpResponse {
    if answer.status() == StatusCode::UNAUTHORIZED {
        let bearer = HeaderValue::from_static("Bearer");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
    }
    answer
}

impl Uploads {
    /// Who sent a request, for routes of the application's own, by a bearer token, a trusted proxy's header or
    /// our cookie; `None` if there is none of them, or one that is not good. What the application's own [`Identity`] knows, it knows without us. A
    /// visitor gets the cookie at the first page of ours.
    ///
    /// The cookie is sent to paths below [`Uploads::prefix`] only, so that is where such a route has to be,
    /// registered before [`Uploads::routes`]. It says who asks, and not that a page of ours made them ask:
    /// answer questions this way, and let changes come as events of a page, which prove it.
    #[must_use]
    pub fn caller(&self, request: &HttpRequest) -> Option<Caller> {
        by_ourselves(request, self).ok().flatten().map(|known| known.caller)
    }
}

/// The token that a caller's forms carry.
pub(super) fn form_token(uploads: &Uploads, caller: &Caller) -> String {
    uploads.secret().tag("form", &caller.owner().to_string())
}

pub(super) fn checks_token(uploads: &Uploads, caller: &Caller, token: &str) -> bool {
    uploads.secret().checks("form", &caller.owner().to_string(), token)
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_later_has_a_later_number() {
        let numbers: Vec<String> = (0..100).map(|_| newcomer().to_string()).collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
    }
}

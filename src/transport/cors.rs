//! Pages of other sites: those that the operator has named may use the doors that are meant for them.
//!
//! A browser asks before it sends what a bare form could not send (the Fetch standard's preflight, an `OPTIONS`
//! with `Access-Control-Request-Method`), and hides answers that don't say for whom they are. Without this a tus
//! client on another origin could not read where its upload lies.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};

use super::answer::Problem;
use crate::domain::Code;
use crate::uploads::Uploads;

/// As long as a browser may remember what it was told, in seconds.
const MAX_AGE: &str = "86400";

/// What a door lets pages of other sites send and read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shared {
    /// Methods, as in `Access-Control-Allow-Methods`.
    pub(super) methods: &'static str,
    /// Headers that a request may have.
    pub(super) sent: &'static str,
    /// Headers of answers that a page may read.
    pub(super) read: &'static str,
}

/// Middleware: answers preflights, and marks answers for the origins that may read them. It has to be outside of
/// everything that refuses requests, or pages could not read why; and what refuses one has to answer, for an error
/// that is passed on carries no request to be marked.
pub(super) async fn share<B: MessageBody + 'static>(
    shared: Shared,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let origin = allowed(&request);
    let asks = request.headers().contains_key(ORIGIN)
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if request.method() == Method::OPTIONS && asks {
        let answer = match origin {
            Some(_) => HttpResponse::NoContent().finish(),
            None => {
                let problem =
                    Problem::because(Code::Forbidden, "Pages of this site may not upload here.");
                actix_web::ResponseError::error_response(&problem)
            }
        };
        request.into_response(answer).map_into_boxed_body()
    } else {
        next.call(request).await?.map_into_boxed_body()
    };
    if let Some(origin) = origin {
        mark(response.headers_mut(), origin, shared);
    }
    Ok(response)
}

/// What pages of other sites may do with a form: send it, and read what became of its files. Dropzone sends all of these.
const FORMS: Shared = Shared {
    methods: "POST",
    sent: "Accept, Authorization, Cache-Control, Content-Type, X-Request-ID, X-Requested-With",
    read: "Retry-After",
};

/// The same for forms. A page is at the same path, and is not for pages of other sites: its forms' token is in it.
pub(super) async fn share_form<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let asked = request.headers().get(ACCESS_CONTROL_REQUEST_METHOD);
    let posts = match *request.method() {
        Method::POST => true,
        Method::OPTIONS => asked.is_some_and(|method| method == Method::POST.as_str()),
        _ => false,
    };
    if posts {
        return Ok(share(FORMS, request, next).await?.map_into_boxed_body());
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// True if a page of another origin asks, one that may use this server.
pub(super) fn is_abroad(request: &HttpRequest, uploads: &Uploads) -> bool {
    let origin = request.headers().get(ORIGIN);
    let known = |known: &String| origin.is_some_and(|origin| known.as_bytes() == origin.as_bytes());
    uploads.origins().iter().any(known)
}

/// The origin of a request, if its pages may use this server.
fn allowed(request: &ServiceRequest) -> Option<HeaderValue> {
    let uploads = request.app_data::<web::Data<Uploads>>()?;
    let origin = request.headers().get(ORIGIN)?;
    is_abroad(request.request(), uploads).then(|| origin.clone())
}

fn mark(headers: &mut HeaderMap, origin: HeaderValue, shared: Shared) {
    headers.append(VARY, HeaderValue::from_static("Origin"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        (ACCESS_CONTROL_ALLOW_METHODS, shared.methods),
        (ACCESS_CONTROL_ALLOW_HEADERS, shared.sent),
        (ACCESS_CONTROL_EXPOSE_HEADERS, shared.read),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

//! What a client is told when something is refused: RFC 9457 problem details with our stable `code`.
//!
//! Faults of ours are logged here, once, with their causes; the client sees `storage_error` and no more.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::domain::{Code, Param, Rejection};
use crate::session::UploadSession;
use crate::uploads::{Causes, UploadError};
use crate::view::ViewError;

/// A refused request.
#[derive(Debug)]
pub struct Problem(Rejection);

impl Problem {
    /// A problem with a code's own sentence.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self(Rejection::new(code))
    }

    /// The same with a sentence for this case.
    #[must_use]
    pub fn because(code: Code, message: impl Into<String>) -> Self {
        Self(Rejection::new(code).with_message(message))
    }

    pub(super) fn rejection(&self) -> &Rejection {
        &self.0
    }

    /// The answer with another status than the code's own, where the code's is not what happened.
    pub(super) fn as_status(&self, status: StatusCode) -> HttpResponse {
        self.as_type("about:blank", status, Value::Null)
    }

    /// The answer as a problem of a type that a protocol has a name for, with its members.
    pub(super) fn as_type(&self, kind: &str, status: StatusCode, more: Value) -> HttpResponse {
        let mut problem = json!({
            "type": kind,
            "title": status.canonical_reason().unwrap_or(self.0.code().sentence()),
            "status": status.as_u16(),
            "code": self.0.code().as_str(),
            "detail": self.0.message(),
            "params": self.0.params(),
        });
        if let (Value::Object(problem), Value::Object(more)) = (&mut problem, more) {
            problem.extend(more);
        }
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        if let Some(seconds) = later(&self.0) {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.body(problem.to_string())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.as_status(self.status_code())
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self(rejection)
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        if error.is_ours() {
            log(&error);
        }
        Self(error.rejection())
    }
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        Self(told(&error))
    }
}

/// When to come again, in seconds (RFC 9110 §10.2.3), if that is known.
pub(super) fn later(rejection: &Rejection) -> Option<u64> {
    match rejection.params().get("retry_after") {
        Some(Param::Number(seconds)) => Some(*seconds),
        _ => None,
    }
}

/// What the user is told of a view's error; logs it if it is our fault.
pub(super) fn told(error: &ViewError) -> Rejection {
    if error.is_ours() {
        log(error);
    } else if error.is_odd() {
        tracing::warn!("{}", Causes(error));
    }
    error.rejection()
}

/// The same within a session, which is told of so often and then not any more.
pub(super) fn told_in(session: &UploadSession, error: &ViewError) -> Rejection {
    let quiet = (error.is_ours() && !session.is_fault_enough())
        || (error.is_odd() && !session.is_odd_enough());
    if quiet { error.rejection() } else { told(error) }
}

/// Logs a fault with its causes on one line.
pub(super) fn log(error: &dyn std::error::Error) {
    tracing::error!("{}", Causes(error));
}

/// True if the request wants a page. Everybody else (fetch, XHR, curl) gets JSON.
pub(super) fn wants_page(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    let scripted = request.headers().get("x-requested-with").is_some();
    !scripted && accept.is_some_and(|accept| accept.contains("text/html"))
}

//! What the door says: the draft's words around our codes.
//!
//! `Upload-Complete: ?1` in an answer says that it is about the whole file, whatever became of it; `?0` that it is
//! about the upload. A client acts on that, so every refusal says which it is.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use super::ask::{Ask, PARTIAL};
use super::body::Body;
use super::digests::{Memo, REPR_DIGEST};
use super::fields::{UPLOAD_COMPLETE, UPLOAD_LIMIT, UPLOAD_OFFSET, written};
use crate::domain::{Code, Entry, Rejection};
use crate::session::Fate;
use crate::transport::answer::{Problem, told};
use crate::transport::files;
use crate::uploads::UploadError;
use crate::view::ViewError;

const MISMATCHING_OFFSET: &str =
    "https://iana.org/assignments/http-problem-types#mismatching-upload-offset";
const INCONSISTENT_LENGTH: &str =
    "https://iana.org/assignments/http-problem-types#inconsistent-upload-length";
const COMPLETED: &str = "https://iana.org/assignments/http-problem-types#completed-upload";
pub(super) const ACCEPT_PATCH: &str = "accept-patch";

/// Why a request did not do what it wanted.
#[derive(Debug)]
pub(super) enum Refused {
    /// One of our codes, with its status.
    Problem(Problem),
    /// The method, where only these are.
    Method(&'static str),
    /// An append that is none.
    Type,
    /// The upload was, and is no more.
    Gone(Rejection),
    /// The content begins elsewhere than where the upload ends.
    Offset { expected: u64, provided: u64 },
    /// What is said or sent contradicts the length.
    Length,
    /// Nothing can be appended any more.
    Completed,
    /// The file as a whole is refused. `whole`: its client has said that this was all of it.
    File { name: String, rejection: Rejection, whole: bool },
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Refused {
    pub(super) fn unknown() -> Self {
        Self::Problem(Problem::new(Code::UnknownEntry))
    }

    /// What looking for an upload says.
    pub(super) fn found(error: UploadError) -> Self {
        match error {
            UploadError::Rejected(rejection) => Self::Gone(rejection),
            error => Self::Problem(error.into()),
        }
    }

    /// What writing or settling a file says.
    pub(super) fn ended(error: &ViewError, file: &Entry, whole: bool) -> Self {
        let rejection = match error {
            ViewError::Upload(UploadError::Superseded | UploadError::ShuttingDown) => {
                return Self::Problem(error.rejection().into());
            }
            // The engine has logged what it failed an entry for.
            ViewError::Upload(
                UploadError::Store(_) | UploadError::Catalogue(_) | UploadError::Writer(_),
            ) => error.rejection(),
            error => told(error),
        };
        match rejection.code() {
            Code::SizeMismatch => Self::Length,
            Code::Cancelled | Code::Expired => Self::Gone(rejection),
            _ => Self::File { name: file.name.to_string(), rejection, whole },
        }
    }

    /// True if the upload has a newer holder, or none any more: whoever still sends has been given up.
    pub(super) fn is_outrun(&self) -> bool {
        match self {
            Self::Gone(_) => true,
            Self::Problem(problem) => problem.rejection().code() == Code::Superseded,
            _ => false,
        }
    }

    /// True if a creation that ends so has left nothing with which its client could go on.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.rejection().code() == Code::ChecksumMismatch,
            _ => true,
        }
    }

    pub(super) fn response(&self, ask: &Ask) -> HttpResponse {
        let mut response = self.bare();
        let headers = response.headers_mut();
        match self {
            Self::File { whole, .. } => set(headers, UPLOAD_COMPLETE, written(*whole)),
            Self::Method(allowed) => set(headers, ALLOW.as_str(), allowed),
            _ => set(headers, UPLOAD_COMPLETE, written(false)),
        }
        if let Self::Offset { expected, .. } = self {
            set(headers, UPLOAD_OFFSET, &expected.to_string());
        }
        if let Self::Type = self {
            set(headers, ACCEPT_PATCH, PARTIAL);
        }
        let too_large = response.status() == StatusCode::PAYLOAD_TOO_LARGE;
        if let Some(limits) = ask.limits().filter(|_| too_large) {
            set(response.headers_mut(), UPLOAD_LIMIT, limits);
        }
        response
    }

    fn bare(&self) -> HttpResponse {
        let bad = StatusCode::BAD_REQUEST;
        match self {
            Self::Problem(problem) => problem.error_response(),
            Self::Method(_) => {
                let problem = Problem::because(Code::InvalidMessage, "This can't be done here.");
                problem.as_status(StatusCode::METHOD_NOT_ALLOWED)
            }
            Self::Type => {
                let message = format!("Append with Content-Type: {PARTIAL}.");
                let problem = Problem::because(Code::InvalidMessage, message);
                problem.as_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::Gone(rejection) => Problem::from(rejection.clone()).as_status(StatusCode::GONE),
            Self::Offset { expected, provided } => {
                let error = UploadError::OffsetMismatch { expected: *expected, got: *provided };
                let more = json!({ "expected-offset": expected, "provided-offset": provided });
                let problem = Problem::from(error.rejection());
                problem.as_type(MISMATCHING_OFFSET, StatusCode::CONFLICT, more)
            }
            Self::Length => {
                let message = "This contradicts what is known of the upload's length.";
                let problem = Problem::because(Code::SizeMismatch, message);
                problem.as_type(INCONSISTENT_LENGTH, bad, Value::Null)
            }
            Self::Completed => {
                let message = "This upload is complete; nothing can be appended.";
                let problem = Problem::because(Code::InvalidMessage, message);
                problem.as_type(COMPLETED, bad, Value::Null)
            }
            Self::File { name, rejection, .. } => refused(name, rejection),
        }
    }
}

/// A file that was refused, as it would be if it had come in one go.
pub(super) fn refused(name: &str, rejection: &Rejection) -> HttpResponse {
    let status = StatusCode::from_u16(rejection.code().status());
    let refused = [(name.chars().take(255).collect(), rejection.clone())];
    HttpResponse::build(status.unwrap_or(StatusCode::BAD_REQUEST)).json(files::body(
        false,
        &[],
        &refused,
    ))
}

/// A file that is there, as it would be answered if it had come in one go.
pub(super) fn whole(ask: &Ask, entry: &Entry, fate: &Fate) -> HttpResponse {
    let stored = match fate {
        Fate::Kept(file) => Some(&**file),
        Fate::Taken | Fate::Waiting => None,
        Fate::Refused(rejection) => {
            let (name, rejection) = (entry.name.to_string(), rejection.clone());
            return Refused::File { name, rejection, whole: true }.response(ask);
        }
    };
    let file = files::file(&ask.uploads, entry, stored);
    let mut response = HttpResponse::Ok().json(files::body(true, &[file], &[]));
    let headers = response.headers_mut();
    set(headers, UPLOAD_COMPLETE, written(true));
    set(headers, UPLOAD_OFFSET, &length(entry).to_string());
    if let Some(digest) = Memo::answer(entry) {
        set(headers, REPR_DIGEST, &digest);
    }
    response
}

/// How many bytes there are of a complete entry.
pub(super) fn length(entry: &Entry) -> u64 {
    entry.length.unwrap_or(entry.offset)
}

/// Sets a header; one that can't be written is left out.
pub(super) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// The answer to a request with a body. Unless its rest is little, the connection ends with it.
pub(super) async fn finished(
    ask: &Ask,
    result: Result<HttpResponse, Refused>,
    mut body: Body,
) -> HttpResponse {
    if result.as_ref().is_err_and(Refused::is_outrun) {
        body.give_up();
    }
    let mut response = result.unwrap_or_else(|refused| refused.response(ask));
    if !body.past().await {
        response.head_mut().set_connection_type(actix_http::ConnectionType::Close);
    }
    response
}

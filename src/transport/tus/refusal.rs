//! A refused request, in this protocol's way: its statuses and headers, with our problem as the body.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};

use super::version::{TUS_VERSION, VERSION};
use crate::domain::{Code, Rejection};
use crate::transport::answer::Problem;
use crate::uploads::UploadError;
use crate::view::ViewError;

/// "Checksum": the status of a body that is not what its checksum says.
const CHECKSUM_MISMATCH: u16 = 460;
/// When to come again, in seconds, if the server has no time now.
const LATER: HeaderValue = HeaderValue::from_static("5");
pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// Why a request was not done.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    problem: Problem,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    fn new(status: StatusCode, problem: Problem) -> Self {
        let later = [Code::ShuttingDown, Code::CheckFailed, Code::RateLimited, Code::Busy];
        let headers = match later.contains(&problem.rejection().code()) {
            true => vec![(RETRY_AFTER, LATER)],
            false => Vec::new(),
        };
        Self { status, problem, headers }
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// A header that can't be understood.
    pub(super) fn bad(what: impl Into<String>) -> Self {
        Problem::because(Code::InvalidMessage, what).into()
    }

    pub(super) fn version() -> Self {
        let what = format!("The header Tus-Resumable must be {VERSION}.");
        let problem = Problem::because(Code::InvalidMessage, what);
        let version = HeaderValue::from_static(VERSION);
        Self::new(StatusCode::PRECONDITION_FAILED, problem).with(TUS_VERSION, version)
    }

    pub(super) fn method(allowed: &'static str) -> Self {
        let problem = Problem::because(Code::InvalidMessage, "This method means nothing here.");
        let allowed = HeaderValue::from_static(allowed);
        Self::new(StatusCode::METHOD_NOT_ALLOWED, problem).with(ALLOW, allowed)
    }

    pub(super) fn nothing_to_get() -> Self {
        Problem::because(Code::UnknownEntry, "There is nothing to download here.").into()
    }

    pub(super) fn media_type(what: impl Into<String>) -> Self {
        let problem = Problem::because(Code::InvalidMessage, what);
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem)
    }

    pub(super) fn metadata_too_long(max: usize) -> Self {
        let what = format!("The header Upload-Metadata can have {max} bytes.");
        let problem = Problem::because(Code::InvalidMessage, what);
        Self::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, problem)
    }

    /// "PATCH": the bytes start somewhere else than where the upload ends. Its end is told.
    pub(super) fn conflict(expected: u64, got: u64) -> Self {
        let problem = Problem::from(Rejection::offset_mismatch(expected, got));
        Self::new(StatusCode::CONFLICT, problem).with(UPLOAD_OFFSET, expected.into())
    }

    /// More bytes than the upload has room for.
    pub(super) fn too_long(length: u64) -> Self {
        let what = Rejection::new(Code::SizeMismatch)
            .with_message("The body goes on past the upload's end.")
            .with_param("length", length);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, what.into())
    }

    pub(super) fn checksum() -> Self {
        let status = StatusCode::from_u16(CHECKSUM_MISMATCH).unwrap_or(StatusCode::BAD_REQUEST);
        Self::new(status, Problem::new(Code::ChecksumMismatch))
    }

    pub(super) fn forbidden(what: &'static str) -> Self {
        Problem::because(Code::Forbidden, what).into()
    }

    /// "Termination", "Expiration": an upload that has ended is gone; why is said in its own words.
    pub(super) fn gone(why: Rejection) -> Self {
        Self::new(StatusCode::GONE, why.into())
    }

    /// True if the request's bytes themselves were wrong, and nothing of them is to be kept.
    pub(super) fn is_of_the_bytes(&self) -> bool {
        let wrong = [StatusCode::PAYLOAD_TOO_LARGE.as_u16(), CHECKSUM_MISMATCH];
        wrong.contains(&self.status.as_u16())
    }

    pub(super) fn into_response(self) -> HttpResponse {
        let mut response = self.problem.as_status(self.status);
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        if self.status.as_u16() == CHECKSUM_MISMATCH {
            response.head_mut().reason = Some("Checksum Mismatch");
        }
        response
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::new(problem.status_code(), problem)
    }
}

impl From<UploadError> for Refusal {
    fn from(error: UploadError) -> Self {
        Problem::from(error).into()
    }
}

impl From<ViewError> for Refusal {
    fn from(error: ViewError) -> Self {
        Problem::from(error).into()
    }
}

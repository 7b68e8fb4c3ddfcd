//! [`Tongue`]: how a client that sends a file step by step says so, by protocol.

use actix_web::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use longshore::testing::{Answer, Form};

use super::File;

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");

/// Protocols in which a client asks where to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    /// tus 1.0.
    Tus,
    /// The IETF's draft.
    Draft,
    /// FilePond's chunks.
    Pond,
}

/// A request, ready to be sent.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    fn new(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    fn says(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    fn with(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    pub(super) fn headers(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, &**value)).collect()
    }
}

impl Tongue {
    pub(crate) const ALL: [Self; 3] = [Self::Tus, Self::Draft, Self::Pond];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tus => "tus",
            Self::Draft => "draft",
            Self::Pond => "pond",
        }
    }

    /// Whether a file's first bytes may come with its creation.
    pub(super) fn begins_with_bytes(self) -> bool {
        self != Self::Pond
    }

    /// Whether an upload whose bytes are all there is complete without another word of its client.
    pub(super) fn ends_by_itself(self) -> bool {
        self == Self::Tus
    }

    pub(super) fn create(self, file: &File, first: Option<Vec<u8>>) -> Request {
        let size = file.size();
        let (has_bytes, body) = (first.is_some(), first.unwrap_or_default());
        match self {
            Self::Tus => {
                let metadata = format!("filename {}", STANDARD.encode(&file.name));
                let request = Request::new(Method::POST, "/tus/files/files").says(TUS.0, TUS.1);
                let request = request.says("upload-length", size).says("upload-metadata", metadata);
                let kind = has_bytes.then_some("application/offset+octet-stream");
                kind.into_iter().fold(request, |request, kind| request.says("content-type", kind))
            }
            Self::Draft => Request::new(Method::POST, "/resumable/files/files")
                .says("upload-complete", "?0")
                .says("upload-length", size)
                .says("content-disposition", format!("attachment; filename=\"{}\"", file.name)),
            Self::Pond => {
                let form = Form::new().text("filepond", "{}");
                let request = Request::new(Method::POST, "/filepond/files/files");
                let request = request.says("upload-length", size);
                return request.says("content-type", Form::content_type()).with(form.body());
            }
        }
        .with(body)
    }

    /// The upload's address and its id.
    pub(super) fn created(self, answer: &Answer) -> (String, String) {
        if self == Self::Pond {
            let id = answer.text();
            return (format!("/filepond/files/files?patch={id}"), id);
        }
        let address = answer.header("location").unwrap().to_owned();
        let id = address.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        (address, id)
    }

    pub(super) fn send(self, address: &str, file: &File, body: Vec<u8>) -> Request {
        let last = file.acked + body.len() as u64 == file.size();
        let request = Request::new(Method::PATCH, address).says("upload-offset", file.acked);
        let kind = "content-type";
        match self {
            Self::Tus => request.says(TUS.0, TUS.1).says(kind, "application/offset+octet-stream"),
            Self::Draft => request
                .says(kind, "application/partial-upload")
                .says("upload-complete", if last { "?1" } else { "?0" }),
            Self::Pond => request
                .says(kind, "application/offset+octet-stream")
                .says("upload-length", file.size())
                .says("upload-name", &file.name),
        }
        .with(body)
    }

    /// How far the upload is, by the answer to bytes that would bring it to `end`.
    pub(super) fn reached(self, answer: &Answer, end: u64) -> Option<u64> {
        match (self, answer.status) {
            (_, 204) => offset(answer),
            // The draft's last answer is about the file.
            (Self::Draft, 200) => Some(end),
            _ => None,
        }
    }

    pub(super) fn ask(self, address: &str) -> Request {
        let request = Request::new(Method::HEAD, address);
        if self == Self::Tus { request.says(TUS.0, TUS.1) } else { request }
    }
}

pub(super) fn offset(answer: &Answer) -> Option<u64> {
    answer.header("upload-offset")?.parse().ok()
}

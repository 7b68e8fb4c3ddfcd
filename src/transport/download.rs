//! `GET /_upload/{id}/{name}`: a stored file, to its owner only.
//!
//! Whatever a file claims to be, it must not act in our origin: the type is the one that its bytes show,
//! sniffing is off, the document is sandboxed, and everything but harmless types is an attachment. These
//! headers are on every answer, partial and refused ones too.

use actix_files::NamedFile;
use actix_web::guard::{Any, Get, Head};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, Charset, ContentDisposition, DispositionParam,
    DispositionType, ExtendedValue,
};
use actix_web::middleware::DefaultHeaders;
use actix_web::{HttpRequest, HttpResponse, Responder, web};

use super::answer::Problem;
use super::identity::Visitor;
use crate::domain::{Code, EntryId, FileName, MediaType};
use crate::uploads::{Blob, BlobSource, UploadError, Uploads};

pub(super) fn resource() -> impl actix_web::dev::HttpServiceFactory + 'static {
    super::resource("/_upload/{id}/{name}")
        .wrap(harmless())
        .route(web::route().guard(Any(Get()).or(Head())).to(get))
}

/// What keeps a stranger's bytes from acting in our origin.
pub(super) fn harmless() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("x-content-type-options", "nosniff"))
        .add((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; style-src 'unsafe-inline'"))
        .add(("cross-origin-resource-policy", "same-origin"))
        .add((CACHE_CONTROL, "private, max-age=3600"))
}

async fn get(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::because(Code::UnknownEntry, "There is no such file.");
    let id: EntryId = path.0.parse().map_err(|_| unknown())?;
    let (file, blob) = match uploads.open_file(id, &visitor.caller).await {
        Err(UploadError::NotFound) => return Err(unknown()),
        found => found?,
    };
    answer(&request, &file.name, &file.media_type, blob).ok_or_else(unknown)
}

/// A file's bytes, with the headers that its name and its type want. Nothing if they can't be read.
pub(super) fn answer(
    request: &HttpRequest,
    name: &FileName,
    media_type: &MediaType,
    blob: Blob,
) -> Option<HttpResponse> {
    let content_type = content_type(media_type);
    let disposition = disposition(name, media_type);
    match blob.into_source() {
        BlobSource::File(opened, path) => {
            let named = NamedFile::from_file(opened, path).ok()?;
            let named = match content_type.parse() {
                Ok(mime) => named.set_content_type(mime),
                Err(_) => named,
            };
            Some(named.set_content_disposition(disposition).respond_to(request))
        }
        BlobSource::Memory(bytes) => {
            let mut response = HttpResponse::Ok();
            Some(response.content_type(content_type).insert_header(disposition).body(bytes))
        }
    }
}

fn content_type(media_type: &MediaType) -> String {
    match media_type.as_str() {
        "text/plain" => "text/plain; charset=utf-8".to_owned(),
        other => other.to_owned(),
    }
}

/// RFC 6266: an ASCII name for old clients, the real one in `filename*`. A percent sign is written that way too,
/// because FilePond takes what stands in quotes for percent-encoded.
fn disposition(name: &FileName, media_type: &MediaType) -> ContentDisposition {
    let name = name.as_str();
    let plain = |c: char| {
        if c.is_ascii() && !c.is_ascii_control() && c != '"' && c != '\\' { c } else { '_' }
    };
    let mut parameters = vec![DispositionParam::Filename(name.chars().map(plain).collect())];
    if !name.is_ascii() || name.contains('%') {
        parameters.push(DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: name.as_bytes().to_vec(),
        }));
    }
    let disposition = if media_type.is_inline_safe() {
        DispositionType::Inline
    } else {
        DispositionType::Attachment
    };
    ContentDisposition { disposition, parameters }
}

#[cfg(test)]
mod fuzz;

//! `GET /_upload/{id}/{name}`: a stored file, to its owner only.
//!
//! Whatever a file claims to be, it must not act in our origin: the type is the one that its bytes show,
//! sniffing is off, the document is sandboxed, and everything but harmless types is an attachment. These
//! headers are on every answer, partial and refused ones too.

use std::ops::Range;

use actix_files::NamedFile;
use actix_web::body::{BodySize, MessageBody, SizedStream};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::guard::{Any, Get, Head};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_RANGE, CONTENT_SECURITY_POLICY, Charset, ContentDisposition,
    DispositionParam, DispositionType, ExtendedValue, HOST, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY,
};
use actix_web::middleware::{DefaultHeaders, Next};
use actix_web::{Error, HttpRequest, HttpResponse, Responder, ResponseError, web};

use super::answer::Problem;
use super::identity::{Visitor, introduce};
use crate::domain::{Code, EntryId, FileName, MediaType};
use crate::site::{NoLink, Opens, Way};
use crate::uploads::{Blob, BlobSource, Pieces, UploadError, Uploads};

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
        // The address of a link opens the file, so nobody is told it.
        .add((REFERRER_POLICY, "no-referrer"))
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
    let link = match uploads.site().linked(id, request.query_string()) {
        Some(Err(NoLink)) => return Err(unknown()),
        Some(Ok(opens)) => Some(opens),
        None => None,
    };
    if uploads.site().files_origin().is_some()
        && (link.is_none() || !is_files_host(&request, &uploads))
    {
        return Err(unknown());
    }
    let found = match link {
        Some(_) => uploads.open_linked(id).await,
        None => uploads.open_file(id, &visitor.caller).await,
    };
    let (file, blob) = match found {
        Err(UploadError::NotFound) => return Err(unknown()),
        found => found?,
    };
    let way = link.map_or(Way::AsUsual, |link| link.way);
    let mut answer =
        answer(&request, &file.name, &file.media_type, blob, way).ok_or_else(unknown)?;
    if let Some(link) = link {
        mark(&request, answer.headers_mut(), link, &uploads);
    }
    Ok(answer)
}

/// What is different for whoever came by a link: they stay nobody, and have it no longer than it lasts.
fn mark(request: &HttpRequest, headers: &mut HeaderMap, link: Opens, uploads: &Uploads) {
    introduce(request, None);
    let left = format!("private, max-age={}", link.left.as_secs().min(3_600));
    if let Ok(left) = HeaderValue::try_from(left) {
        headers.insert(CACHE_CONTROL, left);
    }
    // Pages of our own origin show what this one serves. Whoever has the link has the file anyway.
    if uploads.site().files_origin().is_some() {
        let name = HeaderName::from_static("cross-origin-resource-policy");
        headers.insert(name, HeaderValue::from_static("cross-origin"));
    }
}

fn is_files_host(request: &HttpRequest, uploads: &Uploads) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    uploads.site().is_files_host(host)
}

/// Middleware: an origin that serves files serves nothing else, or what is in them would meet our pages there.
pub(super) async fn keep_apart<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let uploads = request.app_data::<web::Data<Uploads>>().cloned();
    let apart = uploads.is_some_and(|uploads| {
        let path = request.path().strip_prefix(uploads.site().prefix());
        let is_file = path.is_some_and(|path| path.starts_with("/_upload/"));
        !is_file && is_files_host(request.request(), &uploads)
    });
    if apart {
        let nothing = Problem::because(Code::UnknownEntry, "There is nothing here.");
        return Ok(request.into_response(nothing.error_response()).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// A file's bytes, with the headers that its name and its type want. Nothing if they can't be read.
pub(super) fn answer(
    request: &HttpRequest,
    name: &FileName,
    media_type: &MediaType,
    blob: Blob,
    way: Way,
) -> Option<HttpResponse> {
    let content_type = content_type(media_type);
    let disposition = disposition(name, media_type, way);
    match blob.into_source() {
        BlobSource::File(opened, path) => {
            let same = opened.try_clone().ok()?;
            let named = NamedFile::from_file(opened, path).ok()?;
            let named = match content_type.parse() {
                Ok(mime) => named.set_content_type(mime),
                Err(_) => named,
            };
            let answer = named.set_content_disposition(disposition).respond_to(request);
            Some(in_pieces(answer, |part| Pieces::of_file(same, part)))
        }
        BlobSource::Memory(bytes) => {
            let mut response = HttpResponse::Ok();
            Some(response.content_type(content_type).insert_header(disposition).body(bytes))
        }
    }
}

/// The same answer, whose bytes are read as [`Pieces`] does.
fn in_pieces(answer: HttpResponse, of: impl FnOnce(Range<u64>) -> Pieces) -> HttpResponse {
    let first = match answer.status() {
        StatusCode::OK => Some(0),
        StatusCode::PARTIAL_CONTENT => first_of(answer.headers()),
        _ => None,
    };
    let (BodySize::Sized(length), Some(first)) = (answer.body().size(), first) else {
        return answer;
    };
    let pieces = of(first..first.saturating_add(length));
    answer.set_body(SizedStream::new(length, pieces)).map_into_boxed_body()
}

/// Where the part begins that an answer has.
fn first_of(headers: &HeaderMap) -> Option<u64> {
    let said = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    said.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

fn content_type(media_type: &MediaType) -> String {
    match media_type.as_str() {
        "text/plain" => "text/plain; charset=utf-8".to_owned(),
        other => other.to_owned(),
    }
}

/// RFC 6266: an ASCII name for old clients, the real one in `filename*`. A percent sign is written that way too,
/// because FilePond takes what stands in quotes for percent-encoded.
fn disposition(name: &FileName, media_type: &MediaType, way: Way) -> ContentDisposition {
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
    let disposition = if media_type.is_inline_safe() && way == Way::AsUsual {
        DispositionType::Inline
    } else {
        DispositionType::Attachment
    };
    ContentDisposition { disposition, parameters }
}

#[cfg(test)]
mod fuzz;

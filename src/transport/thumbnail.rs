//! `GET /_upload/{id}/thumbnail`: a small picture of a stored one, to its owner only.
//!
//! A page asks for thumbnails as soon as the files are stored, often before they are made. Then the answer
//! waits until they are, so that a gallery shows each as soon as it is there, without a script. Where there
//! can't be one, an `<img>` is answered with a drawing that says so instead of showing as broken: browsers
//! draw what comes with a 404. Everybody else gets problem details.

use std::time::Duration;

use actix_web::guard::{Any, Get, Head};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, ETag, EntityTag, Header, HeaderValue, IfNoneMatch,
    RETRY_AFTER, VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::answer::Problem;
use super::download::harmless;
use super::identity::Visitor;
use crate::domain::{Code, EntryId};
use crate::site::THUMBNAIL;
use crate::uploads::{Thumbnail, UploadError, Uploads};

/// As long as a browser waits for a picture. The thumbnail is made even so.
const PATIENCE: Duration = Duration::from_secs(30);
/// When it may be worth to ask again, in seconds.
const LATER: &str = "10";
/// A file never changes, and neither does its thumbnail.
const A_DAY: &str = "private, max-age=86400";

/// A grey picture frame, for light and dark pages. Static and ours: nothing of the file is in it.
const DRAWING: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" fill="none" stroke="#888" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"><path d="M32 35h32a3 3 0 0 1 3 3v22a3 3 0 0 1-3 3H32a3 3 0 0 1-3-3V38a3 3 0 0 1 3-3zM29 58l9-9 7 7 6-5 16 11M26 68l44-40"/><circle cx="38" cy="43" r="2.5"/></svg>"##;

pub(super) fn resource() -> impl actix_web::dev::HttpServiceFactory + 'static {
    super::resource(&format!("/_upload/{{id}}/{THUMBNAIL}"))
        .wrap(harmless())
        .route(web::route().guard(Any(Get()).or(Head())).to(get))
}

async fn get(
    request: HttpRequest,
    path: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::because(Code::UnknownEntry, "There is no such file.");
    let id: EntryId = path.parse().map_err(|_| unknown())?;
    match timeout(PATIENCE, uploads.thumbnail(id, &visitor.caller)).await {
        Ok(Ok(Some(thumbnail))) => Ok(picture(&request, &thumbnail)),
        Ok(Ok(None)) => Ok(none(&request)),
        Ok(Err(UploadError::NotFound)) => Err(unknown()),
        Ok(Err(UploadError::Rejected(why))) if why.code() == Code::RateLimited => {
            Ok(not_yet(&request))
        }
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Ok(not_yet(&request)),
    }
}

fn picture(request: &HttpRequest, thumbnail: &Thumbnail) -> HttpResponse {
    let digest = Sha256::digest(thumbnail.bytes());
    let tag: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = EntityTag::new_strong(tag);
    let fresh = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(&tag)),
        Err(_) => false,
    };
    let status = if fresh { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut answer = HttpResponse::build(status);
    answer.insert_header(ETag(tag)).insert_header((CACHE_CONTROL, A_DAY));
    if fresh {
        return answer.finish();
    }
    answer
        .content_type(thumbnail.media_type().as_str())
        .insert_header((CONTENT_DISPOSITION, "inline"))
        .body(thumbnail.bytes().clone())
}

fn none(request: &HttpRequest) -> HttpResponse {
    let what = "There is no thumbnail of this file.";
    answer(request, &Problem::because(Code::UnknownEntry, what), StatusCode::NOT_FOUND)
}

/// The server has much to do and not the client, so this is 503, and it is true for a moment only.
fn not_yet(request: &HttpRequest) -> HttpResponse {
    let what = "Too many pictures are waiting. Try again in a moment.";
    let busy = Problem::because(Code::RateLimited, what);
    let mut answer = answer(request, &busy, StatusCode::SERVICE_UNAVAILABLE);
    for (name, value) in [(RETRY_AFTER, LATER), (CACHE_CONTROL, "no-store")] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

fn answer(request: &HttpRequest, problem: &Problem, status: StatusCode) -> HttpResponse {
    let mut answer = if wants_drawing(request) {
        HttpResponse::build(status).content_type("image/svg+xml").body(DRAWING)
    } else {
        problem.as_status(status)
    };
    answer.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    answer
}

/// What an `<img>` asks for names kinds of pictures first.
fn wants_drawing(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.starts_with("image/"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn who_comes_too_early_is_told_when_to_come_again() {
        let image = TestRequest::get().insert_header((ACCEPT, "image/avif,image/webp,*/*;q=0.8"));
        for (request, kind) in
            [(image, "image/svg+xml"), (TestRequest::get(), "application/problem+json")]
        {
            let answer = not_yet(&request.to_http_request());
            assert_eq!(answer.status(), 503);
            let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap();
            assert_eq!((header("retry-after"), header("cache-control")), (LATER, "no-store"));
            assert_eq!(header("content-type"), kind);
        }
    }
}

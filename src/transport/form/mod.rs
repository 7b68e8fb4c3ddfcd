//! The form door: `POST /{page}` and `POST /upload`, multipart, streamed; no file is ever in memory.
//!
//! It is what a page without JavaScript posts, what a bare `<form>` on another page of the application
//! posts, and what `curl -F file=@x` sends. The page's view is mounted without a socket, so the very same
//! handlers run. One bad file doesn't fail the good ones.

mod answer;
mod claims;
mod dropzone;
mod fields;
mod receive;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};

use self::answer::answer;
use super::answer::Problem;
use super::identity::Visitor;
use super::intake::Receipt;
use super::peers::Incoming;
use crate::domain::{Code, PageName};
use crate::uploads::{Mount, Uploads};

/// The page whose slot `POST /upload` fills.
const PLAIN: &str = "files";

/// `POST /{page}`.
pub(super) async fn post(
    request: HttpRequest,
    payload: web::Payload,
    page: web::Data<PageName>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> HttpResponse {
    let result = receive(&request, payload, &page, &visitor, &uploads).await;
    answer(&request, &uploads, &page, &visitor, result)
}

/// `POST /upload`: the same for the page of plain files.
pub(super) async fn post_upload(
    request: HttpRequest,
    payload: web::Payload,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> HttpResponse {
    let Ok(page) = PageName::try_from(PLAIN) else {
        return HttpResponse::NotFound().finish();
    };
    let result = receive(&request, payload, &page, &visitor, &uploads).await;
    answer(&request, &uploads, &page, &visitor, result)
}

async fn receive(
    request: &HttpRequest,
    payload: web::Payload,
    page: &PageName,
    visitor: &Visitor,
    uploads: &Uploads,
) -> Result<Receipt, Problem> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    let kind = essence.map(str::to_ascii_lowercase);
    // The guard ends the session when this function ends, and also when its client goes away half-way.
    let (mounted, _guard) =
        uploads.mount(page, visitor.caller.clone(), Mount::Request).await.map_err(Problem::from)?;
    let body = Incoming::new(payload, request, uploads);
    match kind.as_deref() {
        Some("multipart/form-data") => {
            receive::multipart(request, body, &mounted, visitor, uploads).await
        }
        Some("application/x-www-form-urlencoded") => {
            fields::urlencoded(body, &mounted, visitor, uploads).await
        }
        _ => Err(Problem::because(
            Code::InvalidMessage,
            "Send the file as multipart/form-data: curl -F file=@NAME URL",
        )),
    }
}

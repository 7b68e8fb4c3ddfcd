//! `GET` and `HEAD`: a file's bytes again, for a page that shows what was uploaded before (`load`), or what waits for
//! its form (`restore`). What lies on other servers is not fetched: whoever may upload could have us ask any address
//! that only we can reach.

use actix_web::{HttpRequest, HttpResponse, web};

use super::wire::Ask;
use super::{patch, unknown, wire};
use crate::domain::{Code, PageName};
use crate::site::Way;
use crate::transport::answer::Problem;
use crate::transport::download;
use crate::transport::handle::Handle;
use crate::transport::identity::Visitor;
use crate::uploads::Uploads;

pub(super) async fn get(
    request: HttpRequest,
    page: web::Data<PageName>,
    slot: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    match Ask::read(request.query_string()) {
        Ask::Load(text) => load(&request, &text, &page, &slot, &visitor, &uploads).await,
        Ask::Fetch => Err(no_fetch()),
        Ask::Patch(_) | Ask::Nothing => Err(wire::bad("Ask for ?load=ID or ?restore=ID.")),
    }
}

pub(super) async fn head(
    request: HttpRequest,
    page: web::Data<PageName>,
    slot: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    match Ask::read(request.query_string()) {
        Ask::Patch(text) => patch::offset(&text, &page, &slot, &visitor, &uploads).await,
        Ask::Load(text) => load(&request, &text, &page, &slot, &visitor, &uploads).await,
        Ask::Fetch => Err(no_fetch()),
        Ask::Nothing => Err(wire::bad("Ask for ?patch=ID, ?load=ID or ?restore=ID.")),
    }
}

/// The first file of those that an id names: FilePond shows one.
async fn load(
    request: &HttpRequest,
    text: &str,
    page: &PageName,
    slot: &str,
    visitor: &Visitor,
    uploads: &Uploads,
) -> Result<HttpResponse, Problem> {
    let handles = Handle::read(text).ok_or_else(unknown)?;
    let handle = handles.first().ok_or_else(unknown)?;
    let (entry, blob) = uploads.open_entry(handle.id, &handle.caller(visitor, uploads)).await?;
    if entry.page != *page || entry.slot.as_str() != slot {
        return Err(unknown());
    }
    let media_type = entry.media_type.clone().unwrap_or_default();
    // Where another origin serves files, ours shows none of them: a script reads this, and a browser saves it.
    let way = uploads.site().files_origin().map_or(Way::AsUsual, |_| Way::Download);
    download::answer(request, &entry.name, &media_type, blob, way).ok_or_else(unknown)
}

fn no_fetch() -> Problem {
    Problem::because(Code::Forbidden, "Files aren't fetched from other servers here.")
}

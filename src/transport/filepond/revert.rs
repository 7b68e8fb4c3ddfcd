//! `DELETE`: the visitor takes a file back.
//!
//! Before its form was sent a file belongs to the visitor's page, and goes. What a slot without a form has stored goes
//! too: the visitor has just chosen it, and sees it go. What a form has saved is no longer FilePond's to remove: the
//! page may still show its old list, and a click in it must not delete what was sent.

use actix_web::{HttpRequest, HttpResponse, web};

use super::unknown;
use super::wire::Ask;
use crate::domain::{Caller, EntryId, PageName, Start};
use crate::transport::answer::Problem;
use crate::transport::handle::Handle;
use crate::transport::identity::Visitor;
use crate::transport::intake::Pieces;
use crate::transport::peers::Incoming;
use crate::uploads::{Save, Standing, UploadError, Uploads};

pub(super) async fn delete(
    request: HttpRequest,
    payload: web::Payload,
    page: web::Data<PageName>,
    slot: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    visitor.ensure_meant(&request)?;
    let body = text(Incoming::new(payload, &request, &uploads), uploads.limits().max_field).await?;
    let text = match Ask::read(request.query_string()) {
        // FilePond 5 says it in the address.
        Ask::Load(text) if body.is_empty() => text,
        _ => body,
    };
    let handles = Handle::read(text.trim()).ok_or_else(unknown)?;
    let mut result = Ok(());
    for handle in handles {
        let caller = handle.caller(&visitor, &uploads);
        let standing = uploads.stand(&page, &slot, caller.clone(), Save::Later).await?;
        let taken = take_back(handle.id, &standing, &caller, &uploads).await;
        result = result.and(taken.map_err(Problem::from));
    }
    result.map(|()| HttpResponse::NoContent().finish())
}

/// Ends an upload and removes what there is of it.
pub(super) async fn take_back(
    id: EntryId,
    standing: &Standing,
    caller: &Caller,
    uploads: &Uploads,
) -> Result<(), UploadError> {
    match standing.cancel(id).await {
        Err(UploadError::Illegal(_)) if standing.slot().start() == Start::Auto => {
            uploads.delete_file(id, caller).await.map(drop)
        }
        Err(UploadError::Illegal(_)) => Err(UploadError::NotFound),
        done => done,
    }
}

async fn text(mut incoming: Incoming<web::Payload>, limit: usize) -> Result<String, Problem> {
    let body = incoming.whole("An id", limit).await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

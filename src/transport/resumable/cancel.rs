//! Cancellation (draft, "Upload Cancellation"): `DELETE` ends an upload, and every request that still writes it.

use actix_web::HttpResponse;

use super::answer::Refused;
use super::ask::Ask;
use super::receive::not_had;
use crate::domain::EntryId;
use crate::uploads::UploadError;

pub(super) async fn cancel(ask: Ask, id: EntryId) -> HttpResponse {
    match end(&ask, id).await {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(refused) => refused.response(&ask),
    }
}

async fn end(ask: &Ask, id: EntryId) -> Result<(), Refused> {
    ask.visitor.ensure_meant(&ask.request)?;
    let standing = ask.stand_for(id).await?;
    match standing.cancel(id).await {
        Ok(()) => Ok(()),
        // What is stored is no upload any more; it is deleted as a file.
        Err(UploadError::Illegal(_)) => Err(Refused::Completed),
        Err(error) => Err(not_had(&standing, id, error).await),
    }
}

//! Cancellation (draft, "Upload Cancellation"): `DELETE` ends an upload, and every request that still writes it.

use actix_web::HttpResponse;

use super::answer::Refused;
use super::ask::Ask;
use crate::domain::{Code, EntryId};
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
    standing.cancel(id).await.map_err(|error| match error {
        // What is stored is no upload any more; it is deleted as a file.
        UploadError::Illegal(_) => Refused::Completed,
        UploadError::Rejected(rejection) if rejection.code() == Code::Forbidden => {
            Refused::Problem(rejection.into())
        }
        error => Refused::found(error),
    })
}

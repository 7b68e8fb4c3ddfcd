//! DELETE: an upload, or the file that it has become, is no longer wanted.

use actix_web::HttpResponse;

use super::place::Place;
use super::refusal::Refusal;
use crate::domain::{EntryId, EntryState, StoredFile};
use crate::uploads::UploadError;

/// "Termination": what is on its way ends and its bytes go; so does a complete upload, stored or not. What an
/// application has taken for itself is not ours to remove.
pub(super) async fn delete(
    place: &Place,
    slot: &str,
    id: EntryId,
) -> Result<HttpResponse, Refusal> {
    let caller = place.caller(id);
    let standing = place.stand(slot, caller.clone()).await?;
    let mut entry = place.look(&standing, id).await?;
    if *entry.state() != EntryState::Consumed {
        match standing.cancel(id).await {
            // The application has had it since we looked.
            Err(UploadError::Illegal(_)) => entry = place.look(&standing, id).await?,
            cancelled => {
                cancelled?;
                return Ok(HttpResponse::NoContent().finish());
            }
        }
    }
    if StoredFile::of(&entry).is_none() {
        return Err(Refusal::forbidden("The application has taken this file."));
    }
    place.uploads.delete_file(id, &caller).await?;
    Ok(HttpResponse::NoContent().finish())
}

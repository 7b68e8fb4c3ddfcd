//! DELETE: an upload, or the file that it has become, is no longer wanted.

use actix_web::HttpResponse;

use super::place::Place;
use super::refusal::Refusal;
use crate::domain::{EntryId, EntryState, StoredFile};

/// "Termination": what is on its way ends and its bytes go; so does a complete upload, stored or not. What an
/// application has taken for itself is not ours to remove.
pub(super) async fn delete(
    place: &Place,
    slot: &str,
    id: EntryId,
) -> Result<HttpResponse, Refusal> {
    let caller = place.caller(id);
    let standing = place.stand(slot, caller.clone()).await?;
    let entry = place.look(&standing, id).await?;
    if StoredFile::of(&entry).is_some() {
        place.uploads.delete_file(id, &caller).await?;
    } else if *entry.state() == EntryState::Consumed {
        return Err(Refusal::forbidden("The application has taken this file."));
    } else {
        standing.cancel(id).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

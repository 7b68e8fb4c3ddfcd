//! What the pages have in common: listing what is kept, deleting one.

use crate::{
    Context, EntryId, Event, FileFacts, StoredFile, UploadError, UploadSession, ViewError,
};

/// As many files as a page shows.
const SHOWN: u32 = 100;

/// Puts the stored files of a slot into a page's context.
pub(super) async fn list(
    slot: &str,
    session: &UploadSession,
    context: &mut Context,
) -> Result<(), ViewError> {
    let files = session.stored_files(slot, SHOWN).await?;
    let facts: Vec<FileFacts> = files.iter().map(|file| session.facts(file)).collect();
    context.insert("files", &facts);
    Ok(())
}

/// Deletes the file that an event names. One that is gone already is as deleted as can be.
pub(super) async fn delete(event: &Event, session: &UploadSession) -> Result<(), ViewError> {
    let Some(id) = event.text("id").and_then(|id| id.parse::<EntryId>().ok()) else {
        return Err(ViewError::unknown_event("delete without an id"));
    };
    match session.delete_file(id).await {
        Ok(StoredFile { .. }) | Err(UploadError::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

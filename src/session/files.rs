//! Stored files: what was kept for the session's owner.

use super::UploadSession;
use crate::catalogue::{Query, Wanted};
use crate::domain::{EntryId, SlotName, StoredFile};
use crate::engine::UploadError;

impl UploadSession {
    /// The caller's stored files of a slot of this page, newest first, at most `limit`; none for whoever may not
    /// list them.
    ///
    /// # Errors
    /// A fault of the catalogue.
    pub async fn stored_files(
        &self,
        slot: &str,
        limit: u32,
    ) -> Result<Vec<StoredFile>, UploadError> {
        let Ok(slot) = SlotName::try_from(slot) else { return Ok(Vec::new()) };
        let may = self.0.engine.may_list(&self.0.caller, Some(&self.0.page), Some(&slot)).await;
        if may.is_err() {
            return Ok(Vec::new());
        }
        let query = Query {
            owner: Some(self.0.caller.owner()),
            page: Some(self.0.page.clone()),
            slot: Some(slot),
            ..Query::new(Wanted::Stored, limit)
        };
        Ok(self.0.engine.list(&query).await?.iter().filter_map(StoredFile::of).collect())
    }

    /// One stored file of the caller.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign files alike.
    pub async fn stored_file(&self, id: EntryId) -> Result<StoredFile, UploadError> {
        self.0.engine.file(id, &self.0.caller).await
    }

    /// Removes a stored file of the caller.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign files alike; a fault of the store.
    pub async fn delete_file(&self, id: EntryId) -> Result<StoredFile, UploadError> {
        self.0.engine.remove(id, &self.0.caller).await
    }
}

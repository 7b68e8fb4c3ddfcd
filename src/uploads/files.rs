//! Entries and stored files, for callers that have no session: the JSON API and downloads.

use super::{Blob, UploadError, Uploads};
use crate::catalogue::{Query, Wanted};
use crate::domain::{Caller, Entry, EntryId, PageName, SlotName, StoredFile};

/// Which stored files are asked for.
#[derive(Debug, Clone, Default)]
pub struct FileQuery {
    /// Only files that came by this page.
    pub page: Option<PageName>,
    /// Only files that came by this slot.
    pub slot: Option<SlotName>,
    /// Files older than this one.
    pub cursor: Option<EntryId>,
    /// At most this many.
    pub limit: u32,
}

impl Uploads {
    /// Stored files of a caller, newest first.
    ///
    /// # Errors
    /// A fault of the catalogue.
    pub async fn files(
        &self,
        caller: &Caller,
        query: &FileQuery,
    ) -> Result<Vec<StoredFile>, UploadError> {
        let query = Query {
            owner: Some(caller.owner()),
            page: query.page.clone(),
            slot: query.slot.clone(),
            cursor: query.cursor,
            ..Query::new(Wanted::Stored, query.limit)
        };
        Ok(self.0.engine.list(&query).await?.iter().filter_map(StoredFile::of).collect())
    }

    /// One stored file.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign files alike; a fault of the catalogue.
    pub async fn file(&self, id: EntryId, caller: &Caller) -> Result<StoredFile, UploadError> {
        self.0.engine.file(id, caller).await
    }

    /// Opens a stored file for reading.
    ///
    /// # Errors
    /// As [`Uploads::file`]; a fault of the store.
    pub async fn open_file(
        &self,
        id: EntryId,
        caller: &Caller,
    ) -> Result<(StoredFile, Blob), UploadError> {
        let file = self.0.engine.file(id, caller).await?;
        let (_, blob) = self.0.engine.open(id, caller).await?;
        Ok((file, blob))
    }

    /// Removes a stored file: its row, then its bytes.
    ///
    /// # Errors
    /// As [`Uploads::file`]; a fault of the store.
    pub async fn delete_file(
        &self,
        id: EntryId,
        caller: &Caller,
    ) -> Result<StoredFile, UploadError> {
        self.0.engine.remove(id, caller).await
    }

    /// An entry, on its way or remembered.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign entries alike.
    pub async fn entry(&self, id: EntryId, caller: &Caller) -> Result<Entry, UploadError> {
        self.0.engine.get(id, caller).await
    }

    /// Cancels an entry that has not been consumed.
    ///
    /// # Errors
    /// As [`Uploads::entry`]; [`UploadError::Illegal`] if it has ended.
    pub async fn cancel_entry(&self, id: EntryId, caller: &Caller) -> Result<Entry, UploadError> {
        self.0.engine.cancel(id, caller).await
    }
}

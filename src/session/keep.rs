//! Keeping and moving: what most applications do with a complete file.
//!
//! Without verbs of their own every page would say the same lines about them. What holds for
//! [`consume_uploaded_entry`](UploadSession::consume_uploaded_entry) holds here.

use std::path::Path;

use super::{Consumed, UploadSession, UploadedFile};
use crate::domain::{Entry, StoredFile};
use crate::engine::{Keep, UploadError};

impl UploadSession {
    /// Keeps every complete entry of a slot as a stored file of the caller, in order.
    ///
    /// # Errors
    /// As [`consume_uploaded_entries`](Self::consume_uploaded_entries); [`UploadError::NotInStore`] if the
    /// slot has a writer.
    ///
    /// # Cancellation
    /// What was kept stays kept; an entry that was not is offered again.
    pub async fn keep_uploaded_entries(&self, slot: &str) -> Result<Vec<StoredFile>, UploadError> {
        self.declared(slot)?;
        let mut kept = Vec::new();
        for entry in self.uploaded_entries(slot).0 {
            kept.push(self.keep_uploaded_entry(&entry).await?);
        }
        Ok(kept)
    }

    /// Keeps one complete entry as a stored file of the caller.
    ///
    /// # Errors
    /// As [`consume_uploaded_entry`](Self::consume_uploaded_entry); [`UploadError::NotInStore`] if the slot
    /// has a writer.
    ///
    /// # Cancellation
    /// The entry is kept, or is offered again.
    pub async fn keep_uploaded_entry(&self, entry: &Entry) -> Result<StoredFile, UploadError> {
        StoredFile::of(&self.keep(entry).await?).ok_or(UploadError::NotFound)
    }

    /// The same, and answers the entry as it is then.
    pub(crate) async fn keep(&self, entry: &Entry) -> Result<Entry, UploadError> {
        self.end_offer(entry, Keep::Yes).await
    }

    /// Moves one complete entry to a path of the application's own that must not exist yet, and answers the
    /// number of bytes: [`UploadedFile::move_to`], and nothing else is left of the entry.
    ///
    /// # Errors
    /// As [`consume_uploaded_entry`](Self::consume_uploaded_entry) and [`UploadedFile::move_to`].
    ///
    /// # Cancellation
    /// The entry stays complete and is offered again, also when its file has arrived at the target.
    pub async fn move_uploaded_entry(
        &self,
        entry: &Entry,
        target: impl AsRef<Path>,
    ) -> Result<u64, UploadError> {
        let target = target.as_ref();
        let moved = async |file: &UploadedFile<'_>, _: &Entry| {
            Ok::<_, UploadError>(Consumed::Done(file.move_to(target).await?))
        };
        self.consume_uploaded_entry(entry, moved).await
    }
}

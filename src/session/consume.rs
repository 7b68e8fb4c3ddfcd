//! Consuming: the application takes complete entries over.

use std::sync::atomic::{AtomicBool, Ordering};

use super::UploadSession;
use crate::blob::Blob;
use crate::domain::{Entry, EntryState};
use crate::engine::{Keep, UploadError};

/// What the application did with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumed<V> {
    /// It has what it wants. The file is removed, unless it was [kept](UploadedFile::keep).
    Done(V),
    /// Not yet: the entry stays as it is and is offered again.
    Postpone(V),
}

/// A complete file that is offered to the application.
#[derive(Debug)]
pub struct UploadedFile<'a> {
    session: &'a UploadSession,
    entry: &'a Entry,
    keep: AtomicBool,
}

impl UploadedFile<'_> {
    /// Keeps the bytes in the store as a stored file of the caller, listed and served under its URL.
    pub fn keep(&self) {
        self.keep.store(true, Ordering::Relaxed);
    }

    /// Opens the bytes for reading, copying or streaming.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn open(&self) -> Result<Blob, UploadError> {
        let session = &self.session.0;
        Ok(session.engine.open(self.entry.id, &session.caller).await?.1)
    }
}

impl UploadSession {
    /// Offers every complete entry of a slot to `take`, in order, and answers what it answered.
    ///
    /// # Errors
    /// The first error of `take` or of the engine ends it; that entry and those behind it stay complete and
    /// are offered again by the next call.
    pub async fn consume_uploaded_entries<V, E, F>(&self, slot: &str, take: F) -> Result<Vec<V>, E>
    where
        F: AsyncFn(&UploadedFile<'_>, &Entry) -> Result<Consumed<V>, E>,
        E: From<UploadError>,
    {
        let mut answers = Vec::new();
        for entry in self.uploaded_entries(slot).0 {
            answers.push(self.consume_uploaded_entry(&entry, &take).await?);
        }
        Ok(answers)
    }

    /// Offers one complete entry to `take`, and answers what it answered.
    ///
    /// # Errors
    /// The error of `take` (the entry stays complete), [`UploadError::Illegal`] if the entry is not
    /// complete, or a fault of the engine.
    pub async fn consume_uploaded_entry<V, E, F>(&self, entry: &Entry, take: F) -> Result<V, E>
    where
        F: AsyncFn(&UploadedFile<'_>, &Entry) -> Result<Consumed<V>, E>,
        E: From<UploadError>,
    {
        if !matches!(entry.state(), EntryState::Complete) {
            let refused = entry.state().apply(crate::domain::Transition::Consume);
            refused.map_err(UploadError::from)?;
        }
        let file = UploadedFile { session: self, entry, keep: AtomicBool::new(false) };
        let value = match take(&file, entry).await? {
            Consumed::Postpone(value) => return Ok(value),
            Consumed::Done(value) => value,
        };
        let keep = if file.keep.load(Ordering::Relaxed) { Keep::Yes } else { Keep::No };
        self.0.engine.consume(entry.id, &self.0.caller, keep).await?;
        Ok(value)
    }
}

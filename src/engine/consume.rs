//! Consuming: the application takes a complete entry over.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::{Engine, Lifetime, UploadError};
use crate::blob::Blob;
use crate::domain::{Act, Caller, Entry, EntryId, StoredFile, Transition};

/// What becomes of the bytes of a consumed entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// They stay in the store as a stored file of their owner.
    Yes,
    /// The application has what it wants; they are removed.
    No,
}

impl Engine {
    /// Opens a complete entry's bytes for the application, before or after it is consumed and kept.
    ///
    /// # Errors
    /// [`UploadError::NotFound`], [`UploadError::NotInStore`], or a fault of the store.
    pub async fn open(&self, id: EntryId, caller: &Caller) -> Result<(Entry, Blob), UploadError> {
        self.opened(self.own(id, caller).await?).await
    }

    /// The same for whoever may read it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn read(&self, id: EntryId, caller: &Caller) -> Result<(Entry, Blob), UploadError> {
        let entry = self.known(id).await?;
        self.may(caller, Act::Read, &entry).await?;
        self.opened(entry).await
    }

    async fn opened(&self, entry: Entry) -> Result<(Entry, Blob), UploadError> {
        if !entry.done() {
            return Err(UploadError::NotFound);
        }
        if entry.writer_result.is_some() {
            return Err(UploadError::NotInStore);
        }
        let blob = self.parts().blobs.open(entry.id).await?;
        Ok((entry, blob))
    }

    /// Keeps other pages of the same session from being offered the entry while the guard lives.
    pub async fn offer(&self, id: EntryId, caller: &Caller) -> Option<OwnedMutexGuard<()>> {
        let live = self.registry().get(id, caller).ok()?;
        Some(Arc::clone(&live.offer).lock_owned().await)
    }

    /// Marks a complete entry as consumed: kept as a stored file, or removed.
    ///
    /// # Errors
    /// [`UploadError::Illegal`] if it is not complete or was consumed before; why it has ended, if it has;
    /// [`UploadError::NotInStore`]
    /// if it is to be kept and its bytes went to a writer; a fault of the catalogue.
    pub async fn consume(
        &self,
        id: EntryId,
        caller: &Caller,
        keep: Keep,
    ) -> Result<Entry, UploadError> {
        let (live, _commit) = self.registry().hold(id, caller).await?;
        let before = live.snapshot();
        if before.state().is_terminal() && !before.done() {
            return Err(live.gone()); // It has ended while we waited for our turn.
        }
        let mut entry = before.clone();
        entry.apply(Transition::Consume)?;
        entry.touched_at = self.parts().clock.now();
        if keep == Keep::Yes && entry.writer_result.is_some() {
            return Err(UploadError::NotInStore);
        }
        match keep {
            Keep::Yes => {
                entry.kept_at = Some(self.parts().clock.now());
                // Whose row waits has it wait after an error, too: nobody knows what it says.
                self.settle_or_restore(&entry, &before, live.is_unrecorded()).await?;
                live.row_is_written();
                self.begin_jobs(&entry);
            }
            Keep::No => {
                // ORDER: the row first. Bytes that no row wants are not shown, and the next start puts them aside.
                match live.lifetime {
                    // Its page may not have heard of it, and asks when it comes back.
                    Lifetime::Session => {
                        self.settle_or_restore(&entry, &before, live.is_unrecorded()).await?;
                        live.row_is_written();
                    }
                    Lifetime::Request if live.is_unrecorded() => live.row_is_written(),
                    Lifetime::Request => self.forget_row(id).await?,
                }
                self.parts().blobs.remove(id).await?;
            }
        }
        // Whoever has waited meanwhile to cancel it finds that it is too late.
        *live.entry() = entry.clone();
        // The catalogue remembers what was kept; a session that goes on for days must not.
        // A request is short, and what it brought counts against its slots to its end.
        if live.lifetime == Lifetime::Session {
            self.registry().forget(entry.session, id);
        }
        self.news().ended(&entry);
        Ok(entry)
    }

    /// Removes a stored file of the caller: its row, then its bytes.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign files alike; `forbidden`.
    pub async fn remove(&self, id: EntryId, caller: &Caller) -> Result<StoredFile, UploadError> {
        let entry = self.parts().catalogue.load(id).await?.ok_or(UploadError::NotFound)?;
        self.may(caller, Act::Delete, &entry).await?;
        let file = StoredFile::of(&entry).ok_or(UploadError::NotFound)?;
        self.forget_stored(&file).await?;
        self.forget_jobs(id).await;
        Ok(file)
    }
}

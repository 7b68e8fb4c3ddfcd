//! Forgetting: a row goes, and only when it is gone its bytes may.

use super::live::{LiveEntry, key_of};
use super::{Causes, Engine, UploadError};
use crate::blob::{BlobError, BlobKey};
use crate::catalogue::CatalogueError;
use crate::domain::{Entry, EntryId};

impl Engine {
    /// Removes a row. An error leaves it open whether it was removed, so the catalogue is asked once more: whoever
    /// believes that the row is there leaves its bytes behind for ever.
    pub(super) async fn forget_row(&self, id: EntryId) -> Result<(), UploadError> {
        let Err(error) = self.parts().catalogue.remove(id).await else { return Ok(()) };
        match self.parts().catalogue.load(id).await {
            Ok(None) => {
                tracing::warn!(entry.id = %id, error = %Causes(&error), "a row is gone though that failed");
                Ok(())
            }
            Ok(Some(_)) | Err(_) => Err(error.into()),
        }
    }

    /// Whether the catalogue takes changes. This one changes nothing: nobody has this id.
    pub(crate) async fn try_a_change(&self, nobodys: EntryId) -> bool {
        self.parts().catalogue.remove(nobodys).await.is_ok()
    }

    /// Removes rows together that nobody waits for. Failures are logged: the sweep finds what is left.
    pub(super) async fn forget_rows(&self, ids: &[EntryId]) {
        if ids.is_empty() || self.parts().catalogue.remove_all(ids).await.is_ok() {
            return;
        }
        // Nobody knows which of them are gone.
        for id in ids {
            if let Err(error) = self.forget_row(*id).await {
                tracing::warn!(entry.id = %id, error = %Causes(&error), "row not removed");
            }
        }
    }

    /// Removes entries that only the catalogue remembers: their rows together, because nobody waits for them, and then
    /// their bytes. Answers those that are gone; one that somebody has taken up is theirs.
    ///
    /// An error keeps nobody from being removed but whom it was about.
    pub(super) async fn forget_all_remembered(
        &self,
        mut rows: Vec<Entry>,
    ) -> Result<Vec<Entry>, UploadError> {
        rows.retain(|row| !self.registry().is_live(row.id));
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let together = self.parts().catalogue.remove_all(&ids).await;
        let (mut gone, mut trouble) = (Vec::with_capacity(rows.len()), None);
        for row in rows {
            if let Some(live) = self.registry().find(row.id) {
                self.give_back(&live, row).await?;
                continue;
            }
            // Nobody knows which of them are gone after an error.
            let forgotten = match &together {
                Ok(()) => self.forget_bytes(&row).await,
                Err(_) => self.forget_remembered(&row).await,
            };
            match forgotten {
                Ok(()) => gone.push(row),
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        trouble.map_or(Ok(gone), Err)
    }

    /// A row that went while somebody took its entry up comes back as theirs, unless they have written it since.
    async fn give_back(&self, live: &LiveEntry, mut row: Entry) -> Result<(), UploadError> {
        let held = live.snapshot();
        (row.session, row.reference) = (held.session, held.reference);
        match self.parts().catalogue.insert(&[row]).await {
            Ok(()) | Err(CatalogueError::Duplicate(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes an entry that only the catalogue remembers: its row, then its bytes.
    async fn forget_remembered(&self, row: &Entry) -> Result<(), UploadError> {
        self.forget_row(row.id).await?;
        self.forget_bytes(row).await
    }

    /// The bytes of an entry that had only a row.
    pub(super) async fn forget_bytes(&self, row: &Entry) -> Result<(), UploadError> {
        if row.state().is_active() {
            if let Err(error) = self.forget_unfinished(key_of(row)).await {
                tracing::warn!(entry.id = %row.id, error = %Causes(&error), "bytes not removed; once more");
                self.forget_unfinished(key_of(row)).await?;
            }
            if let Some(spool) = &self.parts().spool {
                spool.tidy(row.home).await?;
            }
        }
        Ok(self.parts().blobs.remove(row.id).await?)
    }

    /// Removes an entry that is complete or stored: its row, then its bytes.
    pub(super) async fn forget_whole(&self, id: EntryId) -> Result<(), UploadError> {
        // ORDER: the row first. Bytes without a row are not shown, and the next start puts them aside.
        self.forget_row(id).await?;
        Ok(self.parts().blobs.remove(id).await?)
    }

    /// Removes the unfinished bytes of an entry that nobody writes; they may be gone already.
    pub(super) async fn forget_unfinished(&self, key: BlobKey) -> Result<(), BlobError> {
        match self.parts().blobs.reopen(key).await {
            Ok((writer, _)) => writer.abort().await,
            Err(BlobError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

//! Forgetting: a row goes, and only when it is gone its bytes may.

use super::{Causes, Engine, UploadError};
use crate::blob::{BlobError, BlobKey};
use crate::domain::EntryId;

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

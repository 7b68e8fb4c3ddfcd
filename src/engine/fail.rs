//! Failing: an entry that can't go on ends, its bytes and its row go, and everyone who waits is told.

use super::error::Causes;
use super::live::LiveEntry;
use super::{Engine, Lifetime, UploadError};
use crate::blob::BlobWriter;
use crate::domain::Transition;

impl Engine {
    /// Ends an entry that can't go on: its bytes are removed, its row too, and everyone who waits is told.
    pub(super) async fn fail(
        &self,
        live: &LiveEntry,
        error: UploadError,
        writer: Option<Box<dyn BlobWriter>>,
    ) {
        if live.apply(Transition::Fail(error.rejection())).is_err() {
            return; // Cancelled or expired meanwhile: whoever did that cleans up.
        }
        if error.is_ours() {
            tracing::error!(entry.id = %live.id, error = %Causes(&error), "entry {} failed", live.id);
        }
        self.discard(live, writer).await;
        live.marks.send_modify(|mark| mark.failure = Some(error));
        let session = live.entry().session;
        self.registry().prune(session);
    }

    /// Removes what an unfinished entry left behind. Failures are logged: the sweep comes by again.
    pub(super) async fn discard(&self, live: &LiveEntry, writer: Option<Box<dyn BlobWriter>>) {
        if let Some(writer) = writer
            && let Err(error) = writer.abort().await
        {
            tracing::warn!(entry.id = %live.id, error = %Causes(&error), "bytes not removed");
        }
        if live.lifetime == Lifetime::Session
            && let Err(error) = self.parts().catalogue.remove(live.id).await
        {
            tracing::warn!(entry.id = %live.id, error = %Causes(&error), "row not removed");
        }
    }
}

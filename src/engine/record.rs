//! Recording: a file that came within one request gets its row when it is known what the row has to say.
//!
//! Most are kept by their application at once, and a row that says "complete" would be written for the moment until it says
//! "kept": a commit for nobody, because nobody is told of a request's file before the request is answered. So the row waits
//! for the application, and whoever answers a request has the rest recorded before.
//!
//! INVARIANT: bytes without a row are shown to nobody, and the next start puts them aside.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::{BoxFuture, join_all};

use super::live::LiveEntry;
use super::{Engine, Lifetime, UploadError};
use crate::catalogue::CatalogueError;
use crate::domain::{Entry, EntryId, Rejection, SessionId, Transition};

/// As often as a row is brought to a catalogue that another program has; each time that one is waited for by itself.
const PATIENCE: usize = 5;

impl LiveEntry {
    /// Whether its row waits until it is known what becomes of the file.
    pub(super) fn is_unrecorded(&self) -> bool {
        self.unrecorded.load(Ordering::Acquire)
    }

    /// Its bytes are published, and its row waits.
    pub(super) fn leave_unrecorded(&self) {
        self.unrecorded.store(true, Ordering::Release);
    }

    /// Its row says what it is.
    pub(super) fn row_is_written(&self) {
        self.unrecorded.store(false, Ordering::Release);
        self.share_is_in_row();
    }
}

impl Engine {
    /// Whether nobody hears of a complete entry before its request is answered.
    pub(super) fn may_wait_for_its_row(live: &LiveEntry) -> bool {
        live.lifetime == Lifetime::Request && live.hooks.writer.is_none()
    }

    /// Records what is complete of a session and was not taken, and answers what could not be, with its reason: that
    /// has failed and is gone.
    pub(crate) async fn record(&self, session: SessionId) -> Vec<(EntryId, Rejection)> {
        let all = self.registry().of_session(session);
        let waiting = all.into_iter().filter(|live| live.is_unrecorded());
        let recorded = waiting.map(|live| async move {
            let _commit = Arc::clone(&live.commit).lock_owned().await;
            self.record_now(&live).await.err().map(|error| (live.id, error.rejection()))
        });
        join_all(recorded).await.into_iter().flatten().collect()
    }

    /// Records an entry whose commit lock the caller holds, if its row waits.
    pub(super) async fn record_now(&self, live: &Arc<LiveEntry>) -> Result<(), UploadError> {
        let entry = live.snapshot();
        if !live.is_unrecorded() || entry.state().is_terminal() {
            return Ok(());
        }
        let recorded = self.settle_row(&entry).await;
        live.row_is_written();
        if let Err(error) = &recorded {
            let reason = error.rejection();
            // Nobody knows whether there is a row: it goes, and then the bytes.
            self.end_now(live, Transition::Fail(reason.clone()), reason).await?;
        } else {
            self.news().moved(live);
        }
        recorded
    }

    /// Commits the row of a file whose bytes are all there. Whoever looks into the catalogue with another program for a
    /// minute doesn't cost somebody their upload.
    pub(super) async fn settle_row(&self, entry: &Entry) -> Result<(), UploadError> {
        Ok(patiently(entry.id, || self.parts().catalogue.settle(entry)).await?)
    }
}

/// Brings a change to the catalogue until no other program has it.
pub(super) async fn patiently<'a>(
    id: EntryId,
    change: impl Fn() -> BoxFuture<'a, Result<(), CatalogueError>>,
) -> Result<(), CatalogueError> {
    for _ in 0..PATIENCE {
        match change().await {
            Err(CatalogueError::Busy(_)) => {
                tracing::warn!(entry.id = %id, "another program has the catalogue; a file waits for its row");
            }
            changed => return changed,
        }
    }
    change().await
}

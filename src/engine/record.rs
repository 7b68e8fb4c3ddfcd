//! Recording: a file gets its row when it is known what the row has to say.
//!
//! Most are kept by their application at once, and a row that says "complete" would be written for the moment until it says
//! "kept": a commit for nobody, because nobody is told of the file before its application has seen it. So the row waits
//! for the application, and whoever tells of a file has it recorded before. That goes for files that come within one
//! request, and for little ones, which are soon sent again if the process dies just then; a handler may take its time,
//! and a large upload is not to hang on that.
//!
//! INVARIANT: bytes without a row are shown to nobody. The next start puts them aside, or goes on with them where a row
//! says that they are on their way.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::{BoxFuture, join_all};
use tokio::task::yield_now;

use super::live::LiveEntry;
use super::pipe::LITTLE;
use super::{Engine, Lifetime, UploadError};
use crate::catalogue::CatalogueError;
use crate::domain::{Entry, EntryId, EntryState, Rejection, SessionId, Transition};

/// As often as a row is brought to a catalogue that another program has; each time that one is waited for by itself.
const PATIENCE: usize = 5;

/// What comes after an entry is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Whoever finished it is told.
    Told,
    /// Its application is offered it, and then it is recorded.
    Offered,
}

impl LiveEntry {
    /// It has no row before it is complete or put down.
    pub(super) fn begin_without_row(&self) {
        self.rowless.store(true, Ordering::Release);
    }

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
        self.rowless.store(false, Ordering::Release);
        self.unrecorded.store(false, Ordering::Release);
        self.share_is_in_row();
    }
}

impl Engine {
    /// Whether nobody hears of a complete entry of so many bytes before its application has had its say.
    pub(super) fn may_wait_for_its_row(live: &LiveEntry, size: u64, next: Next) -> bool {
        let is_soon_sent_again = next == Next::Offered && size <= LITTLE;
        live.hooks.writer.is_none() && (live.lifetime == Lifetime::Request || is_soon_sent_again)
    }

    /// Whether an entry is complete and nobody may be told of it yet.
    pub(super) fn waits_for_its_row(&self, id: EntryId) -> bool {
        self.registry().find(id).is_some_and(|live| live.is_unrecorded())
    }

    /// Has an entry recorded whose row waits, before somebody is told of it.
    ///
    /// # Errors
    /// Why it could not be; the entry has failed then and is gone.
    pub(crate) async fn record_entry(&self, id: EntryId) -> Result<(), UploadError> {
        let live = self.registry().find(id).filter(|live| live.is_unrecorded());
        let Some(live) = live else { return Ok(()) };
        let _commit = Arc::clone(&live.commit).lock_owned().await;
        self.record_now(&live).await
    }

    /// Says that a row comes soon. Whoever is ready at the same time says so before the first of them goes on, so that they
    /// are stored together and their rows committed together. The rows of a form with several files wait for its end, and
    /// nobody is to wait for those.
    pub(super) async fn announce_row(&self, live: &LiveEntry) {
        let (session, _) = live.at_home();
        if live.lifetime == Lifetime::Session || self.registry().has_one_at_most(session) {
            self.parts().catalogue.announce(live.id);
        }
        yield_now().await;
    }

    /// Writes the first row of an entry that began without one, before it rests: somebody may come back for it.
    pub(super) async fn write_first_row(&self, live: &LiveEntry) -> Result<(), UploadError> {
        let entry = live.snapshot();
        if !live.rowless.load(Ordering::Acquire) || !entry.state().is_active() {
            return Ok(());
        }
        let mut row = entry.with_state(EntryState::Registered);
        row.offset = 0;
        self.settle_row(&row).await?;
        live.row_is_written();
        Ok(())
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
        let Err(error) = self.settle_row(&entry).await else {
            live.row_is_written();
            self.news().moved(live);
            return Ok(());
        };
        let reason = error.rejection();
        // Nobody knows whether there is a row: it goes, and then the bytes. If that fails, too, its row still waits.
        self.end_now(live, Transition::Fail(reason.clone()), reason).await?;
        Err(error)
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

//! Cancelling: an entry ends because somebody no longer wants it, or because its time is over.

use std::sync::Arc;

use super::live::LiveEntry;
use super::{Engine, UploadError};
use crate::domain::{Caller, Code, Entry, EntryId, Rejection, SessionId, Transition};

impl Engine {
    /// Cancels an entry that has not been consumed; its bytes and its row are removed.
    ///
    /// Cancelling while the entry is being settled waits for that and then cancels the complete entry, so
    /// exactly one of "stored" and "cancelled" is true in the end.
    ///
    /// # Errors
    /// [`UploadError::NotFound`]; [`UploadError::Illegal`] if it has ended already.
    pub async fn cancel(&self, id: EntryId, caller: &Caller) -> Result<Entry, UploadError> {
        let Ok(live) = self.registry().get(id, caller) else {
            return self.cancel_remembered(id, caller).await;
        };
        self.end(&live, Transition::Cancel, Rejection::new(Code::Cancelled)).await?;
        let entry = live.snapshot();
        self.registry().forget(entry.session, id);
        Ok(entry)
    }

    /// Ends an entry that the application does not want, on its way or complete; its bytes go, and its
    /// client is told the reason.
    ///
    /// # Errors
    /// [`UploadError::NotFound`]; [`UploadError::Illegal`] if it has ended already; a fault of the store.
    pub async fn refuse(
        &self,
        id: EntryId,
        caller: &Caller,
        reason: Rejection,
    ) -> Result<(), UploadError> {
        let live = self.registry().get(id, caller)?;
        self.end(&live, Transition::Fail(reason.clone()), reason).await
    }

    /// A complete entry whose session is gone.
    async fn cancel_remembered(&self, id: EntryId, caller: &Caller) -> Result<Entry, UploadError> {
        let mut entry = self.get(id, caller).await?;
        entry.apply(Transition::Cancel)?;
        self.parts().catalogue.remove(id).await?;
        self.parts().blobs.remove(id).await?;
        Ok(entry)
    }

    /// A session is over for good: what it did not finish is cancelled and forgotten, and its folder goes.
    /// Complete entries stay until they are consumed or expire.
    pub async fn abandon(&self, session: SessionId) {
        self.registry().hang_up(session);
        let code = if self.is_closing() { Code::ShuttingDown } else { Code::Cancelled };
        for live in self.registry().of_session(session) {
            let _commit = Arc::clone(&live.commit).lock_owned().await;
            // Looked at behind the lock: what was being settled is complete now, and stays.
            if live.snapshot().state().is_active() {
                let _ = self.end_now(&live, Transition::Cancel, Rejection::new(code)).await;
            }
            self.registry().forget(session, live.id);
        }
        if let Some(spool) = &self.parts().spool
            && let Err(error) = spool.discard(session).await
        {
            tracing::warn!(session.id = %session, %error, "session folder not removed");
        }
    }

    pub(super) async fn end(
        &self,
        live: &Arc<LiveEntry>,
        transition: Transition,
        reason: Rejection,
    ) -> Result<(), UploadError> {
        let _commit = Arc::clone(&live.commit).lock_owned().await;
        self.end_now(live, transition, reason).await
    }

    /// Ends an entry whose commit lock the caller holds.
    async fn end_now(
        &self,
        live: &Arc<LiveEntry>,
        transition: Transition,
        reason: Rejection,
    ) -> Result<(), UploadError> {
        let complete = live.snapshot().done();
        live.apply(transition)?;
        live.supersede();
        let pen = Arc::clone(&live.pen).lock_owned().await.take();
        self.discard(live, pen.and_then(|pen| pen.cap().0), &reason).await;
        live.marks.send_modify(|mark| mark.failure = Some(reason.into()));
        let entry = live.snapshot();
        self.registry().tell(&entry);
        self.registry().prune(entry.session);
        if complete {
            self.parts().catalogue.remove(live.id).await?;
            self.parts().blobs.remove(live.id).await?;
        }
        Ok(())
    }
}

//! Cancelling: an entry ends because somebody no longer wants it, or because its time is over.

use std::sync::Arc;

use super::live::LiveEntry;
use super::sink::Sink;
use super::{Causes, Engine, UploadError};
use crate::domain::{
    Act, Caller, Code, Entry, EntryId, EntryState, Rejection, SessionId, Transition,
};

impl Engine {
    /// Cancels an entry that has not been consumed; its bytes and its row are removed.
    ///
    /// Checks that look at the whole file are broken off. From then on cancelling waits until the entry is settled, and
    /// then cancels the complete entry, so exactly one of "stored" and "cancelled" is true in the end.
    ///
    /// # Errors
    /// [`UploadError::NotFound`]; `forbidden`; [`UploadError::Illegal`] if it has ended already.
    pub async fn cancel(&self, id: EntryId, caller: &Caller) -> Result<Entry, UploadError> {
        let entry = self.known(id).await?;
        self.may(caller, Act::Cancel, &entry).await?;
        self.give_up_now(entry).await
    }

    /// The same without asking whether the caller may: a door takes back what it has begun itself.
    ///
    /// # Errors
    /// As [`Self::cancel`].
    pub async fn withdraw(&self, id: EntryId, caller: &Caller) -> Result<Entry, UploadError> {
        let entry = self.own(id, caller).await?;
        self.give_up_now(entry).await
    }

    /// Takes back several, one after the other; what can't be removed goes when its time is over. Nobody waits for it
    /// but a drain.
    pub(crate) fn withdraw_all(&self, ids: Vec<EntryId>, caller: &Caller) {
        let (engine, caller, work) = (self.clone(), caller.clone(), self.busy().begin());
        tokio::spawn(async move {
            let _work = work;
            for id in ids {
                let _ = engine.withdraw(id, &caller).await;
            }
        });
    }

    async fn give_up_now(&self, mut entry: Entry) -> Result<Entry, UploadError> {
        let (id, mut has_row) = (entry.id, true);
        loop {
            let Some(live) = self.registry().find(id) else {
                if let Some(entry) = self.cancel_remembered(&entry).await? {
                    return Ok(entry);
                }
                has_row = false;
                continue;
            };
            let verifying = *live.entry().state() == EntryState::Verifying;
            // ORDER: before the commit is waited for. A scan may take minutes, and whoever has begun it has the commit.
            live.wanted.close();
            let Some(_commit) = self.registry().turn(&live).await else {
                // Somebody has taken it up, or put it down.
                entry = match self.known(id).await {
                    Err(UploadError::NotFound) if !has_row => entry,
                    known => known?,
                };
                continue;
            };
            let ended_for_us = verifying && *live.entry().state() == EntryState::Cancelled;
            if !ended_for_us {
                let reason = Rejection::new(Code::Cancelled);
                self.end_now(&live, Transition::Cancel, reason).await?;
            }
            let entry = live.snapshot();
            self.registry().forget(entry.session, id);
            return Ok(entry);
        }
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
        let (live, _commit) = self.registry().hold(id, caller).await?;
        self.end_now(&live, Transition::Fail(reason.clone()), reason).await
    }

    /// An entry that nobody holds. Nothing if somebody has taken it up meanwhile: that one's is to be ended then.
    async fn cancel_remembered(&self, row: &Entry) -> Result<Option<Entry>, UploadError> {
        let mut entry = row.clone();
        entry.apply(Transition::Cancel)?;
        self.forget_row(row.id).await?;
        // ORDER: behind the row. Who takes it up holds it first, and looks for its row then.
        if self.registry().is_live(row.id) {
            return Ok(None);
        }
        self.forget_bytes(row).await?;
        self.news().ended(&entry);
        Ok(Some(entry))
    }

    /// Removes a session's place in the store if nothing lies in it.
    pub(super) async fn tidy(&self, session: SessionId) {
        if let Some(spool) = &self.parts().spool
            && let Err(error) = spool.tidy(session).await
        {
            tracing::warn!(session.id = %session, error = %Causes(&error), "session folder not removed");
        }
    }

    /// Ends an entry whose [turn](super::registry::Registry::turn) the caller has.
    pub(super) async fn end_now(
        &self,
        live: &Arc<LiveEntry>,
        transition: Transition,
        reason: Rejection,
    ) -> Result<(), UploadError> {
        let complete = live.snapshot().done();
        if complete {
            live.snapshot().apply(transition.clone())?;
            // ORDER: before anybody is told. With its row a complete file is there, and is offered at the next start.
            self.forget_row(live.id).await?;
        }
        live.apply(transition)?;
        live.supersede();
        let pen = Arc::clone(&live.pen).lock_owned().await.take();
        let ended = if complete {
            self.parts().blobs.remove(live.id).await.map_err(UploadError::from)
        } else {
            self.discard(live, pen.and_then(|pen| pen.sink), &reason).await;
            Ok(())
        };
        self.is_over(live, reason);
        ended
    }

    /// Ends an entry that was given up while checks looked at it. Its bytes and its commit lock are the caller's.
    pub(super) async fn end_unwanted(&self, live: &LiveEntry, sink: Option<Sink>) {
        let reason = Rejection::new(Code::Cancelled);
        if live.apply(Transition::Cancel).is_ok() {
            live.supersede();
        }
        self.discard(live, sink, &reason).await;
        self.is_over(live, reason);
    }

    /// Tells everybody that an entry has ended without success.
    fn is_over(&self, live: &LiveEntry, reason: Rejection) {
        live.let_go();
        live.marks.send_modify(|mark| mark.failure = Some(reason.into()));
        let entry = live.snapshot();
        self.registry().tell(&entry);
        self.news().ended(&entry);
        self.registry().prune(entry.session);
    }
}

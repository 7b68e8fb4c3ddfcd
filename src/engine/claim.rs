//! Claiming: who writes an entry. The newest claim wins, at once; nobody waits for a time-out.

use std::sync::Arc;

use super::pipe::Pipe;
use super::queue::Queue;
use super::{Engine, Lease, UploadError};
use crate::domain::{
    Act, Caller, Code, EntryId, EntryState, IllegalTransition, Rejection, Transition,
};

impl Engine {
    /// Takes the exclusive right to write an entry's bytes. An older lease is superseded: its next write
    /// fails, and what it has not yet written is dropped; this waits only for the one write that is in
    /// flight.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign entries, `forbidden`, a rejection if the entry has ended,
    /// [`UploadError::ShuttingDown`].
    pub async fn claim(&self, id: EntryId, caller: &Caller) -> Result<Lease, UploadError> {
        self.claim_to(id, caller, Kept::AsFar).await
    }

    /// As [`Self::claim`], but what is written is kept whole or not at all: it counts when the lease is released or
    /// finished, and is taken back when the lease is dropped or superseded before. A writer of the application's
    /// can't give back what it has: there the entry ends instead.
    ///
    /// # Errors
    /// As [`Self::claim`].
    pub async fn claim_whole(&self, id: EntryId, caller: &Caller) -> Result<Lease, UploadError> {
        self.claim_to(id, caller, Kept::Whole).await
    }

    async fn claim_to(
        &self,
        id: EntryId,
        caller: &Caller,
        kept: Kept,
    ) -> Result<Lease, UploadError> {
        self.ensure_open()?;
        let live = self.live(id, caller, Act::Write).await?;
        let epoch = live.supersede();
        let pen = Arc::clone(&live.pen).lock_owned().await;
        if live.epoch() != epoch {
            return Err(UploadError::Superseded);
        }
        let Some(offset) = pen.as_ref().map(super::pen::Pen::offset) else {
            return Err(match live.snapshot().state() {
                // It has just been adopted, or put down: whoever looks again finds it.
                EntryState::Registered | EntryState::Receiving => live.gone(),
                state => ended(state),
            });
        };
        {
            let mut entry = live.entry();
            match entry.state() {
                EntryState::Registered => entry.apply(Transition::Receive)?,
                EntryState::Receiving => {}
                state => return Err(ended(state)),
            }
        }
        let queue = Arc::new(Queue::default());
        live.attach(&queue);
        let marks = live.marks.subscribe();
        let pipe = Pipe {
            engine: self.clone(),
            live: Arc::clone(&live),
            epoch,
            queue: Arc::clone(&queue),
            kept,
        };
        let task = tokio::spawn(pipe.run(pen));
        Ok(Lease::new(self.clone(), caller.clone(), live, epoch, kept, queue, marks, task, offset))
    }
}

/// What becomes of bytes of a lease that doesn't end by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// They are kept as far as they came.
    AsFar,
    /// They are taken back.
    Whole,
}

/// Why an entry in this state takes no bytes.
pub(super) fn ended(state: &EntryState) -> UploadError {
    match state {
        EntryState::Failed(rejection) => rejection.clone().into(),
        EntryState::Cancelled => Rejection::new(Code::Cancelled).into(),
        EntryState::Expired => Rejection::new(Code::Expired).into(),
        state => IllegalTransition { from: state.clone(), transition: Transition::Receive }.into(),
    }
}

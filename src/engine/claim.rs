//! Claiming: who writes an entry. The newest claim wins, at once; nobody waits for a time-out.

use std::sync::Arc;

use super::pipe;
use super::queue::Queue;
use super::{Engine, Lease, UploadError};
use crate::domain::{Caller, Code, EntryId, EntryState, IllegalTransition, Rejection, Transition};

impl Engine {
    /// Takes the exclusive right to write an entry's bytes. An older lease is superseded: its next write
    /// fails, and what it has not yet written is dropped; this waits only for the one write that is in
    /// flight.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign entries, a rejection if the entry has ended,
    /// [`UploadError::ShuttingDown`].
    pub async fn claim(&self, id: EntryId, caller: &Caller) -> Result<Lease, UploadError> {
        self.ensure_open()?;
        let live = self.registry().get(id, caller)?;
        let epoch = live.supersede();
        let pen = Arc::clone(&live.pen).lock_owned().await;
        if live.epoch() != epoch {
            return Err(UploadError::Superseded);
        }
        let Some(offset) = pen.as_ref().map(super::pen::Pen::offset) else {
            return Err(ended(live.snapshot().state()));
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
        let task = tokio::spawn(pipe::run(
            self.clone(),
            Arc::clone(&live),
            epoch,
            Arc::clone(&queue),
            pen,
        ));
        Ok(Lease::new(self.clone(), live, epoch, queue, marks, task, offset))
    }
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

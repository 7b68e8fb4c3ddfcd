//! The lease: the right to write an entry's bytes, as an owned value.
//!
//! Whoever has it writes; dropping it releases it and keeps what was sent (or takes it back, if it was claimed so). Once another door has claimed
//! the entry, the next push answers [`UploadError::Superseded`]. This is the hot room: [`Lease::push`] does
//! arithmetic and hands the bytes on, and touches no lock that anybody holds for long.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::claim::Kept;
use super::live::LiveEntry;
use super::pipe::LITTLE;
use super::queue::{BATCH, Queue};
use super::record::Next;
use super::{Engine, Mark, UploadError};
use crate::domain::{
    Caller, Chunk, Code, Entry, EntryId, EntryKind, IllegalTransition, Misfit, Rejection,
    Transition,
};

/// As much may wait in one lease of a few: enough that reading, writing and hashing don't wait for each other.
const OF_A_FEW: u64 = 3 * BATCH as u64;
/// And in one of many, where there is always another one that has something to do: memory is all that more would cost.
const OF_MANY: u64 = 3 * BATCH as u64 / 2;

/// The exclusive right to write one entry's bytes.
#[derive(Debug)]
pub struct Lease {
    engine: Engine,
    caller: Caller,
    live: Arc<LiveEntry>,
    epoch: u64,
    kept: Kept,
    queue: Arc<Queue>,
    marks: watch::Receiver<Mark>,
    task: Option<JoinHandle<Result<(), UploadError>>>,
    begun: u64,
    offset: u64,
    length: Option<u64>,
}

impl Lease {
    #[allow(clippy::too_many_arguments)] // Its fields, and one place that makes it.
    pub(super) fn new(
        engine: Engine,
        caller: Caller,
        live: Arc<LiveEntry>,
        epoch: u64,
        kept: Kept,
        queue: Arc<Queue>,
        marks: watch::Receiver<Mark>,
        task: JoinHandle<Result<(), UploadError>>,
        offset: u64,
    ) -> Self {
        let length = live.entry().length;
        let task = Some(task);
        let begun = offset;
        Self { engine, caller, live, epoch, kept, queue, marks, task, begun, offset, length }
    }

    /// The entry that this lease writes.
    #[must_use]
    pub fn id(&self) -> EntryId {
        self.live.id
    }

    /// Where the next chunk must start, in bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes below this are written. What acknowledgements and progress bars show.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.marks.borrow().written
    }

    /// Bytes taken and not yet written: what this lease costs in memory.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.offset.saturating_sub(self.written())
    }

    /// The entry as it is now.
    #[must_use]
    pub fn entry(&self) -> Entry {
        self.live.snapshot()
    }

    /// How many bytes the client declared, if it did.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// True when as many bytes as the client declared have been taken.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.length == Some(self.offset)
    }

    /// Whether the client declared so few bytes that nobody hears of them before all are here: they are stored in one
    /// step then.
    pub(crate) fn is_little(&self) -> bool {
        self.length.is_some_and(|length| length <= LITTLE)
    }

    /// Why the entry failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<UploadError> {
        self.marks.borrow().failure.clone()
    }

    /// A receiver of this entry's marks that outlives the lease.
    #[must_use]
    pub fn marks(&self) -> watch::Receiver<Mark> {
        self.marks.clone()
    }

    /// Takes a chunk without waiting, and answers the offset behind it. The caller bounds how much may be
    /// [queued](Lease::queued).
    ///
    /// # Errors
    /// [`UploadError::OffsetMismatch`] leaves the entry as it was; a chunk that passes the declared length
    /// (`size_mismatch`) or the slot's limit (`too_large`) ends it, but in a standing session only the chunk is not
    /// taken; [`UploadError::Superseded`]; or why the entry failed before.
    pub fn push(&mut self, chunk: Chunk) -> Result<u64, UploadError> {
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        if self.live.epoch() != self.epoch {
            return Err(self.live.gone());
        }
        let end = match chunk.place(self.offset, self.length) {
            Ok(end) => end,
            Err(Misfit::WrongOffset { expected, got }) => {
                return Err(UploadError::OffsetMismatch { expected, got });
            }
            Err(Misfit::BeyondEnd { .. } | Misfit::Overflow) => {
                return Err(self.beyond(Rejection::new(Code::SizeMismatch)));
            }
        };
        if self.length.is_none()
            && let Err(rejection) = self.live.slot.constraints().check_so_far(end)
        {
            return Err(self.beyond(rejection));
        }
        self.queue.push(chunk.bytes);
        self.offset = end;
        Ok(end)
    }

    /// Takes a chunk, and waits while too much is queued: the way of doors with back-pressure of their own.
    ///
    /// # Errors
    /// As [`Lease::push`].
    ///
    /// # Cancellation
    /// The chunk is taken before the first wait; a cancelled call has taken it.
    pub async fn write(&mut self, chunk: Chunk) -> Result<u64, UploadError> {
        let end = self.push(chunk)?;
        while self.queued() > self.bound() {
            self.changed().await?;
        }
        Ok(end)
    }

    fn bound(&self) -> u64 {
        if self.engine.busy().is_crowded() { OF_MANY } else { OF_A_FEW }
    }

    /// Asks that what is queued be written without waiting for a whole batch. Without that a file of at most 64 KiB is
    /// only written when all of it is here, and the mark moves then.
    pub fn flush(&self) {
        self.queue.flush();
    }

    /// Resolves when the mark has moved.
    ///
    /// # Errors
    /// Why the entry can't go on.
    pub async fn changed(&mut self) -> Result<(), UploadError> {
        let gone = self.marks.changed().await.is_err();
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        if gone || self.live.epoch() != self.epoch {
            return Err(self.live.gone());
        }
        Ok(())
    }

    /// The length of an upload that began without one. It is remembered before this returns.
    ///
    /// # Errors
    /// `size_mismatch` if another length is known, or more bytes have come; `too_large`, `too_small`,
    /// `total_too_large`, `disk_full` as at registration. None of these ends the entry.
    ///
    /// # Cancellation
    /// It may be remembered or not.
    pub async fn declare(&mut self, length: u64) -> Result<(), UploadError> {
        self.engine.declare(&self.live, self.epoch, self.offset, length).await?;
        self.length = Some(length);
        Ok(())
    }

    /// Too much has come. Of an upload in steps that is a step's mistake, and its door knows what is right then.
    fn beyond(&mut self, rejection: Rejection) -> UploadError {
        if self.live.is_standing() { rejection.into() } else { self.refuse(rejection) }
    }

    /// Ends the entry because of what its door saw, with the reason that the user is told.
    pub fn refuse(&mut self, rejection: Rejection) -> UploadError {
        self.queue.refuse(rejection.clone());
        rejection.into()
    }

    /// All bytes are here: verifies, publishes and settles the entry, and answers it complete. Bytes and row
    /// are durable when this returns; but in a session that lives for one request the row waits until its
    /// application has seen the file, or the request is answered.
    ///
    /// # Errors
    /// `forbidden` if its caller may no longer upload, `size_mismatch` if bytes are missing, what a check or the
    /// declared digest refuses, or a fault of the store. The entry has failed then and its bytes are gone. [`UploadError::Illegal`] for a piece, which is never
    /// complete by itself.
    ///
    /// # Cancellation
    /// Goes on by itself: an entry is never left between its parts.
    pub async fn finish(self) -> Result<Entry, UploadError> {
        self.finish_then(Next::Told).await
    }

    /// As [`Self::finish`], for whoever offers the entry to its application next: the row of a little file waits for what
    /// the application does with it. It has to be [recorded](Engine::record_entry) before anybody is told of the file.
    ///
    /// # Errors
    /// As [`Self::finish`].
    ///
    /// # Cancellation
    /// As [`Self::finish`].
    pub(crate) async fn finish_to_offer(self) -> Result<Entry, UploadError> {
        self.finish_then(Next::Offered).await
    }

    async fn finish_then(mut self, next: Next) -> Result<Entry, UploadError> {
        let (kind, state) = {
            let entry = self.live.entry();
            (entry.kind, entry.state().clone())
        };
        if kind == EntryKind::Piece {
            let illegal = IllegalTransition { from: state, transition: Transition::Verify };
            return Err(illegal.into());
        }
        self.queue.finish();
        let task = self.task.take();
        let (engine, live, epoch) = (self.engine.clone(), Arc::clone(&self.live), self.epoch);
        let caller = self.caller.clone();
        let finishing = tokio::spawn(async move {
            if let Some(task) = task {
                task.await??;
            }
            engine.finish(live, epoch, &caller, next).await
        });
        finishing.await?
    }

    /// Gives the right back and waits until everything taken has been written; in a standing session it is durable
    /// and remembered then. That somebody has taken the entry over meanwhile is no error if he has all of it.
    ///
    /// # Errors
    /// Why it is not kept.
    ///
    /// # Cancellation
    /// Goes on by itself.
    pub async fn release(mut self) -> Result<(), UploadError> {
        self.queue.release();
        let released = self.ended().await;
        if matches!(released, Err(UploadError::Superseded)) && self.handed().is_durable().await {
            return Ok(());
        }
        released
    }

    /// Gives the right back and takes back everything that was written under it; answers where the entry is then.
    ///
    /// # Errors
    /// [`UploadError::Superseded`] if somebody else has it by now, with what was written. Why it could not be taken
    /// back; the entry has failed then, as it always does where bytes go to a writer of the application's.
    ///
    /// # Cancellation
    /// Goes on by itself.
    pub async fn rewind(mut self) -> Result<u64, UploadError> {
        self.queue.rewind();
        self.ended().await?;
        Ok(self.begun)
    }

    async fn ended(&mut self) -> Result<(), UploadError> {
        match self.task.take() {
            Some(task) => task.await?,
            None => Ok(()),
        }
    }

    /// What the next holder gets if this lease loses the entry, for whoever wants to know afterwards.
    pub(crate) fn handed(&self) -> Handed {
        Handed { live: Arc::clone(&self.live), offset: self.offset }
    }
}

/// All that a lease was sent.
#[derive(Debug)]
pub(crate) struct Handed {
    live: Arc<LiveEntry>,
    offset: u64,
}

impl Handed {
    /// True if whoever took the entry over has made all of it durable.
    pub(crate) async fn is_durable(&self) -> bool {
        // Whoever takes it over holds this until he has done so.
        let _commit = self.live.commit.lock().await;
        let mark = self.live.marks.borrow();
        matches!(mark.failure, Some(UploadError::Superseded)) && mark.durable >= self.offset
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        match self.kept {
            Kept::AsFar => self.queue.release(),
            Kept::Whole => self.queue.rewind(),
        }
    }
}

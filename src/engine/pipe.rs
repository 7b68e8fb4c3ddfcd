//! From a lease to the store: pieces gather in a queue while the batch before them is being written.
//!
//! One task for each lease owns the pen. It sleeps until a batch is worth a hop to another thread, writes
//! and hashes it, and moves the mark. The faster the door, the larger the batches; how much may be queued is
//! the door's to bound (a credit window, a session's budget, or waiting in [`super::Lease::write`]).

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::OwnedMutexGuard;

use super::behind::length;
use super::claim::Kept;
use super::hooks::ask;
use super::live::LiveEntry;
use super::pen::Pen;
use super::queue::{BATCH, End, Queue};
use super::rewind::Place;
use super::{Engine, UploadError};
use crate::checks::{Stage, Subject, Verdict};

/// As many first bytes as a check may ask for; but for standing sessions nothing is written before they have been
/// looked at.
pub(super) const HEAD: usize = 8 * 1024;

/// A file of no more bytes is published in one step, from memory.
pub(super) const LITTLE: u64 = 64 * 1024;

/// The way of one lease's bytes.
pub(super) struct Pipe {
    pub(super) engine: Engine,
    pub(super) live: Arc<LiveEntry>,
    pub(super) epoch: u64,
    pub(super) queue: Arc<Queue>,
    pub(super) kept: Kept,
}

impl Pipe {
    /// Runs until the lease ends or the entry fails; the pen goes back to the entry either way.
    pub(super) async fn run(
        self,
        mut pen: OwnedMutexGuard<Option<Pen>>,
    ) -> Result<(), UploadError> {
        let _work = self.engine.busy().begin();
        let Some(held) = pen.as_mut() else { return Err(UploadError::NotFound) };
        let result = match held.place(&self.live).await {
            Ok(place) => self.pump_and_end(held, place).await,
            Err(error) => Err(error),
        };
        // A write that failed may have been taken in part. Nobody can go on behind it, a newer claim neither.
        if let Err(error) = &result
            && (!self.is_lost() || held.is_torn())
        {
            let sink = pen.take().and_then(|pen| pen.sink);
            self.engine.fail(&self.live, error.clone(), sink).await;
        }
        self.live.rest_share();
        self.engine.news().moved(&self.live);
        // What is safe and not remembered fails nobody: the next holder has it remembered.
        result?
    }

    /// What is safe then may not be remembered.
    async fn pump_and_end(
        &self,
        pen: &mut Pen,
        place: Place,
    ) -> Result<Result<(), UploadError>, UploadError> {
        let pumped = self.pump(pen).await;
        let is_untold = pen.is_untold();
        let landed = pen.land().await;
        if is_untold && self.kept == Kept::AsFar {
            pen.tell(&self.live);
        }
        match pumped.and_then(|end| landed.map(|()| end)) {
            // Whoever goes on goes on from what is durable.
            Ok(End::Release) => {
                self.engine.write_first_row(&self.live).await?;
                pen.put_down(self.engine.parts(), &self.live).await.map(|()| {
                    pen.tell(&self.live);
                    pen.remembered(&self.live)
                })
            }
            Ok(End::Rewind) => self.take_back(pen, place).await.map(Ok),
            // Who has lost the entry leaves nothing of a whole that is not whole.
            Err(error) if self.kept == Kept::Whole && self.is_lost() && !pen.is_torn() => {
                self.take_back(pen, place).await.and(Err(error))
            }
            result => result.map(|_| Ok(())),
        }
    }

    /// Somebody else has the entry now, or it has ended.
    fn is_lost(&self) -> bool {
        self.live.epoch() != self.epoch
    }

    async fn take_back(&self, pen: &mut Pen, place: Place) -> Result<(), UploadError> {
        let ended = self.live.entry().state().is_settled();
        if ended {
            Err(self.live.gone())
        } else {
            pen.go_back(self.engine.parts(), &self.live, place).await
        }
    }

    async fn pump(&self, pen: &mut Pen) -> Result<End, UploadError> {
        let (engine, live) = (&self.engine, &*self.live);
        loop {
            let wanted = if pen.judged { BATCH } else { missing_of_head(live, pen) };
            let whole = self.kept == Kept::Whole;
            // No checkpoint is due of what may be taken back.
            let written = if whole { pen.sync.durable() } else { pen.written() };
            let is_untold = pen.hashing.is_catching_up();
            let (batch, end) = tokio::select! {
                hashed = pen.hashing.room(), if pen.hashing.is_full() => {
                    hashed?;
                    if is_untold {
                        self.tell(pen);
                    }
                    continue;
                }
                landed = pen.behind.landed(), if !pen.hashing.is_full() => {
                    pen.take_in(&landed?).await?;
                    // Among many, whoever sends waits for the digest as well: what he may send ahead of it is only memory.
                    if engine.busy().is_crowded() {
                        pen.hashing.catch_up();
                    }
                    if !pen.hashing.is_catching_up() {
                        self.tell(pen);
                    }
                    continue;
                }
                next = self.queue.next(wanted), if !pen.behind.is_full() => next,
                due = pen.sync.due(written) => {
                    due?;
                    self.checkpoint_if_due(pen);
                    pen.tell_durable(live);
                    continue;
                }
            };
            match &end {
                Some(End::Abandon) => return Err(live.gone()),
                Some(End::Refuse(_)) | None if self.is_lost() => return Err(live.gone()),
                Some(End::Refuse(rejection)) => return Err(rejection.clone().into()),
                Some(End::Rewind) => return Ok(End::Rewind),
                Some(End::Finish | End::Release) | None => {}
            }
            let judged = pen.judged;
            let batch = self.behind_the_head(pen, batch, end.as_ref()).await?;
            if self.may_be_little(pen, &batch) {
                if end == Some(End::Finish) {
                    self.keep(pen, batch).await?;
                    return Ok(End::Finish);
                }
                if end.is_none() && !judged && self.queue.hold() {
                    // The rest is perhaps on its way, and nobody has to write this for it.
                    pen.held = batch;
                    continue;
                }
            }
            if !batch.is_empty() {
                self.mind(pen.asked(), &batch).await?;
                pen.begin(engine.parts(), live, batch).await?;
                if pen.behind.is_empty() {
                    self.tell(pen);
                }
            }
            if let Some(end) = end {
                if pen.is_untold() {
                    pen.land().await?;
                    self.tell(pen);
                }
                return Ok(end);
            }
        }
    }

    /// More has been written.
    fn tell(&self, pen: &mut Pen) {
        let (engine, live, written) = (&self.engine, &self.live, pen.written());
        if self.kept == Kept::AsFar {
            live.entry().offset = written;
        }
        live.touch(engine.parts().clock.now());
        live.marks.send_modify(|mark| mark.written = written);
        engine.news().moved(live);
        self.checkpoint_if_due(pen);
    }

    /// Whether these may be all bytes of a file that needs no place in the spool.
    fn may_be_little(&self, pen: &Pen, batch: &[Bytes]) -> bool {
        let live = &self.live;
        let untouched = pen.asked() == 0 && pen.sink.is_none() && live.hooks.writer.is_none();
        untouched
            && pen.judged
            && live.entry().length.is_none_or(|length| length <= LITTLE)
            && length(batch) <= LITTLE
    }

    /// Whether there is room for a batch behind what is written, and whether its caller may have it.
    async fn mind(&self, written: u64, batch: &[Bytes]) -> Result<(), UploadError> {
        self.engine.mind_the_room(&self.live, batch).await?;
        self.engine.mind_the_quota(&self.live, written + length(batch)).await
    }

    async fn keep(&self, pen: &mut Pen, all: Vec<Bytes>) -> Result<(), UploadError> {
        let (engine, live) = (&self.engine, &*self.live);
        self.mind(pen.written(), &all).await?;
        pen.keep(engine.parts(), live, all).await?;
        // Nobody is told that it is written: it is not.
        live.entry().offset = pen.written();
        live.touch(engine.parts().clock.now());
        Ok(())
    }

    fn checkpoint_if_due(&self, pen: &mut Pen) {
        if self.kept == Kept::AsFar {
            pen.checkpoint_if_due(self.engine.parts(), &self.live);
        }
    }

    /// What may be written of a batch: nothing until the head has been judged, and then all.
    async fn behind_the_head(
        &self,
        pen: &mut Pen,
        mut batch: Vec<Bytes>,
        end: Option<&End>,
    ) -> Result<Vec<Bytes>, UploadError> {
        pen.held.append(&mut batch);
        if pen.judged {
            return Ok(std::mem::take(&mut pen.held));
        }
        let length = self.live.entry().length;
        let whole = end == Some(&End::Finish) || length == Some(pen.offset());
        if pen.offset() < HEAD as u64 && !whole {
            return Ok(batch);
        }
        judge(&self.engine, &self.live, &pen.head().await?, whole).await?;
        pen.judged = true;
        Ok(std::mem::take(&mut pen.held))
    }
}

/// As many bytes as complete the head; at least one.
fn missing_of_head(live: &LiveEntry, pen: &Pen) -> usize {
    let head = live.entry().length.map_or(HEAD as u64, |length| length.min(HEAD as u64));
    usize::try_from(head.saturating_sub(pen.offset())).unwrap_or(HEAD).max(1)
}

/// Asks every check that wants to see the head.
pub(super) async fn judge(
    engine: &Engine,
    live: &LiveEntry,
    held: &[Bytes],
    whole: bool,
) -> Result<(), UploadError> {
    let mut first = BytesMut::with_capacity(HEAD);
    for piece in held {
        first.extend_from_slice(&piece[..piece.len().min(HEAD - first.len())]);
    }
    let whole = whole && held.iter().map(Bytes::len).sum::<usize>() <= HEAD;
    let entry = live.snapshot();
    for check in engine.parts().checks.iter().chain(&live.hooks.checks) {
        let Stage::Head(wanted) = check.stage() else { continue };
        let head = &first[..first.len().min(wanted)];
        let subject = Subject { entry: &entry, slot: &live.slot, head, whole, content: None };
        match ask(&**check, subject).await {
            Verdict::Accept => {}
            Verdict::Identified(media_type) => live.entry().media_type = Some(media_type),
            Verdict::Refuse(rejection) => return Err(rejection.into()),
        }
    }
    Ok(())
}

//! From a lease to the store: pieces gather in a queue while the batch before them is being written.
//!
//! One task for each lease owns the pen. It sleeps until a batch is worth a hop to another thread, writes
//! and hashes it, and moves the mark. The faster the door, the larger the batches; the queue itself is
//! bounded by the door (a credit window, a session's budget, or waiting in [`super::Lease::write`]).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::{Notify, OwnedMutexGuard};

use super::live::LiveEntry;
use super::pen::Pen;
use super::{Engine, UploadError};
use crate::blob::BlobKey;
use crate::checks::{Stage, Subject, Verdict};
use crate::domain::{Rejection, Transition};

/// As many first bytes as a check may ask for; nothing is written before they have been looked at.
pub(super) const HEAD: usize = 8 * 1024;
/// As many bytes as make a hop to another thread worth its price.
pub(super) const BATCH: usize = 512 * 1024;
/// Smaller pieces are copied together: each piece would keep a whole network buffer alive.
const SMALL: usize = 4 * 1024;

/// What a lease has taken and its task has not yet written.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    pieces: Vec<Bytes>,
    tail: BytesMut,
    bytes: usize,
    wanted: usize,
    end: Option<End>,
}

/// How a lease ended.
#[derive(Debug, Clone, PartialEq)]
enum End {
    /// All bytes are there; the head may be short.
    Finish,
    /// The door went away; what it sent is kept.
    Release,
    /// A newer claim, a cancellation: what waits is dropped.
    Abandon,
    /// The bytes themselves broke a rule.
    Refuse(Rejection),
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, bytes: Bytes) {
        let mut waiting = self.waiting();
        waiting.bytes += bytes.len();
        if bytes.len() < SMALL {
            waiting.tail.extend_from_slice(&bytes);
        } else {
            waiting.seal();
            waiting.pieces.push(bytes);
        }
        if waiting.bytes >= waiting.wanted {
            self.wake.notify_one();
        }
    }

    /// Writes what there is, without waiting for a whole batch.
    pub(super) fn flush(&self) {
        let mut waiting = self.waiting();
        if waiting.bytes > 0 && waiting.wanted == BATCH {
            waiting.wanted = 1;
            self.wake.notify_one();
        }
    }

    pub(super) fn finish(&self) {
        self.end(End::Finish);
    }

    pub(super) fn release(&self) {
        self.end(End::Release);
    }

    pub(super) fn abandon(&self) {
        self.end(End::Abandon);
    }

    pub(super) fn refuse(&self, rejection: Rejection) {
        self.end(End::Refuse(rejection));
    }

    /// The first end counts, except that nothing outlives an abandonment.
    fn end(&self, end: End) {
        let mut waiting = self.waiting();
        if waiting.end.is_none() || end == End::Abandon {
            waiting.end = Some(end);
        }
        self.wake.notify_one();
    }

    /// The next batch of at least `wanted` bytes, or whatever is left when the lease has ended.
    async fn next(&self, wanted: usize) -> (Vec<Bytes>, Option<End>) {
        self.waiting().wanted = wanted;
        loop {
            {
                let mut waiting = self.waiting();
                if waiting.end.is_some() || waiting.bytes >= waiting.wanted {
                    return waiting.take();
                }
            }
            self.wake.notified().await;
        }
    }
}

impl Waiting {
    fn seal(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push(self.tail.split().freeze());
        }
    }

    fn take(&mut self) -> (Vec<Bytes>, Option<End>) {
        self.seal();
        self.bytes = 0;
        (std::mem::take(&mut self.pieces), self.end.clone())
    }
}

/// Runs until the lease ends or the entry fails; the pen goes back to the entry either way.
pub(super) async fn run(
    engine: Engine,
    live: Arc<LiveEntry>,
    epoch: u64,
    queue: Arc<Queue>,
    mut pen: OwnedMutexGuard<Option<Pen>>,
) -> Result<(), UploadError> {
    let Some(held) = pen.as_mut() else { return Err(UploadError::NotFound) };
    let result = pump(&engine, &live, epoch, &queue, held).await;
    if let Err(error) = &result
        && live.epoch() == epoch
    {
        let writer = pen.take().and_then(|pen| pen.cap().0);
        engine.fail(&live, error.clone(), writer).await;
    }
    result
}

async fn pump(
    engine: &Engine,
    live: &LiveEntry,
    epoch: u64,
    queue: &Queue,
    pen: &mut Pen,
) -> Result<(), UploadError> {
    let (key, length) = {
        let entry = live.entry();
        (BlobKey { session: entry.session, id: entry.id }, entry.length)
    };
    let head = length.map_or(HEAD, |length| usize::try_from(length).unwrap_or(HEAD).min(HEAD));
    loop {
        let wanted = if pen.judged { BATCH } else { head.max(1) };
        let (mut batch, end) = queue.next(wanted).await;
        if live.epoch() != epoch {
            return Err(UploadError::Superseded);
        }
        match &end {
            Some(End::Abandon) => return Err(UploadError::Superseded),
            Some(End::Refuse(rejection)) => return Err(rejection.clone().into()),
            Some(End::Finish | End::Release) | None => {}
        }
        if !pen.judged {
            pen.held.append(&mut batch);
            let whole = end == Some(End::Finish) || length == Some(pen.offset());
            if pen.offset() >= HEAD as u64 || whole {
                judge(engine, live, &pen.held, whole).await?;
                pen.judged = true;
                batch = std::mem::take(&mut pen.held);
            }
        }
        if !batch.is_empty() {
            pen.write(&*engine.parts().blobs, key, batch).await?;
            let written = pen.written();
            live.entry().offset = written;
            live.marks.send_modify(|mark| mark.written = written);
        }
        if end.is_some() {
            return Ok(());
        }
    }
}

/// Asks every check that wants to see the head.
async fn judge(
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
    for check in &engine.parts().checks {
        let Stage::Head(wanted) = check.stage() else { continue };
        let head = &first[..first.len().min(wanted)];
        let subject = Subject { entry: &entry, slot: &live.slot, head, whole };
        match check.check(subject).await {
            Verdict::Accept => {}
            Verdict::Identified(media_type) => live.entry().media_type = Some(media_type),
            Verdict::Refuse(rejection) => return Err(rejection.into()),
        }
    }
    Ok(())
}

impl Engine {
    /// Ends an entry that can't go on: its bytes are removed, its row too, and everyone who waits is told.
    pub(super) async fn fail(
        &self,
        live: &LiveEntry,
        error: UploadError,
        writer: Option<Box<dyn crate::blob::BlobWriter>>,
    ) {
        if live.apply(Transition::Fail(error.rejection())).is_err() {
            return; // Cancelled or expired meanwhile: whoever did that cleans up.
        }
        if error.is_ours() {
            tracing::error!(entry.id = %live.id, error = %Chain(&error), "entry {} failed", live.id);
        }
        self.discard(live, writer).await;
        live.marks.send_modify(|mark| mark.failure = Some(error));
    }

    /// Removes what an unfinished entry left behind. Failures are logged: the sweep comes by again.
    pub(super) async fn discard(
        &self,
        live: &LiveEntry,
        writer: Option<Box<dyn crate::blob::BlobWriter>>,
    ) {
        if let Some(writer) = writer
            && let Err(error) = writer.abort().await
        {
            tracing::warn!(entry.id = %live.id, error = %Chain(&error), "bytes not removed");
        }
        if live.lifetime == super::Lifetime::Session
            && let Err(error) = self.parts().catalogue.remove(live.id).await
        {
            tracing::warn!(entry.id = %live.id, error = %Chain(&error), "row not removed");
        }
    }
}

/// An error with its causes on one line, for the log.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

//! From a lease to the store: pieces gather in a queue while the batch before them is being written.
//!
//! One task for each lease owns the pen. It sleeps until a batch is worth a hop to another thread, writes
//! and hashes it, and moves the mark. The faster the door, the larger the batches; how much may be queued is
//! the door's to bound (a credit window, a session's budget, or waiting in [`super::Lease::write`]).

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::OwnedMutexGuard;

use super::hooks::ask;
use super::live::LiveEntry;
use super::pen::Pen;
use super::queue::{BATCH, End, Queue};
use super::{Engine, UploadError};
use crate::checks::{Stage, Subject, Verdict};

/// As many first bytes as a check may ask for; but for standing sessions nothing is written before they have been
/// looked at.
pub(super) const HEAD: usize = 8 * 1024;

/// Runs until the lease ends or the entry fails; the pen goes back to the entry either way.
pub(super) async fn run(
    engine: Engine,
    live: Arc<LiveEntry>,
    epoch: u64,
    queue: Arc<Queue>,
    mut pen: OwnedMutexGuard<Option<Pen>>,
) -> Result<(), UploadError> {
    let _work = engine.busy().begin();
    let Some(held) = pen.as_mut() else { return Err(UploadError::NotFound) };
    let result = match pump(&engine, &live, epoch, &queue, held).await {
        // Whoever goes on goes on from what is durable.
        Ok(End::Release) => held.put_down(engine.parts(), &live).await.map(|()| {
            held.tell(&live);
            held.remembered(&live)
        }),
        result => result.map(|_| Ok(())),
    };
    // A write that failed may have been taken in part. Nobody can go on behind it, a newer claim neither.
    if let Err(error) = &result
        && (live.epoch() == epoch || held.is_torn())
    {
        let sink = pen.take().and_then(|pen| pen.cap().0);
        engine.fail(&live, error.clone(), sink).await;
    }
    // What is safe and not remembered fails nobody: the next holder has it remembered.
    result?
}

async fn pump(
    engine: &Engine,
    live: &LiveEntry,
    epoch: u64,
    queue: &Queue,
    pen: &mut Pen,
) -> Result<End, UploadError> {
    loop {
        let wanted = if pen.judged { BATCH } else { missing_of_head(live, pen) };
        let written = pen.written();
        let (mut batch, end) = tokio::select! {
            next = queue.next(wanted) => next,
            due = pen.sync.due(written) => {
                due?;
                pen.checkpoint_if_due(engine.parts(), live);
                pen.tell_durable(live);
                continue;
            }
        };
        if live.epoch() != epoch {
            return Err(live.gone());
        }
        match &end {
            Some(End::Abandon) => return Err(live.gone()),
            Some(End::Refuse(rejection)) => return Err(rejection.clone().into()),
            Some(End::Finish | End::Release) | None => {}
        }
        if !pen.judged {
            pen.held.append(&mut batch);
            let length = live.entry().length;
            let whole = end == Some(End::Finish) || length == Some(pen.offset());
            if pen.offset() >= HEAD as u64 || whole {
                judge(engine, live, &pen.head().await?, whole).await?;
                pen.judged = true;
                batch = std::mem::take(&mut pen.held);
            }
        }
        if !batch.is_empty() {
            engine.mind_the_room(live, &batch).await?;
            pen.write(engine.parts(), live, batch).await?;
            let written = pen.written();
            live.entry().offset = written;
            live.touch(engine.parts().clock.now());
            live.marks.send_modify(|mark| mark.written = written);
            pen.checkpoint_if_due(engine.parts(), live);
        }
        if let Some(end) = end {
            return Ok(end);
        }
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

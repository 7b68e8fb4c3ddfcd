//! Data frames: from the socket into a lease, within the window, with one answer for each gap.

use actix::{ActorFutureExt, ActorStreamExt, AsyncContext, ContextFutureSpawner, WrapFuture};
use actix_web::web::Bytes;
use futures_util::stream;
use tokio::task::JoinSet;

use super::session::WsSession;
use super::socket::{self, Ctx};
use super::streams::{EntryStream, Phase};
use super::window::acknowledged_after;
use super::wire::{DataFrame, ServerMessage};
use crate::domain::{Chunk, Code, Rejection};
use crate::uploads::{Lease, Mark, UploadError};

impl WsSession {
    pub(super) fn data_frame(&mut self, pieces: Vec<Bytes>, ctx: &mut Ctx) {
        let Some(frame) = DataFrame::decode(pieces) else {
            let short = "A data frame has a header of 16 bytes.";
            let short = Rejection::new(Code::InvalidMessage).with_message(short);
            return self.bad_message(&short, ctx);
        };
        let number = frame.stream;
        if !self.greeted() || !self.streams.was_given(number) {
            let unknown = format!("There is no stream {number}.");
            let unknown = Rejection::new(Code::UnknownEntry).with_message(unknown);
            return self.bad_message(&unknown, ctx);
        }
        // Late frames of an entry that has ended were on their way when it did.
        let Some(stream) = self.streams.get(number) else { return };
        match stream.phase {
            Phase::Waiting => self.claim(number, Some(frame), ctx),
            Phase::Receiving(_) => self.take(frame, ctx),
            Phase::Cancelled => {}
            Phase::Finishing | Phase::Complete if frame.is_empty() || stream.nacked => {}
            Phase::Finishing | Phase::Complete => {
                stream.nacked = true;
                let (offset, code) = (stream.acked, Code::SizeMismatch.as_str());
                socket::send(&ServerMessage::Nack { stream: number, offset, code }, ctx);
            }
        }
    }

    /// The first frame of an entry takes its lease. Claiming makes no file and waits for nothing, so the
    /// frames behind it may wait for this.
    pub(super) fn claim(&mut self, number: u32, frame: Option<DataFrame>, ctx: &mut Ctx) {
        let Some(stream) = self.streams.get(number) else { return };
        let (session, id) = (self.mounted.session.clone(), stream.id);
        async move { session.claim(id).await }
            .into_actor(self)
            .map(move |lease, actor, ctx| match lease {
                Ok(lease) => actor.claimed(number, lease, frame, ctx),
                Err(error) => actor.failed(number, &error, ctx),
            })
            .wait(ctx);
    }

    fn claimed(&mut self, number: u32, lease: Lease, frame: Option<DataFrame>, ctx: &mut Ctx) {
        let Some(stream) = self.streams.get(number) else { return };
        let (marks, full) = (lease.marks(), lease.is_full());
        let (length, little) = (lease.length(), lease.is_little());
        stream.phase = Phase::Receiving(lease);
        if full {
            return self.finish(number, ctx);
        }
        if let Some(frame) = frame {
            self.take(frame, ctx);
        }
        let is_whole = |stream: &mut EntryStream| matches!(stream.phase, Phase::Finishing);
        if little && self.streams.get(number).is_none_or(is_whole) {
            return; // It is told of in the end and not on its way.
        }
        let marks = stream::unfold(Some(marks), move |marks| async move {
            let mut marks = marks?;
            marks.changed().await.ok()?;
            let mark = marks.borrow_and_update().clone();
            let last = mark.failure.is_some() || length == Some(mark.written);
            Some((mark, (!last).then_some(marks)))
        });
        let marks = actix::fut::wrap_stream::<_, Self>(marks)
            .map(move |mark, actor, ctx: &mut Ctx| actor.marked(number, &mark, ctx))
            .finish();
        ctx.spawn(marks);
    }

    fn take(&mut self, frame: DataFrame, ctx: &mut Ctx) {
        let (number, window, checksums) = (frame.stream, self.window, self.checksums);
        let Some(stream) = self.streams.get(number) else { return };
        let Phase::Receiving(lease) = &mut stream.phase else { return };
        let expected = lease.offset();
        let end = frame.offset.saturating_add(frame.len());
        let went_back = frame.offset == expected;
        if checksums && !frame.is_intact() {
            return self.nack(number, expected, went_back, Code::ChecksumMismatch, ctx);
        }
        if end <= expected && !frame.is_empty() {
            // Sent twice, written once.
            stream.acked = stream.acked.max(lease.written());
            let offset = stream.acked;
            return socket::send(&ServerMessage::Ack { stream: number, offset }, ctx);
        }
        if went_back && end > stream.acked.saturating_add(window) {
            return self.nack(number, expected, true, Code::RateLimited, ctx);
        }
        match push(lease, frame) {
            Ok(_) => {
                stream.nacked = false;
                let full = lease.is_full();
                self.tick_soon(ctx);
                if full {
                    self.finish(number, ctx);
                } else {
                    self.hold_back(number, ctx);
                }
            }
            Err(UploadError::OffsetMismatch { expected, .. }) => {
                self.nack(number, expected, false, Code::OffsetMismatch, ctx);
            }
            Err(error) => self.failed(number, &error, ctx),
        }
    }

    /// One gap gets one answer: the frames that were on their way behind it are dropped in silence. A frame
    /// that did go back, and is bad again, is answered again.
    fn nack(&mut self, number: u32, offset: u64, went_back: bool, code: Code, ctx: &mut Ctx) {
        let Some(stream) = self.streams.get(number) else { return };
        if !std::mem::replace(&mut stream.nacked, true) || went_back {
            let code = code.as_str();
            socket::send(&ServerMessage::Nack { stream: number, offset, code }, ctx);
        }
    }

    /// Stops reading from the socket while the session has too many bytes in memory.
    fn hold_back(&mut self, number: u32, ctx: &mut Ctx) {
        let bound = self.limits().session_bytes;
        if self.streams.queued() <= bound {
            return;
        }
        for (_, receiving) in self.streams.receiving() {
            receiving.lease.flush();
        }
        let Some(stream) = self.streams.get(number) else { return };
        let Phase::Receiving(lease) = &stream.phase else { return };
        let (mut marks, target) = (lease.marks(), lease.offset());
        let deaf = self.deaf();
        let written = async move {
            while marks.borrow_and_update().written < target {
                if marks.borrow().failure.is_some() || marks.changed().await.is_err() {
                    break;
                }
            }
            drop(deaf);
        };
        // In a task of its own: our deafness must end with the disk's work, also when nobody polls this
        // actor because its peer doesn't read.
        let mut waiting = JoinSet::new();
        waiting.spawn_local(written);
        async move { drop(waiting.join_next().await) }.into_actor(self).wait(ctx);
    }

    fn marked(&mut self, number: u32, mark: &Mark, ctx: &mut Ctx) {
        let each = acknowledged_after(self.window);
        let Some(stream) = self.streams.get(number) else { return };
        if matches!(stream.phase, Phase::Cancelled) {
            return;
        }
        if let Some(failure) = &mark.failure {
            return self.failed(number, failure, ctx);
        }
        let last = !matches!(stream.phase, Phase::Receiving(_));
        if mark.written >= stream.acked + each || (last && mark.written > stream.acked) {
            stream.acked = mark.written;
            let offset = mark.written;
            socket::send(&ServerMessage::Ack { stream: number, offset }, ctx);
        }
    }
}

/// Hands a frame on; what it is refused for it is refused for with its first piece, or the entry has ended.
fn push(lease: &mut Lease, frame: DataFrame) -> Result<u64, UploadError> {
    let mut offset = frame.offset;
    if frame.is_empty() {
        return lease.push(Chunk { offset, bytes: Bytes::new() });
    }
    for bytes in frame.payload {
        offset = lease.push(Chunk { offset, bytes })?;
    }
    Ok(offset)
}

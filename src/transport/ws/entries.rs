//! What a live session does with entries: register, take frames, finish, cancel.

use actix::{ActorFutureExt, ActorStreamExt, AsyncContext, ContextFutureSpawner, WrapFuture};
use actix_web::web::Bytes;
use futures_util::stream;

use super::session::WsSession;
use super::socket::{self, Ctx};
use super::streams::Phase;
use super::wire::{Accepted, DataFrame, Offer, Progress, Refused, ServerMessage};
use crate::domain::{Chunk, Code, Entry, EntryId, EntryRef, Rejection};
use crate::transport::answer::{log, told};
use crate::uploads::{Lease, Mark, UploadError};
use crate::urls::get_upload_url;

/// Acknowledgements come at least after this many bytes.
const ACK: u64 = 256 * 1024;

/// What became of an entry whose bytes were all here.
pub(super) enum Outcome {
    /// Complete; with its URL if the view kept it already, or the reason why the view did not want it.
    Complete { entry: Box<Entry>, consumed: bool, url: Option<String>, refused: Option<Rejection> },
    /// It failed on the way.
    Failed(UploadError),
}

impl WsSession {
    pub(super) fn register(&mut self, slot: String, offers: Vec<Offer>, ctx: &mut Ctx) {
        let mut errors = Vec::new();
        let mut batch = Vec::new();
        for Offer { reference, facts } in offers {
            match facts {
                Ok(facts) => batch.push((reference, facts)),
                Err(error) => {
                    let rejection = Rejection::new(error.code).with_message(error.message);
                    errors.push(Refused::new(reference, &rejection));
                }
            }
        }
        let session = self.mounted.session.clone();
        let references: Vec<EntryRef> =
            batch.iter().map(|(reference, _)| reference.clone()).collect();
        async move { (session.register(&slot, batch).await, slot) }
            .into_actor(self)
            .map(move |(answers, slot), actor, ctx| {
                let answers = match answers {
                    Ok(answers) => answers,
                    Err(error) => {
                        if error.is_ours() {
                            log(&error);
                        }
                        let rejection = error.rejection();
                        references.iter().map(|_| Err(rejection.clone())).collect()
                    }
                };
                actor.registered(slot, references, answers, errors, ctx);
            })
            // Registering is short, and the frames behind it may already be this entry's.
            .wait(ctx);
    }

    fn registered(
        &mut self,
        slot: String,
        references: Vec<EntryRef>,
        answers: Vec<Result<Entry, Rejection>>,
        mut errors: Vec<Refused>,
        ctx: &mut Ctx,
    ) {
        let mut entries = Vec::new();
        let mut empty = Vec::new();
        for (reference, answer) in references.into_iter().zip(answers) {
            match answer {
                Ok(entry) => {
                    let stream = self.streams.open(entry.id, reference.clone());
                    if entry.length == Some(0) {
                        empty.push(stream);
                    }
                    entries.push(Accepted { r#ref: reference, id: entry.id, stream, offset: 0 });
                }
                Err(rejection) => errors.push(Refused::new(reference, &rejection)),
            }
        }
        socket::send(&ServerMessage::Registered { slot, entries, errors }, ctx);
        for stream in empty {
            self.claim(stream, None, ctx);
        }
    }

    pub(super) fn data(&mut self, bytes: Bytes, ctx: &mut Ctx) {
        let Some(frame) = DataFrame::decode(bytes) else {
            let short = "A data frame has a header of 16 bytes.";
            return self.error(&Rejection::new(Code::InvalidMessage).with_message(short), ctx);
        };
        let number = frame.stream;
        if !self.greeted() || !self.streams.was_given(number) {
            let unknown = format!("There is no stream {number}.");
            return self.error(&Rejection::new(Code::UnknownEntry).with_message(unknown), ctx);
        }
        // Late frames of an entry that has ended were on their way when it did.
        let Some(stream) = self.streams.get(number) else { return };
        match stream.phase {
            Phase::Waiting => self.claim(number, Some(frame), ctx),
            Phase::Receiving(_) => self.take(frame, ctx),
            Phase::Finishing | Phase::Complete if frame.payload.is_empty() || stream.nacked => {}
            Phase::Finishing | Phase::Complete => {
                stream.nacked = true;
                let (offset, code) = (stream.acked, Code::SizeMismatch.as_str());
                socket::send(&ServerMessage::Nack { stream: number, offset, code }, ctx);
            }
        }
    }

    /// The first frame of an entry takes its lease. Claiming makes no file and waits for nothing, so the
    /// frames behind it may wait for this.
    fn claim(&mut self, number: u32, frame: Option<DataFrame>, ctx: &mut Ctx) {
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
        let length = lease.length();
        stream.phase = Phase::Receiving(lease);
        if full {
            return self.finish(number, ctx);
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
        if let Some(frame) = frame {
            self.take(frame, ctx);
        }
    }

    fn take(&mut self, frame: DataFrame, ctx: &mut Ctx) {
        let (number, window, checksums) = (frame.stream, self.limits().window, self.checksums);
        let Some(stream) = self.streams.get(number) else { return };
        let Phase::Receiving(lease) = &mut stream.phase else { return };
        let expected = lease.offset();
        let end = frame.offset.saturating_add(frame.payload.len() as u64);
        if checksums && !frame.is_intact() {
            return self.nack(number, expected, Code::ChecksumMismatch, ctx);
        }
        if end <= expected && !frame.payload.is_empty() {
            // Sent twice, written once.
            let (stream, offset) = (number, lease.written());
            return socket::send(&ServerMessage::Ack { stream, offset }, ctx);
        }
        if frame.offset == expected && end > stream.acked.saturating_add(window) {
            return self.nack(number, expected, Code::RateLimited, ctx);
        }
        match lease.push(Chunk { offset: frame.offset, bytes: frame.payload }) {
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
                self.nack(number, expected, Code::OffsetMismatch, ctx);
            }
            Err(error) => self.failed(number, &error, ctx),
        }
    }

    /// One gap gets one answer: the frames that were on their way behind it are dropped in silence.
    fn nack(&mut self, number: u32, offset: u64, code: Code, ctx: &mut Ctx) {
        let Some(stream) = self.streams.get(number) else { return };
        if !std::mem::replace(&mut stream.nacked, true) {
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
        async move {
            while marks.borrow_and_update().written < target {
                if marks.borrow().failure.is_some() || marks.changed().await.is_err() {
                    break;
                }
            }
        }
        .into_actor(self)
        .wait(ctx);
    }

    fn marked(&mut self, number: u32, mark: &Mark, ctx: &mut Ctx) {
        if let Some(failure) = &mark.failure {
            return self.failed(number, failure, ctx);
        }
        let Some(stream) = self.streams.get(number) else { return };
        let last = !matches!(stream.phase, Phase::Receiving(_));
        if mark.written >= stream.acked + ACK || (last && mark.written > stream.acked) {
            stream.acked = mark.written;
            let offset = mark.written;
            socket::send(&ServerMessage::Ack { stream: number, offset }, ctx);
        }
    }

    fn finish(&mut self, number: u32, ctx: &mut Ctx) {
        let Some(stream) = self.streams.get(number) else { return };
        let phase = std::mem::replace(&mut stream.phase, Phase::Finishing);
        let Phase::Receiving(lease) = phase else { return };
        let mounted = self.mounted.clone();
        let finishing = async move {
            let entry = match lease.finish().await {
                Ok(entry) => entry,
                Err(error) => return Outcome::Failed(error),
            };
            let refused = mounted.on_progress(&entry).await.err().map(|error| told(&error));
            let (consumed, url) = taken_over(&mounted.session, entry.id).await;
            Outcome::Complete { entry: Box::new(entry), consumed, url, refused }
        };
        // Beside the frames: other entries go on while this one is settled.
        ctx.spawn(finishing.into_actor(self).map(move |outcome, actor, ctx| {
            actor.finished(number, outcome, ctx);
        }));
    }

    fn finished(&mut self, number: u32, outcome: Outcome, ctx: &mut Ctx) {
        match outcome {
            Outcome::Failed(error) => self.failed(number, &error, ctx),
            Outcome::Complete { entry, consumed, url, refused } => {
                if let Some(stream) = self.streams.get(number) {
                    stream.phase = Phase::Complete;
                }
                let progress = match &refused {
                    Some(rejection) => Progress::refused(&entry, rejection),
                    None => Progress::of(&entry, url),
                };
                if consumed {
                    self.streams.close(number);
                }
                socket::send(&ServerMessage::Progress(progress), ctx);
            }
        }
        self.tick_soon(ctx);
    }

    /// An entry can't go on; its client is told once, with the reason.
    fn failed(&mut self, number: u32, error: &UploadError, ctx: &mut Ctx) {
        let Some(stream) = self.streams.close(number) else { return };
        let session = self.mounted.session.clone();
        let rejection = error.rejection();
        let snapshot = async move { session.entry(stream.id).await };
        ctx.spawn(snapshot.into_actor(self).map(move |entry, actor, ctx| match entry {
            Ok(entry) => {
                let progress = Progress::refused(&entry, &rejection);
                socket::send(&ServerMessage::Progress(progress), ctx);
            }
            Err(_) => actor.error(&rejection, ctx),
        }));
    }

    pub(super) fn cancel(&mut self, reference: &EntryRef, ctx: &mut Ctx) {
        let Some(number) = self.streams.find(reference) else {
            return self.error(&Rejection::new(Code::UnknownEntry), ctx);
        };
        let Some(stream) = self.streams.close(number) else { return };
        let session = self.mounted.session.clone();
        let cancelling = async move { session.cancel(stream.id).await };
        ctx.spawn(cancelling.into_actor(self).map(|cancelled, actor, ctx| match cancelled {
            Ok(entry) => socket::send(&ServerMessage::Progress(Progress::of(&entry, None)), ctx),
            // It ended by itself meanwhile, and its client has been told or is being told.
            Err(UploadError::Illegal(_) | UploadError::NotFound) => {}
            Err(error) => actor.error(&error.rejection(), ctx),
        }));
    }
}

/// Whether a view has taken a complete entry over, and the URL if it kept it.
pub(super) async fn taken_over(
    session: &crate::session::UploadSession,
    id: EntryId,
) -> (bool, Option<String>) {
    match session.stored_file(id).await {
        Ok(file) => (true, Some(get_upload_url(&file))),
        // Consumed and not kept: nothing remembers it.
        Err(_) => (session.entry(id).await.is_err(), None),
    }
}

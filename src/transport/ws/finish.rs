//! The ends of an entry: complete, failed or cancelled; its client is told once.

use actix::{ActorFutureExt, AsyncContext, WrapFuture};

use super::session::WsSession;
use super::socket::{self, Ctx};
use super::streams::Phase;
use super::wire::{Progress, ServerMessage};
use crate::domain::{Code, Entry, EntryId, EntryRef, Rejection};
use crate::session::UploadSession;
use crate::transport::answer::told;
use crate::uploads::UploadError;
use crate::urls::get_upload_url;

/// From this size on settling takes a moment, and the page says that it is checking.
const LARGE: u64 = 1024 * 1024;

/// What became of an entry whose bytes were all here.
enum Outcome {
    /// Complete; with its URL if the view kept it already, or the reason why the view did not want it.
    Complete { entry: Box<Entry>, consumed: bool, url: Option<String>, refused: Option<Rejection> },
    /// It failed on the way.
    Failed(UploadError),
}

impl WsSession {
    pub(super) fn finish(&mut self, number: u32, ctx: &mut Ctx) {
        let Some(stream) = self.streams.get(number) else { return };
        let phase = std::mem::replace(&mut stream.phase, Phase::Finishing);
        let Phase::Receiving(lease) = phase else { return };
        if lease.offset() >= LARGE {
            socket::send(&ServerMessage::Progress(Progress::verifying(&lease.entry())), ctx);
        }
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
    pub(super) fn failed(&mut self, number: u32, error: &UploadError, ctx: &mut Ctx) {
        let Some(stream) = self.streams.close(number) else { return };
        let session = self.mounted.session.clone();
        let rejection = error.rejection();
        // Nobody remembers an entry that was cancelled from elsewhere, but for its lease.
        let known = match &stream.phase {
            Phase::Receiving(lease) => Some(lease.entry()),
            Phase::Waiting | Phase::Finishing | Phase::Complete => None,
        };
        let snapshot = async move { known.ok_or(()).or(session.entry(stream.id).await) };
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
pub(super) async fn taken_over(session: &UploadSession, id: EntryId) -> (bool, Option<String>) {
    match session.stored_file(id).await {
        Ok(file) => (true, Some(get_upload_url(&file))),
        // Consumed and not kept: nothing remembers it.
        Err(_) => (session.entry(id).await.is_err(), None),
    }
}

//! The ends of an entry: complete, failed or cancelled; its client is told once.

use actix::{ActorFutureExt, AsyncContext, WrapFuture};

use super::session::WsSession;
use super::socket::{self, Ctx};
use super::streams::{EntryStream, Phase};
use super::wire::{Progress, ServerMessage};
use crate::domain::{Code, Entry, EntryRef, Rejection};
use crate::mounted::Mounted;
use crate::session::{Fate, UploadSession};
use crate::transport::answer::told_in;
use crate::uploads::UploadError;

/// From this size on settling takes a moment, and the page says that it is checking.
const LARGE: u64 = 1024 * 1024;

/// What became of an entry whose bytes were all here.
enum Outcome {
    /// Complete; with what its view made of it, and the view's error if it had one.
    Complete { entry: Box<Entry>, fate: Fate, refused: Option<Rejection> },
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
            match lease.finish_to_offer().await {
                Ok(entry) => offered(mounted, entry).await,
                Err(error) => Outcome::Failed(error),
            }
        };
        self.await_outcome(number, finishing, ctx);
    }

    /// Offers a complete entry to the view again: whoever was offered it before did not live to take it, or took
    /// it and could not tell.
    pub(super) fn offer_again(&mut self, number: u32, entry: Entry, ctx: &mut Ctx) {
        self.await_outcome(number, offered(self.mounted.clone(), entry), ctx);
    }

    fn await_outcome(
        &mut self,
        number: u32,
        finishing: impl Future<Output = Outcome> + 'static,
        ctx: &mut Ctx,
    ) {
        // Beside the frames: other entries go on while this one is settled. To its end: a file that is here
        // is shown to its view, also when its client closes the page at once.
        let finishing = actix_rt::spawn(finishing);
        let finishing =
            async { finishing.await.unwrap_or_else(|died| Outcome::Failed(died.into())) };
        ctx.spawn(finishing.into_actor(self).map(move |outcome, actor, ctx| {
            actor.finished(number, outcome, ctx);
        }));
    }

    fn finished(&mut self, number: u32, outcome: Outcome, ctx: &mut Ctx) {
        match outcome {
            Outcome::Failed(error) => self.failed(number, &error, ctx),
            Outcome::Complete { entry, fate, refused } => {
                let Some(stream) = self.streams.get(number) else { return }; // It was told already.
                stream.phase = Phase::Complete;
                let progress = match (refused, told_of(&entry, &fate, &self.mounted.session)) {
                    (Some(rejection), _) => Progress::refused(&entry, &rejection),
                    (None, Some(progress)) => progress,
                    (None, None) => Progress::of(&entry, None),
                };
                if !matches!(fate, Fate::Waiting) {
                    self.streams.close(number);
                }
                socket::send(&ServerMessage::Progress(progress), ctx);
            }
        }
        self.tick_soon(ctx);
    }

    /// An entry ended without success, and not by its own client's doing.
    pub(super) fn ended(&mut self, entry: &Entry, ctx: &mut Ctx) {
        if self.streams.close_entry(entry.id).is_some() {
            let progress = Progress::ended(entry);
            socket::send(&ServerMessage::Progress(progress), ctx);
        }
    }

    /// An entry can't go on; its client is told once, with the reason.
    pub(super) fn failed(&mut self, number: u32, error: &UploadError, ctx: &mut Ctx) {
        let rejection = error.rejection();
        // Whoever cancels an entry that is being settled tells it with the entry itself (`ended`): nobody else
        // remembers it, and a page could not say which of its files was meant.
        let is_settling =
            |stream: &mut EntryStream| matches!(stream.phase, Phase::Finishing | Phase::Cancelled);
        if rejection.code() == Code::Cancelled && self.streams.get(number).is_some_and(is_settling)
        {
            return;
        }
        let Some(stream) = self.streams.close(number) else { return };
        let session = self.mounted.session.clone();
        // Nobody remembers an entry that was cancelled from elsewhere, but for its lease.
        let known = match &stream.phase {
            Phase::Receiving(lease) => Some(lease.entry()),
            Phase::Waiting | Phase::Finishing | Phase::Complete | Phase::Cancelled => None,
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
        let Some(stream) = self.streams.get(number) else { return };
        let id = stream.id;
        if std::mem::replace(&mut stream.cancelling, true) {
            return; // Said twice, done once; its end is on its way.
        }
        // One that is being settled may be stored all the same, and its client must hear of that.
        if matches!(stream.phase, Phase::Waiting | Phase::Receiving(_)) {
            stream.phase = Phase::Cancelled;
        }
        let session = self.mounted.session.clone();
        let cancelling = async move { session.cancel(id).await };
        ctx.spawn(cancelling.into_actor(self).map(move |cancelled, actor, ctx| match cancelled {
            Ok(entry) => actor.ended(&entry, ctx),
            // It ended by itself meanwhile, and its client has been told or is being told.
            Err(UploadError::Illegal(_) | UploadError::NotFound) => {}
            Err(error) => {
                if let Some(stream) = actor.streams.get(number) {
                    stream.cancelling = false;
                }
                actor.error(&error.rejection(), ctx);
            }
        }));
    }
}

/// Shows a complete entry to its view, and finds out what became of it.
async fn offered(mounted: Mounted, entry: Entry) -> Outcome {
    let refused = mounted.on_progress(&entry).await.err();
    let refused = refused.map(|error| told_in(&mounted.session, &error));
    // ORDER: before anybody is told of it.
    if let Err(error) = mounted.session.record_entry(entry.id).await {
        return Outcome::Failed(error);
    }
    let fate = mounted.session.fate(entry.id).await;
    Outcome::Complete { entry: Box::new(entry), fate, refused }
}

/// What a client is told of an entry that its view has dealt with; nothing while it waits.
pub(super) fn told_of(entry: &Entry, fate: &Fate, session: &UploadSession) -> Option<Progress> {
    match fate {
        Fate::Kept(file) => Some(Progress::taken(entry, Some(session.get_upload_url(file)))),
        Fate::Taken => Some(Progress::taken(entry, None)),
        Fate::Refused(rejection) => Some(Progress::refused(entry, rejection)),
        Fate::Waiting => None,
    }
}

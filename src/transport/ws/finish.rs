//! The ends of an entry: complete, failed or cancelled; its client is told once.

use std::panic::AssertUnwindSafe;

use actix::{ActorFutureExt, ActorStreamExt, AsyncContext, WrapFuture};
use futures_util::{FutureExt, stream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

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
#[derive(Debug)]
enum Outcome {
    /// Complete; with what its view made of it, and the view's error if it had one.
    Complete { entry: Box<Entry>, fate: Fate, refused: Option<Rejection> },
    /// It failed on the way.
    Failed(UploadError),
}

/// The way back of all entries that are being settled, each by the number of its stream. One way, because an actor asks
/// each of its futures whenever it is woken, and a page may have a thousand entries there.
#[derive(Debug)]
pub(super) struct Outcomes {
    sender: UnboundedSender<(u32, Outcome)>,
    /// Until somebody listens.
    receiver: Option<UnboundedReceiver<(u32, Outcome)>>,
}

impl Default for Outcomes {
    fn default() -> Self {
        let (sender, receiver) = unbounded_channel();
        Self { sender, receiver: Some(receiver) }
    }
}

impl WsSession {
    /// Hears of what is being settled for as long as the page lives.
    pub(super) fn await_outcomes(&mut self, ctx: &mut Ctx) {
        let Some(receiver) = self.outcomes.receiver.take() else { return };
        let outcomes =
            stream::unfold(receiver, async |mut outcomes| Some((outcomes.recv().await?, outcomes)));
        let outcomes = actix::fut::wrap_stream::<_, Self>(outcomes)
            .map(|(number, outcome), actor, ctx: &mut Ctx| actor.finished(number, outcome, ctx))
            .finish();
        ctx.spawn(outcomes);
    }

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
        self.settle(number, finishing);
    }

    /// Offers a complete entry to the view again: whoever was offered it before did not live to take it, or took
    /// it and could not tell.
    pub(super) fn offer_again(&self, number: u32, entry: Entry) {
        self.settle(number, offered(self.mounted.clone(), entry));
    }

    /// Beside the frames: other entries go on while this one is settled. To its end: a file that is here is shown to its
    /// view, also when its client closes the page at once.
    fn settle(&self, number: u32, settling: impl Future<Output = Outcome> + 'static) {
        let outcomes = self.outcomes.sender.clone();
        actix_rt::spawn(async move {
            let outcome = AssertUnwindSafe(settling).catch_unwind().await;
            let died = |_| Outcome::Failed(UploadError::Task("it panicked".into()));
            // Nobody hears of it when the page is gone.
            let _ = outcomes.send((number, outcome.unwrap_or_else(died)));
        });
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

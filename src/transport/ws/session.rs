//! The actor of a live page: it owns the session's slots and entries, and a lease for each that receives.
//!
//! It decodes, calls, replies. Bytes go from a frame straight into a lease; slow work (settling an entry, a
//! view's handler) runs beside the frames, in futures whose ends come back here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{ActorFutureExt, AsyncContext, ContextFutureSpawner, WrapFuture};
use actix_web::web::Bytes;

use super::allowance::Allowance;
use super::events::{EACH, EVENTS};
use super::finish::Outcomes;
use super::guard::Watch;
use super::socket::{self, Assembly, Closing, Ctx, Speaker};
use super::streams::Streams;
use super::window::granted;
use super::wire::{self, AdoptedEntry, ClientMessage, ServerMessage, SlotRules};
use super::wishes::Wishes;
use crate::domain::{Code, Rejection, SessionId};
use crate::mounted::Mounted;
use crate::supervisor::{Cut, Deaf, Join, Patience, SessionGuard};
use crate::templates::PageContext;
use crate::transport::peers::Ear;
use crate::uploads::{Limits, Origin, Seat, Uploads};

/// How often progress and regions are sent while something moves.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// As many messages that are none are answered at once. A page that plays by the rules sends none of them.
const MAX_BAD: u32 = 64;
/// In so much time one more of them is answered.
const BAD: Duration = Duration::from_secs(1);

/// In so much time a close is where it was sent to, and is answered.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A live page.
#[derive(Debug)]
pub(super) struct WsSession {
    pub(super) uploads: Uploads,
    pub(super) mounted: Mounted,
    pub(super) context: PageContext,
    pub(super) streams: Streams,
    /// What becomes of those that are being settled.
    pub(super) outcomes: Outcomes,
    pub(super) checksums: bool,
    /// A tick is due.
    pub(super) ticking: bool,
    /// When regions were last rendered.
    pub(super) rendered: Option<Instant>,
    /// A view's handler or a region's rendering is under way; the next waits for it.
    pub(super) busy: bool,
    /// Something comes to this page by another way, as far as it has been shown.
    pub(super) elsewhere: bool,
    /// Batches that are being registered.
    pub(super) registering: usize,
    pub(super) guard: SessionGuard,
    watch: Arc<Watch>,
    cut: Cut,
    ear: Ear,
    /// How often the peer is asked for a sign of life.
    ping: Duration,
    /// One for each of its client's wishes that wait for an answer.
    wishes: Wishes,
    /// What is no message, and is answered all the same.
    bad: Allowance,
    /// Events that are not made to wait.
    pub(super) events: Allowance,
    greeted: bool,
    /// When its client was about to be told that it may speak.
    begun: Instant,
    /// Bytes of an entry that may be on their way beyond what is acknowledged.
    pub(super) window: u64,
    assembly: Assembly,
    /// Its places among those of its address and its caller.
    seats: Vec<Seat>,
    /// Where it comes from, if that counts.
    pub(super) origin: Option<Origin>,
}

impl WsSession {
    pub(super) fn new(
        uploads: Uploads,
        mounted: Mounted,
        context: PageContext,
        guard: SessionGuard,
        watch: Arc<Watch>,
        cut: Cut,
    ) -> Self {
        let window = uploads.limits().window;
        Self {
            uploads,
            mounted,
            context,
            streams: Streams::default(),
            outcomes: Outcomes::default(),
            checksums: false,
            ticking: false,
            rendered: None,
            busy: false,
            elsewhere: false,
            registering: 0,
            guard,
            watch,
            cut,
            ear: Ear::default(),
            ping: Patience::default().ping(),
            wishes: Wishes::default(),
            bad: Allowance::new(MAX_BAD, BAD),
            events: Allowance::new(EVENTS, EACH),
            greeted: false,
            begun: Instant::now(),
            window,
            assembly: Assembly::default(),
            seats: Vec::new(),
            origin: None,
        }
    }

    /// In places that are free again when it ends.
    pub(super) fn seated(mut self, seats: [Seat; 2], origin: Origin) -> Self {
        self.seats.extend(seats);
        self.origin = Some(origin);
        self
    }

    /// With another time between pings.
    pub(super) fn patient(mut self, patience: &Patience) -> Self {
        self.ping = patience.ping();
        self
    }

    /// With what is closed when its client floods.
    pub(super) fn heard_by(mut self, ear: Ear) -> Self {
        self.ear = ear;
        self
    }

    /// While the answer lives, the peer's silence does not count: we don't listen.
    pub(super) fn deaf(&self) -> Deaf {
        self.watch.liveness.deaf()
    }

    pub(super) fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    pub(super) fn limits(&self) -> &Limits {
        self.uploads.limits()
    }

    /// The socket is open: the supervisor watches it from now on.
    pub(super) fn opened(&mut self, ctx: &mut Ctx) {
        let join = self.join(&self.guard, self.mounted.session.id(), ctx);
        // Nothing is read before the supervisor knows of the session.
        self.guard.supervisor().send(join).into_actor(self).map(|_, _, _| ()).wait(ctx);
        self.listen(ctx);
        self.await_outcomes(ctx);
        ctx.run_interval(self.ping, |_, ctx| socket::ping(ctx));
        tracing::info!(session.id = %self.mounted.session.id(), page = %self.mounted.session.page(),
            "a live session begins");
    }

    /// What the supervisor is told of a session that lives by this connection.
    pub(super) fn join(&self, guard: &SessionGuard, session: SessionId, ctx: &Ctx) -> Join {
        Join {
            session,
            connection: guard.connection(),
            liveness: Arc::clone(&self.watch.liveness),
            close: ctx.address().recipient(),
            cut: self.cut.clone(),
        }
    }

    fn hello(&mut self, resume: Option<String>, checksums: bool, ctx: &mut Ctx) {
        if self.greeted {
            let twice =
                Rejection::new(Code::InvalidMessage).with_message("Hello was said already.");
            return self.bad_message(&twice, ctx);
        }
        self.greeted = true;
        self.watch.liveness.greet();
        self.window = granted(self.limits(), self.begun.elapsed());
        self.checksums = checksums;
        match resume.and_then(|token| self.resumed(&token)) {
            Some(session) => self.resume(session, ctx),
            None => self.welcome(Vec::new(), ctx),
        }
    }

    /// Says what there is, the entries that go on included.
    pub(super) fn welcome(&mut self, entries: Vec<AdoptedEntry>, ctx: &mut Ctx) {
        let session = &self.mounted.session;
        let slots = session.slots();
        let slots = slots.iter().map(|slot| (slot.name().clone(), SlotRules::from(&**slot)));
        let limits = self.limits();
        let welcome = ServerMessage::Welcome {
            version: 1,
            session: session.id().to_string(),
            resume: self.uploads.resume_token(session.id(), session.page(), session.caller()),
            max_frame: limits.max_frame,
            window: self.window,
            checksums: self.checksums,
            slots: slots.collect(),
            entries,
        };
        socket::send(&welcome, ctx);
        self.watch_elsewhere(ctx);
    }

    pub(super) fn greeted(&self) -> bool {
        self.greeted
    }

    /// An error that belongs to no entry.
    #[allow(clippy::unused_self)] // It reads as what the session says.
    pub(super) fn error(&self, rejection: &Rejection, ctx: &mut Ctx) {
        socket::send(&ServerMessage::error(rejection), ctx);
    }

    /// What is no message is answered, so often: whoever says nothing else is no page.
    pub(super) fn bad_message(&mut self, rejection: &Rejection, ctx: &mut Ctx) {
        if self.bad.take(Instant::now()) {
            return self.error(rejection, ctx);
        }
        self.close(Closing::Nonsense, ctx);
    }

    /// A peer that ignores the close is cut off a moment later.
    fn cut_soon(&self) {
        let cut = self.cut.clone();
        actix_rt::spawn(async move {
            actix_rt::time::sleep(LAST_WORDS).await;
            cut.cut();
        });
    }
}

impl Speaker for WsSession {
    fn max_frame(&self) -> usize {
        self.limits().max_frame
    }

    fn assembly(&mut self) -> &mut Assembly {
        &mut self.assembly
    }

    fn watch(&self) -> &Watch {
        &self.watch
    }

    fn text(&mut self, text: &str, ctx: &mut Ctx) {
        match wire::decode(text) {
            Ok(ClientMessage::Hello { resume, checksums }) => self.hello(resume, checksums, ctx),
            Ok(_) if !self.greeted => {
                let mute = Rejection::new(Code::InvalidMessage).with_message("Say hello first.");
                self.bad_message(&mute, ctx);
            }
            Ok(ClientMessage::Register { slot, offers }) => self.register(slot, offers, ctx),
            Ok(ClientMessage::Cancel { reference }) => self.cancel(&reference, ctx),
            Ok(ClientMessage::Event { name, payload, seq }) => {
                self.event(name, payload, seq, ctx);
            }
            Ok(ClientMessage::Attach { reference, id, size }) => {
                self.attach(reference, id, size, ctx);
            }
            Err(error) => {
                self.bad_message(&Rejection::new(error.code).with_message(error.message), ctx);
            }
        }
    }

    fn data(&mut self, pieces: Vec<Bytes>, ctx: &mut Ctx) {
        self.data_frame(pieces, ctx);
    }

    /// Closes from our side; what was received is kept for the grace time.
    fn close(&mut self, closing: Closing, ctx: &mut Ctx) {
        if closing.is_their_fault() {
            tracing::warn!(session.id = %self.mounted.session.id(), why = closing.text(),
                "a live session is closed because of what its client sent");
            self.ear.close();
        }
        self.streams.clear();
        socket::close(closing, ctx);
        self.cut_soon();
    }
}

impl Drop for WsSession {
    fn drop(&mut self) {
        tracing::info!(session.id = %self.mounted.session.id(), "a live session ends");
    }
}

//! Floor 3: the actor that owns lifetimes.
//!
//! A live session can't watch itself: its actor is polled as the body of a response, and a peer that stops
//! reading freezes it, timers included. Nor can it clean up after itself: nothing can be awaited when an
//! actor stops, and a panic skips even that. So one supervisor, with a context of its own, watches all
//! sessions, closes the dead ones, keeps what a session left for its grace time, sweeps what has expired
//! and drains at shutdown. Bytes never come near it.

mod guard;
mod liveness;
mod messages;
mod pace;
mod patience;
#[cfg(test)]
mod tests;
mod watchlist;

use std::collections::HashMap;
use std::time::Duration;

use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, ResponseFuture, SpawnHandle, WrapFuture,
};
use tokio::sync::watch;

pub use self::guard::{Connection, SessionGuard};
pub use self::liveness::{Deaf, Liveness};
pub use self::messages::{Close, CloseReason, Cut, Drain, Grace, Join, Leave, Sweep};
pub use self::pace::Pace;
pub use self::patience::{LEAST, Patience};
pub use self::watchlist::{Watched, Watchlist};

use crate::domain::SessionId;
use crate::engine::{Engine, Swept, UploadError};

/// How long a connection that is over may take to hear of it. A frozen one never does.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Room for messages; each session sends two in its life.
const MAILBOX: usize = 4096;

/// Times that the supervisor keeps.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// How long a disconnected session's unfinished entries are kept; zero removes them at once.
    pub grace: Duration,
    /// How long an entry may stay unfinished, or complete and not consumed.
    pub entry_ttl: Duration,
}

/// Owns the lifetimes of all sessions.
#[derive(Debug)]
pub struct Supervisor {
    engine: Engine,
    times: Times,
    patience: Patience,
    watchlist: Watchlist,
    sessions: HashMap<SessionId, Join>,
    /// Sessions of an earlier process that may come back.
    dormant: Vec<SessionId>,
    leaving: HashMap<SessionId, SpawnHandle>,
    /// Sessions whose rest is being removed.
    abandoning: usize,
    // Latest number of sessions, those too of which the rest is being removed; a drain waits for zero.
    count: watch::Sender<usize>,
    draining: bool,
}

impl Supervisor {
    /// A supervisor for this engine's sessions, and for those that an earlier process left: their grace time
    /// begins now. Start it in an arbiter of its own.
    #[must_use]
    pub fn new(engine: Engine, times: Times, dormant: Vec<SessionId>) -> Self {
        let (sessions, leaving) = (HashMap::new(), HashMap::new());
        let count = watch::Sender::new(0);
        let (patience, watchlist) = (Patience::default(), Watchlist::default());
        Self {
            engine,
            times,
            patience,
            watchlist,
            sessions,
            dormant,
            leaving,
            abandoning: 0,
            count,
            draining: false,
        }
    }

    /// With other times for slow peers.
    #[must_use]
    pub fn patient(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Where requests are watched.
    #[must_use]
    pub fn watchlist(&self) -> Watchlist {
        self.watchlist.clone()
    }

    fn join(&mut self, join: Join, ctx: &mut Context<Self>) {
        if self.draining {
            let _ = join.close.try_send(Close { reason: CloseReason::Shutdown });
        }
        self.stay(join.session, ctx);
        if let Some(old) = self.sessions.insert(join.session, join) {
            let _ = old.close.try_send(Close { reason: CloseReason::Superseded });
            // It may be frozen and never read this.
            ctx.run_later(LAST_WORDS, move |_, _| old.cut.cut());
        }
        self.recount();
    }

    /// Whoever comes back is not abandoned.
    fn stay(&mut self, session: SessionId, ctx: &mut Context<Self>) {
        if let Some(timer) = self.leaving.remove(&session) {
            ctx.cancel_future(timer);
        }
    }

    fn recount(&self) {
        self.count.send_replace(self.sessions.len() + self.abandoning);
    }

    fn leave(&mut self, leave: &Leave, ctx: &mut Context<Self>) {
        let session = leave.session;
        if self.sessions.get(&session).is_some_and(|join| join.connection != leave.connection) {
            return; // A newer connection has taken the session up.
        }
        self.sessions.remove(&session);
        let grace = match leave.grace {
            Grace::Usual => self.times.grace,
            Grace::None => Duration::ZERO,
            Grace::Standing => return self.recount(),
        };
        if grace.is_zero() {
            self.abandon(session, ctx);
        } else {
            self.recount();
            self.wait_for(session, grace, ctx);
        }
    }

    /// Gives a session its grace time. While we drain it doesn't run out: the next process gives a new one.
    fn wait_for(&mut self, session: SessionId, grace: Duration, ctx: &mut Context<Self>) {
        self.stay(session, ctx);
        if self.draining {
            return;
        }
        let timer = ctx.run_later(grace, move |supervisor, ctx| {
            supervisor.leaving.remove(&session);
            supervisor.abandon(session, ctx);
        });
        self.leaving.insert(session, timer);
    }

    fn abandon(&mut self, session: SessionId, ctx: &mut Context<Self>) {
        self.abandoning += 1;
        self.recount();
        let engine = self.engine.clone();
        let abandoning = async move { engine.abandon(session).await };
        ctx.spawn(abandoning.into_actor(self).map(|(), supervisor, _| {
            supervisor.abandoning -= 1;
            supervisor.recount();
        }));
    }

    /// Closes who has been silent for too long, and forgets who is gone without a word.
    fn look(&mut self, ctx: &mut Context<Self>) {
        let gone: Vec<Leave> =
            self.sessions.values().filter(|join| !join.close.connected()).map(Leave::of).collect();
        for leave in &gone {
            self.leave(leave, ctx);
        }
        self.give_up_peers(ctx);
        self.watchlist.look();
    }

    fn give_up_peers(&self, ctx: &mut Context<Self>) {
        for join in self.sessions.values() {
            let Some(reason) = join.liveness.give_up(&self.patience) else { continue };
            tracing::info!(session.id = %join.session, "closing a session: {}", reason.as_str());
            // The actor may be frozen and never read this; the cut works without it.
            let _ = join.close.try_send(Close { reason });
            let cut = join.cut.clone();
            ctx.run_later(LAST_WORDS, move |_, _| cut.cut());
        }
    }

    fn sweep(&self, ctx: &mut Context<Self>) {
        let (engine, Times { grace, entry_ttl }) = (self.engine.clone(), self.times);
        let sweep = async move {
            engine.park(grace);
            engine.sweep(entry_ttl).await
        };
        ctx.spawn(sweep.into_actor(self).map(|swept, _, _| match swept {
            Ok(swept) if swept == crate::engine::Swept::default() => {}
            Ok(swept) => tracing::info!(?swept, "expired entries removed"),
            Err(error) => tracing::error!(%error, "the sweep failed"),
        }));
    }
}

impl Actor for Supervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(self.patience.look(), Self::look);
        let every =
            (self.times.entry_ttl / 4).clamp(Duration::from_secs(1), Duration::from_secs(600));
        ctx.run_interval(every, |supervisor, ctx| supervisor.sweep(ctx));
        for session in std::mem::take(&mut self.dormant) {
            if self.times.grace.is_zero() {
                self.abandon(session, ctx);
            } else {
                self.wait_for(session, self.times.grace, ctx);
            }
        }
    }
}

impl Handler<Join> for Supervisor {
    type Result = ();

    fn handle(&mut self, join: Join, ctx: &mut Self::Context) {
        self.join(join, ctx);
    }
}

impl Handler<Leave> for Supervisor {
    type Result = ();

    fn handle(&mut self, leave: Leave, ctx: &mut Self::Context) {
        self.leave(&leave, ctx);
    }
}

impl Handler<Sweep> for Supervisor {
    type Result = ResponseFuture<Result<Swept, UploadError>>;

    fn handle(&mut self, _: Sweep, _: &mut Self::Context) -> Self::Result {
        let (engine, ttl) = (self.engine.clone(), self.times.entry_ttl);
        Box::pin(async move { engine.sweep(ttl).await })
    }
}

impl Handler<Drain> for Supervisor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) -> Self::Result {
        self.draining = true;
        self.engine.close();
        for timer in std::mem::take(&mut self.leaving).into_values() {
            ctx.cancel_future(timer);
        }
        for join in self.sessions.values() {
            let _ = join.close.try_send(Close { reason: CloseReason::Shutdown });
            let cut = join.cut.clone();
            ctx.run_later(LAST_WORDS, move |_, _| cut.cut());
        }
        let (mut count, engine) = (self.count.subscribe(), self.engine.clone());
        Box::pin(async move {
            let all_gone = async {
                let _ = count.wait_for(|sessions| *sessions == 0).await;
                engine.settled().await;
            };
            if tokio::time::timeout(drain.within, all_gone).await.is_err() {
                tracing::warn!("some sessions did not end in time");
            }
        })
    }
}

//! Events of the page: the view's handler runs, then the page is told what has become of its files.
//!
//! Each runs a handler of the application's and renders regions. A person makes a few in a second, and a page that makes
//! them as fast as it can would have the server to itself; so beyond [`EVENTS`] it is read more slowly.

use std::time::{Duration, Instant};

use actix::{ActorFutureExt, AsyncContext, ContextFutureSpawner, WrapFuture};
use serde_json::Value;
use tokio::time::sleep;

use super::finish::told_of;
use super::progress::render;
use super::session::WsSession;
use super::socket::{self, Ctx};
use super::wire::{ErrorFacts, ServerMessage};
use crate::domain::{Code, Rejection};
use crate::transport::answer::told_in;
use crate::view::Event;

/// So many at once.
pub(super) const EVENTS: u32 = 64;
/// And then one in so much time.
pub(super) const EACH: Duration = Duration::from_millis(20);

impl WsSession {
    pub(super) fn event(&mut self, name: String, payload: Value, seq: Option<u64>, ctx: &mut Ctx) {
        if self.events.take(Instant::now()) {
            return self.event_now(name, payload, seq, ctx);
        }
        // Nothing is read meanwhile, so whoever sends them has to wait, too.
        sleep(EACH)
            .into_actor(self)
            .map(move |(), actor, ctx| actor.event_now(name, payload, seq, ctx))
            .wait(ctx);
    }

    fn event_now(&mut self, name: String, payload: Value, seq: Option<u64>, ctx: &mut Ctx) {
        let Some(wish) = self.wishes().one_more() else {
            let refused = Rejection::new(Code::RateLimited);
            return match seq {
                Some(seq) => {
                    let error = Some(ErrorFacts::from(&refused));
                    socket::send(&ServerMessage::Reply { seq, ok: false, error }, ctx);
                }
                None => self.error(&refused, ctx),
            };
        };
        let (mounted, context) = (self.mounted.clone(), self.context.clone());
        let complete = self.streams.complete();
        let work = async move {
            let entries = mounted.session.entries();
            let result = mounted.handle_event(Event { name, payload }).await;
            let mut taken = Vec::new();
            for (number, id) in complete {
                let Some(entry) = entries.iter().find(|entry| entry.id == id) else { continue };
                if let Some(progress) =
                    told_of(entry, &mounted.session.fate(id).await, &mounted.session)
                {
                    taken.push((number, progress));
                }
            }
            let regions = render(&mounted, &context).await;
            drop(wish);
            (result.err().map(|error| told_in(&mounted.session, &error)), taken, regions)
        };
        // Beside the frames: a handler may take its time.
        ctx.spawn(work.into_actor(self).map(move |(refused, taken, regions), actor, ctx| {
            for (number, progress) in taken {
                if actor.streams.close(number).is_some() {
                    socket::send(&ServerMessage::Progress(progress), ctx);
                }
            }
            for region in regions {
                socket::send(&region, ctx);
            }
            match (seq, refused) {
                (Some(seq), refused) => {
                    let error = refused.as_ref().map(ErrorFacts::from);
                    socket::send(&ServerMessage::Reply { seq, ok: error.is_none(), error }, ctx);
                }
                (None, Some(rejection)) => actor.error(&rejection, ctx),
                (None, None) => {}
            }
        }));
    }
}

//! The tick: while something moves, progress and changed regions go out ten times a second, the latest
//! value of each, however many marks there were in between. A quiet session has no timer at all.

use std::time::{Duration, Instant};

use actix::{ActorFutureExt, AsyncContext, WrapFuture};

use super::session::{TICK, WsSession};
use super::socket::{self, Ctx};
use super::wire::{Progress, ServerMessage};
use crate::transport::answer::told_in;

/// A page of hundreds of files is rendered again this often, however fast they come.
const REGIONS: Duration = Duration::from_millis(400);

impl WsSession {
    /// Makes sure that a tick comes.
    pub(super) fn tick_soon(&mut self, ctx: &mut Ctx) {
        if !std::mem::replace(&mut self.ticking, true) {
            ctx.run_later(TICK, |actor, ctx| {
                actor.ticking = false;
                actor.tick(ctx);
            });
        }
    }

    fn tick(&mut self, ctx: &mut Ctx) {
        let mut acks = Vec::new();
        let mut moved = Vec::new();
        let mut receiving = false;
        for (stream, entry) in self.streams.receiving() {
            receiving = true;
            entry.lease.flush();
            let offset = entry.lease.written();
            if offset > *entry.acked {
                *entry.acked = offset;
                acks.push(ServerMessage::Ack { stream, offset });
            }
            if offset > *entry.shown {
                *entry.shown = offset;
                moved.push(entry.lease.entry());
            }
        }
        for ack in acks {
            socket::send(&ack, ctx);
        }
        for entry in &moved {
            socket::send(&ServerMessage::Progress(Progress::of(entry, None)), ctx);
        }
        if self.busy {
            return self.tick_soon(ctx);
        }
        self.busy = true;
        let render_now = self.rendered.is_none_or(|at| at.elapsed() >= REGIONS);
        let (mounted, context) = (self.mounted.clone(), self.context.clone());
        let work = async move {
            for entry in &moved {
                if let Err(error) = mounted.on_progress(entry).await {
                    told_in(&mounted.session, &error);
                }
            }
            if render_now { render(&mounted, &context).await } else { Vec::new() }
        };
        ctx.spawn(work.into_actor(self).map(move |regions, actor, ctx| {
            actor.busy = false;
            if !regions.is_empty() {
                actor.rendered = Some(Instant::now());
            }
            for region in regions {
                socket::send(&region, ctx);
            }
            if receiving || actor.mounted.session.has_regions() {
                actor.tick_soon(ctx);
            }
        }));
    }
}

/// Renders the regions that have changed. One that can't be rendered stays as it is, and its page is told.
pub(super) async fn render(
    mounted: &crate::mounted::Mounted,
    context: &crate::templates::PageContext,
) -> Vec<ServerMessage> {
    let mut messages = Vec::new();
    for name in mounted.session.take_regions() {
        match mounted.render_region(&name, context).await {
            Ok(html) => messages.push(ServerMessage::Region { name, html }),
            Err(error) => messages.push(ServerMessage::error(&told_in(&mounted.session, &error))),
        }
    }
    messages
}

//! News: what a page is told without having asked, because something else changed what it shows. The
//! application cancelled an entry, the sweep ended one, a task in the background has a result to show.

use actix::{ActorStreamExt, AsyncContext};
use futures_util::stream;

use super::session::WsSession;
use super::socket::Ctx;

impl WsSession {
    /// Listens for as long as the page lives.
    pub(super) fn listen(&self, ctx: &mut Ctx) {
        let endings = stream::unfold(self.mounted.session.endings(), async |mut endings| {
            Some((endings.recv().await?, endings))
        });
        let endings = actix::fut::wrap_stream::<_, Self>(endings)
            .map(|entry, actor, ctx: &mut Ctx| actor.ended(&entry, ctx))
            .finish();
        ctx.spawn(endings);
        let pushes = stream::unfold(self.mounted.session.clone(), async |session| {
            session.region_pushed().await;
            Some(((), session))
        });
        let pushes = actix::fut::wrap_stream::<_, Self>(pushes)
            .map(|(), actor, ctx: &mut Ctx| {
                // Before the welcome nobody could place a region; it goes out right behind it.
                if actor.greeted() {
                    actor.tick_soon(ctx);
                }
            })
            .finish();
        ctx.spawn(pushes);
    }
}

//! What comes to this page by another way: another tab, a form, a program. The page shows how far it is, and its
//! view is told of each file that was taken over there.
//!
//! News comes as latest values and is asked for at most once a tick, so a storm of uploads costs a page no more
//! than a few renderings a second, and a page that doesn't read costs nothing.

use actix::{ActorFutureExt, AsyncContext, WrapFuture};

use super::progress::render;
use super::session::{TICK, WsSession};
use super::socket::{self, Ctx};
use crate::domain::EntryState;
use crate::transport::answer::told_in;
use crate::uploads::{News, Watch};

/// The region of what is on its way by other ways; a page has it if it has a template for it.
const REGION: &str = "elsewhere";
/// The region that is read aloud: it changes when the first such upload comes and when the last one has gone.
const SPOKEN: &str = "elsewhere_status";

impl WsSession {
    /// Watches for as long as the page lives. What the page was loaded with is brought up to date first: it may be
    /// old, and have shown entries that this very session has taken up.
    pub(super) fn watch_elsewhere(&mut self, ctx: &mut Ctx) {
        let watch = self.mounted.session.watch_elsewhere();
        self.hear(watch, ctx);
        self.show_elsewhere();
        // Not with a tick: the next one may have a file to list, which would wait for its turn then.
        let (mounted, context) = (self.mounted.clone(), self.context.clone());
        let rendering = async move { render(&mounted, &context).await };
        ctx.spawn(rendering.into_actor(self).map(|regions, _, ctx| {
            for region in regions {
                socket::send(&region, ctx);
            }
        }));
    }

    /// An entry from elsewhere may have become one of this page.
    pub(super) fn took_from_elsewhere(&mut self) {
        if self.elsewhere {
            self.show_elsewhere();
        }
    }

    fn hear(&self, mut watch: Watch, ctx: &mut Ctx) {
        let hearing = async move { (watch.next().await, watch) };
        ctx.spawn(hearing.into_actor(self).map(|(news, watch), actor, ctx| {
            if let Some(news) = news {
                actor.heard(news, watch, ctx);
            }
        }));
    }

    fn heard(&self, news: Vec<News>, watch: Watch, ctx: &mut Ctx) {
        let mounted = self.mounted.clone();
        let telling = async move {
            for end in news.into_iter().filter_map(|news| news.end) {
                if *end.state() == EntryState::Consumed
                    && let Err(error) = mounted.on_elsewhere(&end).await
                {
                    told_in(&mounted.session, &error);
                }
            }
        };
        // Beside the frames. The next news is asked for when the view has dealt with these.
        ctx.spawn(telling.into_actor(self).map(|(), actor, ctx| {
            actor.show_elsewhere();
            ctx.run_later(TICK, |actor, ctx| actor.hear(watch, ctx));
        }));
    }

    fn show_elsewhere(&mut self) {
        if !self.mounted.has_region(REGION) {
            return;
        }
        let session = &self.mounted.session;
        let something = !session.elsewhere().is_empty();
        session.push_region(REGION);
        if std::mem::replace(&mut self.elsewhere, something) != something
            && self.mounted.has_region(SPOKEN)
        {
            session.push_region(SPOKEN);
        }
    }
}

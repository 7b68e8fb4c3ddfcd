//! Standing sessions: uploads that come by requests, each of which may be the last one for a day.
//!
//! tus and its like know no connection that begins and ends. All uploads of one caller on one page that come
//! that way share one session, so that the slot's rules hold among them. Nobody leaves it; an upload that nobody
//! goes on with is put down, which frees its memory, and is taken up again from its row and its bytes. What has
//! been put down doesn't count against the slot any more: as with a page that was left, others may come instead.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::Engine;
use super::live::LiveEntry;
use crate::domain::{Caller, PageName, SessionId};

impl Engine {
    /// The session of a caller's uploads on a page that come by requests.
    #[must_use]
    pub fn standing_session(caller: &Caller, page: &PageName) -> SessionId {
        let digest = Sha256::digest(format!("{} {page}", caller.claim()));
        let mut name = [0; 16];
        name.copy_from_slice(&digest[..16]);
        SessionId::standing(name)
    }

    /// Puts down what nobody has touched for so long, in standing sessions. Nothing is removed.
    pub fn park(&self, idle: Duration) {
        let before = self.ago(idle);
        for live in self.registry().all() {
            let session = live.entry().session;
            if !session.is_standing() || live.used() >= before {
                continue;
            }
            // Whoever ends it has this, and whoever writes it, or is about to, has the pen.
            let Ok(_commit) = live.commit.try_lock() else { continue };
            let Ok(mut pen) = Arc::clone(&live.pen).try_lock_owned() else { continue };
            if self.registry().moved(&live) {
                continue; // Another session has it by now.
            }
            if live.is_unrecorded() {
                continue; // Its application is being offered it.
            }
            let (over, complete) = {
                let entry = live.entry();
                (entry.state().is_terminal(), entry.done())
            };
            // What a writer of the application's has been given can't be taken up from anywhere.
            let resting = pen.as_ref().is_some_and(|pen| {
                let kept = live.hooks.writer.is_none() || pen.offset() == 0;
                kept && pen.sync.durable() == pen.offset()
            });
            if over || complete || resting {
                // ORDER: without its pen first. Who has found the entry already finds that it can't be written
                // here, and looks again.
                *pen = None;
                self.registry().forget(session, live.id);
                self.news().moved(&live);
            }
        }
    }

    /// Removes a standing session's place if nothing lies in it: nobody will leave it and do so.
    pub(super) async fn tidy_standing(&self, live: &LiveEntry) {
        let (session, home) = {
            let entry = live.entry();
            (entry.session, entry.home)
        };
        if session.is_standing() {
            self.tidy(home).await;
        }
    }
}

impl LiveEntry {
    /// Whether each request that brings bytes may be the last one for a day.
    pub(super) fn is_standing(&self) -> bool {
        self.entry().session.is_standing()
    }

    /// Whether the first bytes are written before there are enough of them to be judged, because the store can give
    /// them back for that.
    pub(super) fn keeps_heads(&self) -> bool {
        self.is_standing() && self.hooks.writer.is_none()
    }
}

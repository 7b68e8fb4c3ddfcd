//! Failing: an entry that can't go on ends, its bytes and its row go, and everyone who waits is told.

use super::error::Causes;
use super::live::LiveEntry;
use super::sink::Sink;
use super::{Engine, Lifetime, UploadError};
use crate::domain::{Rejection, Transition};

impl Engine {
    /// Ends an entry that can't go on: its bytes are removed, its row too, and everyone who waits is told.
    pub(super) async fn fail(&self, live: &LiveEntry, error: UploadError, sink: Option<Sink>) {
        let reason = error.rejection();
        if live.apply(Transition::Fail(reason.clone())).is_err() {
            // Cancelled or expired meanwhile: whoever did that removes the row. The bytes are with us.
            return self.give_up(live, sink, &live.gone().rejection()).await;
        }
        if error.is_ours() {
            tracing::error!(entry.id = %live.id, error = %Causes(&error), "entry {} failed", live.id);
        }
        let nowhere = sink.is_none();
        self.discard(live, sink, &reason).await;
        live.let_go();
        if nowhere && matches!(error, UploadError::Store(_)) {
            self.clear_away(live).await;
        }
        live.marks.send_modify(|mark| mark.failure = Some(error));
        self.registry().tell(&live.snapshot());
        self.news().ended(&live.snapshot());
        let session = live.entry().session;
        self.registry().prune(session);
    }

    /// Removes what an unfinished entry left behind. Failures are logged: the next start puts aside what no row
    /// explains.
    pub(super) async fn discard(&self, live: &LiveEntry, sink: Option<Sink>, reason: &Rejection) {
        // ORDER: the row first. A row whose bytes are gone reads as a loss to whoever starts after a crash.
        if live.lifetime == Lifetime::Session
            && let Err(error) = self.forget_row(live.id).await
        {
            tracing::warn!(entry.id = %live.id, error = %Causes(&error), "row not removed");
        }
        self.give_up(live, sink, reason).await;
        self.tidy_standing(live).await;
    }

    /// Removes the bytes of an entry that nobody can write any more. Its writer went with the step that failed, and
    /// nobody knows how much of that step was done.
    async fn clear_away(&self, live: &LiveEntry) {
        let unfinished = self.forget_unfinished(live.key()).await;
        for cleared in [unfinished, self.parts().blobs.remove(live.id).await] {
            if let Err(error) = cleared {
                tracing::warn!(entry.id = %live.id, error = %Causes(&error), "bytes not removed");
            }
        }
    }

    pub(super) async fn give_up(&self, live: &LiveEntry, sink: Option<Sink>, reason: &Rejection) {
        if let Some(sink) = sink
            && let Err(error) = sink.abort(reason).await
        {
            tracing::warn!(entry.id = %live.id, error = %Causes(&error), "bytes not removed; once more");
            // Nobody comes back for them: without a row they would lie there until the next start.
            if let Err(error) = self.forget_unfinished(live.key()).await {
                tracing::warn!(entry.id = %live.id, error = %Causes(&error), "bytes not removed");
            }
        }
        // Its session has gone meanwhile, and could not remove the place where these bytes still lay.
        if !self.registry().is_live(live.id) {
            let home = live.entry().home;
            self.tidy(home).await;
        }
    }
}

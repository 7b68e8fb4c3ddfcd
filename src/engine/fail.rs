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
        self.discard(live, sink, &reason).await;
        live.marks.send_modify(|mark| mark.failure = Some(error));
        self.registry().tell(&live.snapshot());
        let session = live.entry().session;
        self.registry().prune(session);
    }

    /// Removes what an unfinished entry left behind. Failures are logged: what stays behind
    /// is put aside at the next start.
    pub(super) async fn discard(&self, live: &LiveEntry, sink: Option<Sink>, reason: &Rejection) {
        self.give_up(live, sink, reason).await;
        if live.lifetime == Lifetime::Session
            && let Err(error) = self.parts().catalogue.remove(live.id).await
        {
            tracing::warn!(entry.id = %live.id, error = %Causes(&error), "row not removed");
        }
    }

    #[allow(clippy::unused_self)] // It reads as what the engine does.
    async fn give_up(&self, live: &LiveEntry, sink: Option<Sink>, reason: &Rejection) {
        if let Some(sink) = sink
            && let Err(error) = sink.abort(reason).await
        {
            tracing::warn!(entry.id = %live.id, error = %Causes(&error), "bytes not removed");
        }
    }
}

//! Abandoning: a session is over for good, and what it did not finish goes.
//!
//! Whoever registers a thousand files and leaves, and does so again, makes more work by leaving than by coming. One by
//! one these are a thousand transactions, and each waits for the disk with those of honest people. So a session's entries
//! end in portions, each of which is one statement, and the catalogue makes such clean-up when it has nothing better to do
//! ([`Catalogue::remove_all`](crate::catalogue::Catalogue::remove_all)): at most one portion beside what others wait for.
//!
//! INVARIANT: as with any end, rows go before bytes. What is being settled is waited for, and stays if it was; what another
//! session has adopted is that one's.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::live::LiveEntry;
use super::sink::Sink;
use super::{Causes, Engine, Lifetime, UploadError};
use crate::catalogue::{Query, Wanted};
use crate::domain::{Code, EntryState, Rejection, SessionId, Transition};

/// As many entries as end together: enough that a statement and its share of a commit cost each of them little, few
/// enough that whoever is in the same commit doesn't notice.
const PORTION: usize = 128;
/// As many rows as one look takes.
const ROUND: u32 = 200;

/// An entry whose commit lock is held: it is neither settled nor cancelled by anybody else.
type Held = (Arc<LiveEntry>, OwnedMutexGuard<()>);

impl Engine {
    /// A session is over for good: what it did not finish is cancelled and forgotten, and its folder goes.
    /// Complete entries stay until they are consumed or expire.
    pub async fn abandon(&self, session: SessionId) {
        self.registry().hang_up(session);
        let code = if self.is_closing() { Code::ShuttingDown } else { Code::Cancelled };
        for portion in self.registry().of_session(session).chunks(PORTION) {
            let (mut held, mut late) = (Vec::with_capacity(portion.len()), Vec::new());
            for live in portion {
                match Arc::clone(&live.commit).try_lock_owned() {
                    Ok(commit) => held.push((Arc::clone(live), commit)),
                    Err(_) => late.push(live),
                }
            }
            self.leave(session, held, code).await;
            // ORDER: only with no lock of another entry in hand. Whoever settles this one may take as long as its checks.
            for live in late {
                let commit = Arc::clone(&live.commit).lock_owned().await;
                self.leave(session, vec![(Arc::clone(live), commit)], code).await;
            }
        }
        let (dormant, homes) = self.registry().bury(session);
        if dormant && let Err(error) = self.abandon_remembered(session).await {
            tracing::warn!(session.id = %session, error = %Causes(&error), "left to the sweep");
        }
        for home in homes {
            self.tidy(home).await;
        }
    }

    /// Ends a session of which nothing is left but entries that have ended. False if there is more to do: then nothing was
    /// done, and it has to be [abandoned](Self::abandon).
    pub fn leave_at_once(&self, session: SessionId) -> bool {
        let is_tidy = self.parts().spool.as_ref().is_none_or(|spool| spool.is_tidy(session));
        if !is_tidy || !self.registry().is_plain(session) {
            return false;
        }
        let all = self.registry().of_session(session);
        // What is being ended is waited for elsewhere.
        let has_ended = |live: &Arc<LiveEntry>| {
            live.entry().state().is_terminal() && live.commit.try_lock().is_ok()
        };
        if !all.iter().all(has_ended) {
            return false;
        }
        self.registry().hang_up(session);
        for live in all {
            self.registry().forget(session, live.id);
            self.news().moved(&live);
        }
        true
    }

    /// Ends what is unfinished of these, and forgets all of them.
    async fn leave(&self, session: SessionId, held: Vec<Held>, code: Code) {
        let reason = Rejection::new(code);
        let mut ending: Vec<Held> = Vec::with_capacity(held.len());
        for (live, commit) in held {
            if self.registry().moved(&live) {
                continue; // Another session has adopted it.
            }
            // Looked at behind the lock: what was being settled is complete now, and stays.
            let active = live.entry().state().is_active();
            if active && live.apply(Transition::Cancel).is_ok() {
                live.supersede();
                ending.push((live, commit));
            } else {
                if let Err(error) = self.record_now(&live).await {
                    tracing::warn!(entry.id = %live.id, error = %Causes(&error), "a file of an unfinished request is gone");
                }
                self.registry().forget(session, live.id);
                self.news().moved(&live);
            }
        }
        let mut sinks: Vec<Option<Sink>> = Vec::with_capacity(ending.len());
        for (live, _) in &ending {
            let pen = Arc::clone(&live.pen).lock_owned().await.take();
            sinks.push(pen.and_then(|pen| pen.sink));
        }
        // ORDER: the rows first. A row whose bytes are gone reads as a loss to whoever starts after a crash.
        let remembered = ending.iter().filter(|(live, _)| live.lifetime == Lifetime::Session);
        let rows: Vec<_> = remembered.map(|(live, _)| live.id).collect();
        self.forget_rows(&rows).await;
        for ((live, _commit), sink) in ending.into_iter().zip(sinks) {
            self.give_up(&live, sink, &reason).await;
            self.tidy_standing(&live).await;
            live.let_go();
            live.marks.send_modify(|mark| mark.failure = Some(reason.clone().into()));
            let entry = live.snapshot();
            self.registry().tell(&entry);
            self.news().ended(&entry);
            self.registry().forget(session, live.id);
        }
    }

    /// What an earlier process left of the session.
    async fn abandon_remembered(&self, session: SessionId) -> Result<(), UploadError> {
        let mut query = Query { session: Some(session), ..Query::new(Wanted::Unfinished, ROUND) };
        loop {
            let rows = self.parts().catalogue.list(&query).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            query.cursor = Some(last.id);
            for row in self.forget_all_remembered(rows).await? {
                self.news().ended(&row.with_state(EntryState::Cancelled));
            }
        }
    }
}

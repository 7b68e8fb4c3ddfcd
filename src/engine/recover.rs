//! Recovery at start: rows and bytes are brought to agreement, whatever cut the earlier process off.
//!
//! The row decides what is stored. An unfinished row keeps its bytes, for its page may come back; if its bytes
//! were published and nobody was told, they are unfinished again. A row whose bytes are missing says so. Bytes
//! that no row explains are put aside, never removed at once: the row may be what was lost.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::live::key_of;
use super::{Causes, Engine, UploadError};
use crate::blob::{BlobError, BlobKey, Debris, Spool, Trust};
use crate::catalogue::{Query, Wanted};
use crate::domain::{Entry, EntryId, EntryState, SessionId};

/// As many rows as one look takes.
const PAGE: u32 = 1_000;

/// What an earlier process left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Entries that can go on.
    pub unfinished: usize,
    /// Complete entries that wait to be consumed.
    pub unconsumed: usize,
    /// Entries and stored files whose bytes are missing.
    pub lost: usize,
    /// Blobs that no row explains, put aside.
    pub quarantined: usize,
    /// The sessions of those entries that can go on, and to which somebody may come back.
    pub sessions: Vec<SessionId>,
}

impl Engine {
    /// Brings catalogue and store to agreement; call it once, before the first door opens.
    ///
    /// # Errors
    /// A fault of the catalogue or the store. What was done before stays done, and it may be called again.
    pub async fn recover(&self) -> Result<Recovered, UploadError> {
        let Some(spool) = self.parts().spool.clone() else { return Ok(Recovered::default()) };
        let leftover = spool.leftover().await?;
        let mut census = Census {
            engine: self,
            spool,
            unfinished: leftover.unfinished.into_iter().collect(),
            published: leftover.published.into_iter().collect(),
            sessions: HashSet::new(),
            recovered: Recovered::default(),
        };
        let mut query = Query::new(Wanted::Any, PAGE);
        loop {
            let rows = self.parts().catalogue.list(&query).await?;
            let Some(last) = rows.last() else { break };
            query.cursor = Some(last.id);
            for row in rows {
                census.explain(row).await?;
            }
        }
        census.put_aside().await;
        for session in leftover.sessions {
            if !census.sessions.contains(&session) {
                census.spool.tidy(session).await?;
            }
        }
        let mut recovered = census.recovered;
        // Nobody can come back to a session that nobody left: its entries stay until they expire.
        let left = census.sessions.into_iter().filter(|session| !session.is_standing());
        recovered.sessions = left.collect();
        self.registry().remember(recovered.sessions.iter().copied());
        Ok(recovered)
    }
}

/// What is there, less what rows have explained so far.
struct Census<'a> {
    engine: &'a Engine,
    spool: Arc<dyn Spool>,
    unfinished: HashSet<BlobKey>,
    published: HashMap<EntryId, u64>,
    sessions: HashSet<SessionId>,
    recovered: Recovered,
}

impl Census<'_> {
    async fn explain(&mut self, row: Entry) -> Result<(), UploadError> {
        match row.state() {
            state if state.is_active() => self.unfinished(row).await,
            EntryState::Complete => self.complete(row).await,
            EntryState::Consumed if row.kept_at.is_some() => self.stored(row).await,
            // What it had was removed, or will be: nobody has a use for it.
            _ => Ok(()),
        }
    }

    async fn unfinished(&mut self, row: Entry) -> Result<(), UploadError> {
        let key = key_of(&row);
        let part = self.unfinished.remove(&key);
        let whole = self.published.remove(&row.id).is_some();
        if part || whole {
            // A request that was cut off may have had to be taken as a whole or not at all; what its client was
            // told is durable, so nothing more has to be believed.
            let trust = if row.session.is_standing() { Trust::Durable } else { Trust::Written };
            match self.spool.reclaim(key, row.offset, trust).await {
                Ok(_) => {}
                Err(BlobError::NotFound) => return self.give_up(row, true).await,
                Err(error) => return Err(error.into()),
            }
        } else if row.offset > 0 {
            return self.give_up(row, false).await;
        }
        self.recovered.unfinished += 1;
        self.sessions.insert(row.session);
        Ok(())
    }

    /// Fewer bytes are there than somebody was told. Nobody goes on with that.
    async fn give_up(&mut self, row: Entry, rest: bool) -> Result<(), UploadError> {
        self.missing(&row);
        self.engine.parts().catalogue.remove(row.id).await?;
        if rest {
            self.unfinished.insert(key_of(&row));
        }
        Ok(())
    }

    async fn complete(&mut self, row: Entry) -> Result<(), UploadError> {
        if self.has_bytes(&row) {
            self.recovered.unconsumed += 1;
            self.sessions.insert(row.session);
            return Ok(());
        }
        self.missing(&row);
        Ok(self.engine.parts().catalogue.remove(row.id).await?)
    }

    /// A stored file that is lost keeps its row, for whoever brings it back from a copy.
    async fn stored(&mut self, mut row: Entry) -> Result<(), UploadError> {
        let there = self.has_bytes(&row);
        if there == row.lost_at.is_none() {
            return Ok(());
        }
        row.lost_at = (!there).then(|| self.engine.parts().clock.now());
        if there {
            tracing::info!(entry.id = %row.id, "a lost file is there again");
        } else {
            self.missing(&row);
        }
        Ok(self.engine.parts().catalogue.settle(&row).await?)
    }

    /// All its bytes are there, or went to a writer of the application's.
    fn has_bytes(&mut self, row: &Entry) -> bool {
        let there = self.published.get(&row.id).is_some_and(|length| *length == row.offset);
        if there {
            self.published.remove(&row.id);
        }
        there || row.writer_result.is_some()
    }

    fn missing(&mut self, row: &Entry) {
        self.recovered.lost += 1;
        let (id, state, size) = (row.id, row.state().as_str(), row.offset);
        tracing::error!(entry.id = %id, state, size, digest = ?row.digest, "the bytes of an entry are missing");
    }

    /// What is left is explained by no row.
    async fn put_aside(&mut self) {
        let now = self.engine.parts().clock.now();
        let unfinished = self.unfinished.drain().map(Debris::Unfinished);
        let published = self.published.drain().map(|(id, _)| Debris::Published(id));
        for debris in unfinished.chain(published).collect::<Vec<_>>() {
            match self.spool.quarantine(debris, now).await {
                Ok(()) => self.recovered.quarantined += 1,
                // It stays where it is, shown to nobody, until the next start.
                Err(error) => {
                    tracing::warn!(?debris, error = %Causes(&error), "not put into quarantine");
                }
            }
        }
    }
}

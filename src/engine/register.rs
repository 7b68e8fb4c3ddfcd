//! Registering: what a client wants to send is held against the slot's rules before a byte travels.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use super::live::LiveEntry;
use super::{Engine, Hooks, UploadError};
use crate::domain::{
    Caller, ClientFacts, Entry, EntryId, EntryRef, NewEntry, PageName, Rejection, RelativePath,
    SessionId, Slot, Usage,
};

/// How long an entry may wait for its bytes, and so whether the catalogue hears of it at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// It lives with its session and can be taken up again: its row is written when it is registered.
    Session,
    /// It lives within one request: its first row is the one that says it is complete.
    Request,
}

/// Where entries are registered, and for whom.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The session that will own them.
    pub session: SessionId,
    /// Who asks.
    pub caller: Caller,
    /// The page of the slot.
    pub page: PageName,
    /// The slot whose rules hold.
    pub slot: Arc<Slot>,
    /// What the application hung on the slot.
    pub hooks: Arc<Hooks>,
    /// How long they may wait.
    pub lifetime: Lifetime,
}

impl Engine {
    /// Registers a batch; each entry is admitted or refused by itself, in order.
    ///
    /// # Errors
    /// Only for the whole batch: shutting down, or the catalogue failed (then none is registered).
    pub async fn register(
        &self,
        registration: &Registration,
        batch: Vec<(EntryRef, ClientFacts)>,
    ) -> Result<Vec<Result<Entry, Rejection>>, UploadError> {
        self.ensure_open()?;
        let mut usage = self.registry().usage(registration.session, registration.slot.name());
        let mut taken = self.references(registration.session);
        let mut admitted = Vec::new();
        let mut answers = Vec::with_capacity(batch.len());
        for (reference, facts) in batch {
            let answer = match self.admit(registration, &usage, &taken, reference, facts) {
                Ok(entry) => registration.hooks.validate(&entry).await.map(|()| entry),
                refused => refused,
            };
            if let Ok(entry) = &answer {
                usage.entries += 1;
                usage.bytes = usage.bytes.saturating_add(entry.length.unwrap_or(0));
                taken.insert(entry.reference.clone());
                admitted.push(entry.clone());
            }
            answers.push(answer);
        }
        if registration.lifetime == Lifetime::Session && !admitted.is_empty() {
            self.parts().catalogue.insert(&admitted).await?;
        }
        for entry in admitted {
            self.registry().put(Arc::new(LiveEntry::new(entry, registration)));
        }
        Ok(answers)
    }

    /// The references that live entries of a session carry; one that ended may be used again.
    fn references(&self, session: SessionId) -> HashSet<EntryRef> {
        let live = self.registry().of_session(session);
        let entries = live.iter().map(|live| live.entry());
        entries.filter(|entry| !entry.state().is_terminal()).map(|e| e.reference.clone()).collect()
    }

    fn admit(
        &self,
        to: &Registration,
        usage: &Usage,
        taken: &HashSet<EntryRef>,
        reference: EntryRef,
        facts: ClientFacts,
    ) -> Result<Entry, Rejection> {
        if taken.contains(&reference) {
            return Err(Rejection::reference_in_use());
        }
        let name = to.slot.admit(usage, &facts)?;
        let relative_path =
            facts.client_relative_path.as_deref().map(RelativePath::sanitise).transpose()?;
        Ok(Entry::new(NewEntry {
            id: EntryId::from_uuid(Uuid::now_v7()),
            reference,
            session: to.session,
            owner: to.caller.owner(),
            page: to.page.clone(),
            slot: to.slot.name().clone(),
            name,
            relative_path,
            length: facts.client_size,
            facts,
            created_at: self.parts().clock.now(),
        }))
    }
}

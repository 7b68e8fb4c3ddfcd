//! Registering: what a client wants to send is held against the slot's rules before a byte travels.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use super::live::LiveEntry;
use super::{Engine, UploadError};
use crate::domain::{
    Caller, ClientFacts, Code, Entry, EntryId, EntryRef, NewEntry, PageName, Rejection,
    RelativePath, SessionId, Slot, Usage,
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
            let answer = self.admit(registration, &mut usage, &mut taken, reference, facts);
            if let Ok(entry) = &answer {
                admitted.push(entry.clone());
            }
            answers.push(answer);
        }
        if registration.lifetime == Lifetime::Session && !admitted.is_empty() {
            self.parts().catalogue.insert(&admitted).await?;
        }
        for entry in admitted {
            let live = LiveEntry::new(entry, Arc::clone(&registration.slot), registration.lifetime);
            self.registry().put(registration.session, Arc::new(live));
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
        usage: &mut Usage,
        taken: &mut HashSet<EntryRef>,
        reference: EntryRef,
        facts: ClientFacts,
    ) -> Result<Entry, Rejection> {
        if taken.contains(&reference) {
            return Err(Rejection::new(Code::InvalidMessage)
                .with_message("This reference is already in use for another file."));
        }
        let name = to.slot.admit(usage, &facts)?;
        let relative_path =
            facts.client_relative_path.as_deref().map(RelativePath::sanitise).transpose()?;
        usage.entries += 1;
        usage.bytes = usage.bytes.saturating_add(facts.client_size.unwrap_or(0));
        taken.insert(reference.clone());
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

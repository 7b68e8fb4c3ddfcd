//! Registering: what a client wants to send is held against the slot's rules before a byte travels.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use super::granted::Left;
use super::live::LiveEntry;
use super::pipe::LITTLE;
use super::quota::Share;
use super::{Engine, Hooks, UploadError};
use crate::domain::{
    Caller, ClientFacts, Code, Entry, EntryId, EntryKind, EntryRef, FileName, NewEntry, PageName,
    Rejection, RelativePath, SessionId, Slot, Usage,
};

/// As many pieces as a session may have waiting: a file of 100 GB comes in 10 MB pieces.
pub(super) const PIECES: usize = 10_000;
/// A piece has no name of its own.
pub(super) const PIECE_NAME: &str = "piece";

/// How long an entry may wait for its bytes, and so whether the catalogue hears of it at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// It lives with its session and can be taken up again: its row is written when it is registered.
    Session,
    /// It lives within one request: its first row is the one that says it is complete.
    Request,
}

/// A file, or a piece of one, that a client wants to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The id that its door has chosen; a new one if it has none.
    pub id: Option<EntryId>,
    /// The client's own short name of it.
    pub reference: EntryRef,
    /// What the client says of it.
    pub facts: ClientFacts,
    /// Whether it is a file, or only a piece of one. The slot's rules for files don't hold for a piece, but for
    /// the largest size; they hold for the file that is joined of it.
    pub kind: EntryKind,
    /// What its door wants to know again.
    pub memo: Option<String>,
}

impl From<(EntryRef, ClientFacts)> for Offered {
    fn from((reference, facts): (EntryRef, ClientFacts)) -> Self {
        Self { id: None, reference, facts, kind: EntryKind::File, memo: None }
    }
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
        batch: Vec<impl Into<Offered>>,
    ) -> Result<Vec<Result<Entry, Rejection>>, UploadError> {
        let remembered = registration.lifetime == Lifetime::Session;
        self.register_all(registration, batch, remembered, 0).await
    }

    /// Registers an upload that comes with so many bytes. If those are all of a little file, its first row waits until
    /// they are here, or have stopped coming: nobody is told of it before.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub async fn register_bringing(
        &self,
        registration: &Registration,
        offered: Offered,
        brings: u64,
    ) -> Result<Vec<Result<Entry, Rejection>>, UploadError> {
        let is_whole = brings <= LITTLE && offered.facts.client_size == Some(brings);
        let may_wait = is_whole && offered.kind == EntryKind::File;
        let waits = may_wait && registration.hooks.writer.is_none();
        let remembered = registration.lifetime == Lifetime::Session && !waits;
        self.register_all(registration, vec![offered], remembered, 0).await
    }

    /// As [`Self::register`]; what is not remembered has its first row when it is complete. So many bytes of it count
    /// against the caller's quotas already.
    pub(super) async fn register_all(
        &self,
        registration: &Registration,
        batch: Vec<impl Into<Offered>>,
        remembered: bool,
        counted: u64,
    ) -> Result<Vec<Result<Entry, Rejection>>, UploadError> {
        self.ensure_open()?;
        if let Err(forbidden) = self.may_register(registration).await {
            return Ok(batch.into_iter().map(|_| Err(forbidden.clone())).collect());
        }
        let mut left = self.left(registration).await?;
        // What one batch brings counts against the next.
        let _one_after_the_other = self.registry().gate(registration.session).lock_owned().await;
        let mut usage = self.registry().usage(registration.session, registration.slot.name());
        let mut pieces = self.registry().pieces(registration.session);
        let mut taken = HashSet::new();
        let mut room = self.room_for(registration).await;
        let mut quota = self.allotment(registration);
        let mut admitted = Vec::new();
        let mut answers = Vec::with_capacity(batch.len());
        for offered in batch {
            let mut answer = match self.admit(registration, &usage, pieces, &taken, offered.into())
            {
                Ok(entry) if entry.kind == EntryKind::File => {
                    registration.hooks.validate(&entry).await.map(|()| entry)
                }
                answer => answer,
            };
            if let Ok(entry) = &answer
                && entry.kind == EntryKind::File
                && let Err(none) = left.as_mut().map_or(Ok(()), Left::take)
            {
                answer = Err(none);
            }
            let mut share = None;
            if let Ok(entry) = &answer {
                match quota.take(entry, counted).await? {
                    Ok(reserved) => share = reserved,
                    Err(no_more) => answer = Err(no_more),
                }
            }
            if let Ok(entry) = &answer
                && let Err(no_room) = room.take(entry).await
            {
                answer = Err(no_room);
            }
            if let Ok(entry) = &answer {
                match entry.kind {
                    EntryKind::File => {
                        usage.entries += 1;
                        usage.bytes = usage.bytes.saturating_add(entry.length.unwrap_or(0));
                    }
                    EntryKind::Piece => pieces += 1,
                }
                taken.insert(entry.reference.clone());
                admitted.push((entry.clone(), share));
            }
            answers.push(answer);
        }
        if remembered && !admitted.is_empty() {
            let entries: Vec<Entry> = admitted.iter().map(|(entry, _)| entry.clone()).collect();
            self.parts().catalogue.insert(&entries).await?;
            admitted
                .iter_mut()
                .filter_map(|(_, share)| share.as_mut())
                .for_each(Share::move_to_row);
        }
        room.keep(|| {
            for (entry, share) in admitted {
                let live = Arc::new(LiveEntry::new(entry, registration));
                if !remembered && registration.lifetime == Lifetime::Session {
                    live.begin_without_row();
                }
                live.hold(share);
                self.registry().put(Arc::clone(&live));
                self.news().moved(&live);
            }
        });
        Ok(answers)
    }

    fn admit(
        &self,
        to: &Registration,
        usage: &Usage,
        pieces: usize,
        taken: &HashSet<EntryRef>,
        offered: Offered,
    ) -> Result<Entry, Rejection> {
        let Offered { id, reference, facts, kind, memo } = offered;
        if taken.contains(&reference) || self.registry().holds(to.session, &reference, None) {
            return Err(Rejection::reference_in_use());
        }
        let name = match kind {
            EntryKind::File => to.slot.admit(usage, &facts)?,
            EntryKind::Piece if pieces >= PIECES => {
                return Err(Rejection::new(Code::TooManyFiles));
            }
            EntryKind::Piece => {
                to.slot.constraints().check_so_far(facts.client_size.unwrap_or(0))?;
                FileName::sanitise(PIECE_NAME)?
            }
        };
        let relative_path =
            facts.client_relative_path.as_deref().map(RelativePath::sanitise).transpose()?;
        Ok(Entry::new(NewEntry {
            id: id.unwrap_or_else(|| EntryId::from_uuid(Uuid::now_v7())),
            reference,
            session: to.session,
            owner: to.caller.owner(),
            ticket: to.caller.ticket(),
            page: to.page.clone(),
            slot: to.slot.name().clone(),
            name,
            relative_path,
            length: facts.client_size,
            facts,
            kind,
            memo,
            created_at: self.parts().clock.now(),
        }))
    }
}

//! Adopting: a session takes up an entry that another one began, or that an earlier process left.
//!
//! The newest holder wins at once, as with a claim. Its entry gets a new place in the registry with the old
//! one's pen: bytes, digest and all. One that only the catalogue remembers is reopened: `reopen.rs`.

use std::collections::HashSet;
use std::sync::Arc;

use super::claim::ended;
use super::live::LiveEntry;
use super::{Engine, Registration, UploadError};
use crate::catalogue::{Query, Wanted};
use crate::domain::{
    Act, Caller, Code, Entry, EntryId, EntryKind, EntryRef, EntryState, PartialDigest, Rejection,
    SessionId,
};

/// As often as two adopters may be faster than each other.
const ATTEMPTS: usize = 8;
/// As many rows of a session as are looked at.
const ROWS: u32 = 2_000;
/// As many entries that are over as a page is told of: those it may not have heard of before its connection
/// broke are the last ones.
const OVER: usize = 100;

impl Engine {
    /// What is known of a session's entries, oldest first: live ones, and what the catalogue remembers of those
    /// that a process before this one left or that are over.
    ///
    /// # Errors
    /// A fault of the catalogue.
    pub async fn left_by(
        &self,
        session: SessionId,
        caller: &Caller,
    ) -> Result<Vec<Entry>, UploadError> {
        let query = Query {
            owner: Some(caller.owner()),
            ticket: caller.ticket(),
            session: Some(session),
            ..Query::new(Wanted::Any, ROWS)
        };
        if !caller.rights().allow(Act::Look) {
            return Ok(Vec::new());
        }
        let mut over = 0;
        let mut left = self.entries(session);
        left.retain(|entry| caller.owns(entry));
        let live: HashSet<EntryId> = left.iter().map(|entry| entry.id).collect();
        for row in self.parts().catalogue.list(&query).await? {
            over += usize::from(row.state().is_terminal());
            if !live.contains(&row.id) && (!row.state().is_terminal() || over <= OVER) {
                left.push(row);
            }
        }
        left.sort_by_key(|entry| entry.id);
        Ok(left)
    }

    /// Takes up an entry for a session, under a reference of its own. Whoever had it before is superseded; what
    /// is written is made durable, and the entry goes on from there.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign entries, those of another page or slot, and those of
    /// which bytes were lost; why the entry has ended; a rejection if the slot has no room for it or the
    /// reference is in use; a fault of the store or the catalogue.
    ///
    /// # Cancellation
    /// Goes on by itself: between two holders an entry would be nobody's.
    pub async fn adopt(
        &self,
        to: &Registration,
        id: EntryId,
        reference: EntryRef,
    ) -> Result<Entry, UploadError> {
        self.ensure_open()?;
        let (engine, to) = (self.clone(), to.clone());
        tokio::spawn(async move { engine.take_up(&to, id, &reference).await }).await?
    }

    /// As [`adopt`](Self::adopt), of an entry that nobody has: whoever has it keeps it.
    ///
    /// # Errors
    /// As `adopt`; [`UploadError::Superseded`] if somebody has it.
    ///
    /// # Cancellation
    /// Goes on by itself.
    pub async fn adopt_resting(
        &self,
        to: &Registration,
        id: EntryId,
    ) -> Result<Entry, UploadError> {
        self.ensure_open()?;
        let (engine, to) = (self.clone(), to.clone());
        let adopting = async move {
            let _work = engine.busy().begin();
            let row = engine.own(id, &to.caller).await?;
            engine.may_take(&to.caller, &row).await?;
            let taken = engine.take_remembered(&to, id, &row.reference).await?;
            taken.ok_or(UploadError::Superseded)
        };
        tokio::spawn(adopting).await?
    }

    async fn take_up(
        &self,
        to: &Registration,
        id: EntryId,
        reference: &EntryRef,
    ) -> Result<Entry, UploadError> {
        let _work = self.busy().begin();
        let known = self.known(id).await?;
        self.may_take(&to.caller, &known).await?;
        let held = self.registry().get(id, &to.caller).map(|live| live.entry().session);
        // What was this session's before has its place in the slot already.
        let _one_after_the_other = match held.is_ok_and(|held| held == to.session) {
            true => None,
            false => Some(self.registry().gate(to.session).lock_owned().await),
        };
        for _ in 0..ATTEMPTS {
            let taken = match self.registry().get(id, &to.caller) {
                Ok(live) => self.take_from(to, &live, reference).await?,
                Err(_) => self.take_remembered(to, id, reference).await?,
            };
            if let Some(entry) = taken {
                return Ok(entry);
            }
        }
        Err(UploadError::Superseded)
    }

    /// Whoever takes up an upload wants to send its bytes. A complete one is only shown to its page again.
    async fn may_take(&self, caller: &Caller, entry: &Entry) -> Result<(), UploadError> {
        match entry.done() {
            true => self.own(entry.id, caller).await.map(drop),
            false => self.may(caller, Act::Write, entry).await,
        }
    }

    /// From another holder of this process; `None` if a third one was faster.
    async fn take_from(
        &self,
        to: &Registration,
        old: &Arc<LiveEntry>,
        reference: &EntryRef,
    ) -> Result<Option<Entry>, UploadError> {
        let before = old.snapshot();
        self.fits(to, &before, reference)?;
        // ORDER: whoever is superseded finds this held, and waits for what becomes of its bytes.
        let _commit = Arc::clone(&old.commit).lock_owned().await;
        // Whoever takes it up is told of it.
        self.record_now(old).await?;
        old.supersede();
        let mut place = Arc::clone(&old.pen).lock_owned().await;
        self.write_first_row(old).await?;
        let mut entry = old.snapshot();
        if entry.state().is_terminal() {
            return Err(ended(entry.state()));
        }
        let mut pen = place.take();
        if pen.is_none() && !entry.done() {
            return Ok(None);
        }
        if let Some(held) = &mut pen {
            // Unwritten bytes are sent again: what a page is told must outlive this process.
            if !old.is_standing() {
                held.forget_unwritten(before.kind);
            }
            if let Err(error) = held.put_down(self.parts(), old).await {
                drop(place);
                self.fail(old, error.clone(), pen.and_then(|pen| pen.sink)).await;
                return Err(error);
            }
            entry.offset = held.reach(old);
            if let Err(error) = held.remembered(old) {
                *place = pen;
                return Err(error);
            }
        }
        let resting = match &mut pen {
            Some(pen) => Some(pen.resting().await?),
            None => None,
        };
        if let Err(error) = self.move_row(to, &before, &mut entry, resting, reference).await {
            *place = pen;
            return Err(error);
        }
        let durable = pen.as_ref().map_or(0, |pen| pen.sync.durable());
        let mut live = LiveEntry::with_pen(entry.clone(), to, pen);
        live.offer = Arc::clone(&old.offer);
        if before.session != to.session {
            self.registry().unlist(before.session, old.id);
        }
        let live = Arc::new(live);
        live.take_up(self.parts().clock.now());
        // What was reserved ahead is given back, and the rest is in the row.
        let unsure = old.unsure().is_some();
        old.let_go();
        self.share_of_row(to, &live, durable, unsure);
        self.registry().put(Arc::clone(&live));
        self.news().moved(&live);
        drop(place);
        // Of a complete entry nothing is taken from its old page: its bytes are safe, as it was told.
        if !entry.done() {
            if before.session != to.session {
                let superseded = Rejection::new(Code::Superseded);
                self.registry().tell(&before.with_state(EntryState::Failed(superseded)));
            }
            old.marks.send_modify(|mark| {
                (mark.durable, mark.failure) = (durable, Some(UploadError::Superseded));
            });
        }
        Ok(Some(entry))
    }

    /// Whether the session can have it: its page, its slot, room in it, and a reference that is free.
    pub(super) fn fits(
        &self,
        to: &Registration,
        entry: &Entry,
        reference: &EntryRef,
    ) -> Result<(), UploadError> {
        if entry.page != to.page || entry.slot != *to.slot.name() {
            return Err(UploadError::NotFound);
        }
        if entry.session == to.session && entry.reference == *reference {
            return Ok(());
        }
        if self.registry().holds(to.session, reference, Some(entry.id)) {
            return Err(Rejection::reference_in_use().into());
        }
        if entry.session != to.session && !entry.done() && entry.kind == EntryKind::File {
            let usage = self.registry().usage(to.session, &entry.slot);
            to.slot.admit(&usage, &entry.facts)?;
        }
        Ok(())
    }

    /// The row follows its entry to another session.
    pub(super) async fn move_row(
        &self,
        to: &Registration,
        before: &Entry,
        entry: &mut Entry,
        resting: Option<(u64, Option<PartialDigest>)>,
        reference: &EntryRef,
    ) -> Result<(), UploadError> {
        (entry.session, entry.reference) = (to.session, reference.clone());
        if before.session == entry.session && before.reference == entry.reference {
            return Ok(());
        }
        let (offset, partial_digest) = resting.unwrap_or((entry.offset, None));
        let mut row = entry.clone();
        (row.offset, row.partial_digest) = (offset, partial_digest);
        // A row never says that bytes are coming: after a crash nobody knows.
        let row = if row.done() { row } else { row.with_state(EntryState::Registered) };
        Ok(self.parts().catalogue.settle(&row).await?)
    }
}

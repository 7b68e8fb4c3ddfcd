//! Adopting: a session takes up an entry that another one began, or that an earlier process left.
//!
//! The newest holder wins at once, as with a claim. Its entry gets a new place in the registry with the old
//! one's pen: bytes, digest and all. Of an entry that only the catalogue remembers the store says how many
//! bytes there are, and the digest goes on from the last checkpoint, or from the beginning where none was remembered.
//! Where nothing is hashed, nothing is read again.
//!
//! INVARIANT: an entry is put into the registry before its bytes are opened, so that two adopters can't both
//! open them; the second finds the first and takes over from it.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OwnedMutexGuard;

use super::claim::ended;
use super::digests::Needs;
use super::hashing::Hashing;
use super::live::{LiveEntry, key_of};
use super::pen::Pen;
use super::pipe::{HEAD, judge};
use super::sink::Sink;
use super::{Engine, Registration, UploadError};
use crate::blob::BlobError;
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

    /// From the catalogue; `None` if somebody else has just made it live.
    async fn take_remembered(
        &self,
        to: &Registration,
        id: EntryId,
        reference: &EntryRef,
    ) -> Result<Option<Entry>, UploadError> {
        let row = self.parts().catalogue.load(id).await?.ok_or(UploadError::NotFound)?;
        if !to.caller.owns(&row) || row.state().is_terminal() {
            return Err(UploadError::NotFound);
        }
        self.fits(to, &row, reference)?;
        let mut entry = row.clone();
        (entry.session, entry.reference) = (to.session, reference.clone());
        let live = Arc::new(LiveEntry::with_pen(entry, to, None));
        live.take_up(self.parts().clock.now());
        let mut place = Arc::clone(&live.pen).lock_owned().await;
        if !self.registry().put_first(&live) {
            return Ok(None);
        }
        let opened = self.open_again(to, &live, &row, &mut place, reference).await;
        if let Err(error) = &opened {
            drop(place);
            self.registry().forget(to.session, id);
            if matches!(error, UploadError::NotFound) {
                tracing::error!(entry.id = %id, "bytes of an unfinished entry are missing; it is given up");
                self.parts().catalogue.remove(id).await?;
                self.news().ended(&row.with_state(EntryState::Failed(error.rejection())));
            }
        }
        opened.map(Some)
    }

    async fn open_again(
        &self,
        to: &Registration,
        live: &Arc<LiveEntry>,
        row: &Entry,
        place: &mut OwnedMutexGuard<Option<Pen>>,
        reference: &EntryRef,
    ) -> Result<Entry, UploadError> {
        let mut entry = live.snapshot();
        if !entry.done() {
            let (mut pen, head) = self.pen_of(to, row).await?;
            if let Some(head) = head.filter(|_| row.kind == EntryKind::File) {
                // What the checks found out was not written down.
                let whole = Some(pen.written()) == row.length;
                if let Err(error) = judge(self, live, &[head], whole).await {
                    self.fail(live, error.clone(), pen.sink).await;
                    return Err(error);
                }
            }
            pen.rest(self.parts(), live).await?;
            self.share_of_row(to, live, pen.sync.durable(), true);
            entry = live.snapshot();
            entry.offset = pen.written();
            self.move_row(to, row, &mut entry, Some(pen.resting().await?), reference).await?;
            **place = Some(pen);
        } else {
            self.move_row(to, row, &mut entry, None, reference).await?;
        }
        *live.entry() = entry.clone();
        live.marks.send_modify(|mark| mark.written = entry.offset);
        self.news().moved(live);
        Ok(entry)
    }

    /// A pen behind the bytes that the store has, and the first of them.
    async fn pen_of(
        &self,
        to: &Registration,
        row: &Entry,
    ) -> Result<(Pen, Option<Bytes>), UploadError> {
        let needs = Needs::of(&to.slot, row);
        let new = || Ok((Pen::new(row.kind, needs), None));
        if to.hooks.writer.is_some() {
            // What went to a writer of an earlier process went with it, and an offset never goes back.
            let lost = row.session.is_standing() && row.offset > 0;
            return if lost { Err(UploadError::NotFound) } else { new() };
        }
        let (mut writer, mut length) = match self.parts().blobs.reopen(key_of(row)).await {
            Ok(opened) => opened,
            Err(BlobError::NotFound) if row.offset == 0 => return new(),
            Err(BlobError::NotFound) => return Err(UploadError::NotFound),
            Err(error) => return Err(error.into()),
        };
        if row.session.is_standing() && length > row.offset {
            // As after a start: of a request that was cut off nothing is believed.
            writer.truncate(row.offset).await?;
            length = row.offset;
        }
        if length < row.offset || row.length.is_some_and(|whole| length > whole) {
            return Err(UploadError::NotFound);
        }
        let piece = row.kind == EntryKind::Piece;
        let judged = length >= HEAD as u64 || row.length == Some(length);
        // Less than a head was never looked at as a whole; it is sent once more, to the same place, if nobody was
        // told that it is there.
        if !judged && row.offset == 0 {
            let pen = Pen::behind(Sink::Store(writer), needs.into(), 0, 0, piece);
            return Ok((pen, None));
        }
        let head = writer.read_at(0, HEAD).await?;
        let (mut hashing, from) = state_of(row, needs);
        let mut sink = Sink::Store(writer);
        hashing.read_back(&mut sink, from..length).await?;
        let judged = judged && length > 0;
        let pen = Pen::behind(sink, hashing, length, row.offset, judged || piece);
        Ok((pen, judged.then_some(head)))
    }

    /// Whether the session can have it: its page, its slot, room in it, and a reference that is free.
    fn fits(
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
    async fn move_row(
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

/// The digests as they were at the last checkpoint, and the offset behind which they go on.
fn state_of(row: &Entry, needs: Needs) -> (Hashing, u64) {
    match needs.go_on(row.partial_digest.as_ref()) {
        Some(running) => (running.into(), row.offset),
        None => (needs.into(), 0),
    }
}

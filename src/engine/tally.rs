//! Tallies: what live entries are together, counted when one of them changes and not when somebody asks.
//!
//! Each registration asks how full its slot is, which references are taken and how much room is promised. To look at
//! each entry for that makes the ten-thousandth file of a page cost ten thousand looks, and those whom somebody else
//! has left lying cost everybody. So an entry knows its [`Place`]: the tally of its session and that of all. Whoever
//! changes an entry changes them with it, because an entry can be changed by [`LiveEntry::entry`] alone.
//!
//! INVARIANT: an entry's lock is held while its tallies are changed, and no other lock is taken while theirs is held.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Lifetime;
use super::live::LiveEntry;
use super::room::Promise;
use crate::domain::{Entry, EntryId, EntryKind, EntryRef, SlotName, Usage};

/// What the entries of one session are together.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Sums>);

#[derive(Debug, Default, PartialEq)]
struct Sums {
    slots: HashMap<SlotName, Full>,
    /// Those that have not ended, by the name that their client gave them.
    references: HashMap<EntryRef, BTreeSet<EntryId>>,
    pieces: usize,
    /// Those that ended without success, in the order in which they were registered.
    failed: BTreeMap<u64, EntryId>,
}

/// How full a slot is. Lengths are what clients say, and their sum must not overflow.
#[derive(Debug, Default, PartialEq)]
struct Full {
    entries: u32,
    bytes: u128,
}

/// What all live entries have been promised.
#[derive(Debug, Default)]
pub(super) struct Promised(Mutex<(u128, u128)>);

/// Where an entry is counted, and as what.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// That of its session, and its number there.
    pub(super) session: Option<(Arc<Tally>, u64)>,
    /// That of all.
    pub(super) all: Option<Arc<Promised>>,
    counted: Option<(Arc<Tally>, u64, Weight)>,
    promised: Option<(Arc<Promised>, Promise)>,
}

/// What one entry is in the tally of its session.
#[derive(Debug, PartialEq)]
struct Weight {
    slot: SlotName,
    /// Its bytes, if it counts against its slot's limits.
    bytes: Option<u64>,
    is_piece: bool,
    /// Under which reference it is on its way.
    open: Option<EntryRef>,
    failed: bool,
}

impl Weight {
    fn of(live: &LiveEntry, entry: &Entry) -> Self {
        let ended = entry.state().is_terminal();
        let piece = entry.kind == EntryKind::Piece;
        let spent = live.lifetime == Lifetime::Request && entry.done();
        // Of pieces the file that is joined of them counts.
        let counts = !piece && (spent || !ended);
        Self {
            slot: entry.slot.clone(),
            bytes: counts.then(|| entry.length.unwrap_or(entry.offset)),
            is_piece: piece && entry.state().is_active(),
            open: (!ended).then(|| entry.reference.clone()),
            failed: ended && !entry.done(),
        }
    }
}

impl Place {
    /// It is counted nowhere any more.
    pub(super) fn leave(&mut self) {
        (self.session, self.all) = (None, None);
    }

    /// Counts the entry as it is now, where it is now, and no longer as it was.
    pub(super) fn count(&mut self, live: &LiveEntry, entry: &Entry) {
        self.count_in_session(live, entry);
        let needs = self.all.as_ref().map(|all| (Arc::clone(all), live.needs(entry)));
        if let Some((all, promise)) = self.promised.take() {
            all.take(promise);
        }
        if let Some((all, promise)) = &needs {
            all.give(*promise);
        }
        self.promised = needs;
    }

    fn count_in_session(&mut self, live: &LiveEntry, entry: &Entry) {
        let new = self.session.as_ref().map(|(tally, number)| (tally, *number));
        let new = new.map(|(tally, number)| (Arc::clone(tally), number, Weight::of(live, entry)));
        let same = match (&self.counted, &new) {
            (Some((a, m, old)), Some((b, n, new))) => Arc::ptr_eq(a, b) && m == n && old == new,
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        if let Some((tally, number, weight)) = self.counted.take() {
            tally.sums().less(live.id, number, &weight);
        }
        if let Some((tally, number, weight)) = &new {
            tally.sums().more(live.id, *number, weight);
        }
        self.counted = new;
    }
}

impl Sums {
    fn more(&mut self, id: EntryId, number: u64, weight: &Weight) {
        if let Some(bytes) = weight.bytes {
            let full = self.slots.entry(weight.slot.clone()).or_default();
            full.entries = full.entries.saturating_add(1);
            full.bytes += u128::from(bytes);
        }
        if let Some(reference) = &weight.open {
            self.references.entry(reference.clone()).or_default().insert(id);
        }
        self.pieces += usize::from(weight.is_piece);
        if weight.failed {
            self.failed.insert(number, id);
        }
    }

    fn less(&mut self, id: EntryId, number: u64, weight: &Weight) {
        if let (Some(bytes), Some(full)) = (weight.bytes, self.slots.get_mut(&weight.slot)) {
            full.entries = full.entries.saturating_sub(1);
            full.bytes = full.bytes.saturating_sub(u128::from(bytes));
            if full.entries == 0 {
                self.slots.remove(&weight.slot);
            }
        }
        if let Some(reference) = &weight.open
            && let Some(ids) = self.references.get_mut(reference)
        {
            ids.remove(&id);
            if ids.is_empty() {
                self.references.remove(reference);
            }
        }
        self.pieces = self.pieces.saturating_sub(usize::from(weight.is_piece));
        if weight.failed {
            self.failed.remove(&number);
        }
    }
}

impl Tally {
    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What counts against a slot's limits: everything that has not ended, and what a request has brought
    /// already, consumed or not. A session may bring more when the application has taken what it brought.
    pub(super) fn usage(&self, slot: &SlotName) -> Usage {
        let sums = self.sums();
        sums.slots.get(slot).map_or_else(Usage::default, |full| Usage {
            entries: full.entries,
            bytes: u64::try_from(full.bytes).unwrap_or(u64::MAX),
        })
    }

    /// Whether an entry that has not ended carries this reference, besides one.
    pub(super) fn holds(&self, reference: &EntryRef, besides: Option<EntryId>) -> bool {
        let sums = self.sums();
        let ids = sums.references.get(reference);
        ids.is_some_and(|ids| ids.iter().any(|id| Some(*id) != besides))
    }

    /// How many pieces wait to be joined.
    pub(super) fn pieces(&self) -> usize {
        self.sums().pieces
    }

    /// The oldest of those that ended without success, beyond so many.
    pub(super) fn too_many_failed(&self, kept: usize) -> Vec<EntryId> {
        let sums = self.sums();
        let surplus = sums.failed.len().saturating_sub(kept);
        sums.failed.values().take(surplus).copied().collect()
    }
}

impl Promised {
    fn sums(&self) -> MutexGuard<'_, (u128, u128)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, promise: Promise) {
        let mut sums = self.sums();
        sums.0 += u128::from(promise.bytes);
        sums.1 += u128::from(promise.files);
    }

    fn take(&self, promise: Promise) {
        let mut sums = self.sums();
        sums.0 = sums.0.saturating_sub(u128::from(promise.bytes));
        sums.1 = sums.1.saturating_sub(u128::from(promise.files));
    }

    pub(super) fn all(&self) -> Promise {
        let sums = self.sums();
        let number = |sum| u64::try_from(sum).unwrap_or(u64::MAX);
        Promise { bytes: number(sums.0), files: number(sums.1) }
    }
}

#[cfg(test)]
impl Tally {
    /// Whether it says what a look at each of these entries says.
    pub(super) fn is_of<'a>(&self, entries: impl Iterator<Item = (u64, &'a LiveEntry)>) -> bool {
        let mut looked = Sums::default();
        for (number, live) in entries {
            looked.more(live.id, number, &Weight::of(live, &live.snapshot()));
        }
        looked == *self.sums()
    }
}

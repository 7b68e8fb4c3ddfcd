//! The entries that are not yet history, by id, by session and by owner.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::UploadError;
use super::live::LiveEntry;
use super::room::Promise;
use super::tally::{Place, Promised, Tally};
use crate::domain::{Caller, Entry, EntryId, EntryRef, OwnerId, SessionId, SlotName, Usage};

/// As many failed entries as a session remembers.
const FAILED_KEPT: usize = 100;

/// All live entries.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<Shelves>);

#[derive(Debug, Default)]
struct Shelves {
    entries: HashMap<EntryId, Arc<LiveEntry>>,
    sessions: HashMap<SessionId, Shelf>,
    owners: HashMap<OwnerId, BTreeSet<EntryId>>,
    /// What the entries have been promised.
    promised: Arc<Promised>,
    /// The number of the next entry of any session.
    next: u64,
    /// Who wants to know when an entry of a session ends without success.
    listeners: HashMap<SessionId, UnboundedSender<Entry>>,
    /// Sessions of an earlier process that left something unfinished.
    dormant: HashSet<SessionId>,
    /// Homes of the entries that a session has adopted from others.
    homes: HashMap<SessionId, HashSet<SessionId>>,
    /// Held while a session gets new entries.
    gates: HashMap<SessionId, Weak<tokio::sync::Mutex<()>>>,
}

/// The entries of one session, in the order in which they were registered.
#[derive(Debug, Default)]
struct Shelf {
    order: BTreeMap<u64, EntryId>,
    numbers: HashMap<EntryId, u64>,
    tally: Arc<Tally>,
}

impl Shelves {
    fn unlist(&mut self, session: SessionId, id: EntryId) {
        let Some(shelf) = self.sessions.get_mut(&session) else { return };
        if let Some(number) = shelf.numbers.remove(&id) {
            shelf.order.remove(&number);
        }
        if let Some(live) = self.entries.get(&id) {
            let here = |place: &Place| {
                place.session.as_ref().is_some_and(|(tally, _)| Arc::ptr_eq(tally, &shelf.tally))
            };
            live.stand(|place| {
                if here(place) {
                    place.session = None;
                }
            });
        }
        if shelf.order.is_empty() {
            self.sessions.remove(&session);
        }
    }

    fn put(&mut self, live: Arc<LiveEntry>, (session, home): (SessionId, SessionId)) {
        let shelf = self.sessions.entry(session).or_default();
        let number = *shelf.numbers.entry(live.id).or_insert_with(|| {
            self.next += 1;
            self.next
        });
        shelf.order.insert(number, live.id);
        if home != session {
            self.homes.entry(session).or_default().insert(home);
        }
        self.owners.entry(live.owner).or_default().insert(live.id);
        let tally = Arc::clone(&shelf.tally);
        if let Some(old) = self.entries.insert(live.id, Arc::clone(&live)) {
            old.stand(Place::leave);
        }
        live.stand(|place| {
            place.session = Some((tally, number));
            place.all = Some(Arc::clone(&self.promised));
        });
    }

    fn take_out(&mut self, id: EntryId) {
        let Some(live) = self.entries.remove(&id) else { return };
        live.stand(Place::leave);
        if let Some(ids) = self.owners.get_mut(&live.owner) {
            ids.remove(&id);
            if ids.is_empty() {
                self.owners.remove(&live.owner);
            }
        }
    }
}

impl Registry {
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another caller's entry is as unknown as one that never was. Whether the caller may do what they want isn't
    /// asked here: see [`Engine::live`](super::Engine::live).
    pub(super) fn get(&self, id: EntryId, caller: &Caller) -> Result<Arc<LiveEntry>, UploadError> {
        let live = self.find(id).ok_or(UploadError::NotFound)?;
        if caller.owns(&live.entry()) { Ok(live) } else { Err(UploadError::NotFound) }
    }

    /// A live entry, whose ever it is.
    pub(super) fn find(&self, id: EntryId) -> Option<Arc<LiveEntry>> {
        self.shelves().entries.get(&id).cloned()
    }

    /// The session's entries in the order in which they were registered.
    pub(super) fn of_session(&self, session: SessionId) -> Vec<Arc<LiveEntry>> {
        let shelves = self.shelves();
        let ids = shelves.sessions.get(&session).into_iter().flat_map(|shelf| shelf.order.values());
        ids.filter_map(|id| shelves.entries.get(id).cloned()).collect()
    }

    /// An owner's entries, the oldest first.
    pub(super) fn of_owner(&self, owner: OwnerId) -> Vec<Arc<LiveEntry>> {
        let shelves = self.shelves();
        let ids = shelves.owners.get(&owner).into_iter().flatten();
        ids.filter_map(|id| shelves.entries.get(id).cloned()).collect()
    }

    pub(super) fn all(&self) -> Vec<Arc<LiveEntry>> {
        self.shelves().entries.values().cloned().collect()
    }

    /// The entries that somebody writes.
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn held(&self) -> Vec<EntryId> {
        self.all().iter().filter(|live| live.is_held()).map(|live| live.id).collect()
    }

    /// Makes an entry live, in the place of an older holder of it.
    pub(super) fn put(&self, live: Arc<LiveEntry>) {
        let place = live.at_home();
        self.shelves().put(live, place);
    }

    /// As `put`, unless the entry is live already; answers whether it was put.
    pub(super) fn put_first(&self, live: &Arc<LiveEntry>) -> bool {
        let place = live.at_home();
        let mut shelves = self.shelves();
        let first = !shelves.entries.contains_key(&live.id);
        if first {
            shelves.put(Arc::clone(live), place);
        }
        first
    }

    /// One at a time brings entries into a session: whoever holds the gate.
    pub(super) fn gate(&self, session: SessionId) -> Arc<tokio::sync::Mutex<()>> {
        let mut shelves = self.shelves();
        if let Some(gate) = shelves.gates.get(&session).and_then(Weak::upgrade) {
            return gate;
        }
        // Only here the map grows, so only here what nobody waits at any more has to go.
        shelves.gates.retain(|_, gate| gate.strong_count() > 0);
        let gate = Arc::default();
        shelves.gates.insert(session, Arc::downgrade(&gate));
        gate
    }

    pub(super) fn is_live(&self, id: EntryId) -> bool {
        self.shelves().entries.contains_key(&id)
    }

    /// True if somebody else holds the entry now.
    pub(super) fn moved(&self, live: &Arc<LiveEntry>) -> bool {
        self.shelves().entries.get(&live.id).is_none_or(|held| !Arc::ptr_eq(held, live))
    }

    /// Waits until nobody else settles, ends or takes up the entry, and keeps them from it while the guard lives. Nothing if
    /// this is no longer who holds it: somebody has taken it up meanwhile, with its bytes, or it was put down or has ended.
    pub(super) async fn turn(&self, live: &Arc<LiveEntry>) -> Option<OwnedMutexGuard<()>> {
        let commit = Arc::clone(&live.commit).lock_owned().await;
        (!self.moved(live)).then_some(commit)
    }

    /// A caller's entry when it is its [turn](Self::turn), whoever of theirs holds it by then.
    pub(super) async fn hold(
        &self,
        id: EntryId,
        caller: &Caller,
    ) -> Result<(Arc<LiveEntry>, OwnedMutexGuard<()>), UploadError> {
        loop {
            let live = self.get(id, caller)?;
            if let Some(commit) = self.turn(&live).await {
                return Ok((live, commit));
            }
        }
    }

    /// The entry is no longer the session's; somebody else holds it, or will in a moment.
    pub(super) fn unlist(&self, session: SessionId, id: EntryId) {
        self.shelves().unlist(session, id);
    }

    /// These sessions of an earlier process may come back.
    pub(super) fn remember(&self, sessions: impl IntoIterator<Item = SessionId>) {
        self.shelves().dormant.extend(sessions);
    }

    /// Nobody comes back to the session: whether an earlier process left something of it, and the places where
    /// bytes of its entries lay.
    pub(super) fn bury(&self, session: SessionId) -> (bool, HashSet<SessionId>) {
        let mut shelves = self.shelves();
        let mut homes = shelves.homes.remove(&session).unwrap_or_default();
        homes.insert(session);
        (shelves.dormant.remove(&session), homes)
    }

    /// Whether nobody may come back to the session, and all its entries began in it.
    pub(super) fn is_plain(&self, session: SessionId) -> bool {
        let shelves = self.shelves();
        !shelves.dormant.contains(&session) && !shelves.homes.contains_key(&session)
    }

    /// Whether a session has no more than one entry.
    pub(super) fn has_one_at_most(&self, session: SessionId) -> bool {
        self.shelves().sessions.get(&session).is_none_or(|shelf| shelf.order.len() <= 1)
    }

    pub(super) fn forget(&self, session: SessionId, id: EntryId) {
        let mut shelves = self.shelves();
        shelves.take_out(id);
        shelves.unlist(session, id);
    }

    /// Tells a session of its entries that end without success, whoever ended them. Bounded by the number of
    /// its entries, for each ends once.
    pub(super) fn listen(&self, session: SessionId) -> UnboundedReceiver<Entry> {
        let (sender, receiver) = unbounded_channel();
        self.shelves().listeners.insert(session, sender);
        receiver
    }

    pub(super) fn tell(&self, entry: &Entry) {
        let mut shelves = self.shelves();
        if let Some(listener) = shelves.listeners.get(&entry.session)
            && listener.send(entry.clone()).is_err()
        {
            shelves.listeners.remove(&entry.session);
        }
    }

    /// Nobody listens any more.
    pub(super) fn hang_up(&self, session: SessionId) {
        self.shelves().listeners.remove(&session);
    }

    /// Forgets the oldest entries of a session that ended without success: a page shows why its last files
    /// were refused, and a client that fails for ever must not fill the memory. What a request has brought
    /// and its view has taken is not forgotten, because it counts to the request's end.
    pub(super) fn prune(&self, session: SessionId) {
        let Some(tally) = self.tally(session) else { return };
        for id in tally.too_many_failed(FAILED_KEPT) {
            self.forget(session, id);
        }
    }

    /// What counts against a slot's limits; see [`Tally::usage`].
    pub(super) fn usage(&self, session: SessionId, slot: &SlotName) -> Usage {
        self.tally(session).map(|tally| tally.usage(slot)).unwrap_or_default()
    }

    /// Whether an entry of the session that has not ended carries this reference, besides one. What has ended leaves
    /// its reference to others.
    pub(super) fn holds(
        &self,
        session: SessionId,
        reference: &EntryRef,
        besides: Option<EntryId>,
    ) -> bool {
        self.tally(session).is_some_and(|tally| tally.holds(reference, besides))
    }

    /// How many pieces a session has that wait to be joined.
    pub(super) fn pieces(&self, session: SessionId) -> usize {
        self.tally(session).map(|tally| tally.pieces()).unwrap_or_default()
    }

    /// What all live entries have been promised.
    pub(super) fn promised(&self) -> Promise {
        let promised = Arc::clone(&self.shelves().promised);
        promised.all()
    }

    fn tally(&self, session: SessionId) -> Option<Arc<Tally>> {
        self.shelves().sessions.get(&session).map(|shelf| Arc::clone(&shelf.tally))
    }
}

#[cfg(test)]
impl Registry {
    /// Where a tally is not what a look at each entry says.
    pub(super) fn miscounted(&self) -> Vec<String> {
        let shelves = self.shelves();
        let mut wrong = Vec::new();
        for (session, shelf) in &shelves.sessions {
            let live = |(number, id): (&u64, &EntryId)| {
                shelves.entries.get(id).map(|live| (*number, &**live))
            };
            if !shelf.tally.is_of(shelf.order.iter().filter_map(live)) {
                wrong.push(format!("the session {session}: {:?}", shelf.tally));
            }
        }
        let mut promised = Promise::default();
        for live in shelves.entries.values() {
            promised.add(live.needs(&live.snapshot()));
        }
        if promised != shelves.promised.all() {
            wrong.push(format!("promised: {:?}, not {promised:?}", shelves.promised.all()));
        }
        wrong
    }
}

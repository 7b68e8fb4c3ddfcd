//! The entries that are not yet history, by id and by session.
//!
//! The catalogue remembers; this knows what is going on now: who writes an entry (its epoch), the pen with
//! its running digest while nobody writes, and the latest mark. It is looked at once when a lease is
//! claimed, never while bytes flow.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use super::pen::Pen;
use super::queue::Queue;
use super::quota::Share;
use super::{Hooks, Lifetime, Mark, Registration, UploadError};
use crate::blob::BlobKey;
use crate::domain::{
    Caller, Code, Entry, EntryId, EntryKind, EntryState, IllegalTransition, OwnerId, Rejection,
    SessionId, Slot, SlotName, Timestamp, Transition, Usage,
};

/// As many failed entries as a session remembers.
const FAILED_KEPT: usize = 100;

/// One live entry.
#[derive(Debug)]
pub(super) struct LiveEntry {
    pub(super) id: EntryId,
    owner: OwnerId,
    pub(super) slot: Arc<Slot>,
    pub(super) hooks: Arc<Hooks>,
    pub(super) lifetime: Lifetime,
    pub(super) marks: watch::Sender<Mark>,
    /// Held by whoever writes; holds the pen when nobody does. A new claim bumps the epoch, which ends
    /// the old writer at its next batch, and then gets the pen from here.
    pub(super) pen: Arc<tokio::sync::Mutex<Option<Pen>>>,
    /// Held while the entry is published and settled, or cancelled: exactly one of the two happens.
    pub(super) commit: Arc<tokio::sync::Mutex<()>>,
    /// Closed when its owner gives it up: checks that look at it are waited for no more.
    pub(super) wanted: tokio::sync::Semaphore,
    /// Held while the application is offered the complete entry: two pages of one session must not both take it.
    pub(super) offer: Arc<tokio::sync::Mutex<()>>,
    epoch: AtomicU64,
    touched: AtomicI64,
    /// When it was last taken up, which is no progress.
    taken_up: AtomicI64,
    entry: Mutex<Entry>,
    /// What it holds of quotas beside its row.
    pub(super) share: Mutex<Option<Share>>,
    queue: Mutex<Weak<Queue>>,
}

impl LiveEntry {
    pub(super) fn new(entry: Entry, registration: &Registration) -> Self {
        let pen = Pen::new(entry.kind);
        Self::with_pen(entry, registration, Some(pen))
    }

    /// An entry with a pen from before; without one if nobody will write it any more.
    pub(super) fn with_pen(entry: Entry, registration: &Registration, pen: Option<Pen>) -> Self {
        let durable = pen.as_ref().map_or(0, |pen| pen.sync.durable());
        let mark = Mark { written: entry.offset, durable, failure: None };
        Self {
            id: entry.id,
            owner: entry.owner,
            slot: Arc::clone(&registration.slot),
            hooks: Arc::clone(&registration.hooks),
            lifetime: registration.lifetime,
            marks: watch::Sender::new(mark),
            pen: Arc::new(tokio::sync::Mutex::new(pen)),
            commit: Arc::default(),
            wanted: tokio::sync::Semaphore::const_new(0),
            offer: Arc::default(),
            epoch: AtomicU64::new(0),
            touched: AtomicI64::new(entry.touched_at.as_millis()),
            taken_up: AtomicI64::new(entry.touched_at.as_millis()),
            entry: Mutex::new(entry),
            share: Mutex::new(None),
            queue: Mutex::new(Weak::new()),
        }
    }

    /// A copy of the entry as it is now.
    pub(super) fn snapshot(&self) -> Entry {
        let mut entry = self.entry().clone();
        entry.touched_at = entry.touched_at.max(self.touched());
        entry
    }

    /// Where its bytes lie in the store.
    pub(super) fn key(&self) -> BlobKey {
        key_of(&self.entry())
    }

    /// The session that it belongs to, and the one where it began.
    fn place(&self) -> (SessionId, SessionId) {
        let entry = self.entry();
        (entry.session, entry.home)
    }

    pub(super) fn entry(&self) -> MutexGuard<'_, Entry> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn apply(&self, transition: Transition) -> Result<(), IllegalTransition> {
        self.entry().apply(transition)
    }

    /// Notes that something was written now.
    pub(super) fn touch(&self, now: Timestamp) {
        self.touched.store(now.as_millis(), Ordering::Relaxed);
    }

    /// Somebody is about to go on with it.
    pub(super) fn take_up(&self, now: Timestamp) {
        self.taken_up.store(now.as_millis(), Ordering::Relaxed);
    }

    /// When something was last written, or somebody took it up.
    pub(super) fn used(&self) -> Timestamp {
        self.touched().max(Timestamp::from_millis(self.taken_up.load(Ordering::Relaxed)))
    }

    /// When something was last written, or else when the entry was registered.
    pub(super) fn touched(&self) -> Timestamp {
        Timestamp::from_millis(self.touched.load(Ordering::Relaxed))
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Ends the present writer's right, and wakes it so that it notices.
    pub(super) fn supersede(&self) -> u64 {
        let epoch = self.epoch.fetch_add(1, Ordering::SeqCst) + 1;
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        if let Some(queue) = queue {
            queue.abandon();
        }
        self.marks.send_modify(|_| ());
        epoch
    }

    /// Why whoever held the pen can't go on: the entry has ended, or somebody else writes it now.
    pub(super) fn gone(&self) -> UploadError {
        let failure = self.marks.borrow().failure.clone();
        failure.unwrap_or_else(|| match self.entry().state() {
            EntryState::Failed(rejection) => rejection.clone().into(),
            EntryState::Cancelled => Rejection::new(Code::Cancelled).into(),
            EntryState::Expired => Rejection::new(Code::Expired).into(),
            _ => UploadError::Superseded,
        })
    }

    /// True while somebody has a lease, or what it was sent is being written.
    #[cfg(any(test, feature = "testing"))]
    fn is_held(&self) -> bool {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).strong_count() > 0
    }

    pub(super) fn attach(&self, queue: &Arc<Queue>) {
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(queue);
    }
}

/// Where an entry's unfinished bytes lie.
pub(super) fn key_of(entry: &Entry) -> BlobKey {
    BlobKey { session: entry.home, id: entry.id }
}

impl Shelves {
    fn unlist(&mut self, session: SessionId, id: EntryId) {
        if let Some(ids) = self.sessions.get_mut(&session) {
            ids.retain(|known| *known != id);
            if ids.is_empty() {
                self.sessions.remove(&session);
            }
        }
    }

    fn put(&mut self, live: Arc<LiveEntry>, (session, home): (SessionId, SessionId)) {
        let known = self.sessions.entry(session).or_default();
        if !known.contains(&live.id) {
            known.push(live.id);
        }
        if home != session {
            self.homes.entry(session).or_default().insert(home);
        }
        self.owners.entry(live.owner).or_default().insert(live.id);
        self.entries.insert(live.id, live);
    }

    fn take_out(&mut self, id: EntryId) {
        let Some(live) = self.entries.remove(&id) else { return };
        if let Some(ids) = self.owners.get_mut(&live.owner) {
            ids.remove(&id);
            if ids.is_empty() {
                self.owners.remove(&live.owner);
            }
        }
    }
}

/// All live entries.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<Shelves>);

#[derive(Debug, Default)]
struct Shelves {
    entries: HashMap<EntryId, Arc<LiveEntry>>,
    sessions: HashMap<SessionId, Vec<EntryId>>,
    owners: HashMap<OwnerId, BTreeSet<EntryId>>,
    /// Who wants to know when an entry of a session ends without success.
    listeners: HashMap<SessionId, UnboundedSender<Entry>>,
    /// Sessions of an earlier process that left something unfinished.
    dormant: HashSet<SessionId>,
    /// Homes of the entries that a session has adopted from others.
    homes: HashMap<SessionId, HashSet<SessionId>>,
    /// Held while a session gets new entries.
    gates: HashMap<SessionId, Weak<tokio::sync::Mutex<()>>>,
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
        let ids = shelves.sessions.get(&session).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| shelves.entries.get(id).cloned()).collect()
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
        let place = live.place();
        self.shelves().put(live, place);
    }

    /// As `put`, unless the entry is live already; answers whether it was put.
    pub(super) fn put_first(&self, live: &Arc<LiveEntry>) -> bool {
        let place = live.place();
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
        let ended = |entry: &Entry| entry.state().is_terminal() && !entry.done();
        let all = self.of_session(session);
        let ended: Vec<EntryId> =
            all.iter().filter(|live| ended(&live.entry())).map(|live| live.id).collect();
        for id in ended.iter().take(ended.len().saturating_sub(FAILED_KEPT)) {
            self.forget(session, *id);
        }
    }

    /// What counts against a slot's limits: everything that has not ended, and what a request has brought
    /// already, consumed or not. A session may bring more when the application has taken what it brought.
    pub(super) fn usage(&self, session: SessionId, slot: &SlotName) -> Usage {
        let mut usage = Usage::default();
        for live in self.of_session(session) {
            let entry = live.entry();
            if entry.kind == EntryKind::Piece {
                continue; // The file that is joined of it counts.
            }
            let spent = live.lifetime == Lifetime::Request && entry.done();
            if entry.slot == *slot && (spent || !entry.state().is_terminal()) {
                usage.entries += 1;
                usage.bytes = usage.bytes.saturating_add(entry.length.unwrap_or(entry.offset));
            }
        }
        usage
    }
}

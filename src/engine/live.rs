//! The entries that are not yet history, by id and by session.
//!
//! The catalogue remembers; this knows what is going on now: who writes an entry (its epoch), the pen with
//! its running digest while nobody writes, and the latest mark. It is looked at once when a lease is
//! claimed, never while bytes flow.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use super::pen::Pen;
use super::queue::Queue;
use super::{Hooks, Lifetime, Mark, Registration, UploadError};
use crate::blob::BlobKey;
use crate::domain::{
    Caller, Code, Entry, EntryId, EntryState, IllegalTransition, Rejection, SessionId, Slot,
    SlotName, Timestamp, Transition, Usage,
};

/// As many failed entries as a session remembers.
const FAILED_KEPT: usize = 100;

/// One live entry.
#[derive(Debug)]
pub(super) struct LiveEntry {
    pub(super) id: EntryId,
    pub(super) slot: Arc<Slot>,
    pub(super) hooks: Arc<Hooks>,
    pub(super) lifetime: Lifetime,
    pub(super) marks: watch::Sender<Mark>,
    /// Held by whoever writes; holds the pen when nobody does. A new claim bumps the epoch, which ends
    /// the old writer at its next batch, and then gets the pen from here.
    pub(super) pen: Arc<tokio::sync::Mutex<Option<Pen>>>,
    /// Held while the entry is published and settled, or cancelled: exactly one of the two happens.
    pub(super) commit: Arc<tokio::sync::Mutex<()>>,
    epoch: AtomicU64,
    touched: AtomicI64,
    entry: Mutex<Entry>,
    queue: Mutex<Weak<Queue>>,
}

impl LiveEntry {
    pub(super) fn new(entry: Entry, registration: &Registration) -> Self {
        Self {
            id: entry.id,
            slot: Arc::clone(&registration.slot),
            hooks: Arc::clone(&registration.hooks),
            lifetime: registration.lifetime,
            marks: watch::Sender::new(Mark::default()),
            pen: Arc::new(tokio::sync::Mutex::new(Some(Pen::new()))),
            commit: Arc::default(),
            epoch: AtomicU64::new(0),
            touched: AtomicI64::new(entry.created_at.as_millis()),
            entry: Mutex::new(entry),
            queue: Mutex::new(Weak::new()),
        }
    }

    /// A copy of the entry as it is now.
    pub(super) fn snapshot(&self) -> Entry {
        self.entry().clone()
    }

    /// Where its bytes lie in the store.
    pub(super) fn key(&self) -> BlobKey {
        BlobKey { session: self.entry().session, id: self.id }
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

    pub(super) fn attach(&self, queue: &Arc<Queue>) {
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(queue);
    }
}

/// All live entries.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<Shelves>);

#[derive(Debug, Default)]
struct Shelves {
    entries: HashMap<EntryId, Arc<LiveEntry>>,
    sessions: HashMap<SessionId, Vec<EntryId>>,
    /// Who wants to know when an entry of a session ends without success.
    listeners: HashMap<SessionId, UnboundedSender<Entry>>,
}

impl Registry {
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another caller's entry is as unknown as one that never was.
    pub(super) fn get(&self, id: EntryId, caller: &Caller) -> Result<Arc<LiveEntry>, UploadError> {
        let live = self.shelves().entries.get(&id).cloned().ok_or(UploadError::NotFound)?;
        if live.entry().owner == caller.owner() { Ok(live) } else { Err(UploadError::NotFound) }
    }

    /// The session's entries in the order in which they were registered.
    pub(super) fn of_session(&self, session: SessionId) -> Vec<Arc<LiveEntry>> {
        let shelves = self.shelves();
        let ids = shelves.sessions.get(&session).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| shelves.entries.get(id).cloned()).collect()
    }

    pub(super) fn all(&self) -> Vec<Arc<LiveEntry>> {
        self.shelves().entries.values().cloned().collect()
    }

    pub(super) fn put(&self, live: Arc<LiveEntry>) {
        let session = live.entry().session;
        let mut shelves = self.shelves();
        shelves.sessions.entry(session).or_default().push(live.id);
        shelves.entries.insert(live.id, live);
    }

    pub(super) fn forget(&self, session: SessionId, id: EntryId) {
        let mut shelves = self.shelves();
        shelves.entries.remove(&id);
        if let Some(ids) = shelves.sessions.get_mut(&session) {
            ids.retain(|known| *known != id);
            if ids.is_empty() {
                shelves.sessions.remove(&session);
            }
        }
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
            let spent = live.lifetime == Lifetime::Request && entry.done();
            if entry.slot == *slot && (spent || !entry.state().is_terminal()) {
                usage.entries += 1;
                usage.bytes = usage.bytes.saturating_add(entry.length.unwrap_or(entry.offset));
            }
        }
        usage
    }
}

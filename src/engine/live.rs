//! One entry that is not yet history.
//!
//! The catalogue remembers; this knows what is going on now: who writes the entry (its epoch), the pen with
//! its running digest while nobody writes, and the latest mark. It is looked at once when a lease is
//! claimed, never while bytes flow.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;

use super::digests::Needs;
use super::pen::Pen;
use super::queue::Queue;
use super::quota::Share;
use super::tally::Place;
use super::{Hooks, Lifetime, Mark, Registration, UploadError};
use crate::blob::BlobKey;
use crate::domain::{
    Code, Entry, EntryId, EntryState, IllegalTransition, OwnerId, Rejection, SessionId, Slot,
    Timestamp, Transition,
};

/// An entry, and where it is counted.
#[derive(Debug)]
struct Kept {
    entry: Entry,
    place: Place,
}

/// A live entry that nobody else changes meanwhile. Whoever counts it counts what has become of it.
#[derive(Debug)]
pub(super) struct Held<'a> {
    kept: MutexGuard<'a, Kept>,
    live: &'a LiveEntry,
    is_changed: bool,
}

impl Deref for Held<'_> {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        &self.kept.entry
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Entry {
        self.is_changed = true;
        &mut self.kept.entry
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.is_changed {
            let Kept { entry, place } = &mut *self.kept;
            place.count(self.live, entry);
        }
    }
}

/// One live entry.
#[derive(Debug)]
pub(super) struct LiveEntry {
    pub(super) id: EntryId,
    pub(super) owner: OwnerId,
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
    /// It has no row before it is complete or put down.
    pub(super) rowless: AtomicBool,
    /// Its row waits for what its application does with it.
    pub(super) unrecorded: AtomicBool,
    epoch: AtomicU64,
    touched: AtomicI64,
    /// When it was last taken up, which is no progress.
    taken_up: AtomicI64,
    kept: Mutex<Kept>,
    /// What it holds of quotas beside its row.
    pub(super) share: Mutex<Option<Share>>,
    queue: Mutex<Weak<Queue>>,
}

impl LiveEntry {
    pub(super) fn new(entry: Entry, registration: &Registration) -> Self {
        let pen = Pen::new(entry.kind, Needs::of(&registration.slot, &entry));
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
            rowless: AtomicBool::new(false),
            unrecorded: AtomicBool::new(false),
            epoch: AtomicU64::new(0),
            touched: AtomicI64::new(entry.touched_at.as_millis()),
            taken_up: AtomicI64::new(entry.touched_at.as_millis()),
            kept: Mutex::new(Kept { entry, place: Place::default() }),
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
    pub(super) fn at_home(&self) -> (SessionId, SessionId) {
        let entry = self.entry();
        (entry.session, entry.home)
    }

    /// The entry as it is now, to be looked at or changed. Don't ask the registry of anything while this is held.
    pub(super) fn entry(&self) -> Held<'_> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Held { kept, live: self, is_changed: false }
    }

    /// From now on it is counted there; only the registry says where.
    pub(super) fn stand(&self, change: impl FnOnce(&mut Place)) {
        let mut held = self.entry();
        change(&mut held.kept.place);
        held.is_changed = true;
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
    pub(super) fn is_held(&self) -> bool {
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

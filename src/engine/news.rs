//! News: whoever watches hears which uploads have changed, whoever brings their bytes.
//!
//! A page wants to show what comes by other ways than its own, and an event stream follows one upload to its end.
//! Neither may cost those who bring bytes more than a look at a number, and neither is read at a pace that we know.
//! So nothing is queued: a watcher holds the ids of what has changed since it last asked, once each, and of those
//! that have ended how they did, because nobody else remembers that. How far the others are, it reads when it gets
//! to it. Whoever is slow misses steps.
//!
//! INVARIANT: a watcher holds at most `HELD` changes; beyond that the entries that were registered first are left
//! out. Whoever watches one entry has one change at most, so of that nothing is ever left out.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Engine;
use super::live::LiveEntry;
use crate::domain::{Caller, Entry, EntryId, OwnerId, PageName, SessionId};

/// As many changes as one watcher holds.
const HELD: usize = 256;

/// What somebody wants to hear of, among the entries of one owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// One entry.
    Entry(EntryId),
    /// All entries of a page, besides those of one session.
    Page {
        /// The page.
        page: PageName,
        /// Whoever watches knows of these.
        besides: SessionId,
    },
}

/// An entry has changed: it was registered, got further, moved to another session, or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Which one.
    pub id: EntryId,
    /// How it ended, if it did: consumed, cancelled, expired or failed. The last news of this entry.
    pub end: Option<Arc<Entry>>,
}

/// Hears of changes for as long as it lives.
#[derive(Debug)]
pub struct Watch {
    board: Arc<Board>,
    watcher: Arc<Watcher>,
}

impl Watch {
    /// What has changed since this was asked before; waits until something has. Nothing when the engine takes no
    /// more uploads: whoever watches is to leave then.
    ///
    /// # Cancellation
    /// Nothing is lost.
    pub async fn next(&mut self) -> Option<Vec<News>> {
        loop {
            let news = self.watcher.take();
            if !news.is_empty() {
                return Some(news);
            }
            if self.board.is_closed() {
                return None;
            }
            self.watcher.wake.notified().await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.board.forget(&self.watcher);
    }
}

/// Everybody who watches.
#[derive(Debug, Default)]
pub(super) struct Board {
    watchers: Mutex<Owners>,
    /// How many they are: all that whoever brings bytes looks at, mostly.
    count: AtomicUsize,
    closed: AtomicBool,
}

/// Shared with whoever tells them something, so that nobody else waits for that: one owner may have many who watch.
type Owners = HashMap<OwnerId, Arc<Vec<Arc<Watcher>>>>;

#[derive(Debug)]
struct Watcher {
    caller: Caller,
    about: About,
    changed: Mutex<BTreeMap<EntryId, Option<Arc<Entry>>>>,
    wake: Notify,
}

impl Board {
    /// A live entry was registered, got further or belongs to another session now.
    pub(super) fn moved(&self, live: &LiveEntry) {
        if self.count() > 0 {
            self.tell(&live.entry(), false);
        }
    }

    /// An entry has ended, and this is how.
    pub(super) fn ended(&self, entry: &Entry) {
        if self.count() > 0 {
            self.tell(entry, true);
        }
    }

    /// Nobody will hear anything more.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        for watcher in self.watchers().values().flat_map(|those| those.iter()) {
            watcher.wake.notify_one();
        }
    }

    /// How many watch.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    fn watch(self: Arc<Self>, caller: &Caller, about: About) -> Watch {
        let (changed, wake) = (Mutex::default(), Notify::new());
        let watcher = Arc::new(Watcher { caller: caller.clone(), about, changed, wake });
        Arc::make_mut(self.watchers().entry(caller.owner()).or_default())
            .push(Arc::clone(&watcher));
        self.count.fetch_add(1, Ordering::SeqCst);
        Watch { board: self, watcher }
    }

    fn forget(&self, gone: &Arc<Watcher>) {
        let mut watchers = self.watchers();
        if let Some(those) = watchers.get_mut(&gone.caller.owner()) {
            Arc::make_mut(those).retain(|watcher| !Arc::ptr_eq(watcher, gone));
            if those.is_empty() {
                watchers.remove(&gone.caller.owner());
            }
        }
        self.count.fetch_sub(1, Ordering::SeqCst);
    }

    fn tell(&self, entry: &Entry, over: bool) {
        let Some(those) = self.watchers().get(&entry.owner).cloned() else { return };
        let mut those = those.iter().filter(|watcher| watcher.hears_of(entry)).peekable();
        let end = (over && those.peek().is_some()).then(|| Arc::new(entry.clone()));
        for watcher in those {
            watcher.note(entry.id, end.clone());
        }
    }

    fn watchers(&self) -> MutexGuard<'_, Owners> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl About {
    fn is(&self, entry: &Entry) -> bool {
        match self {
            Self::Entry(id) => entry.id == *id,
            Self::Page { page, besides } => entry.page == *page && entry.session != *besides,
        }
    }
}

impl Watcher {
    fn hears_of(&self, entry: &Entry) -> bool {
        self.about.is(entry) && self.caller.owns(entry)
    }

    fn note(&self, id: EntryId, end: Option<Arc<Entry>>) {
        let mut changed = self.changed();
        match end {
            Some(end) => {
                changed.insert(id, Some(end));
            }
            // An end is the last word, also for whoever speaks late.
            None => {
                changed.entry(id).or_default();
            }
        }
        if changed.len() > HELD {
            changed.pop_first();
        }
        drop(changed);
        self.wake.notify_one();
    }

    fn take(&self) -> Vec<News> {
        let changed = std::mem::take(&mut *self.changed());
        changed.into_iter().map(|(id, end)| News { id, end }).collect()
    }

    fn changed(&self) -> MutexGuard<'_, BTreeMap<EntryId, Option<Arc<Entry>>>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Watches uploads of a caller. What was before is not news: watch first, then look.
    #[must_use]
    pub fn watch(&self, caller: &Caller, about: About) -> Watch {
        Arc::clone(&self.0.news).watch(caller, about)
    }

    /// How many watch.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn watching(&self) -> usize {
        self.0.news.count()
    }

    pub(super) fn news(&self) -> &Board {
        &self.0.news
    }
}

//! The session: what a view or a handler works with.
//!
//! A session owns slots and entries. A live page has one for as long as its socket (and a grace time), a
//! form post has one for the request. The verbs and their habits are those of Phoenix LiveView's uploads.
//! A session is a cheap handle; clones are the same session.

mod allow;
mod chatter;
mod consume;
mod entries;
mod fate;
mod files;
mod keep;
mod options;
mod uploaded_file;
mod urls;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

pub use self::allow::AllowError;
use self::chatter::{Chatter, Worth};
pub use self::consume::Consumed;
pub(crate) use self::fate::Fate;
pub(crate) use self::options::OnProgress;
pub use self::options::SlotOptions;
pub use self::uploaded_file::UploadedFile;

use crate::domain::{Caller, PageName, SessionId, Slot, SlotName};
use crate::engine::{Engine, Hooks, Lifetime, UploadError};
use crate::site::Site;

/// A session with its slots and entries.
#[derive(Debug, Clone)]
pub struct UploadSession(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: SessionId,
    caller: Caller,
    page: PageName,
    lifetime: Lifetime,
    engine: Engine,
    site: Site,
    slots: Mutex<Vec<Declared>>,
    regions: Mutex<BTreeSet<String>>,
    changed: Notify,
    chatter: Chatter,
}

/// A slot as it was declared.
#[derive(Clone)]
struct Declared {
    slot: Arc<Slot>,
    hooks: Arc<Hooks>,
    on_progress: Option<OnProgress>,
    kept: bool,
}

impl std::fmt::Debug for Declared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.slot.fmt(f)
    }
}

impl UploadSession {
    pub(crate) fn new(
        id: SessionId,
        caller: Caller,
        page: PageName,
        lifetime: Lifetime,
        engine: Engine,
        site: Site,
    ) -> Self {
        Self(Arc::new(Inner {
            id,
            caller,
            page,
            lifetime,
            engine,
            site,
            slots: Mutex::default(),
            regions: Mutex::default(),
            changed: Notify::new(),
            chatter: Chatter::default(),
        }))
    }

    /// Whether an odd thing of this session's client is worth a line of the log.
    pub(crate) fn is_odd_enough(&self) -> bool {
        self.says(self.0.chatter.odd(), "odd things")
    }

    /// The same of a fault of ours.
    pub(crate) fn is_fault_enough(&self) -> bool {
        self.says(self.0.chatter.fault(), "faults")
    }

    fn says(&self, worth: Worth, what: &str) -> bool {
        if worth == Worth::LastLine {
            tracing::warn!(session.id = %self.0.id, "no more {what} of this session are told of after the next line");
        }
        worth != Worth::Nothing
    }

    /// The session's id; its unfinished bytes lie in a folder of this name.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.0.id
    }

    /// Who the session belongs to.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.0.caller
    }

    /// The page that the session is on.
    #[must_use]
    pub fn page(&self) -> &PageName {
        &self.0.page
    }

    /// Says that a part of the page has changed; it is rendered again and pushed, after the handler that
    /// says so, or soon when a task in the background does. Without a socket nothing happens: the page is
    /// rendered whole.
    pub fn push_region(&self, region: &str) {
        self.regions().insert(region.to_owned());
        self.0.changed.notify_one();
    }

    /// Resolves when a region was said to have changed since the last time.
    pub(crate) async fn region_pushed(&self) {
        self.0.changed.notified().await;
    }

    pub(crate) fn has_regions(&self) -> bool {
        !self.regions().is_empty()
    }

    pub(crate) fn take_regions(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.regions())
    }

    /// The slots in the order in which they were declared.
    #[must_use]
    pub fn slots(&self) -> Vec<Arc<Slot>> {
        self.slots_mut().iter().map(|declared| Arc::clone(&declared.slot)).collect()
    }

    pub(crate) fn slot(&self, name: &str) -> Option<Arc<Slot>> {
        self.declared(name).ok().map(|declared| declared.slot)
    }

    pub(crate) fn on_progress(&self, slot: &SlotName) -> Option<OnProgress> {
        self.declared(slot.as_str()).ok()?.on_progress
    }

    /// Whether files of the slot are kept as soon as they are complete.
    pub(crate) fn keeps(&self, slot: &SlotName) -> bool {
        self.declared(slot.as_str()).is_ok_and(|declared| declared.kept)
    }

    fn declared(&self, name: &str) -> Result<Declared, UploadError> {
        let found =
            self.slots_mut().iter().find(|known| known.slot.name().as_str() == name).cloned();
        let known = || self.slot_names();
        found.ok_or_else(|| UploadError::UndeclaredSlot { name: name.to_owned(), known: known() })
    }

    fn slot_names(&self) -> Vec<String> {
        self.slots_mut().iter().map(|known| known.slot.name().to_string()).collect()
    }

    fn slots_mut(&self) -> MutexGuard<'_, Vec<Declared>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn regions(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.regions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

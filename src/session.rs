//! The session: what a view or a handler works with.
//!
//! A session owns slots and entries. A live page has one for as long as its socket (and a grace time), a
//! form post has one for the request. The verbs and their habits are those of Phoenix LiveView's uploads.
//! A session is a cheap handle; clones are the same session.

mod allow;
mod consume;
mod fate;
mod files;
mod keep;
mod options;
mod uploaded_file;
mod urls;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;

pub use self::allow::AllowError;
pub use self::consume::Consumed;
pub(crate) use self::fate::Fate;
pub(crate) use self::options::OnProgress;
pub use self::options::SlotOptions;
pub use self::uploaded_file::UploadedFile;

use crate::domain::{
    Caller, ClientFacts, Code, Entry, EntryId, EntryRef, PageName, Rejection, SessionId, Slot,
    SlotName,
};
use crate::engine::{Engine, Hooks, Lease, Lifetime, Registration, UploadError};
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
}

/// A slot as it was declared.
#[derive(Clone)]
struct Declared {
    slot: Arc<Slot>,
    hooks: Arc<Hooks>,
    on_progress: Option<OnProgress>,
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
        let (slots, regions, changed) = (Mutex::default(), Mutex::default(), Notify::new());
        Self(Arc::new(Inner { id, caller, page, lifetime, engine, site, slots, regions, changed }))
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

    /// All entries of a slot that have not been consumed, in the order in which they were registered.
    #[must_use]
    pub fn get_uploads(&self, slot: &str) -> Vec<Entry> {
        let entries = self.0.engine.entries(self.0.id);
        entries.into_iter().filter(|e| e.slot.as_str() == slot && !is_consumed(e)).collect()
    }

    /// All entries of the session, consumed ones too as long as it knows them.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.0.engine.entries(self.0.id)
    }

    /// The complete entries of a slot, and those that are still on their way. Refused and cancelled ones
    /// are in neither.
    #[must_use]
    pub fn uploaded_entries(&self, slot: &str) -> (Vec<Entry>, Vec<Entry>) {
        let open = self.get_uploads(slot).into_iter().filter(|entry| !entry.state().is_terminal());
        open.partition(Entry::done)
    }

    /// Cancels one entry of a slot by the client's reference; its bytes are removed, and the page that sends
    /// it is told.
    ///
    /// # Errors
    /// [`UploadError::UndeclaredSlot`]; [`UploadError::NotFound`]; [`UploadError::Illegal`] if it has ended
    /// already.
    pub async fn cancel_upload(&self, slot: &str, reference: &str) -> Result<Entry, UploadError> {
        self.declared(slot)?;
        let mut entries = self.get_uploads(slot).into_iter().rev();
        let entry = entries.find(|entry| entry.reference.as_str() == reference);
        self.cancel(entry.ok_or(UploadError::NotFound)?.id).await
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

    pub(crate) async fn cancel(&self, id: EntryId) -> Result<Entry, UploadError> {
        self.0.engine.cancel(id, &self.0.caller).await
    }

    /// Registers a batch of files for a slot. The outer error is about the slot or the server.
    pub(crate) async fn register(
        &self,
        slot: &str,
        batch: Vec<(EntryRef, ClientFacts)>,
    ) -> Result<Vec<Result<Entry, Rejection>>, UploadError> {
        let Ok(Declared { slot, hooks, .. }) = self.declared(slot) else {
            tracing::warn!(page = %self.0.page, slot, "a file was offered to a slot that the page does not have");
            return Err(Rejection::new(Code::UnknownSlot).into());
        };
        let registration = Registration {
            session: self.0.id,
            caller: self.0.caller.clone(),
            page: self.0.page.clone(),
            slot,
            hooks,
            lifetime: self.0.lifetime,
        };
        self.0.engine.register(&registration, batch).await
    }

    pub(crate) async fn claim(&self, id: EntryId) -> Result<Lease, UploadError> {
        self.0.engine.claim(id, &self.0.caller).await
    }

    /// An entry of the caller, of this session or remembered.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign entries alike.
    pub async fn entry(&self, id: EntryId) -> Result<Entry, UploadError> {
        self.0.engine.get(id, &self.0.caller).await
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

    /// Ends an entry that the application does not want, with the reason that its user is told.
    pub(crate) async fn refuse(&self, id: EntryId, reason: Rejection) -> Result<(), UploadError> {
        self.0.engine.refuse(id, &self.0.caller, reason).await
    }

    /// Entries of this session that end without success from now on, whoever ends them.
    pub(crate) fn endings(&self) -> UnboundedReceiver<Entry> {
        self.0.engine.endings(self.0.id)
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

fn is_consumed(entry: &Entry) -> bool {
    matches!(entry.state(), crate::domain::EntryState::Consumed)
}

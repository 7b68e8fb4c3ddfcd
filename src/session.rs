//! The session: what a view or a handler works with.
//!
//! A session owns slots and entries. A live page has one for as long as its socket (and a grace time), a
//! form post has one for the request. The verbs and their habits are those of Phoenix LiveView's uploads.
//! A session is a cheap handle; clones are the same session.

mod allow;
mod consume;
mod files;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::allow::AllowError;
pub use self::consume::{Consumed, UploadedFile};

use crate::domain::{
    Caller, ClientFacts, Code, Entry, EntryId, EntryRef, PageName, Rejection, SessionId, Slot,
    SlotName,
};
use crate::engine::{Engine, Lease, Lifetime, Registration, UploadError};

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
    slots: Mutex<Vec<Arc<Slot>>>,
    regions: Mutex<BTreeSet<String>>,
}

impl UploadSession {
    pub(crate) fn new(
        id: SessionId,
        caller: Caller,
        page: PageName,
        lifetime: Lifetime,
        engine: Engine,
    ) -> Self {
        let (slots, regions) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { id, caller, page, lifetime, engine, slots, regions }))
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

    /// Cancels one entry of a slot by the client's reference; its bytes are removed.
    ///
    /// # Errors
    /// [`UploadError::NotFound`]; [`UploadError::Illegal`] if it has ended already.
    pub async fn cancel_upload(&self, slot: &str, reference: &str) -> Result<Entry, UploadError> {
        let mut entries = self.get_uploads(slot).into_iter().rev();
        let entry = entries.find(|entry| entry.reference.as_str() == reference);
        self.cancel(entry.ok_or(UploadError::NotFound)?.id).await
    }

    /// Says that a part of the page has changed; it is rendered again and pushed when the handler is done.
    /// Without a socket nothing happens: the page is rendered whole.
    pub fn push_region(&self, region: &str) {
        self.regions().insert(region.to_owned());
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
        let slot = self.slot(slot).ok_or_else(|| Rejection::new(Code::UnknownSlot))?;
        let registration = Registration {
            session: self.0.id,
            caller: self.0.caller.clone(),
            page: self.0.page.clone(),
            slot,
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
        self.slots_mut().clone()
    }

    pub(crate) fn slot(&self, name: &str) -> Option<Arc<Slot>> {
        let name = SlotName::try_from(name).ok()?;
        self.slots_mut().iter().find(|slot| *slot.name() == name).cloned()
    }

    fn slots_mut(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn regions(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.regions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_consumed(entry: &Entry) -> bool {
    matches!(entry.state(), crate::domain::EntryState::Consumed)
}

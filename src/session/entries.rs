//! Entries of a session: registered, looked at, cancelled.

use tokio::sync::mpsc::UnboundedReceiver;

use super::{Declared, UploadSession};
use crate::domain::{Caller, ClientFacts, Code, Entry, EntryId, EntryRef, EntryState, Rejection};
use crate::engine::{About, Lease, Offered, Registration, UploadError, Watch};

impl UploadSession {
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

    pub(crate) async fn cancel(&self, id: EntryId) -> Result<Entry, UploadError> {
        self.0.engine.cancel(id, &self.0.caller).await
    }

    /// Takes back what a door has begun itself.
    pub(crate) async fn withdraw(&self, id: EntryId) -> Result<Entry, UploadError> {
        self.0.engine.withdraw(id, &self.0.caller).await
    }

    /// Has what is complete and was not taken recorded; answers what could not be, and why.
    pub(crate) async fn record(&self) -> Vec<(EntryId, Rejection)> {
        self.0.engine.record(self.0.id).await
    }

    /// As [`Self::withdraw`], of several, behind the caller's back.
    pub(crate) fn withdraw_all(&self, ids: Vec<EntryId>) {
        self.0.engine.withdraw_all(ids, &self.0.caller);
    }

    /// Registers a batch of files for a slot. The outer error is about the slot or the server.
    pub(crate) async fn register(
        &self,
        slot: &str,
        batch: Vec<impl Into<Offered>>,
    ) -> Result<Vec<Result<Entry, Rejection>>, UploadError> {
        let Some(registration) = self.registration(slot) else {
            return Err(self.unknown_slot(slot).into());
        };
        self.0.engine.register(&registration, batch).await
    }

    /// Registers an upload that comes with so many bytes.
    ///
    /// # Errors
    /// As [`Engine::register_bringing`](crate::engine::Engine::register_bringing).
    pub(crate) async fn register_bringing(
        &self,
        slot: &str,
        offered: Offered,
        brings: u64,
    ) -> Result<Entry, UploadError> {
        let Some(registration) = self.registration(slot) else {
            return Err(self.unknown_slot(slot).into());
        };
        match self.0.engine.register_bringing(&registration, offered, brings).await?.pop() {
            Some(answer) => Ok(answer?),
            None => Err(UploadError::NotFound),
        }
    }

    /// Joins pieces of a slot into a file.
    ///
    /// # Errors
    /// As [`Engine::join`](crate::engine::Engine::join).
    pub(crate) async fn join(
        &self,
        slot: &str,
        pieces: &[(EntryId, Caller)],
        offered: Offered,
    ) -> Result<Entry, UploadError> {
        let to = self.registration(slot).ok_or_else(|| self.unknown_slot(slot))?;
        self.0.engine.join(&to, pieces, offered).await
    }

    /// Takes up an entry that another session, an earlier connection of this one, or an earlier process had.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for what isn't the caller's, isn't of this page, or can't go on; as
    /// [`Engine::adopt`](crate::engine::Engine::adopt).
    pub(crate) async fn adopt(
        &self,
        entry: &Entry,
        reference: EntryRef,
    ) -> Result<Entry, UploadError> {
        let to = self.registration(entry.slot.as_str()).ok_or(UploadError::NotFound)?;
        self.0.engine.adopt(&to, entry.id, reference).await
    }

    /// Takes up an entry of this session that nobody has.
    ///
    /// # Errors
    /// As [`Engine::adopt_resting`](crate::engine::Engine::adopt_resting).
    pub(crate) async fn adopt_resting(&self, entry: &Entry) -> Result<Entry, UploadError> {
        let to = self.registration(entry.slot.as_str()).ok_or(UploadError::NotFound)?;
        self.0.engine.adopt_resting(&to, entry.id).await
    }

    /// Registers a piece under an id of its door's choice, or answers the one that is there.
    ///
    /// # Errors
    /// As [`Engine::register_piece`](crate::engine::Engine::register_piece).
    pub(crate) async fn register_piece(
        &self,
        slot: &str,
        id: EntryId,
        memo: String,
    ) -> Result<Entry, UploadError> {
        let to = self.registration(slot).ok_or(UploadError::NotFound)?;
        self.0.engine.register_piece(&to, id, memo).await
    }

    /// Makes a file of a piece, now that its name is known.
    ///
    /// # Errors
    /// As [`Engine::name`](crate::engine::Engine::name).
    pub(crate) async fn name(
        &self,
        entry: &Entry,
        facts: ClientFacts,
    ) -> Result<Entry, UploadError> {
        let to = self.registration(entry.slot.as_str()).ok_or(UploadError::NotFound)?;
        self.0.engine.name(&to, entry.id, facts).await
    }

    /// Keeps an older page of this session from being offered the entry at the same time.
    pub(crate) async fn offer(&self, id: EntryId) -> Option<tokio::sync::OwnedMutexGuard<()>> {
        self.0.engine.offer(id, &self.0.caller).await
    }

    fn registration(&self, slot: &str) -> Option<Registration> {
        let Declared { slot, hooks, .. } = self.declared(slot).ok()?;
        Some(Registration {
            session: self.0.id,
            caller: self.0.caller.clone(),
            page: self.0.page.clone(),
            slot,
            hooks,
            lifetime: self.0.lifetime,
        })
    }

    /// Notes that a client asked for a slot that the page does not have, and answers what it is told.
    pub(crate) fn unknown_slot(&self, name: &str) -> Rejection {
        let slot: String = name.chars().take(64).collect();
        if self.is_odd_enough() {
            tracing::warn!(page = %self.0.page, slot, "a file was offered to a slot that the page does not have");
        }
        Rejection::new(Code::UnknownSlot)
    }

    /// True if the application is asked about each file of the slot, which may take its time.
    pub(crate) fn asks(&self, slot: &str) -> bool {
        self.declared(slot).is_ok_and(|declared| !declared.hooks.validators.is_empty())
    }

    pub(crate) async fn claim(&self, id: EntryId) -> Result<Lease, UploadError> {
        self.0.engine.claim(id, &self.0.caller).await
    }

    pub(crate) async fn claim_whole(&self, id: EntryId) -> Result<Lease, UploadError> {
        self.0.engine.claim_whole(id, &self.0.caller).await
    }

    /// Has an entry recorded that was offered to its application, before anybody is told of it.
    ///
    /// # Errors
    /// Why it could not be; it has failed then and is gone.
    pub(crate) async fn record_entry(&self, id: EntryId) -> Result<(), UploadError> {
        self.0.engine.record_entry(id).await
    }

    /// As [`Self::entry`], on the way to the application: nobody else is told.
    pub(crate) async fn entry_as_it_is(&self, id: EntryId) -> Result<Entry, UploadError> {
        self.0.engine.own(id, &self.0.caller).await
    }

    /// An entry of the caller, of this session or remembered. What it says is durable.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign entries alike; why its row could not be written.
    pub async fn entry(&self, id: EntryId) -> Result<Entry, UploadError> {
        self.0.engine.get(id, &self.0.caller).await
    }

    /// Ends an entry that the application does not want, with the reason that its user is told.
    pub(crate) async fn refuse(&self, id: EntryId, reason: Rejection) -> Result<(), UploadError> {
        self.0.engine.refuse(id, &self.0.caller, reason).await
    }

    /// What comes to this page of this caller by another way than this session, the oldest first.
    pub(crate) fn elsewhere(&self) -> Vec<Entry> {
        self.0.engine.elsewhere(&self.0.caller, &self.0.page, self.0.id)
    }

    /// Hears of that.
    pub(crate) fn watch_elsewhere(&self) -> Watch {
        let about = About::Page { page: self.0.page.clone(), besides: self.0.id };
        self.0.engine.watch(&self.0.caller, about)
    }

    /// Entries of this session that end without success from now on, whoever ends them.
    pub(crate) fn endings(&self) -> UnboundedReceiver<Entry> {
        self.0.engine.endings(self.0.id)
    }
}

fn is_consumed(entry: &Entry) -> bool {
    matches!(entry.state(), EntryState::Consumed)
}

//! Uploads that outlive their requests: what tus, the draft, FilePond and Dropzone have in common.
//!
//! Each request mounts the page for itself, takes its entry up, brings bytes and puts the entry down again. The
//! newest request has the entry; an older one that still hangs somewhere is superseded and can't write any more.
//! Every offset that is answered here is durable.

mod name;

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::{Lease, Mount, UploadError, Uploads};
use crate::domain::{
    Caller, ClientFacts, Code, Entry, EntryId, EntryKind, EntryRef, EntryState, PageName,
    Rejection, Slot, Start,
};
use crate::engine::{Engine, Offered};
use crate::mounted::Mounted;
use crate::session::Fate;
use crate::view::{Event, ViewError};

/// A page, mounted for one request of uploads that outlive it. Clones are the same page.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    mounted: Mounted,
    slot: Arc<Slot>,
    save: Save,
}

/// Who saves the files of a slot that waits for its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Save {
    /// Nobody will send the form: the page's `save` runs when the file is complete.
    Now,
    /// The form comes later and names the file.
    Later,
}

/// What became of an entry that is complete.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The entry as it was when it became complete.
    pub(crate) entry: Entry,
    /// What the application did with it.
    pub(crate) fate: Fate,
}

/// How far a request has brought its entry.
#[derive(Debug)]
pub(crate) enum Reached {
    /// So many bytes are durable; more may come.
    Offset(u64),
    /// All bytes were there, and the application has been offered the file.
    End(Box<Outcome>),
}

impl Uploads {
    /// Mounts a page for one request of a caller.
    ///
    /// # Errors
    /// `unknown_entry` without such a page, `unknown_slot` without such a slot on it; what the page's view says.
    pub(crate) async fn stand(
        &self,
        page: &PageName,
        slot: &str,
        caller: Caller,
        save: Save,
    ) -> Result<Standing, ViewError> {
        let id = Engine::standing_session(&caller, page);
        let (mounted, _guard) = self.mount_session(id, page, caller, Mount::Standing).await?;
        match mounted.session.slot(slot) {
            Some(slot) => Ok(Standing { mounted, slot, save }),
            None => Err(mounted.session.unknown_slot(slot).into()),
        }
    }
}

impl Standing {
    /// The slot into which is uploaded.
    pub(crate) fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Who sent the request.
    pub(crate) fn caller(&self) -> &Caller {
        self.mounted.session.caller()
    }

    /// Registers an upload whose request brings so many bytes; its row is durable, or will be before anybody is told of
    /// it. One of no bytes is not complete yet: see [`Self::complete_if_whole`].
    ///
    /// # Errors
    /// What the slot or the application refuses, no room, a fault of the catalogue.
    pub(crate) async fn begin(
        &self,
        facts: ClientFacts,
        kind: EntryKind,
        memo: Option<String>,
        brings: u64,
    ) -> Result<Entry, UploadError> {
        let offered = Offered { id: None, reference: reference()?, facts, kind, memo };
        self.mounted.session.register_bringing(self.slot.name().as_str(), offered, brings).await
    }

    /// An upload of this slot as it is, without taking it from whoever writes it.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign ones and for those of another slot; why it has failed.
    pub(crate) async fn look(&self, id: EntryId) -> Result<Entry, UploadError> {
        let entry = self.mounted.session.entry(id).await?;
        if entry.page != *self.mounted.session.page() || entry.slot != *self.slot.name() {
            return Err(UploadError::NotFound);
        }
        match entry.state() {
            EntryState::Failed(rejection) => Err(rejection.clone().into()),
            EntryState::Cancelled => Err(Rejection::new(Code::Cancelled).into()),
            EntryState::Expired => Err(Rejection::new(Code::Expired).into()),
            _ => Ok(entry),
        }
    }

    /// Takes an upload up, whoever has it: a request that hangs, a live page, an earlier process. Its offset is
    /// durable and is where the next byte goes. One that is complete is answered as it is.
    ///
    /// # Errors
    /// As [`Self::look`]; what finishing it says if all its bytes were there; a fault of the store.
    pub(crate) async fn take_up(&self, id: EntryId) -> Result<Entry, ViewError> {
        let entry = self.take_over(id).await?;
        match self.complete_if_whole(&entry).await? {
            // Whoever sent the last byte did not live to finish it.
            Some(outcome) => Ok(outcome.entry),
            None => Ok(entry),
        }
    }

    /// As [`Self::take_up`], of an upload all of whose bytes are there.
    async fn take_whole(&self, id: EntryId) -> Result<Outcome, ViewError> {
        let entry = self.take_over(id).await?;
        match self.complete_if_whole(&entry).await? {
            Some(outcome) => Ok(outcome),
            // Whoever took it up has completed it. An application that is being offered it is waited for.
            None => self.offer(entry).await,
        }
    }

    /// As [`Self::take_up`], of an upload whose client says by itself when it is complete: one whose bytes are all
    /// there stays as it is.
    ///
    /// # Errors
    /// As [`Self::look`]; a fault of the store.
    pub(crate) async fn take_over(&self, id: EntryId) -> Result<Entry, ViewError> {
        let entry = self.look(id).await?;
        if entry.done() {
            return Ok(entry);
        }
        let ours = entry.session == self.mounted.session.id();
        let name = if ours { entry.reference.clone() } else { reference()? };
        Ok(self.mounted.session.adopt(&entry, name).await?)
    }

    /// Completes an upload whose bytes are all there already: one of no bytes, or one that was cut off before its
    /// end. Nothing for all others.
    ///
    /// # Errors
    /// As [`Self::put_down`].
    pub(crate) async fn complete_if_whole(
        &self,
        entry: &Entry,
    ) -> Result<Option<Outcome>, ViewError> {
        let whole = !entry.done() && entry.length == Some(entry.offset);
        if !whole || entry.kind == EntryKind::Piece {
            return Ok(None);
        }
        let lease = self.claim(entry.id).await?;
        self.complete(lease).await.map(Some)
    }

    /// The right to write an upload that this request has begun or taken up.
    ///
    /// # Errors
    /// As [`Engine::claim`].
    pub(crate) async fn claim(&self, id: EntryId) -> Result<Lease, UploadError> {
        self.mounted.session.claim(id).await
    }

    /// As [`Self::claim`], but what is written under it is kept whole or not at all: it counts when the lease is
    /// put down, and is taken back when the lease is dropped or superseded.
    ///
    /// # Errors
    /// As [`Self::claim`].
    pub(crate) async fn claim_whole(&self, id: EntryId) -> Result<Lease, UploadError> {
        self.mounted.session.claim_whole(id).await
    }

    /// Joins pieces, whole ones of this slot, in this order into a file; offers it to the application. Each is named
    /// with the caller who may have it, and the file is this request's caller's. It has this id, if there is one. The pieces stay as they are.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for what is no piece of its caller's in this slot; `size_mismatch` if one is
    /// not whole; as [`Self::begin`] and [`Self::put_down`].
    ///
    /// # Cancellation
    /// Goes on by itself.
    pub(crate) async fn join(
        &self,
        pieces: &[(EntryId, Caller)],
        id: Option<EntryId>,
        facts: ClientFacts,
        memo: Option<String>,
    ) -> Result<Outcome, ViewError> {
        let (this, pieces) = (self.clone(), pieces.to_vec());
        let joining = actix_rt::spawn(async move {
            let (reference, kind) = (reference()?, EntryKind::File);
            let offered = Offered { id, reference, facts, kind, memo };
            let slot = this.slot.name().as_str();
            let entry = this.mounted.session.join(slot, &pieces, offered).await?;
            this.offer(entry).await
        });
        joining.await.unwrap_or_else(|error| Err(ViewError::failed(error)))
    }

    /// Puts an upload down: makes durable what this request has brought, and completes it if that was all.
    ///
    /// # Errors
    /// What a check, the declared digest or the application refuses (the upload has ended then);
    /// [`UploadError::Superseded`]; a fault of the store.
    ///
    /// # Cancellation
    /// Goes on by itself.
    pub(crate) async fn put_down(&self, lease: Lease) -> Result<Reached, ViewError> {
        let offset = lease.offset();
        if lease.is_full() && lease.entry().kind == EntryKind::File {
            let (id, handed) = (lease.id(), lease.handed());
            let completed = match self.complete(lease).await {
                // Somebody took it up behind the last byte, only to look at it perhaps. Whoever is told that all is
                // there doesn't come again.
                Err(ViewError::Upload(UploadError::Superseded)) if handed.is_durable().await => {
                    self.take_whole(id).await?
                }
                completed => completed?,
            };
            return Ok(Reached::End(Box::new(completed)));
        }
        lease.release().await?;
        Ok(Reached::Offset(offset))
    }

    /// Completes an upload all of whose bytes are there, and offers it to the application.
    ///
    /// # Errors
    /// As [`Self::put_down`].
    ///
    /// # Cancellation
    /// Goes on by itself.
    pub(crate) async fn complete(&self, lease: Lease) -> Result<Outcome, ViewError> {
        let this = self.clone();
        let completing = actix_rt::spawn(async move { this.complete_now(lease).await });
        completing.await.unwrap_or_else(|error| Err(ViewError::failed(error)))
    }

    async fn complete_now(&self, lease: Lease) -> Result<Outcome, ViewError> {
        self.offer(lease.finish_to_offer().await?).await
    }

    /// Offers a complete file to the application.
    async fn offer(&self, entry: Entry) -> Result<Outcome, ViewError> {
        self.mounted.on_progress(&entry).await?;
        if self.slot.start() == Start::Manual && self.save == Save::Now {
            let event = Event { name: "save".to_owned(), payload: json!({}) };
            if let Err(error) = self.mounted.handle_event(event).await {
                // It may have been consumed before the error.
                let _ = self.mounted.session.refuse(entry.id, error.rejection()).await;
                return Err(error);
            }
        }
        // ORDER: before anybody is told of it.
        self.mounted.session.record_entry(entry.id).await?;
        let fate = self.mounted.session.fate(entry.id).await;
        match fate {
            Fate::Refused(rejection) => Err(rejection.into()),
            fate => Ok(Outcome { entry, fate }),
        }
    }

    /// What the application did with an upload that is complete.
    pub(crate) async fn fate(&self, id: EntryId) -> Fate {
        self.mounted.session.fate(id).await
    }

    /// Ends an upload that is on its way or waits for its form; its bytes are removed.
    ///
    /// # Errors
    /// As [`Self::look`]; [`UploadError::Illegal`] for a stored file.
    pub(crate) async fn cancel(&self, id: EntryId) -> Result<(), UploadError> {
        self.look(id).await?;
        self.mounted.session.cancel(id).await.map(drop)
    }

    /// Takes back an upload that this request has begun itself and could not bring. Nobody has to be allowed that.
    pub(crate) async fn withdraw(&self, id: EntryId) {
        // What can't be removed now goes when its time is over.
        let _ = self.mounted.session.withdraw(id).await;
    }

    /// As [`Self::withdraw`], of several; it goes on by itself.
    pub(crate) fn withdraw_all(&self, ids: Vec<EntryId>) {
        self.mounted.session.withdraw_all(ids);
    }
}

/// A reference that no other entry of the session has.
fn reference() -> Result<EntryRef, UploadError> {
    let text = Uuid::now_v7().simple().to_string();
    EntryRef::try_from(text.as_str()).map_err(|_| Rejection::new(Code::InvalidMessage).into())
}

//! Reading: what the engine knows of entries and stored files, for their owner only.

use std::sync::Arc;

use super::live::LiveEntry;
use super::{Engine, UploadError};
use crate::blob::Blob;
use crate::catalogue::Query;
use crate::domain::{Act, Caller, Entry, EntryId, EntryKind, PageName, SessionId, StoredFile};

impl Engine {
    /// An entry, live or remembered, as it may be told: what is complete has its row.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign entries alike; why it could not be recorded.
    pub async fn get(&self, id: EntryId, caller: &Caller) -> Result<Entry, UploadError> {
        let entry = self.known(id).await?;
        self.may(caller, Act::Look, &entry).await?;
        if !self.waits_for_its_row(id) {
            return Ok(entry);
        }
        self.record_entry(id).await?;
        self.known(id).await
    }

    /// An entry of a caller's own, for the application: what it does itself nobody has to be allowed.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign entries alike.
    pub async fn own(&self, id: EntryId, caller: &Caller) -> Result<Entry, UploadError> {
        let entry = self.known(id).await?;
        if caller.owns(&entry) { Ok(entry) } else { Err(UploadError::NotFound) }
    }

    /// A live entry with which a caller may do this.
    pub(super) async fn live(
        &self,
        id: EntryId,
        caller: &Caller,
        act: Act,
    ) -> Result<Arc<LiveEntry>, UploadError> {
        let live = self.registry().find(id).ok_or(UploadError::NotFound)?;
        self.may(caller, act, &live.snapshot()).await?;
        Ok(live)
    }

    /// An entry, live or remembered, whose ever it is.
    pub(super) async fn known(&self, id: EntryId) -> Result<Entry, UploadError> {
        if let Some(live) = self.registry().find(id) {
            return Ok(live.snapshot());
        }
        self.parts().catalogue.load(id).await?.ok_or(UploadError::NotFound)
    }

    /// A stored file.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown, foreign and removed files, and for entries nobody kept.
    pub async fn file(&self, id: EntryId, caller: &Caller) -> Result<StoredFile, UploadError> {
        let entry = self.parts().catalogue.load(id).await?.ok_or(UploadError::NotFound)?;
        self.may(caller, Act::Read, &entry).await?;
        StoredFile::of(&entry).ok_or(UploadError::NotFound)
    }

    /// Opens a stored file. The catalogue is asked once.
    ///
    /// # Errors
    /// As [`Engine::file`]; a fault of the store.
    pub async fn open_file(
        &self,
        id: EntryId,
        caller: &Caller,
    ) -> Result<(StoredFile, Blob), UploadError> {
        let entry = self.parts().catalogue.load(id).await?.ok_or(UploadError::NotFound)?;
        self.may(caller, Act::Read, &entry).await?;
        self.open_stored(&entry).await
    }

    /// Opens a stored file for somebody whose right to it has been shown otherwise than by being its owner.
    ///
    /// # Errors
    /// As [`Engine::file`], but for foreign files; a fault of the store.
    pub async fn open_for_anybody(&self, id: EntryId) -> Result<(StoredFile, Blob), UploadError> {
        let entry = self.parts().catalogue.load(id).await?.ok_or(UploadError::NotFound)?;
        self.open_stored(&entry).await
    }

    async fn open_stored(&self, entry: &Entry) -> Result<(StoredFile, Blob), UploadError> {
        let file = StoredFile::of(entry).ok_or(UploadError::NotFound)?;
        if entry.writer_result.is_some() {
            return Err(UploadError::NotInStore);
        }
        Ok((file, self.parts().blobs.open(entry.id).await?))
    }

    /// The entries of a session, in the order in which they were registered.
    #[must_use]
    pub fn entries(&self, session: SessionId) -> Vec<Entry> {
        self.registry().of_session(session).iter().map(|live| live.snapshot()).collect()
    }

    /// What comes to a page of a caller besides the entries of one session, the oldest first: entries that are on
    /// their way or wait to be consumed. A piece whose bytes are all here is no news to anybody.
    #[must_use]
    pub fn elsewhere(&self, caller: &Caller, page: &PageName, besides: SessionId) -> Vec<Entry> {
        if !caller.rights().allow(Act::Look) {
            return Vec::new();
        }
        let live = self.registry().of_owner(caller.owner());
        let mut entries: Vec<Entry> = live.iter().map(|live| live.snapshot()).collect();
        entries.retain(|entry| {
            let ours = !caller.owns(entry) || entry.page != *page || entry.session == besides;
            let lies = entry.kind == EntryKind::Piece && entry.length == Some(entry.offset);
            !ours && !lies && !entry.state().is_terminal()
        });
        entries
    }

    /// Lists entries; the owner in the query is the caller's business.
    ///
    /// # Errors
    /// A fault of the catalogue.
    pub async fn list(&self, query: &Query) -> Result<Vec<Entry>, UploadError> {
        Ok(self.parts().catalogue.list(query).await?)
    }
}

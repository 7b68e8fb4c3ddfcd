//! Entries and stored files, for callers that have no session: the JSON API and downloads.

use std::path::PathBuf;

use super::{Blob, UploadError, Uploads, Watch};
use crate::catalogue::{Query, Wanted};
use crate::domain::{Caller, Entry, EntryId, PageName, SlotName, StoredFile, Timestamp};
use crate::engine::About;
use crate::templates::FileFacts;

/// Which stored files are asked for.
#[derive(Debug, Clone, Default)]
pub struct FileQuery {
    /// Only files that came by this page.
    pub page: Option<PageName>,
    /// Only files that came by this slot.
    pub slot: Option<SlotName>,
    /// Files older than this one.
    pub cursor: Option<EntryId>,
    /// At most this many.
    pub limit: u32,
}

impl Uploads {
    /// Stored files of a caller, newest first.
    ///
    /// # Errors
    /// `forbidden`; a fault of the catalogue.
    pub async fn files(
        &self,
        caller: &Caller,
        query: &FileQuery,
    ) -> Result<Vec<StoredFile>, UploadError> {
        self.0.engine.may_list(caller, query.page.as_ref(), query.slot.as_ref()).await?;
        let query = Query {
            owner: Some(caller.owner()),
            page: query.page.clone(),
            slot: query.slot.clone(),
            cursor: query.cursor,
            ..Query::new(Wanted::Stored, query.limit)
        };
        Ok(self.0.engine.list(&query).await?.iter().filter_map(StoredFile::of).collect())
    }

    /// One stored file.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign files alike; a fault of the catalogue.
    pub async fn file(&self, id: EntryId, caller: &Caller) -> Result<StoredFile, UploadError> {
        self.0.engine.file(id, caller).await
    }

    /// Opens a stored file for reading.
    ///
    /// # Errors
    /// As [`Uploads::file`]; a fault of the store.
    pub async fn open_file(
        &self,
        id: EntryId,
        caller: &Caller,
    ) -> Result<(StoredFile, Blob), UploadError> {
        self.0.engine.open_file(id, caller).await
    }

    /// Opens a complete file for reading, stored or not yet consumed.
    ///
    /// # Errors
    /// As [`Uploads::entry`]; [`UploadError::NotFound`] for one that isn't complete; a fault of the store.
    pub(crate) async fn open_entry(
        &self,
        id: EntryId,
        caller: &Caller,
    ) -> Result<(Entry, Blob), UploadError> {
        self.0.engine.read(id, caller).await
    }

    /// The path under which a stored file is served, prefix included: `/_upload/{id}/{name}`. Only its owner
    /// may fetch it. The name is for people; the id decides.
    #[must_use]
    pub fn get_upload_url(&self, file: &StoredFile) -> String {
        self.0.site.file(file)
    }

    /// What pages and JSON answers say of a stored file.
    #[must_use]
    pub fn facts(&self, file: &StoredFile) -> FileFacts {
        FileFacts::of(file, &self.0.site)
    }

    /// The folder in which stored files lie, `<data>/files`; nothing if the store has no folder on this
    /// machine, as one in memory.
    ///
    /// Names in it are ours: each file is called by its [`EntryId`], and what the visitor called it is in
    /// [`StoredFile::name`]. Reading is safe at any time, because a file is there whole or not at all and is
    /// never changed. Writing, renaming and removing is not, while a server runs: a file without a row is
    /// rubbish, and a row without its file is a broken download. [`Uploads::delete_file`] removes both.
    #[must_use]
    pub fn get_upload_dir(&self) -> Option<PathBuf> {
        self.0.site.upload_dir().map(ToOwned::to_owned)
    }

    /// The path below which everything is found, as [`UploadsBuilder::prefix`](super::UploadsBuilder::prefix)
    /// said; empty without one.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.0.site.prefix()
    }

    /// The path of style and script, prefix included, as `assets` in our own pages' templates: an
    /// application's own page links to `{assets}/style.css` and `{assets}/longshore/index.js`. It names the
    /// content, so it differs from version to version.
    #[must_use]
    pub fn get_assets_url(&self) -> String {
        self.0.site.below(&self.0.assets.prefix())
    }

    /// Removes a stored file: its row, then its bytes.
    ///
    /// # Errors
    /// As [`Uploads::file`]; a fault of the store.
    pub async fn delete_file(
        &self,
        id: EntryId,
        caller: &Caller,
    ) -> Result<StoredFile, UploadError> {
        self.0.engine.remove(id, caller).await
    }

    /// An entry, on its way or remembered.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign entries alike.
    pub async fn entry(&self, id: EntryId, caller: &Caller) -> Result<Entry, UploadError> {
        self.0.engine.get(id, caller).await
    }

    /// Hears of changes of one entry of a caller.
    pub(crate) fn watch_entry(&self, id: EntryId, caller: &Caller) -> Watch {
        self.0.engine.watch(caller, About::Entry(id))
    }

    /// When an entry expires if nothing more happens to it: the entries' time to live after its last byte, or
    /// after it became complete. Nothing for one that has ended.
    #[must_use]
    pub fn expires_at(&self, entry: &Entry) -> Option<Timestamp> {
        let waits = !entry.state().is_terminal();
        waits.then(|| entry.touched_at.checked_add(self.0.entry_ttl)).flatten()
    }

    /// Whether an unfinished entry's time is over, and only the sweep has not come yet.
    pub(crate) fn is_overdue(&self, entry: &Entry) -> bool {
        let over = self.expires_at(entry).is_some_and(|at| at < self.0.engine.now());
        over && entry.state().is_active()
    }

    /// Cancels an entry that has not been consumed.
    ///
    /// # Errors
    /// As [`Uploads::entry`]; [`UploadError::Illegal`] if it has ended.
    pub async fn cancel_entry(&self, id: EntryId, caller: &Caller) -> Result<Entry, UploadError> {
        self.0.engine.cancel(id, caller).await
    }
}

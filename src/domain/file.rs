//! `StoredFile`: a file that the application has taken over and keeps.
//!
//! Listings and downloads need fewer and surer things than an entry: a size and a type
//! that are known. What is half known must never be listed as a file.
//!
//! INVARIANT: made only of a consumed and kept entry.

use crate::domain::{
    Digest, Entry, EntryId, EntryState, FileName, MediaType, OwnerId, PageName, RelativePath,
    SlotName, Timestamp,
};

/// A kept file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// The id of the entry that brought it.
    pub id: EntryId,
    /// Whose it is.
    pub owner: OwnerId,
    /// The page on which it was uploaded.
    pub page: PageName,
    /// The slot into which it was uploaded.
    pub slot: SlotName,
    /// The safe name to show and to offer for download.
    pub name: FileName,
    /// The safe path inside the folder that was chosen.
    pub relative_path: Option<RelativePath>,
    /// The size in bytes.
    pub size: u64,
    /// What the bytes are; `application/octet-stream` if nothing is known.
    pub media_type: MediaType,
    /// The digest of the bytes, if its slot had one computed.
    pub digest: Option<Digest>,
    /// When it was kept.
    pub created_at: Timestamp,
}

impl StoredFile {
    /// The file that an entry has become; `None` unless it is consumed and kept, and while its
    /// bytes are missing.
    pub fn of(entry: &Entry) -> Option<Self> {
        if *entry.state() != EntryState::Consumed || entry.lost_at.is_some() {
            return None;
        }
        Some(Self {
            id: entry.id,
            owner: entry.owner,
            page: entry.page.clone(),
            slot: entry.slot.clone(),
            name: entry.name.clone(),
            relative_path: entry.relative_path.clone(),
            size: entry.offset,
            media_type: entry.media_type.clone().unwrap_or_default(),
            digest: entry.digest,
            created_at: entry.kept_at?,
        })
    }
}

//! Slots, entries and files as templates and JSON answers see them: facts to print, nothing to decide.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::{Entry, EntryId, EntryKind, HumanSize, Slot, Start, StoredFile, Timestamp};
use crate::session::UploadSession;
use crate::site::Site;

/// A slot: `uploads.<name>` in a template. Filters read it back from there, hence `Deserialize`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SlotFacts {
    pub(super) name: String,
    pub(super) accept: String,
    pub(super) max_entries: u32,
    max_file_size: u64,
    min_file_size: u64,
    max_total_size: Option<u64>,
    chunk_size: u32,
    auto_upload: bool,
    pub(super) rules: String,
    /// Every place is taken by an entry that is complete or on its way.
    is_full: bool,
    /// How many entries are complete and not yet consumed.
    complete: usize,
    /// How many are on their way.
    pending: usize,
    entries: Vec<EntryFacts>,
    pub(super) errors: Vec<ErrorFacts>,
}

/// An entry: one of `uploads.<name>.entries`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EntryFacts {
    pub(super) r#ref: String,
    pub(super) id: EntryId,
    slot: String,
    pub(super) name: String,
    /// Bytes, if the door was told how many there will be.
    pub(super) size: Option<u64>,
    /// As people write it; of what has come so far where the whole isn't known.
    pub(super) size_human: String,
    /// What the client says it is. A claim.
    client_type: Option<String>,
    /// What its bytes are, once a check has looked.
    media_type: Option<String>,
    pub(super) relative_path: Option<String>,
    pub(super) progress: u8,
    /// As `longshore.v1` says it.
    status: String,
    /// As the catalogue says it.
    pub(super) state: String,
    pub(super) done: bool,
    valid: bool,
    pub(super) error: Option<Reason>,
    /// Only a piece of a file, which has no name.
    #[serde(default)]
    pub(super) piece: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reason {
    code: String,
    pub(super) message: String,
}

/// A refused entry: one of `uploads.<name>.errors`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ErrorFacts {
    pub(super) r#ref: String,
    pub(super) name: String,
    code: String,
    pub(super) message: String,
}

impl SlotFacts {
    pub(super) fn of_all(session: &UploadSession) -> BTreeMap<String, Self> {
        let slots = session.slots();
        slots.iter().map(|slot| (slot.name().to_string(), Self::of(slot, session))).collect()
    }

    fn of(slot: &Slot, session: &UploadSession) -> Self {
        let uploads = session.get_uploads(slot.name().as_str());
        let constraints = slot.constraints();
        let count = |wanted: fn(&Entry) -> bool| uploads.iter().filter(|e| wanted(e)).count();
        let (complete, pending) = (count(Entry::done), count(|e| e.state().is_active()));
        let places = usize::try_from(constraints.max_entries).unwrap_or(usize::MAX);
        Self {
            name: slot.name().to_string(),
            accept: constraints.accept.to_string(),
            max_entries: constraints.max_entries,
            max_file_size: constraints.max_file_size,
            min_file_size: constraints.min_file_size,
            max_total_size: constraints.max_total_size,
            chunk_size: slot.chunk_size(),
            auto_upload: slot.start() == Start::Auto,
            rules: constraints.describe(),
            is_full: complete + pending >= places,
            complete,
            pending,
            entries: uploads.iter().map(EntryFacts::of).collect(),
            errors: uploads.iter().filter_map(ErrorFacts::of).collect(),
        }
    }
}

impl EntryFacts {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            r#ref: entry.reference.to_string(),
            id: entry.id,
            slot: entry.slot.to_string(),
            name: entry.name.to_string(),
            size: entry.length,
            size_human: HumanSize(entry.length.unwrap_or(entry.offset)).to_string(),
            client_type: entry.facts.client_type.clone(),
            media_type: entry.media_type.as_ref().map(ToString::to_string),
            relative_path: entry.relative_path.as_ref().map(|path| path.as_str().to_owned()),
            progress: entry.progress(),
            status: entry.state().wire().to_owned(),
            state: entry.state().as_str().to_owned(),
            done: entry.done(),
            valid: entry.rejection().is_none(),
            error: entry.rejection().map(|rejection| Reason {
                code: rejection.code().as_str().to_owned(),
                message: rejection.message().to_owned(),
            }),
            piece: entry.kind == EntryKind::Piece,
        }
    }
}

impl ErrorFacts {
    fn of(entry: &Entry) -> Option<Self> {
        let rejection = entry.rejection()?;
        Some(Self {
            r#ref: entry.reference.to_string(),
            name: entry.name.to_string(),
            code: rejection.code().as_str().to_owned(),
            message: rejection.message().to_owned(),
        })
    }
}

/// A stored file as pages, the JSON API and form answers show it.
#[derive(Debug, Clone, Serialize)]
pub struct FileFacts {
    /// The file's id.
    pub id: EntryId,
    /// A name that is safe to show and to save under.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The size as people write it.
    pub size_human: String,
    /// The media type found by looking at the bytes.
    pub r#type: String,
    /// Where it is served.
    pub url: String,
    /// Where a small picture of it is served, if it is a picture of a kind of which they are made. It may turn
    /// out that none can be made; the answer there is a picture that says so, and 404.
    pub thumbnail: Option<String>,
    /// SHA-256, hex; none if the file's slot has another digest or none.
    pub sha256: Option<String>,
    /// BLAKE3, hex, only if the file's slot has that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
    /// The page it came by.
    pub page: String,
    /// The slot it came by.
    pub slot: String,
    /// When it was stored, RFC 3339, UTC.
    pub created_at: String,
    /// Where it lay in the folder that was uploaded.
    pub relative_path: Option<String>,
    /// True if a browser can show it in an `<img>`.
    pub is_image: bool,
}

impl FileFacts {
    /// Only who knows the site knows the URL: ask a session or [`Uploads`](crate::Uploads) for the facts.
    pub(crate) fn of(file: &StoredFile, site: &Site) -> Self {
        Self {
            id: file.id,
            name: file.name.to_string(),
            size: file.size,
            size_human: HumanSize(file.size).to_string(),
            r#type: file.media_type.to_string(),
            url: site.file(file),
            thumbnail: site.thumbnail(file),
            sha256: file.digest.and_then(|digest| Some(digest.sha256()?.to_string())),
            blake3: file.digest.and_then(|digest| Some(digest.blake3()?.to_string())),
            page: file.page.to_string(),
            slot: file.slot.to_string(),
            created_at: rfc3339(file.created_at),
            relative_path: file.relative_path.as_ref().map(|path| path.as_str().to_owned()),
            is_image: file.media_type.is_image() && file.media_type.is_inline_safe(),
        }
    }
}

/// A time as people and JSON write it (RFC 3339).
pub(crate) fn rfc3339(at: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.as_millis()) * 1_000_000)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

//! Slots, entries and files as templates and JSON answers see them: facts to print, nothing to decide.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::{Entry, EntryId, HumanSize, Slot, Start, StoredFile, Timestamp};
use crate::session::UploadSession;
use crate::site::Site;

/// A slot: `uploads.<name>` in a template.
#[derive(Debug, Serialize)]
pub(super) struct SlotFacts {
    name: String,
    accept: String,
    max_entries: u32,
    max_file_size: u64,
    min_file_size: u64,
    auto_upload: bool,
    rules: String,
    entries: Vec<EntryFacts>,
    errors: Vec<ErrorFacts>,
}

#[derive(Debug, Serialize)]
struct EntryFacts {
    r#ref: String,
    id: EntryId,
    name: String,
    size: Option<u64>,
    progress: u8,
    status: &'static str,
    done: bool,
}

#[derive(Debug, Serialize)]
struct ErrorFacts {
    r#ref: String,
    name: String,
    code: &'static str,
    message: String,
}

impl SlotFacts {
    pub(super) fn of_all(session: &UploadSession) -> BTreeMap<String, Self> {
        let slots = session.slots();
        slots.iter().map(|slot| (slot.name().to_string(), Self::of(slot, session))).collect()
    }

    fn of(slot: &Slot, session: &UploadSession) -> Self {
        let uploads = session.get_uploads(slot.name().as_str());
        let constraints = slot.constraints();
        Self {
            name: slot.name().to_string(),
            accept: constraints.accept.to_string(),
            max_entries: constraints.max_entries,
            max_file_size: constraints.max_file_size,
            min_file_size: constraints.min_file_size,
            auto_upload: slot.start() == Start::Auto,
            rules: constraints.describe(),
            entries: uploads.iter().map(EntryFacts::of).collect(),
            errors: uploads.iter().filter_map(ErrorFacts::of).collect(),
        }
    }
}

impl EntryFacts {
    fn of(entry: &Entry) -> Self {
        Self {
            r#ref: entry.reference.to_string(),
            id: entry.id,
            name: entry.name.to_string(),
            size: entry.length,
            progress: entry.progress(),
            status: entry.state().wire(),
            done: entry.done(),
        }
    }
}

impl ErrorFacts {
    fn of(entry: &Entry) -> Option<Self> {
        let rejection = entry.rejection()?;
        Some(Self {
            r#ref: entry.reference.to_string(),
            name: entry.name.to_string(),
            code: rejection.code().as_str(),
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
    /// SHA-256, hex.
    pub sha256: String,
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
            sha256: file.digest.to_string(),
            page: file.page.to_string(),
            slot: file.slot.to_string(),
            created_at: rfc3339(file.created_at),
            relative_path: file.relative_path.as_ref().map(|path| path.as_str().to_owned()),
            is_image: file.media_type.is_image() && file.media_type.is_inline_safe(),
        }
    }
}

fn rfc3339(at: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.as_millis()) * 1_000_000)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

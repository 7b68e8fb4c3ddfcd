//! `UploadEvent`: what whoever watches an upload gets to see.
//!
//! Live pages, event streams and webhooks watch entries; they get facts that were true when the
//! event was made, never a handle into the engine.

use std::sync::Arc;

use crate::domain::{Entry, EntryId};

/// Something happened to an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadEvent {
    /// Bytes came. Later ones replace earlier ones; some may be left out.
    Progress {
        /// Which entry.
        id: EntryId,
        /// Bytes received.
        offset: u64,
        /// Bytes expected, where known.
        length: Option<u64>,
    },
    /// The entry went on to another state. Never left out. Shared, because it goes to many.
    State {
        /// The entry as it is now.
        entry: Arc<Entry>,
    },
}

impl UploadEvent {
    /// The entry went on to another state.
    pub fn state(entry: impl Into<Arc<Entry>>) -> Self {
        Self::State { entry: entry.into() }
    }

    /// The entry's bytes as far as they have come.
    pub fn progress(entry: &Entry) -> Self {
        Self::Progress { id: entry.id, offset: entry.offset, length: entry.length }
    }

    /// Which entry it is about.
    pub fn id(&self) -> EntryId {
        match self {
            Self::Progress { id, .. } => *id,
            Self::State { entry } => entry.id,
        }
    }
}

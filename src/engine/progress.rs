//! How far an entry is: the one thing about it that changes all the time, so it travels as a latest value
//! and not as a queue. A slow listener sees fewer marks, never more memory.

use super::{Engine, UploadError};
use crate::domain::{Caller, Entry, EntryId, SessionId};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;

/// The latest mark of an entry.
#[derive(Debug, Clone, Default)]
pub struct Mark {
    /// Bytes below this offset are written (in the page cache, perhaps not yet synced).
    pub written: u64,
    /// Bytes below this offset are durable and remembered: what a power cut leaves of an unfinished entry.
    pub durable: u64,
    /// Why the entry can't go on, once it can't.
    pub failure: Option<UploadError>,
}

impl Engine {
    /// Follows an entry's progress. The sender goes away when the entry is forgotten.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] if there is no such live entry or it is another caller's.
    pub fn subscribe(
        &self,
        id: EntryId,
        caller: &Caller,
    ) -> Result<watch::Receiver<Mark>, UploadError> {
        Ok(self.registry().get(id, caller)?.marks.subscribe())
    }

    /// The entries of a session that end without success from now on, whoever ends them: the application,
    /// another door, a fault, the sweep. The last listener counts.
    #[must_use]
    pub fn endings(&self, session: SessionId) -> UnboundedReceiver<Entry> {
        self.registry().listen(session)
    }
}

//! What has become of an entry, after the application had its say.

use super::UploadSession;
use crate::domain::{EntryId, EntryState, Rejection, StoredFile};

/// What has become of a complete entry.
#[derive(Debug)]
pub(crate) enum Fate {
    /// The application keeps it: it is a stored file.
    Kept(Box<StoredFile>),
    /// The application took what it wanted, and nothing is left.
    Taken,
    /// Nobody has consumed it yet.
    Waiting,
    /// It ended for this reason.
    Refused(Rejection),
}

impl UploadSession {
    /// What has become of an entry that was complete.
    pub(crate) async fn fate(&self, id: EntryId) -> Fate {
        if let Ok(file) = self.stored_file(id).await {
            return Fate::Kept(Box::new(file));
        }
        match self.entry(id).await.map(|entry| entry.state().clone()) {
            Ok(EntryState::Failed(rejection)) => Fate::Refused(rejection),
            Ok(EntryState::Complete) => Fate::Waiting,
            // Consumed and not kept: nothing remembers it.
            _ => Fate::Taken,
        }
    }
}

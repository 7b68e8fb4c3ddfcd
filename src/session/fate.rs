//! What has become of an entry, after the application had its say.

use super::UploadSession;
use crate::domain::{Code, EntryId, EntryState, Rejection, StoredFile};
use crate::engine::Lifetime;

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
        let entry = self.0.engine.own(id, &self.0.caller).await;
        if let Some(file) = entry.as_ref().ok().and_then(StoredFile::of) {
            return Fate::Kept(Box::new(file));
        }
        match entry.map(|entry| entry.state().clone()) {
            Ok(EntryState::Failed(rejection)) => Fate::Refused(rejection),
            Ok(EntryState::Complete) => Fate::Waiting,
            Ok(EntryState::Cancelled) => Fate::Refused(Rejection::new(Code::Cancelled)),
            Ok(EntryState::Expired) => Fate::Refused(Rejection::new(Code::Expired)),
            // A request remembers what was consumed in it, and forgets what was cancelled.
            Err(_) if self.0.lifetime == Lifetime::Request => {
                Fate::Refused(Rejection::new(Code::Cancelled))
            }
            // Consumed and not kept.
            _ => Fate::Taken,
        }
    }
}

//! What only some doors ask of a standing upload: a name that comes later, pieces that come in no order.

use super::Standing;
use crate::domain::{ClientFacts, Entry, EntryId};
use crate::uploads::UploadError;

impl Standing {
    /// Makes a file of a piece that has no bytes yet, now that its name is known; the slot's rules for files hold
    /// for it from here on. What is a file already is answered as it is.
    ///
    /// # Errors
    /// As [`Self::begin`] refuses files, and the piece stays as it was.
    pub(crate) async fn name(
        &self,
        entry: &Entry,
        facts: ClientFacts,
    ) -> Result<Entry, UploadError> {
        self.mounted.session.name(entry, facts).await
    }

    /// A piece of unknown length under an id of the door's choice: a new one, or the one that is there. The length is
    /// declared when all its bytes have come, and the piece is whole then.
    ///
    /// # Errors
    /// `too_many_files`, `disk_full`; a fault of the catalogue.
    pub(crate) async fn piece(&self, id: EntryId, memo: String) -> Result<Entry, UploadError> {
        self.mounted.session.register_piece(self.slot.name().as_str(), id, memo).await
    }
}

//! What only some doors ask of a standing upload: a name that comes later.

use super::Standing;
use crate::domain::{ClientFacts, Entry};
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
}

//! Links to stored files, for whoever has no cookie; and the other origin from which files may be served.

use std::time::Duration;

use super::{Blob, UploadError, Uploads};
use crate::domain::{EntryId, StoredFile, Timestamp};
use crate::site::Way;

impl Uploads {
    /// An address that opens this file, and no other, for as long as it `lasts`: for GET and HEAD, without a cookie,
    /// for whoever has it. It is dead when its time is over (to the second), or when the file is deleted; nothing
    /// else takes it back, so let it be short. Who may have one is the application's to judge.
    ///
    /// A path with the prefix, or a whole URL if files are served [from another
    /// origin](super::UploadsBuilder::files_origin).
    #[must_use]
    pub fn link(&self, file: &StoredFile, lasts: Duration) -> String {
        self.site().link(file, lasts, Way::AsUsual).0
    }

    /// The same for a file that shall be saved in any case, also one that browsers would show.
    #[must_use]
    pub fn link_to_save(&self, file: &StoredFile, lasts: Duration) -> String {
        self.site().link(file, lasts, Way::Download).0
    }

    /// A link, and when it ends.
    pub(crate) fn link_until(
        &self,
        file: &StoredFile,
        lasts: Duration,
        way: Way,
    ) -> (String, Timestamp) {
        self.site().link(file, lasts, way)
    }

    /// Opens a stored file for whoever has shown a link to it.
    pub(crate) async fn open_linked(&self, id: EntryId) -> Result<(StoredFile, Blob), UploadError> {
        self.0.engine.open_for_anybody(id).await
    }
}

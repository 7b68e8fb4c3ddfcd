//! Where stored files are: under which URL, and in which folder.

use std::path::PathBuf;

use super::UploadSession;
use crate::domain::StoredFile;
use crate::templates::FileFacts;

impl UploadSession {
    /// The path under which a stored file is served, as
    /// [`Uploads::get_upload_url`](crate::Uploads::get_upload_url).
    #[must_use]
    pub fn get_upload_url(&self, file: &StoredFile) -> String {
        self.0.site.file(file)
    }

    /// What templates say of a stored file.
    #[must_use]
    pub fn facts(&self, file: &StoredFile) -> FileFacts {
        FileFacts::of(file, &self.0.site)
    }

    /// The folder in which stored files lie, with the promises and the warnings of
    /// [`Uploads::get_upload_dir`](crate::Uploads::get_upload_dir).
    #[must_use]
    pub fn get_upload_dir(&self) -> Option<PathBuf> {
        self.0.site.upload_dir().map(ToOwned::to_owned)
    }
}

//! [`WriterError`]: why an application's writer did not take bytes.

use std::error::Error;

use thiserror::Error;

use crate::domain::Rejection;

/// What an [`UploadWriter`](super::UploadWriter) answers when it can't go on.
#[derive(Debug, Error)]
pub enum WriterError {
    /// The user is told this, in these words.
    #[error("{0}")]
    Refused(Rejection),
    /// The application's own fault: the user is told that the file could not be stored, the log is
    /// told why.
    #[error("{0}")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl WriterError {
    /// The application's own fault.
    pub fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Rejection> for WriterError {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

impl From<std::io::Error> for WriterError {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}

//! Why a verb of the engine did not do what it was asked.
//!
//! A user's mistake is [`UploadError::Rejected`] and carries its stable code. A client's that going back
//! mends is [`UploadError::OffsetMismatch`]. Somebody else was faster: [`UploadError::Superseded`]. Unknown
//! and foreign entries look alike: [`UploadError::NotFound`]. The rest is ours: it is logged where it is
//! answered, and what a client sees of it is `storage_error` and nothing more, or that it passes (`disk_full`, `busy`).

use std::sync::Arc;

use thiserror::Error;

use crate::blob::BlobError;
use crate::catalogue::CatalogueError;
use crate::domain::{Code, IllegalTransition, Rejection, one_line};
use crate::lane::Lost;
use crate::sink::WriterError;

/// When to come again while another program has the catalogue, in seconds.
const SOON: u64 = 5;

/// The engine's one error type. Cheap to clone, because a failed write is told to everyone who waits.
#[derive(Debug, Clone, Error)]
pub enum UploadError {
    /// A rule of the slot, or a check, says no.
    #[error("{0}")]
    Rejected(Rejection),
    /// There is no such entry, or it is not the caller's.
    #[error("there is no such entry")]
    NotFound,
    /// The bytes start somewhere else than where the entry ends.
    #[error("bytes at offset {got}, expected {expected}")]
    OffsetMismatch {
        /// Where the entry goes on.
        expected: u64,
        /// Where the bytes were said to start.
        got: u64,
    },
    /// A newer claim took the entry over.
    #[error("a newer connection took this upload over")]
    Superseded,
    /// The entry's state does not allow it.
    #[error(transparent)]
    Illegal(IllegalTransition),
    /// The server is shutting down.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// The blob store failed.
    #[error("the blob store failed")]
    Store(#[source] Arc<BlobError>),
    /// The catalogue failed.
    #[error("the catalogue failed")]
    Catalogue(#[source] Arc<CatalogueError>),
    /// The application's own writer failed.
    #[error("the writer failed")]
    Writer(#[source] Arc<WriterError>),
    /// The application asks for bytes that went to its own writer.
    #[error("the bytes of this entry went to its slot's writer and are not in the store")]
    NotInStore,
    /// The application names a slot that its session does not have.
    #[error("there is no slot `{name}`; declared are: {}", known.join(", "))]
    UndeclaredSlot {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The application could not read or copy a file that it was offered.
    #[error("could not {what}")]
    File {
        /// What was tried, to be read after "could not".
        what: &'static str,
        /// What the system said.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// A background task of ours died.
    #[error("a background task died: {0}")]
    Task(Arc<str>),
}

impl UploadError {
    /// What a client is told: one of the stable codes, never an internal.
    #[must_use]
    pub fn rejection(&self) -> Rejection {
        match self {
            Self::Rejected(rejection) => rejection.clone(),
            Self::NotFound => Rejection::new(Code::UnknownEntry),
            Self::OffsetMismatch { expected, got } => Rejection::new(Code::OffsetMismatch)
                .with_param("expected", *expected)
                .with_param("got", *got),
            Self::Superseded => Rejection::new(Code::Superseded),
            Self::Illegal(_) => {
                Rejection::new(Code::InvalidMessage).with_message("This upload has already ended.")
            }
            Self::ShuttingDown => Rejection::new(Code::ShuttingDown),
            Self::Store(error) if matches!(**error, BlobError::DiskFull(_)) => {
                Rejection::new(Code::DiskFull)
            }
            Self::Catalogue(error) if matches!(**error, CatalogueError::Full(_)) => {
                Rejection::new(Code::DiskFull)
            }
            Self::Catalogue(error) if matches!(**error, CatalogueError::Busy(_)) => {
                Rejection::new(Code::Busy).with_param("retry_after", SOON)
            }
            Self::Store(_)
            | Self::Catalogue(_)
            | Self::Writer(_)
            | Self::NotInStore
            | Self::UndeclaredSlot { .. }
            | Self::File { .. }
            | Self::Task(_) => Rejection::new(Code::StorageError),
        }
    }

    /// True for faults of the server, which an operator should see in the log.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        match self {
            Self::Store(_)
            | Self::Catalogue(_)
            | Self::Writer(_)
            | Self::NotInStore
            | Self::UndeclaredSlot { .. }
            | Self::File { .. }
            | Self::Task(_) => true,
            Self::Rejected(_)
            | Self::NotFound
            | Self::OffsetMismatch { .. }
            | Self::Superseded
            | Self::Illegal(_)
            | Self::ShuttingDown => false,
        }
    }
}

/// An error with its causes on one line, for the log.
#[derive(Debug, Clone, Copy)]
pub struct Causes<'a>(pub &'a dyn std::error::Error);

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What a client said may be quoted in any of them.
        write!(f, "{}", one_line(&self.0.to_string()))?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {}", one_line(&error.to_string()))?;
            cause = error.source();
        }
        Ok(())
    }
}

impl From<Rejection> for UploadError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<IllegalTransition> for UploadError {
    fn from(error: IllegalTransition) -> Self {
        Self::Illegal(error)
    }
}

impl From<BlobError> for UploadError {
    fn from(error: BlobError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<CatalogueError> for UploadError {
    fn from(error: CatalogueError) -> Self {
        Self::Catalogue(Arc::new(error))
    }
}

impl From<Lost> for UploadError {
    fn from(lost: Lost) -> Self {
        Self::Task(lost.to_string().into())
    }
}

impl From<tokio::task::JoinError> for UploadError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Task(error.to_string().into())
    }
}

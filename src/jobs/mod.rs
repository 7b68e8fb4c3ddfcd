//! Floor 1: jobs. What happens to a file after it was kept.
//!
//! A thumbnail must not make an upload wait, and a picture that can't be rendered is a file all the same.
//! So a job runs when the file is stored and told of, a few at a time in a bounded queue, and may not
//! refuse anything: what may say no is a check.
//!
//! INVARIANT: a job knows the domain and the bytes that it is handed; no store, catalogue, door or engine.

mod queue;
mod shelf;
mod thumbnail;
mod thumbnails;

use std::fmt::Debug;
use std::io::{self, Read, Seek};

use async_trait::async_trait;

use crate::domain::{EntryId, StoredFile};

pub use queue::{Ending, Full, Jobs};
pub use thumbnail::{Bounds, Thumbnail, ThumbnailError, has_thumbnail, render};
pub use thumbnails::{Found, Thumbnails};

/// The bytes of a stored file, from their start.
pub trait Content: Read + Seek + Send {}

impl<T: Read + Seek + Send> Content for T {}

/// A job could not do its work. The file is as it was.
#[derive(Debug, thiserror::Error)]
#[error("can't {what}")]
pub struct JobError {
    what: &'static str,
    #[source]
    source: io::Error,
}

impl JobError {
    /// What could not be done, so that "can't …" reads well, and why.
    #[must_use]
    pub fn new(what: &'static str, source: io::Error) -> Self {
        Self { what, source }
    }
}

/// Wants to know of stored files.
///
/// # Contract
/// [`run`](Self::run) is called after a file's row says that it is kept, for files that the job
/// [`wants`](Self::wants), and never twice at a time for one file. It may be called again, and then does no
/// harm. It may also never be called: when too many files wait, or when the process ends. A job whose
/// result is needed is asked for it again later, or remembers for itself what it has done.
///
/// # Errors
/// They are logged with the file's id and told to nobody. What is wrong with the file is no error.
///
/// # Cancellation
/// The future is not dropped when a client leaves, only when the process ends; nothing half done may count.
///
/// # Implementing
/// Give a [`name`](Self::name) that reads well in a log. Work that blocks belongs on a blocking thread.
#[async_trait]
pub trait Job: Send + Sync + Debug {
    /// A short name for logs, such as `thumbnail`; no two jobs have the same.
    fn name(&self) -> &'static str;

    /// Whether it has anything to do for this file.
    fn wants(&self, file: &StoredFile) -> bool;

    /// Does its work for a file.
    async fn run(&self, file: &StoredFile, content: Box<dyn Content>) -> Result<(), JobError>;

    /// The file is gone: forgets what it made of it. One it never heard of is forgotten already.
    async fn forget(&self, id: EntryId) -> Result<(), JobError>;
}

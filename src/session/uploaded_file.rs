//! [`UploadedFile`]: a complete file that is offered to the application.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::Stream;

use super::UploadSession;
use crate::blob::Blob;
use crate::domain::Entry;
use crate::engine::UploadError;

/// A complete file that is offered to the application: to keep, move, copy, stream or read.
///
/// Its bytes don't change while it is offered. Once the offer is over they are gone, unless the file was
/// kept, moved or copied before, or the offer was postponed.
#[derive(Debug)]
pub struct UploadedFile<'a> {
    session: &'a UploadSession,
    entry: &'a Entry,
    keep: AtomicBool,
}

impl<'a> UploadedFile<'a> {
    pub(super) fn new(session: &'a UploadSession, entry: &'a Entry) -> Self {
        Self { session, entry, keep: AtomicBool::new(false) }
    }

    pub(super) fn is_kept(&self) -> bool {
        self.keep.load(Ordering::Relaxed)
    }

    /// Keeps the bytes in the store as a stored file of the caller, listed and served under its URL, once
    /// the application says [`Consumed::Done`](super::Consumed::Done).
    pub fn keep(&self) {
        self.keep.store(true, Ordering::Relaxed);
    }

    /// The path under which the file will be served once it is [kept](Self::keep), prefix included: what an
    /// application notes of it before it says [`Consumed::Done`](super::Consumed::Done). The same as
    /// [`Uploads::get_upload_url`](crate::Uploads::get_upload_url) says of the stored file.
    #[must_use]
    pub fn get_upload_url(&self) -> String {
        self.session.0.site.file_called(self.entry.id, &self.entry.name)
    }

    /// Opens the bytes. A [`Blob`] says where they are: an open file with its path, or memory.
    ///
    /// # Errors
    /// A fault of the store; [`UploadError::NotInStore`] if the slot has a writer.
    pub async fn open(&self) -> Result<Blob, UploadError> {
        let session = &self.session.0;
        Ok(session.engine.open(self.entry.id, &session.caller).await?.1)
    }

    /// Reads the whole file into memory: for files whose slot keeps them small.
    ///
    /// # Errors
    /// As [`UploadedFile::open`].
    pub async fn read(&self) -> Result<Bytes, UploadError> {
        let read = self.open().await?.read().await;
        read.map_err(|error| failed("read the uploaded file", error))
    }

    /// The bytes piece by piece, 256 KiB at most each, for files of any size.
    ///
    /// # Errors
    /// As [`UploadedFile::open`]; an item may be a fault of the disk, and is the last one then.
    pub async fn stream(
        &self,
    ) -> Result<impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin + use<>, UploadError>
    {
        Ok(self.open().await?.stream())
    }

    /// Copies the file to a path that must not exist yet, readable by ourselves only (0600), synced.
    /// Answers the number of bytes. The name in the path is the application's; never use a client's.
    ///
    /// # Errors
    /// As [`UploadedFile::open`]; a fault of the target's disk, or a target that exists. Nothing is left
    /// at the target then.
    pub async fn copy_to(&self, target: impl AsRef<Path>) -> Result<u64, UploadError> {
        let copied = self.open().await?.copy_to(target.as_ref()).await;
        copied.map_err(|error| failed("copy the uploaded file", error))
    }

    /// Moves the file to a path that must not exist yet: without copying where both are on one file system,
    /// by copying otherwise; synced. The entry's own name for the bytes goes when the application says
    /// [`Consumed::Done`](super::Consumed::Done), so a crash in between leaves the file at its target and
    /// offers it again.
    ///
    /// # Errors
    /// As [`UploadedFile::copy_to`].
    pub async fn move_to(&self, target: impl AsRef<Path>) -> Result<u64, UploadError> {
        let moved = self.open().await?.move_to(target.as_ref()).await;
        moved.map_err(|error| failed("move the uploaded file", error))
    }
}

fn failed(what: &'static str, source: std::io::Error) -> UploadError {
    UploadError::File { what, source: source.into() }
}

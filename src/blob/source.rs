//! [`Blob`]: a published blob, opened for reading.
//!
//! Doors want to answer ranges and to let the kernel send files, so a blob says where its bytes
//! lie instead of hiding them behind a stream.

use std::fs::File;
use std::path::{Path, PathBuf};

use bytes::Bytes;

/// A published blob that can be read. Its bytes don't change, and they stay readable through this
/// value even when the blob is removed meanwhile.
#[derive(Debug)]
pub struct Blob {
    len: u64,
    source: BlobSource,
}

impl Blob {
    pub(super) fn new(len: u64, source: BlobSource) -> Self {
        Self { len, source }
    }

    /// One of a test's own making.
    #[cfg(test)]
    pub(crate) fn of(len: u64, source: BlobSource) -> Self {
        Self::new(len, source)
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are no bytes; an empty file is a file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The file's path, if there is one. Only for reading: the bytes behind it must not change.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.source {
            BlobSource::File(_, path) => Some(path),
            BlobSource::Memory(_) => None,
        }
    }

    /// Where the bytes are, to read them.
    #[must_use]
    pub fn into_source(self) -> BlobSource {
        self.source
    }
}

/// Where the bytes of a [`Blob`] are.
#[derive(Debug)]
pub enum BlobSource {
    /// A file that is open at its first byte, and its path (for things that want a path; the file
    /// behind the path may be removed, the open one stays).
    File(File, PathBuf),
    /// All bytes in memory.
    Memory(Bytes),
}

//! [`BlobError`]: why bytes could not be stored or found.
//!
//! A full disk is told apart from a broken one, because the first is a reason that a user can be
//! told and an operator can mend, while the second spoils what it touched.

use std::io;

use thiserror::Error;

use crate::folder::copy;

/// What a [`BlobStore`](super::BlobStore) or a [`BlobWriter`](super::BlobWriter) may answer.
#[derive(Debug, Error)]
pub enum BlobError {
    /// There is no such blob in the life (unfinished or published) that was asked for.
    #[error("there is no such blob")]
    NotFound,
    /// There is such a blob already, and blobs are never replaced.
    #[error("there is such a blob already")]
    AlreadyExists,
    /// There is no room: the disk or the account's quota is full, or the file would grow beyond
    /// what the file system allows.
    #[error("the disk is full")]
    DiskFull(#[source] io::Error),
    /// Everything else that a disk may answer.
    #[error("could not {what}")]
    Io {
        /// What was tried, to be read after "could not".
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl BlobError {
    /// Sorts an error of the system into ours.
    pub(super) fn from_io(what: &'static str, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::AlreadyExists => Self::AlreadyExists,
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull(source),
            _ => Self::Io { what, source },
        }
    }

    /// A write that would leave a gap between the end of the blob and its own first byte.
    pub(super) fn gap(offset: u64, end: u64) -> Self {
        let source = io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("a write at {offset} would leave a gap after the end at {end}"),
        );
        Self::Io { what: "write", source }
    }

    /// A cut that would make the blob longer.
    pub(super) fn longer(length: u64, end: u64) -> Self {
        let source = io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{end} bytes can't be cut to {length}"),
        );
        Self::Io { what: "cut", source }
    }

    /// The same error once more, for a writer that answers its first failure ever after.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::NotFound => Self::NotFound,
            Self::AlreadyExists => Self::AlreadyExists,
            Self::DiskFull(source) => Self::DiskFull(copy(source)),
            Self::Io { what, source } => Self::Io { what, source: copy(source) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use rustix::io::Errno;

    #[test]
    fn no_room_is_told_apart_from_a_broken_disk() {
        for errno in [Errno::NOSPC, Errno::DQUOT, Errno::FBIG] {
            assert!(matches!(BlobError::from_io("write", errno), BlobError::DiskFull(_)));
        }
        assert!(matches!(
            BlobError::from_io("write", Errno::IO),
            BlobError::Io { what: "write", .. }
        ));
    }

    #[test]
    fn an_error_said_again_keeps_its_kind_and_its_code() {
        let first = BlobError::from_io("sync", Errno::IO);
        let BlobError::Io { what, source } = first.again() else {
            panic!("EIO is an Io error");
        };
        assert_eq!(what, "sync");
        assert_eq!(source.raw_os_error(), Some(Errno::IO.raw_os_error()));
    }
}

//! [`Room`]: how much a store can still take, and whether it takes anything at all.
//!
//! A full disk is found by the write that no longer fits, after its client has sent everything
//! before it for nothing, and then it is full for the catalogue and the logs too. Who can ask
//! beforehand refuses in time. And a disk that has turned read-only looks well until the next
//! upload, unless somebody tries.

#[cfg(any(test, feature = "testing"))]
mod fake;

use std::fmt::Debug;

use async_trait::async_trait;

#[cfg(any(test, feature = "testing"))]
pub use self::fake::FakeRoom;
use super::{BlobError, MemoryStore};

/// What a store can still take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that we may still write.
    pub bytes: u64,
    /// Bytes of the whole place, what is taken included.
    pub total_bytes: u64,
    /// Files and folders that may still be made.
    pub files: u64,
    /// As many as there can be, those that are there included.
    pub total_files: u64,
    /// Whether nothing may be written, however much room there is.
    pub read_only: bool,
}

impl Space {
    /// A place without any bound.
    pub const UNBOUNDED: Self = Self {
        bytes: u64::MAX,
        total_bytes: u64::MAX,
        files: u64::MAX,
        total_files: u64::MAX,
        read_only: false,
    };
}

/// Optional power of stores that know how much room they have.
///
/// # Contract
///
/// * `space` says how much room there is now. It is asked often, once for each batch of files, and
///   must be cheap.
/// * `probe` does what an upload does, on a small scale: it makes something, makes it durable and
///   takes it away again. What is published and unfinished stays as it is.
/// * Once the store can't promise durability any more until it is opened again, both say so.
///
/// # Errors
///
/// As for [`BlobStore`](super::BlobStore). A full store is no error of `space`.
///
/// # Cancellation
///
/// A dropped `probe` may still be under way; it leaves nothing that the next one minds.
///
/// # Implementing
///
/// Quotas that only the write itself can see need not be told here: a write may still answer
/// [`BlobError::DiskFull`].
#[async_trait]
pub trait Room: Send + Sync + Debug {
    /// How much room there is.
    async fn space(&self) -> Result<Space, BlobError>;

    /// Whether something can be stored.
    async fn probe(&self) -> Result<(), BlobError>;
}

/// The machine's memory is not the store's to measure.
#[async_trait]
impl Room for MemoryStore {
    async fn space(&self) -> Result<Space, BlobError> {
        Ok(Space::UNBOUNDED)
    }

    async fn probe(&self) -> Result<(), BlobError> {
        Ok(())
    }
}

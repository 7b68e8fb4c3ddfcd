//! [`Spool`]: what an earlier process left, and what becomes of it.
//!
//! A process may end anywhere: in the middle of a write, between publishing a blob and telling
//! anybody. The next one finds bytes and rows that don't know of each other. The engine decides
//! which bytes are still somebody's; a store only says what is there and does as it is told.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{BlobError, BlobKey};
use crate::domain::{EntryId, SessionId, Timestamp};

/// All that lies in a store, in no order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftover {
    /// The unfinished blobs.
    pub unfinished: Vec<BlobKey>,
    /// The published blobs with their lengths.
    pub published: Vec<(EntryId, u64)>,
    /// The sessions that have a place for unfinished blobs, also where it is empty.
    pub sessions: Vec<SessionId>,
}

/// A blob that nothing explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Debris {
    /// An unfinished one.
    Unfinished(BlobKey),
    /// A published one.
    Published(EntryId),
}

/// How much of an unfinished blob is believed after its process has died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// All that is there, unless the power was cut.
    Written,
    /// What is known to be durable: what came after it came in one piece or not at all.
    Durable,
}

/// Optional power of stores whose bytes outlive the process that wrote them.
///
/// # Contract
///
/// * Nothing is removed at once: what is put aside stays until the quarantine is emptied.
/// * After a power cut only `durable` bytes of an unfinished blob are believed, however many seem
///   to be there; after the death of a process alone, as many as [`Trust`] says.
///
/// # Errors
///
/// As for [`BlobStore`](super::BlobStore). Putting aside or tidying what isn't there is `Ok`.
///
/// # Cancellation
///
/// A dropped future may still take effect.
///
/// # Implementing
///
/// Run `blob::conformance::spool_suite`.
#[async_trait]
pub trait Spool: Send + Sync + Debug {
    /// All that lies in the store. Asked before anybody writes.
    async fn leftover(&self) -> Result<Leftover, BlobError>;

    /// Makes an unfinished blob of an earlier process one that can be gone on with, and answers its
    /// length. One that was published, but of which nobody was told, becomes unfinished again.
    /// `durable` bytes of it are known to have been synced; if fewer are there, or none at all, it
    /// is `NotFound`.
    async fn reclaim(&self, key: BlobKey, durable: u64, trust: Trust) -> Result<u64, BlobError>;

    /// Puts a blob aside: no name of an entry leads to it any more.
    async fn quarantine(&self, debris: Debris, at: Timestamp) -> Result<(), BlobError>;

    /// Removes for good what was put aside before that time, and answers how many blobs it was.
    async fn empty_quarantine(&self, before: Timestamp) -> Result<usize, BlobError>;

    /// Whether a session is known to have no place, so that there is nothing to [tidy](Self::tidy).
    fn is_tidy(&self, _session: SessionId) -> bool {
        false
    }

    /// Removes a session's place if no unfinished blob lies in it.
    async fn tidy(&self, session: SessionId) -> Result<(), BlobError>;
}

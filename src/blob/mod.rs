//! Floor 1: where bytes go. [`BlobStore`] is the seam, [`LocalStore`] the default behind it.
//!
//! Without one seam every door would have its own idea of temporary files, of what a sync means
//! and of who cleans up. Here a blob has exactly two lives: *unfinished*, owned by one
//! [`BlobWriter`] and known by session and entry, and *published*, known by its entry alone,
//! never changed again.
//!
//! INVARIANT: this folder imports the domain and nothing else of the crate. It knows no slot, no
//! row, no door; it never decides whether an upload may happen, only whether its bytes are there.

mod error;
mod gather;
mod local;
mod memory;
mod pieces;
mod room;
mod source;
mod spool;
mod take;

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
#[cfg(any(test, feature = "testing"))]
pub mod faulty;
#[cfg(any(test, feature = "testing"))]
pub mod frail;

use std::fmt::Debug;
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::domain::{EntryId, SessionId};

pub use self::error::BlobError;
pub use self::local::{Durability, LocalStore};
pub use self::memory::MemoryStore;
pub use self::pieces::Pieces;
#[cfg(any(test, feature = "testing"))]
pub use self::room::FakeRoom;
pub use self::room::{Room, Space};
pub use self::source::{Blob, BlobSource};
pub use self::spool::{Debris, Leftover, Spool, Trust};

/// The name of a blob while it is unfinished. Once published it is known by `id` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlobKey {
    /// The session in whose place the bytes lie until they are published.
    pub session: SessionId,
    /// The entry whose bytes these are.
    pub id: EntryId,
}

/// A place for bytes.
///
/// # Contract
///
/// * An unfinished blob is never [`open`](BlobStore::open)able; a published one always is, whole
///   and unchanging, until it is removed.
/// * A published blob is never replaced: the second one to publish under an id is refused.
/// * The length that [`reopen`](BlobStore::reopen) answers is what the store holds, not what
///   somebody remembers; after a crash it is the truth that an upload goes on from.
/// * Two writers of one key at a time are the caller's mistake. The engine's lease prevents it;
///   a store does not lock.
///
/// # Errors
///
/// [`BlobError::NotFound`] and [`BlobError::AlreadyExists`] speak of the blob asked for,
/// [`BlobError::DiskFull`] of room that an operator can make; all else is [`BlobError::Io`].
///
/// # Cancellation
///
/// A future that is dropped may still take effect: the store finishes what it began.
///
/// # Implementing
///
/// Implement the four methods that have no body and a [`BlobWriter`], then run `blob::conformance::suite` (feature
/// `testing`) against it.
#[async_trait]
pub trait BlobStore: Send + Sync + Debug {
    /// Begins an unfinished blob without bytes; `AlreadyExists` if the key has one already.
    async fn create(&self, key: BlobKey) -> Result<Box<dyn BlobWriter>, BlobError>;

    /// Takes up an unfinished blob again, with the number of bytes that are there.
    async fn reopen(&self, key: BlobKey) -> Result<(Box<dyn BlobWriter>, u64), BlobError>;

    /// Publishes a blob all of whose bytes are here, as `create`, `write_at` and `publish` would; a store may know a
    /// shorter way for a few bytes. After an error nobody knows what of it is there, unfinished or published.
    async fn put(&self, key: BlobKey, pieces: &[Bytes]) -> Result<(), BlobError> {
        put_in_steps(self, key, pieces).await
    }

    /// Opens a published blob for reading; an unfinished one is `NotFound`.
    async fn open(&self, id: EntryId) -> Result<Blob, BlobError>;

    /// Removes a published blob. One that isn't there is removed already: `Ok`.
    async fn remove(&self, id: EntryId) -> Result<(), BlobError>;
}

/// What [`BlobStore::put`] does where nobody knows a shorter way.
async fn put_in_steps(
    store: &(impl BlobStore + ?Sized),
    key: BlobKey,
    pieces: &[Bytes],
) -> Result<(), BlobError> {
    let mut writer = store.create(key).await?;
    writer.write_at(0, pieces).await?;
    writer.publish().await
}

/// The right to write one unfinished blob.
///
/// # Contract
///
/// * Bytes have no gaps: a write may begin anywhere up to the current end (what was there is
///   overwritten), never beyond it.
/// * What was cut off stays away once a later `sync` has ended, also after a crash.
/// * After a write or a sync failed, nobody knows which bytes are there (Linux marks pages clean
///   after a failed sync, and a later sync then succeeds without them). The writer is spoilt:
///   each later call but `abort` answers the first error again and touches nothing.
/// * `publish` makes bytes and name durable, as far as the store promises durability; a `sync`
///   just before it is not needed.
/// * A writer dropped without `publish` or `abort` leaves its bytes for `reopen`.
///
/// # Errors
///
/// As for [`BlobStore`]; a gap is [`BlobError::Io`] of kind `InvalidInput`, writes nothing and
/// spoils nothing. `publish` of a blob whose session was discarded is `NotFound`.
///
/// # Cancellation
///
/// A dropped `write_at` may still write, at that place and before anything that this writer is
/// asked later; a dropped `truncate` may still cut, likewise. A dropped `publish` may still publish.
///
/// # Implementing
///
/// Writes of one writer happen in the order of the calls, also after a cancelled one. Run
/// `blob::conformance::suite`.
#[async_trait]
pub trait BlobWriter: Send + Debug {
    /// Writes the pieces one after another from `offset` on. They are not copied.
    async fn write_at(&mut self, offset: u64, pieces: &[Bytes]) -> Result<(), BlobError>;

    /// Optional power: does as [`write_at`](BlobWriter::write_at), but begins before anybody waits for the answer, so
    /// that the next write can be asked for meanwhile. Writes land in the order in which they were asked for, and
    /// before whatever the writer is asked later; `sync` alone covers only those that have been answered. Nothing
    /// was done where it is `None`.
    fn write_behind(
        &mut self,
        offset: u64,
        pieces: &[Bytes],
    ) -> Option<BoxFuture<'static, Result<(), BlobError>>> {
        let _ = (offset, pieces);
        None
    }

    /// Reads back up to `length` bytes from `offset` on; fewer at the end, none beyond it.
    async fn read_at(&mut self, offset: u64, length: usize) -> Result<Bytes, BlobError>;

    /// Optional power: writes a part of another unfinished blob of the same store at `offset`, without its bytes
    /// passing through the caller; on a disk they may even be shared. Where there is no such power it is `false`,
    /// and nothing was done. A part that the other blob doesn't have is an error, as a write that failed.
    async fn copy_at(
        &mut self,
        offset: u64,
        from: BlobKey,
        part: Range<u64>,
    ) -> Result<bool, BlobError> {
        let _ = (offset, from, part);
        Ok(false)
    }

    /// Cuts off what is behind `length`. A blob only gets shorter: beyond its end is an error as a gap is.
    async fn truncate(&mut self, length: u64) -> Result<(), BlobError>;

    /// When its answer comes, what was written before the call survives what the store promises
    /// to survive. Writing may go on meanwhile.
    fn sync(&mut self) -> BoxFuture<'static, Result<(), BlobError>>;

    /// Turns the unfinished blob into the published one of its entry; `AlreadyExists` if there
    /// is one (the unfinished bytes then stay).
    async fn publish(self: Box<Self>) -> Result<(), BlobError>;

    /// Removes the unfinished bytes. Bytes that are gone already are removed: `Ok`.
    async fn abort(self: Box<Self>) -> Result<(), BlobError>;
}

//! [`FaultyStore`]: a store whose disk breaks, or is slow, exactly when a test wants it to.
//!
//! What happens when the n-th operation fails can't be tried on a healthy disk, and promises about
//! broken disks that nobody tried are not kept. A fault comes before the inner store is asked or
//! after it has done its work; what the inner one holds stays whole and can be looked at.

mod faults;

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{
    Blob, BlobError, BlobKey, BlobStore, BlobWriter, Debris, Leftover, Spool, Trust, put_in_steps,
};
use crate::domain::{EntryId, SessionId, Timestamp};

pub use self::faults::{Fault, Faults, Met, Operation};

/// A store around another one, with faults at the operations that were chosen. Operations are
/// counted over all writers of the store, from one. Clones share the count.
#[derive(Clone, Debug)]
pub struct FaultyStore<S> {
    inner: S,
    faults: Faults,
}

impl<S> FaultyStore<S> {
    /// A wrapper without any fault yet.
    pub fn new(inner: S) -> Self {
        Self::sharing(inner, Faults::none())
    }

    /// A wrapper with these faults: hand the same ones to a
    /// [`FaultyCatalogue`](crate::catalogue::faulty::FaultyCatalogue), and what is asked of either is counted
    /// together.
    pub fn sharing(inner: S, faults: Faults) -> Self {
        Self { inner, faults }
    }

    /// Puts a fault on the `nth` operation of its kind, counted from the start of the store.
    #[must_use]
    pub fn with(self, operation: Operation, nth: u64, fault: Fault) -> Self {
        self.faults.of(operation, nth, fault);
        self
    }

    /// Puts a fault on the next operation of its kind.
    pub fn next(&self, operation: Operation, fault: Fault) {
        self.faults.next(operation, fault);
    }

    /// How many operations of the kind were asked for so far.
    #[must_use]
    pub fn seen(&self, operation: Operation) -> u64 {
        self.faults.seen(operation)
    }

    /// The faults, to plan more of them and to see which happened.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The store inside, where nothing goes wrong.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn writer(&self, inner: Box<dyn BlobWriter>) -> Box<dyn BlobWriter> {
        Box::new(FaultyWriter { inner, faults: self.faults.clone(), failure: Failure::default() })
    }
}

fn failed(source: io::Error) -> BlobError {
    BlobError::from_io("do as the test forbids", source)
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: BlobStore> BlobStore for FaultyStore<S> {
    async fn create(&self, key: BlobKey) -> Result<Box<dyn BlobWriter>, BlobError> {
        let writer = self.faults.around(Operation::Create, failed, self.inner.create(key)).await?;
        Ok(self.writer(writer))
    }

    async fn reopen(&self, key: BlobKey) -> Result<(Box<dyn BlobWriter>, u64), BlobError> {
        let reopened = self.faults.around(Operation::Reopen, failed, self.inner.reopen(key));
        let (writer, length) = reopened.await?;
        Ok((self.writer(writer), length))
    }

    /// In its steps, so that a fault can be put on each of them.
    async fn put(&self, key: BlobKey, pieces: &[Bytes]) -> Result<(), BlobError> {
        put_in_steps(self, key, pieces).await
    }

    async fn open(&self, id: EntryId) -> Result<Blob, BlobError> {
        self.faults.around(Operation::Open, failed, self.inner.open(id)).await
    }

    async fn remove(&self, id: EntryId) -> Result<(), BlobError> {
        self.faults.around(Operation::Remove, failed, self.inner.remove(id)).await
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: Spool> Spool for FaultyStore<S> {
    async fn leftover(&self) -> Result<Leftover, BlobError> {
        self.faults.around(Operation::Leftover, failed, self.inner.leftover()).await
    }

    async fn reclaim(&self, key: BlobKey, durable: u64, trust: Trust) -> Result<u64, BlobError> {
        let inner = self.inner.reclaim(key, durable, trust);
        self.faults.around(Operation::Reclaim, failed, inner).await
    }

    async fn quarantine(&self, debris: Debris, at: Timestamp) -> Result<(), BlobError> {
        let inner = self.inner.quarantine(debris, at);
        self.faults.around(Operation::Quarantine, failed, inner).await
    }

    async fn empty_quarantine(&self, before: Timestamp) -> Result<usize, BlobError> {
        let inner = self.inner.empty_quarantine(before);
        self.faults.around(Operation::EmptyQuarantine, failed, inner).await
    }

    fn is_tidy(&self, session: SessionId) -> bool {
        self.inner.is_tidy(session)
    }

    async fn tidy(&self, session: SessionId) -> Result<(), BlobError> {
        self.faults.around(Operation::Tidy, failed, self.inner.tidy(session)).await
    }
}

/// Keeps the contract of a spoilt writer for the faults that it makes itself.
#[derive(Debug)]
struct FaultyWriter {
    inner: Box<dyn BlobWriter>,
    faults: Faults,
    failure: Failure,
}

/// What spoilt a writer. A sync goes on beside it, so both have it.
#[derive(Clone, Debug, Default)]
struct Failure(Arc<Mutex<Option<BlobError>>>);

impl Failure {
    fn check(&self) -> Result<(), BlobError> {
        let failure = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failure.as_ref().map_or(Ok(()), |failure| Err(failure.again()))
    }

    fn spoilt_by<T>(&self, met: Result<T, BlobError>) -> Result<T, BlobError> {
        // A gap is the caller's mistake: nothing was written, and nothing is spoilt.
        let gap = |error: &BlobError| matches!(error, BlobError::Io { source, .. } if source.kind() == io::ErrorKind::InvalidInput);
        if let Some(error) = met.as_ref().err().filter(|error| !gap(error)) {
            let mut failure = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            failure.get_or_insert_with(|| error.again());
        }
        met
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl BlobWriter for FaultyWriter {
    /// Each write by itself, so that a fault can be put on it.
    fn write_behind(
        &mut self,
        _: u64,
        _: &[Bytes],
    ) -> Option<BoxFuture<'static, Result<(), BlobError>>> {
        None
    }

    async fn write_at(&mut self, offset: u64, pieces: &[Bytes]) -> Result<(), BlobError> {
        self.failure.check()?;
        let inner = self.inner.write_at(offset, pieces);
        let met = self.faults.around(Operation::Write, failed, inner).await;
        self.failure.spoilt_by(met)
    }

    async fn read_at(&mut self, offset: u64, length: usize) -> Result<Bytes, BlobError> {
        self.failure.check()?;
        let inner = self.inner.read_at(offset, length);
        self.faults.around(Operation::Read, failed, inner).await
    }

    async fn copy_at(
        &mut self,
        offset: u64,
        from: BlobKey,
        part: Range<u64>,
    ) -> Result<bool, BlobError> {
        self.failure.check()?;
        let inner = self.inner.copy_at(offset, from, part);
        let met = self.faults.around(Operation::Copy, failed, inner).await;
        self.failure.spoilt_by(met)
    }

    async fn truncate(&mut self, length: u64) -> Result<(), BlobError> {
        self.failure.check()?;
        let inner = self.inner.truncate(length);
        let met = self.faults.around(Operation::Truncate, failed, inner).await;
        self.failure.spoilt_by(met)
    }

    fn sync(&mut self) -> BoxFuture<'static, Result<(), BlobError>> {
        if let Err(spoilt) = self.failure.check() {
            return std::future::ready(Err(spoilt)).boxed();
        }
        let (inner, faults, failure) =
            (self.inner.sync(), self.faults.clone(), self.failure.clone());
        async move { failure.spoilt_by(faults.around(Operation::Sync, failed, inner).await) }
            .boxed()
    }

    async fn publish(self: Box<Self>) -> Result<(), BlobError> {
        self.failure.check()?;
        self.faults.around(Operation::Publish, failed, self.inner.publish()).await
    }

    async fn abort(self: Box<Self>) -> Result<(), BlobError> {
        self.faults.around(Operation::Abort, failed, self.inner.abort()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{MemoryStore, conformance};

    use uuid::Uuid;

    fn key() -> BlobKey {
        BlobKey {
            session: SessionId::from_uuid(Uuid::now_v7()),
            id: EntryId::from_uuid(Uuid::now_v7()),
        }
    }

    #[tokio::test]
    async fn without_a_fault_it_is_the_store_inside() {
        conformance::suite(async || FaultyStore::new(MemoryStore::new())).await;
        conformance::spool_suite(async || FaultyStore::new(MemoryStore::new())).await;
    }

    #[tokio::test]
    async fn the_chosen_write_fails_and_spoils_its_writer_alone() {
        let store = FaultyStore::new(MemoryStore::new()).with(Operation::Write, 2, Fault::NoSpace);
        let piece = [Bytes::from_static(b"abc")];
        let (mut first, mut second) =
            (store.create(key()).await.unwrap(), store.create(key()).await.unwrap());
        first.write_at(0, &piece).await.unwrap();
        let full = first.write_at(3, &piece).await;
        assert!(matches!(full, Err(BlobError::DiskFull(_))));
        second.write_at(0, &piece).await.unwrap();
        assert!(matches!(first.sync().await, Err(BlobError::DiskFull(_))));
        assert!(matches!(first.publish().await, Err(BlobError::DiskFull(_))));
        second.publish().await.unwrap();
        assert_eq!(store.seen(Operation::Write), 3);
    }

    #[tokio::test]
    async fn a_blob_whose_publishing_failed_is_not_there() {
        let store = FaultyStore::new(MemoryStore::new());
        let key = key();
        let writer = store.create(key).await.unwrap();
        store.next(Operation::Publish, Fault::Broken);
        assert!(matches!(writer.publish().await, Err(BlobError::Io { .. })));
        assert!(matches!(store.open(key.id).await, Err(BlobError::NotFound)));
    }

    #[tokio::test]
    async fn a_blob_may_be_published_by_whom_an_error_was_answered() {
        for fault in [Fault::DoneButBroken, Fault::DoneButNoSpace] {
            let store = FaultyStore::new(MemoryStore::new());
            let key = key();
            let writer = store.create(key).await.unwrap();
            store.next(Operation::Publish, fault);
            assert!(writer.publish().await.is_err());
            store.open(key.id).await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_count_runs_over_all_kinds_and_a_fault_finds_each_of_them() {
        let life = async |store: &FaultyStore<MemoryStore>| {
            let key = key();
            let mut writer = store.create(key).await?;
            writer.write_at(0, &[Bytes::from_static(b"abc")]).await?;
            writer.sync().await?;
            drop(writer);
            let (mut writer, _) = store.reopen(key).await?;
            writer.read_at(0, 3).await?;
            writer.truncate(2).await?;
            writer.copy_at(2, key, 0..2).await?;
            writer.publish().await?;
            store.open(key.id).await?;
            store.remove(key.id).await?;
            store.create(key).await?.abort().await?;
            store.leftover().await?;
            let (debris, at) = (Debris::Unfinished(key), Timestamp::from_millis(1));
            store.create(key).await?;
            store.reclaim(key, 0, Trust::Written).await?;
            store.quarantine(debris, at).await?;
            store.empty_quarantine(at).await?;
            store.tidy(key.session).await
        };
        let healthy = FaultyStore::new(MemoryStore::new());
        life(&healthy).await.unwrap();
        let log = healthy.faults().log();
        assert_eq!(log.len(), 18);
        for (operation, nth) in log.iter().zip(1_u64..) {
            for fault in Fault::ERRORS {
                let store = FaultyStore::new(MemoryStore::new());
                store.faults().at(nth, fault);
                assert!(life(&store).await.is_err(), "{fault:?} at {nth}, {operation:?}");
                assert_eq!(store.faults().met(), [Met { nth, operation: *operation, fault }]);
                assert_eq!(store.faults().count(), nth, "and nothing was asked behind it");
            }
        }
    }

    #[tokio::test]
    async fn a_disk_that_stays_broken_is_broken_until_it_is_mended() {
        let store = FaultyStore::new(MemoryStore::new());
        store.faults().since(2, Fault::Broken);
        store.create(key()).await.unwrap();
        for _ in 0..3 {
            assert!(store.create(key()).await.is_err());
        }
        store.faults().heal();
        store.create(key()).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_stuck_never_answers_and_was_done_or_not() {
        for (fault, left) in [(Fault::Stuck, 0), (Fault::DoneButStuck, 1)] {
            let store = FaultyStore::new(MemoryStore::new());
            store.next(Operation::Create, fault);
            let mut stuck = Box::pin(store.create(key()));
            let never = futures_util::poll!(&mut stuck);
            assert!(never.is_pending(), "{fault:?}");
            assert_eq!(store.inner().leftover().await.unwrap().unfinished.len(), left, "{fault:?}");
        }
    }
}

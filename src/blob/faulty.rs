//! [`FaultyStore`]: a store whose disk breaks, or is slow, exactly when a test wants it to.
//!
//! What happens when the n-th write fails can't be tried on a healthy disk, and promises about
//! broken disks that nobody tried are not kept. The wrapper fails or delays before the inner store
//! is asked, so what the inner one holds stays whole and can be looked at.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::sleep;

use super::{Blob, BlobError, BlobKey, BlobStore, BlobWriter, Debris, Leftover, Spool};
use crate::domain::{EntryId, SessionId, Timestamp};

/// What can be made to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// [`BlobWriter::write_at`].
    Write,
    /// [`BlobWriter::sync`].
    Sync,
    /// [`BlobWriter::publish`].
    Publish,
}

/// How it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No room is left (`ENOSPC`).
    NoSpace,
    /// The disk is broken (`EIO`).
    Broken,
    /// Nothing goes wrong, it only takes this long.
    Slow(Duration),
}

/// A store around another one, with faults at the operations that were chosen. Operations are
/// counted over all writers of the store, from one. Clones share the count.
#[derive(Clone, Debug)]
pub struct FaultyStore<S> {
    inner: S,
    plan: Arc<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    faults: Mutex<Vec<(Operation, u64, Fault)>>,
    writes: AtomicU64,
    syncs: AtomicU64,
    publishes: AtomicU64,
}

impl<S> FaultyStore<S> {
    /// A wrapper without any fault yet.
    pub fn new(inner: S) -> Self {
        Self { inner, plan: Arc::default() }
    }

    /// Puts a fault on the `nth` operation of its kind, counted from the start of the store.
    #[must_use]
    pub fn with(self, operation: Operation, nth: u64, fault: Fault) -> Self {
        self.plan.add(operation, nth, fault);
        self
    }

    /// Puts a fault on the next operation of its kind.
    pub fn next(&self, operation: Operation, fault: Fault) {
        self.plan.add(operation, self.seen(operation) + 1, fault);
    }

    /// How many operations of the kind were asked for so far.
    #[must_use]
    pub fn seen(&self, operation: Operation) -> u64 {
        self.plan.counter(operation).load(Ordering::SeqCst)
    }

    fn writer(&self, inner: Box<dyn BlobWriter>) -> Box<dyn BlobWriter> {
        Box::new(FaultyWriter { inner, plan: Arc::clone(&self.plan), failure: Arc::default() })
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: BlobStore> BlobStore for FaultyStore<S> {
    async fn create(&self, key: BlobKey) -> Result<Box<dyn BlobWriter>, BlobError> {
        Ok(self.writer(self.inner.create(key).await?))
    }

    async fn reopen(&self, key: BlobKey) -> Result<(Box<dyn BlobWriter>, u64), BlobError> {
        let (writer, length) = self.inner.reopen(key).await?;
        Ok((self.writer(writer), length))
    }

    async fn open(&self, id: EntryId) -> Result<Blob, BlobError> {
        self.inner.open(id).await
    }

    async fn remove(&self, id: EntryId) -> Result<(), BlobError> {
        self.inner.remove(id).await
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: Spool> Spool for FaultyStore<S> {
    async fn leftover(&self) -> Result<Leftover, BlobError> {
        self.inner.leftover().await
    }

    async fn reclaim(&self, key: BlobKey, durable: u64) -> Result<u64, BlobError> {
        self.inner.reclaim(key, durable).await
    }

    async fn quarantine(&self, debris: Debris, at: Timestamp) -> Result<(), BlobError> {
        self.inner.quarantine(debris, at).await
    }

    async fn empty_quarantine(&self, before: Timestamp) -> Result<usize, BlobError> {
        self.inner.empty_quarantine(before).await
    }

    async fn tidy(&self, session: SessionId) -> Result<(), BlobError> {
        self.inner.tidy(session).await
    }
}

impl Plan {
    fn add(&self, operation: Operation, nth: u64, fault: Fault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push((operation, nth, fault));
    }

    fn counter(&self, operation: Operation) -> &AtomicU64 {
        match operation {
            Operation::Write => &self.writes,
            Operation::Sync => &self.syncs,
            Operation::Publish => &self.publishes,
        }
    }

    /// Counts the operation and lets happen what was planned for it.
    async fn meet(&self, operation: Operation) -> Result<(), BlobError> {
        let nth = self.counter(operation).fetch_add(1, Ordering::SeqCst) + 1;
        for fault in self.planned(operation, nth) {
            let code = match fault {
                Fault::Slow(time) => {
                    sleep(time).await;
                    continue;
                }
                Fault::NoSpace => rustix::io::Errno::NOSPC,
                Fault::Broken => rustix::io::Errno::IO,
            };
            return Err(BlobError::from_io("do as the test forbids", io::Error::from(code)));
        }
        Ok(())
    }

    fn planned(&self, operation: Operation, nth: u64) -> Vec<Fault> {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.iter().filter(|fault| (fault.0, fault.1) == (operation, nth)).map(|f| f.2).collect()
    }
}

/// Keeps the contract of a spoilt writer for the faults that it makes itself.
#[derive(Debug)]
struct FaultyWriter {
    inner: Box<dyn BlobWriter>,
    plan: Arc<Plan>,
    failure: Arc<Mutex<Option<BlobError>>>,
}

impl FaultyWriter {
    fn check(&self) -> Result<(), BlobError> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.as_ref().map_or(Ok(()), |failure| Err(failure.again()))
    }

    fn meet(&self, operation: Operation) -> impl Future<Output = Result<(), BlobError>> + use<> {
        let checked = self.check();
        let (plan, failure) = (Arc::clone(&self.plan), Arc::clone(&self.failure));
        async move {
            checked?;
            let met = plan.meet(operation).await;
            let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
            *failure = met.as_ref().err().map(BlobError::again);
            met
        }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl BlobWriter for FaultyWriter {
    async fn write_at(&mut self, offset: u64, pieces: &[Bytes]) -> Result<(), BlobError> {
        self.meet(Operation::Write).await?;
        self.inner.write_at(offset, pieces).await
    }

    async fn read_at(&mut self, offset: u64, length: usize) -> Result<Bytes, BlobError> {
        self.check()?;
        self.inner.read_at(offset, length).await
    }

    fn sync(&mut self) -> BoxFuture<'static, Result<(), BlobError>> {
        let (met, synced) = (self.meet(Operation::Sync), self.inner.sync());
        async move {
            met.await?;
            synced.await
        }
        .boxed()
    }

    async fn publish(self: Box<Self>) -> Result<(), BlobError> {
        self.meet(Operation::Publish).await?;
        self.inner.publish().await
    }

    async fn abort(self: Box<Self>) -> Result<(), BlobError> {
        self.inner.abort().await
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
}

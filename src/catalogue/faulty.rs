//! [`FaultyCatalogue`]: a catalogue whose database fails exactly when a test wants it to.
//!
//! The row decides what is stored, so everything hangs on what is done when nobody knows whether it was
//! written. A fault comes before the inner catalogue is asked, or after it has done its work and the answer
//! is lost.

use std::io;

use async_trait::async_trait;

use super::{
    Bounds, Catalogue, CatalogueError, Checkpoint, Envelope, Fate, Holder, Outbox, Query, Usage,
    Waiting,
};
use crate::blob::faulty::{Faults, Operation};
use crate::domain::{Entry, EntryId, LetterId, Timestamp};

/// A catalogue around another one, with faults at the operations that were chosen. Clones share the count.
#[derive(Clone, Debug)]
pub struct FaultyCatalogue<C> {
    inner: C,
    faults: Faults,
}

impl<C> FaultyCatalogue<C> {
    /// A wrapper without any fault yet.
    pub fn new(inner: C) -> Self {
        Self::sharing(inner, Faults::none())
    }

    /// A wrapper with these faults, which may be a store's too.
    pub fn sharing(inner: C, faults: Faults) -> Self {
        Self { inner, faults }
    }

    /// The faults, to plan more of them and to see which happened.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The catalogue inside, where nothing goes wrong.
    #[must_use]
    pub fn inner(&self) -> &C {
        &self.inner
    }
}

fn failed(source: io::Error) -> CatalogueError {
    CatalogueError::Database(Box::new(source))
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<C: Catalogue> Catalogue for FaultyCatalogue<C> {
    async fn insert(&self, entries: &[Entry]) -> Result<(), CatalogueError> {
        self.faults.around(Operation::Insert, failed, self.inner.insert(entries)).await
    }

    async fn load(&self, id: EntryId) -> Result<Option<Entry>, CatalogueError> {
        self.faults.around(Operation::Load, failed, self.inner.load(id)).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Entry>, CatalogueError> {
        self.faults.around(Operation::List, failed, self.inner.list(query)).await
    }

    async fn usage(&self, holder: &Holder) -> Result<Usage, CatalogueError> {
        self.faults.around(Operation::List, failed, self.inner.usage(holder)).await
    }

    async fn checkpoint(&self, id: EntryId, checkpoint: &Checkpoint) -> Result<(), CatalogueError> {
        let inner = self.inner.checkpoint(id, checkpoint);
        self.faults.around(Operation::Checkpoint, failed, inner).await
    }

    async fn settle(&self, entry: &Entry) -> Result<(), CatalogueError> {
        self.faults.around(Operation::Settle, failed, self.inner.settle(entry)).await
    }

    fn announce(&self, id: EntryId) {
        self.inner.announce(id);
    }

    async fn remove(&self, id: EntryId) -> Result<(), CatalogueError> {
        self.faults.around(Operation::Forget, failed, self.inner.remove(id)).await
    }

    async fn remove_all(&self, ids: &[EntryId]) -> Result<(), CatalogueError> {
        self.faults.around(Operation::Forget, failed, self.inner.remove_all(ids)).await
    }
}

/// Letters fail with the rows of which they are a part: as [`Operation::Settle`] and [`Operation::Forget`].
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<C: Outbox> Outbox for FaultyCatalogue<C> {
    async fn settle_and_tell(
        &self,
        entry: &Entry,
        envelope: &Envelope,
    ) -> Result<(), CatalogueError> {
        let inner = self.inner.settle_and_tell(entry, envelope);
        self.faults.around(Operation::Settle, failed, inner).await
    }

    async fn take_back(&self, entry: &Entry, letter: LetterId) -> Result<(), CatalogueError> {
        let inner = self.inner.take_back(entry, letter);
        self.faults.around(Operation::Settle, failed, inner).await
    }

    async fn remove_and_tell(
        &self,
        id: EntryId,
        envelope: &Envelope,
    ) -> Result<(), CatalogueError> {
        let inner = self.inner.remove_and_tell(id, envelope);
        self.faults.around(Operation::Forget, failed, inner).await
    }

    async fn due(
        &self,
        receiver: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Waiting>, CatalogueError> {
        self.inner.due(receiver, now, limit).await
    }

    async fn attempted(
        &self,
        letter: LetterId,
        receiver: &str,
        fate: &Fate,
    ) -> Result<(), CatalogueError> {
        self.inner.attempted(letter, receiver, fate).await
    }

    async fn tidy(
        &self,
        receivers: &[String],
        now: Timestamp,
        bounds: &Bounds,
    ) -> Result<u64, CatalogueError> {
        self.inner.tidy(receivers, now, bounds).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::faulty::Fault;
    use crate::catalogue::{Memory, conformance};

    #[tokio::test]
    async fn without_a_fault_it_is_the_catalogue_inside() {
        conformance::suite(async || FaultyCatalogue::new(Memory::new())).await;
        conformance::outbox(async || FaultyCatalogue::new(Memory::new())).await;
    }

    #[tokio::test]
    async fn a_row_may_be_there_though_an_error_was_answered() {
        for (fault, there) in [(Fault::Broken, false), (Fault::DoneButBroken, true)] {
            let catalogue = FaultyCatalogue::new(Memory::new());
            catalogue.faults().next(Operation::Settle, fault);
            let entry = conformance::bare_entry();
            let answer = catalogue.settle(&entry).await;
            assert!(matches!(answer, Err(CatalogueError::Database(_))));
            assert_eq!(catalogue.load(entry.id).await.unwrap().is_some(), there, "{fault:?}");
        }
    }
}

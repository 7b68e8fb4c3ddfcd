//! A catalogue for tests that look at what the engine says to it.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;

use super::*;
use crate::catalogue::{CatalogueError, Checkpoint, Holder, Usage};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Announced(EntryId),
    Settled(EntryId),
}

/// A catalogue that remembers what it was told, and in which order; and that can't always say whether a complete entry was
/// remembered: it was, and the answer is lost.
#[derive(Debug, Default)]
pub(super) struct Listening {
    pub(super) inner: Memory,
    pub(super) heard: Mutex<Vec<Heard>>,
    pub(super) loses: AtomicBool,
}

#[async_trait]
impl Catalogue for Listening {
    async fn insert(&self, entries: &[Entry]) -> Result<(), CatalogueError> {
        self.inner.insert(entries).await
    }

    async fn load(&self, id: EntryId) -> Result<Option<Entry>, CatalogueError> {
        self.inner.load(id).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Entry>, CatalogueError> {
        self.inner.list(query).await
    }

    async fn usage(&self, holder: &Holder) -> Result<Usage, CatalogueError> {
        self.inner.usage(holder).await
    }

    async fn checkpoint(&self, id: EntryId, mark: &Checkpoint) -> Result<(), CatalogueError> {
        self.inner.checkpoint(id, mark).await
    }

    async fn settle(&self, entry: &Entry) -> Result<(), CatalogueError> {
        self.heard.lock().unwrap().push(Heard::Settled(entry.id));
        self.inner.settle(entry).await?;
        match self.loses.load(Ordering::SeqCst) {
            true => Err(CatalogueError::NotFound(entry.id)),
            false => Ok(()),
        }
    }

    fn announce(&self, id: EntryId) {
        self.heard.lock().unwrap().push(Heard::Announced(id));
    }

    async fn remove(&self, id: EntryId) -> Result<(), CatalogueError> {
        self.inner.remove(id).await
    }
}

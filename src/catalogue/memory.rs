//! [`Memory`]: a catalogue in memory, for tests and examples.
//!
//! It says in a few lines what every catalogue must do; the same suite runs against it and
//! against the database. All it remembers dies with it.

mod letters;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Catalogue, CatalogueError, Checkpoint, Holder, Query, Usage};
use crate::domain::{Entry, EntryId, LetterId};

use self::letters::Posted;

type Letters = BTreeMap<(String, LetterId), Posted>;

/// Entries in memory. Clones share what they remember.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    entries: Arc<Mutex<BTreeMap<EntryId, Entry>>>,
    letters: Arc<Mutex<Letters>>,
}

impl Memory {
    /// An empty catalogue.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<EntryId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn letters(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Catalogue for Memory {
    async fn insert(&self, entries: &[Entry]) -> Result<(), CatalogueError> {
        let mut known = self.lock();
        let mut new = HashSet::new();
        for entry in entries {
            if known.contains_key(&entry.id) || !new.insert(entry.id) {
                return Err(CatalogueError::Duplicate(entry.id));
            }
        }
        known.extend(entries.iter().map(|entry| (entry.id, entry.clone())));
        Ok(())
    }

    async fn load(&self, id: EntryId) -> Result<Option<Entry>, CatalogueError> {
        Ok(self.lock().get(&id).cloned())
    }

    async fn list(&self, query: &Query) -> Result<Vec<Entry>, CatalogueError> {
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let known = self.lock();
        let fitting = known.values().rev().filter(|entry| query.matches(entry));
        Ok(fitting.take(limit).cloned().collect())
    }

    async fn usage(&self, holder: &Holder) -> Result<Usage, CatalogueError> {
        let mut usage = Usage::default();
        self.lock().values().for_each(|entry| usage.add(holder, entry));
        Ok(usage)
    }

    async fn checkpoint(&self, id: EntryId, checkpoint: &Checkpoint) -> Result<(), CatalogueError> {
        let mut known = self.lock();
        let entry = known.get_mut(&id).ok_or(CatalogueError::NotFound(id))?;
        entry.touched_at = entry.touched_at.max(checkpoint.at);
        entry.length = checkpoint.length.or(entry.length);
        if checkpoint.offset >= entry.offset {
            entry.offset = checkpoint.offset;
            entry.partial_digest = checkpoint.partial_digest.clone();
        }
        Ok(())
    }

    async fn settle(&self, entry: &Entry) -> Result<(), CatalogueError> {
        self.lock().insert(entry.id, entry.clone());
        Ok(())
    }

    async fn remove(&self, id: EntryId) -> Result<(), CatalogueError> {
        self.lock().remove(&id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::conformance;

    #[tokio::test]
    async fn the_catalogue_in_memory_does_what_every_catalogue_must() {
        conformance::suite(async || Memory::new()).await;
        conformance::outbox(async || Memory::new()).await;
    }
}

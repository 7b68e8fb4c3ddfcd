//! [`MemoryStore`]: blobs in memory, for tests and examples.
//!
//! It behaves as the local store does (the same suite runs against both), without a disk that has
//! to be cleaned up. All it holds dies with it.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::{
    Blob, BlobError, BlobKey, BlobSource, BlobStore, BlobWriter, Debris, Leftover, Spool, Trust,
};
use crate::domain::{EntryId, SessionId, Timestamp};

/// Blobs in memory. Clones share what they hold.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    shelves: Arc<Mutex<Shelves>>,
}

#[derive(Debug, Default)]
struct Shelves {
    unfinished: HashMap<BlobKey, Vec<u8>>,
    published: HashMap<EntryId, Bytes>,
    /// When each blob was put aside.
    quarantine: Vec<Timestamp>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self, key: BlobKey) -> Box<dyn BlobWriter> {
        Box::new(MemoryWriter { store: self.clone(), key })
    }
}

#[async_trait]
impl BlobStore for MemoryStore {
    async fn create(&self, key: BlobKey) -> Result<Box<dyn BlobWriter>, BlobError> {
        let mut shelves = self.lock();
        if shelves.unfinished.contains_key(&key) {
            return Err(BlobError::AlreadyExists);
        }
        shelves.unfinished.insert(key, Vec::new());
        Ok(self.writer(key))
    }

    async fn reopen(&self, key: BlobKey) -> Result<(Box<dyn BlobWriter>, u64), BlobError> {
        let length = self.lock().part(key)?.len() as u64;
        Ok((self.writer(key), length))
    }

    async fn open(&self, id: EntryId) -> Result<Blob, BlobError> {
        let bytes = self.lock().published.get(&id).cloned().ok_or(BlobError::NotFound)?;
        Ok(Blob::new(bytes.len() as u64, BlobSource::Memory(bytes)))
    }

    async fn remove(&self, id: EntryId) -> Result<(), BlobError> {
        self.lock().published.remove(&id);
        Ok(())
    }
}

#[async_trait]
impl Spool for MemoryStore {
    async fn leftover(&self) -> Result<Leftover, BlobError> {
        let shelves = self.lock();
        let unfinished: Vec<BlobKey> = shelves.unfinished.keys().copied().collect();
        let mut sessions: Vec<SessionId> = unfinished.iter().map(|key| key.session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        let published = shelves.published.iter().map(|(id, bytes)| (*id, bytes.len() as u64));
        Ok(Leftover { unfinished, published: published.collect(), sessions })
    }

    async fn reclaim(&self, key: BlobKey, durable: u64, trust: Trust) -> Result<u64, BlobError> {
        let mut shelves = self.lock();
        if let Some(bytes) = shelves.published.remove(&key.id) {
            shelves.unfinished.entry(key).or_insert_with(|| bytes.to_vec());
        }
        let part = shelves.part(key)?;
        if (part.len() as u64) < durable {
            return Err(BlobError::NotFound);
        }
        if trust == Trust::Durable {
            part.truncate(index(durable)?);
        }
        Ok(part.len() as u64)
    }

    async fn quarantine(&self, debris: Debris, at: Timestamp) -> Result<(), BlobError> {
        let mut shelves = self.lock();
        let there = match debris {
            Debris::Unfinished(key) => shelves.unfinished.remove(&key).is_some(),
            Debris::Published(id) => shelves.published.remove(&id).is_some(),
        };
        if there {
            shelves.quarantine.push(at);
        }
        Ok(())
    }

    async fn empty_quarantine(&self, before: Timestamp) -> Result<usize, BlobError> {
        let quarantine = &mut self.lock().quarantine;
        let held = quarantine.len();
        quarantine.retain(|at| *at >= before);
        Ok(held - quarantine.len())
    }

    fn is_tidy(&self, _: SessionId) -> bool {
        // A session's place is its blobs.
        true
    }

    async fn tidy(&self, _: SessionId) -> Result<(), BlobError> {
        Ok(())
    }
}

impl Shelves {
    fn part(&mut self, key: BlobKey) -> Result<&mut Vec<u8>, BlobError> {
        self.unfinished.get_mut(&key).ok_or(BlobError::NotFound)
    }

    fn publish(&mut self, key: BlobKey) -> Result<(), BlobError> {
        if self.published.contains_key(&key.id) {
            return Err(BlobError::AlreadyExists);
        }
        let bytes = self.unfinished.remove(&key).ok_or(BlobError::NotFound)?;
        self.published.insert(key.id, bytes.into());
        Ok(())
    }
}

#[derive(Debug)]
struct MemoryWriter {
    store: MemoryStore,
    key: BlobKey,
}

#[async_trait]
impl BlobWriter for MemoryWriter {
    async fn write_at(&mut self, offset: u64, pieces: &[Bytes]) -> Result<(), BlobError> {
        let mut shelves = self.store.lock();
        let part = shelves.part(self.key)?;
        let mut at = index(offset)?;
        if at > part.len() {
            return Err(BlobError::gap(offset, part.len() as u64));
        }
        for piece in pieces {
            let over = piece.len().min(part.len() - at);
            part[at..at + over].copy_from_slice(&piece[..over]);
            part.extend_from_slice(&piece[over..]);
            at += piece.len();
        }
        Ok(())
    }

    async fn read_at(&mut self, offset: u64, length: usize) -> Result<Bytes, BlobError> {
        let mut shelves = self.store.lock();
        let part = shelves.part(self.key)?;
        let from = index(offset)?.min(part.len());
        let to = from.saturating_add(length).min(part.len());
        Ok(Bytes::copy_from_slice(&part[from..to]))
    }

    async fn truncate(&mut self, length: u64) -> Result<(), BlobError> {
        let mut shelves = self.store.lock();
        let part = shelves.part(self.key)?;
        if length > part.len() as u64 {
            return Err(BlobError::longer(length, part.len() as u64));
        }
        part.truncate(index(length)?);
        Ok(())
    }

    fn sync(&mut self) -> BoxFuture<'static, Result<(), BlobError>> {
        let there = self.store.lock().part(self.key).map(drop);
        ready(there).boxed()
    }

    async fn publish(self: Box<Self>) -> Result<(), BlobError> {
        self.store.lock().publish(self.key)
    }

    async fn abort(self: Box<Self>) -> Result<(), BlobError> {
        self.store.lock().unfinished.remove(&self.key);
        Ok(())
    }
}

/// A place in memory. On a machine where it can't be one, there is no such place.
fn index(offset: u64) -> Result<usize, BlobError> {
    usize::try_from(offset).map_err(|_| BlobError::Io {
        what: "reach that place in memory",
        source: io::ErrorKind::InvalidInput.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::conformance;

    #[tokio::test]
    async fn the_memory_store_does_what_every_store_must() {
        conformance::suite(async || MemoryStore::new()).await;
        conformance::spool_suite(async || MemoryStore::new()).await;
    }
}

//! [`FrailStore`]: blobs in memory that know what a power cut would leave of them.
//!
//! A store in memory forgets nothing, and a disk forgets only when the machine dies, which no unit test can
//! wait for. This one keeps beside each blob what was synced, and [`FrailStore::cut_power`] takes the rest
//! away: bytes and names that no sync covers may be gone, be there in part, or be there as zeros, and
//! what was removed may be back. What a store has to promise holds all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{
    Blob, BlobError, BlobKey, BlobSource, BlobStore, BlobWriter, Debris, Leftover, Spool, Trust,
};
use crate::domain::{EntryId, SessionId, Timestamp};

/// Blobs in memory, with a power switch. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct FrailStore(Arc<Mutex<Disk>>);

#[derive(Debug, Default)]
struct Disk {
    /// In order, so that the luck of a cut falls the same way each time.
    unfinished: BTreeMap<(SessionId, EntryId), Part>,
    published: BTreeMap<EntryId, Bytes>,
    /// Removed without a sync of the folder.
    ghosts: Ghosts,
    /// When each blob was put aside.
    quarantine: Vec<Timestamp>,
    /// Writers of an earlier process have no file any more.
    processes: u64,
    /// Not since the start of this life of the machine.
    cuts: u64,
}

#[derive(Debug, Default)]
struct Ghosts {
    unfinished: BTreeMap<(SessionId, EntryId), Vec<u8>>,
    published: BTreeMap<EntryId, Bytes>,
}

#[derive(Debug, Default)]
struct Part {
    bytes: Vec<u8>,
    /// What a sync covers; nothing yet, not even the name, before the first one.
    synced: Option<Vec<u8>>,
    /// In which life of the machine it was written, or taken up again.
    cuts: u64,
}

/// What became of bytes that no sync covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luck {
    /// They are gone.
    Gone,
    /// They are there.
    There,
    /// The first half of them is there.
    Half,
    /// The file is as long as it was, and there are zeros where they were.
    Zeros,
}

impl Luck {
    /// Every kind of it.
    pub const ALL: [Self; 4] = [Self::Gone, Self::There, Self::Half, Self::Zeros];
}

impl FrailStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The machine dies. `luck` is asked for each unfinished blob with bytes that no sync covers, and for each
    /// one that was removed and could be back (anything but [`Luck::Gone`] brings it back).
    pub fn cut_power(&self, mut luck: impl FnMut() -> Luck) {
        let mut disk = self.lock();
        disk.processes += 1;
        disk.cuts += 1;
        let ghosts = std::mem::take(&mut disk.ghosts);
        disk.unfinished.retain(|_, part| part.survive(&mut luck));
        for (key, bytes) in ghosts.unfinished {
            if luck() != Luck::Gone {
                let part = Part { synced: Some(bytes.clone()), bytes, cuts: 0 };
                disk.unfinished.entry(key).or_insert(part);
            }
        }
        for (id, bytes) in ghosts.published {
            if luck() != Luck::Gone {
                disk.published.entry(id).or_insert(bytes);
            }
        }
    }

    /// The process dies and the machine goes on: its writers have no file any more, the bytes stay.
    pub fn end_process(&self) {
        self.lock().processes += 1;
    }

    /// What is published, in the order of the ids.
    #[must_use]
    pub fn published(&self) -> Vec<EntryId> {
        self.lock().published.keys().copied().collect()
    }

    /// The bytes of a published blob.
    #[must_use]
    pub fn bytes(&self, id: EntryId) -> Option<Bytes> {
        self.lock().published.get(&id).cloned()
    }

    /// How many blobs lie in quarantine.
    #[must_use]
    pub fn quarantined(&self) -> usize {
        self.lock().quarantine.len()
    }

    /// What is unfinished, with its bytes.
    #[must_use]
    pub fn unfinished(&self) -> Vec<(BlobKey, Vec<u8>)> {
        let disk = self.lock();
        let parts = disk.unfinished.iter();
        parts.map(|((session, id), part)| (key(*session, *id), part.bytes.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self, disk: &Disk, key: BlobKey) -> Box<dyn BlobWriter> {
        Box::new(FrailWriter { store: self.clone(), key, process: disk.processes })
    }
}

fn key(session: SessionId, id: EntryId) -> BlobKey {
    BlobKey { session, id }
}

impl Part {
    /// False if not even its name is left.
    fn survive(&mut self, luck: &mut impl FnMut() -> Luck) -> bool {
        if self.synced.as_ref() == Some(&self.bytes) {
            return true;
        }
        let luck = luck();
        let synced = match (&self.synced, luck) {
            (None, Luck::Gone) => return false,
            (None, _) => Vec::new(),
            (Some(synced), _) => synced.clone(),
        };
        let end = self.bytes.len();
        match luck {
            Luck::Gone => self.bytes.clone_from(&synced),
            Luck::There => {}
            Luck::Half => self.bytes.truncate(synced.len() + end.saturating_sub(synced.len()) / 2),
            Luck::Zeros => self.bytes[synced.len().min(end)..].fill(0),
        }
        // What is there after a start is on the disk.
        self.synced = Some(self.bytes.clone());
        true
    }
}

impl Disk {
    fn part(&mut self, key: BlobKey) -> Result<&mut Part, BlobError> {
        self.unfinished.get_mut(&(key.session, key.id)).ok_or(BlobError::NotFound)
    }

    /// Removes a name without a sync; false if there is none.
    fn remove_part(&mut self, key: BlobKey) -> bool {
        let Some(part) = self.unfinished.remove(&(key.session, key.id)) else { return false };
        if let Some(synced) = part.synced {
            self.ghosts.unfinished.insert((key.session, key.id), synced);
        }
        true
    }

    fn remove_published(&mut self, id: EntryId) -> bool {
        let Some(bytes) = self.published.remove(&id) else { return false };
        self.ghosts.published.insert(id, bytes);
        true
    }

    fn publish(&mut self, key: BlobKey) -> Result<(), BlobError> {
        if self.published.contains_key(&key.id) {
            return Err(BlobError::AlreadyExists);
        }
        let part = self.unfinished.remove(&(key.session, key.id)).ok_or(BlobError::NotFound)?;
        // Both folders are synced: no earlier removal in them is undone, but that of the spool's others.
        self.ghosts.published.clear();
        self.ghosts.unfinished.retain(|(session, _), _| *session != key.session);
        self.published.insert(key.id, part.bytes.into());
        Ok(())
    }
}

#[async_trait]
impl BlobStore for FrailStore {
    async fn create(&self, key: BlobKey) -> Result<Box<dyn BlobWriter>, BlobError> {
        let mut disk = self.lock();
        if disk.unfinished.contains_key(&(key.session, key.id)) {
            return Err(BlobError::AlreadyExists);
        }
        let part = Part { cuts: disk.cuts, ..Part::default() };
        disk.unfinished.insert((key.session, key.id), part);
        disk.ghosts.unfinished.remove(&(key.session, key.id));
        Ok(self.writer(&disk, key))
    }

    async fn reopen(&self, key: BlobKey) -> Result<(Box<dyn BlobWriter>, u64), BlobError> {
        let mut disk = self.lock();
        let length = disk.part(key)?.bytes.len() as u64;
        Ok((self.writer(&disk, key), length))
    }

    async fn open(&self, id: EntryId) -> Result<Blob, BlobError> {
        let bytes = self.bytes(id).ok_or(BlobError::NotFound)?;
        Ok(Blob::new(bytes.len() as u64, BlobSource::Memory(bytes)))
    }

    async fn remove(&self, id: EntryId) -> Result<(), BlobError> {
        self.lock().remove_published(id);
        Ok(())
    }
}

#[async_trait]
impl Spool for FrailStore {
    async fn leftover(&self) -> Result<Leftover, BlobError> {
        let disk = self.lock();
        let unfinished = disk.unfinished.keys().map(|(session, id)| key(*session, *id));
        let published = disk.published.iter().map(|(id, bytes)| (*id, bytes.len() as u64));
        let sessions: BTreeSet<SessionId> =
            disk.unfinished.keys().map(|(session, _)| *session).collect();
        Ok(Leftover {
            unfinished: unfinished.collect(),
            published: published.collect(),
            sessions: sessions.into_iter().collect(),
        })
    }

    async fn reclaim(&self, key: BlobKey, durable: u64, trust: Trust) -> Result<u64, BlobError> {
        let mut disk = self.lock();
        let cuts = disk.cuts;
        let place = (key.session, key.id);
        if let Some(bytes) = disk.published.remove(&key.id) {
            // It was published whole, and its folders were synced with it.
            let bytes = bytes.to_vec();
            let part = Part { synced: Some(bytes.clone()), bytes, cuts };
            disk.unfinished.entry(place).or_insert(part);
        }
        let part = disk.part(key)?;
        if (part.bytes.len() as u64) < durable {
            return Err(BlobError::NotFound);
        }
        if part.cuts < cuts || trust == Trust::Durable {
            part.bytes.truncate(index(durable)?);
            part.cuts = cuts;
        }
        Ok(part.bytes.len() as u64)
    }

    async fn quarantine(&self, debris: Debris, at: Timestamp) -> Result<(), BlobError> {
        let mut disk = self.lock();
        let there = match debris {
            Debris::Unfinished(key) => disk.remove_part(key),
            Debris::Published(id) => disk.remove_published(id),
        };
        if there {
            disk.quarantine.push(at);
        }
        Ok(())
    }

    async fn empty_quarantine(&self, before: Timestamp) -> Result<usize, BlobError> {
        let quarantine = &mut self.lock().quarantine;
        let held = quarantine.len();
        quarantine.retain(|at| *at >= before);
        Ok(held - quarantine.len())
    }

    async fn tidy(&self, _: SessionId) -> Result<(), BlobError> {
        // A session's place is its blobs. Whether it is tidied at its end is looked at all the same.
        Ok(())
    }
}

#[derive(Debug)]
struct FrailWriter {
    store: FrailStore,
    key: BlobKey,
    process: u64,
}

impl FrailWriter {
    /// The disk, if this writer's process still runs.
    fn disk(&self) -> Result<MutexGuard<'_, Disk>, BlobError> {
        let disk = self.store.lock();
        if disk.processes == self.process { Ok(disk) } else { Err(BlobError::NotFound) }
    }
}

#[async_trait]
impl BlobWriter for FrailWriter {
    async fn write_at(&mut self, offset: u64, pieces: &[Bytes]) -> Result<(), BlobError> {
        overwrite(&mut self.disk()?.part(self.key)?.bytes, offset, pieces)
    }

    async fn read_at(&mut self, offset: u64, length: usize) -> Result<Bytes, BlobError> {
        let mut disk = self.disk()?;
        let part = disk.part(self.key)?;
        let from = index(offset)?.min(part.bytes.len());
        let to = from.saturating_add(length).min(part.bytes.len());
        Ok(Bytes::copy_from_slice(&part.bytes[from..to]))
    }

    async fn copy_at(
        &mut self,
        offset: u64,
        from: BlobKey,
        part: Range<u64>,
    ) -> Result<bool, BlobError> {
        let mut disk = self.disk()?;
        let range = index(part.start)?..index(part.end)?;
        let bytes = disk.part(from)?.bytes.get(range).ok_or(BlobError::NotFound)?.to_vec();
        overwrite(&mut disk.part(self.key)?.bytes, offset, &[bytes.into()])?;
        Ok(true)
    }

    async fn truncate(&mut self, length: u64) -> Result<(), BlobError> {
        let mut disk = self.disk()?;
        let bytes = &mut disk.part(self.key)?.bytes;
        if length > bytes.len() as u64 {
            return Err(BlobError::longer(length, bytes.len() as u64));
        }
        bytes.truncate(index(length)?);
        Ok(())
    }

    fn sync(&mut self) -> BoxFuture<'static, Result<(), BlobError>> {
        // What is there now is covered, and nothing that is written while the disk works.
        let bytes = self.disk().and_then(|mut disk| Ok(disk.part(self.key)?.bytes.clone()));
        let (store, key, process) = (self.store.clone(), self.key, self.process);
        async move {
            let bytes = bytes?;
            let writer = FrailWriter { store, key, process };
            let mut disk = writer.disk()?;
            disk.part(key)?.synced = Some(bytes);
            disk.ghosts.unfinished.retain(|(session, _), _| *session != key.session);
            Ok(())
        }
        .boxed()
    }

    async fn publish(self: Box<Self>) -> Result<(), BlobError> {
        self.disk()?.publish(self.key)
    }

    async fn abort(self: Box<Self>) -> Result<(), BlobError> {
        self.disk()?.remove_part(self.key);
        Ok(())
    }
}

fn overwrite(bytes: &mut Vec<u8>, offset: u64, pieces: &[Bytes]) -> Result<(), BlobError> {
    let mut at = index(offset)?;
    if at > bytes.len() {
        return Err(BlobError::gap(offset, bytes.len() as u64));
    }
    for piece in pieces {
        let over = piece.len().min(bytes.len() - at);
        bytes[at..at + over].copy_from_slice(&piece[..over]);
        bytes.extend_from_slice(&piece[over..]);
        at += piece.len();
    }
    Ok(())
}

/// A place in memory. On a machine where it can't be one, there is no such place.
fn index(offset: u64) -> Result<usize, BlobError> {
    usize::try_from(offset).map_err(|_| BlobError::Io {
        what: "reach that place in memory",
        source: io::ErrorKind::InvalidInput.into(),
    })
}

#[cfg(test)]
mod tests;

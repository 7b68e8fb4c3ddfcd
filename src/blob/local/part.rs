//! [`Part`]: one unfinished file, and [`LocalWriter`], the right to write it.
//!
//! What is known of the file lives behind one lock that each step on the blocking pool takes for its
//! whole duration. The writer has a lane, so steps run in the order of the calls, also when the future
//! that asked for one was dropped. A sync alone lets others write meanwhile; publishing waits for it,
//! because the kernel tells a failed sync to one of two.
//!
//! INVARIANT: after a failed write or sync no system call but the removal touches the file again.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::blocking;
use super::copy::copy;
use super::early::Early;
use super::root::Root;
use crate::blob::gather::write_all_at;
use crate::blob::{BlobError, BlobKey, BlobWriter};
use crate::folder::Folder;
use crate::lane::Lane;

/// As often as others may remove a folder in which a file is about to be made.
const ATTEMPTS: usize = 64;

pub(super) struct Part {
    root: Arc<Root>,
    folder: Arc<Folder>,
    key: BlobKey,
    file: File,
    /// Held while the file is being synced. ORDER: before `inner`.
    syncing: Mutex<()>,
    inner: Mutex<Inner>,
}

struct Inner {
    end: u64,
    early: Early,
    /// Whether something was written that no sync covers yet.
    dirty: bool,
    /// Whether the file's name in the spool is known to be durable.
    named: bool,
    failure: Option<BlobError>,
}

impl Part {
    /// A new file in the session's folder.
    pub(super) fn create(root: Arc<Root>, key: BlobKey) -> Result<Self, BlobError> {
        let failed = |error| BlobError::from_io("create a file", error);
        root.ensure_in_place().map_err(failed)?;
        let name = part_name(key);
        let mut attempts = 1..ATTEMPTS;
        loop {
            // The session's folder may be removed, as an empty one, between the two steps; and in a session that
            // stands by itself again and again.
            let created = root
                .session(key.session)
                .and_then(|folder| folder.create(&name).map(|file| (folder, file)));
            match created {
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound && attempts.next().is_some() =>
                {
                    root.forget(key.session);
                }
                created => {
                    let (folder, file) = created.map_err(failed)?;
                    return Ok(Self::new(root, folder, key, file, 0));
                }
            }
        }
    }

    /// The file as somebody left it, with its length. Also when the folder is not in its place: to be removed, it
    /// has to be opened.
    pub(super) fn reopen(root: Arc<Root>, key: BlobKey) -> Result<(Self, u64), BlobError> {
        let failed = |error| BlobError::from_io("open a file again", error);
        let (folder, file) = root.part(key, Folder::open_to_write).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        Ok((Self::new(root, folder, key, file, length), length))
    }

    /// What is there is taken as not yet synced, whoever wrote it.
    fn new(root: Arc<Root>, folder: Arc<Folder>, key: BlobKey, file: File, end: u64) -> Self {
        let inner = Mutex::new(Inner {
            end,
            early: Early::behind(end),
            dirty: true,
            named: false,
            failure: None,
        });
        Self { root, folder, key, file, syncing: Mutex::default(), inner }
    }

    /// Runs one step with the file, unless an earlier one spoilt it.
    fn with<T>(
        &self,
        step: impl FnOnce(&mut Inner) -> Result<T, BlobError>,
    ) -> Result<T, BlobError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match &inner.failure {
            Some(failure) => Err(failure.again()),
            None => step(&mut inner),
        }
    }

    fn write_at(&self, offset: u64, pieces: &[Bytes]) -> Result<(), BlobError> {
        self.with(|inner| {
            if offset > inner.end {
                return Err(BlobError::gap(offset, inner.end));
            }
            inner.dirty = true;
            let length: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
            let written = write_all_at(&self.file, offset, pieces);
            inner.spoilt_by("write", written)?;
            inner.end = inner.end.max(offset + length);
            if self.root.syncs() {
                inner.early.begin(&self.file, inner.end);
            }
            Ok(())
        })
    }

    fn read_at(&self, offset: u64, length: usize) -> Result<Bytes, BlobError> {
        self.with(|inner| {
            // Never more than there is: a caller may well ask for all by a length out of the air.
            let there = inner.end.saturating_sub(offset);
            let length = usize::try_from(there).map_or(length, |there| length.min(there));
            let mut bytes = vec![0; length];
            self.file
                .read_exact_at(&mut bytes, offset)
                .map_err(|error| BlobError::from_io("read back", error))?;
            Ok(bytes.into())
        })
    }

    fn copy_at(&self, offset: u64, from: BlobKey, part: &Range<u64>) -> Result<(), BlobError> {
        self.with(|inner| {
            if offset > inner.end {
                return Err(BlobError::gap(offset, inner.end));
            }
            inner.dirty = true;
            let source = self.root.part(from, Folder::open_to_read);
            let copied = source.and_then(|(_, source)| copy(&source, part, &self.file, offset));
            inner.spoilt_by("copy", copied)?;
            inner.end = inner.end.max(offset + part.end.saturating_sub(part.start));
            Ok(())
        })
    }

    fn truncate(&self, length: u64) -> Result<(), BlobError> {
        self.with(|inner| {
            if length > inner.end {
                return Err(BlobError::longer(length, inner.end));
            }
            inner.dirty = true;
            let cut = self.file.set_len(length);
            inner.spoilt_by("cut", cut)?;
            inner.end = length;
            inner.early = Early::behind(length);
            Ok(())
        })
    }

    /// Bytes and name become durable. A session's folder is made without a sync of the spool, so
    /// the first sync in it brings its own name with it.
    fn sync(&self) -> Result<(), BlobError> {
        let _syncing = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        self.ensure_in_place()?;
        self.sync_bytes()?;
        if !self.root.syncs() || self.with(|inner| Ok(inner.named))? {
            return Ok(());
        }
        let named = self.root.spool.sync().and_then(|()| self.folder.sync());
        self.with(|inner| {
            inner.spoilt_by("sync the spool", named)?;
            inner.named = true;
            Ok(())
        })
    }

    fn publish(&self) -> Result<(), BlobError> {
        const WHAT: &str = "publish";
        let files = &self.root.files;
        self.ensure_in_place()?;
        let _syncing = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        // ORDER: bytes, then name, then both directories. A name must never lead to bytes that a
        // power cut can take away.
        self.sync_bytes()?;
        self.with(|inner| {
            self.folder
                .move_into(&part_name(self.key), files, &self.key.id.to_string())
                .map_err(|error| BlobError::from_io(WHAT, error))?;
            if self.root.syncs() {
                let synced = files.sync().and_then(|()| self.folder.sync());
                inner.spoilt_by(WHAT, synced)?;
            }
            Ok(())
        })
    }

    /// Nobody is told that bytes are safe which nobody would find.
    fn ensure_in_place(&self) -> Result<(), BlobError> {
        let there = self.root.ensure_in_place();
        there.map_err(|source| BlobError::Io { what: "find the data folder where it was", source })
    }

    fn abort(&self) -> Result<(), BlobError> {
        // The lock waits for a job that is still writing; its failure doesn't matter here.
        let _inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        self.folder
            .remove(&part_name(self.key))
            .map_err(|error| BlobError::from_io("remove a file", error))
    }

    /// What was written before is durable. The caller holds `syncing`; others write meanwhile.
    fn sync_bytes(&self) -> Result<(), BlobError> {
        if !self.root.syncs() || !self.with(|inner| Ok(std::mem::take(&mut inner.dirty)))? {
            return Ok(());
        }
        let synced = rustix::fs::fdatasync(&self.file).map_err(io::Error::from);
        self.with(|inner| inner.spoilt_by("sync", synced))
    }
}

impl Inner {
    /// Remembers a failure for ever.
    fn spoilt_by(&mut self, what: &'static str, outcome: io::Result<()>) -> Result<(), BlobError> {
        outcome.map_err(|error| {
            let failure = BlobError::from_io(what, error);
            self.failure = Some(failure.again());
            failure
        })
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The name of an unfinished file in its session's folder.
pub(super) fn part_name(key: BlobKey) -> String {
    format!("{}.part", key.id)
}

/// The writer of a [`Part`]. Pieces travel by reference count.
#[derive(Debug)]
pub(super) struct LocalWriter {
    part: Arc<Part>,
    /// Writes and whatever depends on their order. The lock inside the part alone would let two of them pass each
    /// other on the way to it.
    lane: Lane<Option<Arc<Part>>>,
}

impl LocalWriter {
    pub(super) fn new(part: Part) -> Self {
        let part = Arc::new(part);
        Self { lane: Lane::of(Some(Arc::clone(&part))), part }
    }

    /// Runs a step behind those before it, whether anybody waited for them or not.
    fn run<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Part) -> Result<T, BlobError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, BlobError>> {
        let ran = self.lane.run(move |part| part.as_deref().map_or_else(|| Err(ended(what)), work));
        async move { ran.await.unwrap_or_else(|lost| Err(BlobError::Io { what, source: lost.into() })) }
            .boxed()
    }

    /// Runs the last step. The file is closed behind it, where blocking is allowed.
    async fn end(
        self,
        what: &'static str,
        work: impl FnOnce(&Part) -> Result<(), BlobError> + Send + 'static,
    ) -> Result<(), BlobError> {
        let Self { part, lane } = self;
        drop(part);
        let ran =
            lane.run(move |part| part.take().map_or_else(|| Err(ended(what)), |part| work(&part)));
        ran.await.unwrap_or_else(|lost| Err(BlobError::Io { what, source: lost.into() }))
    }
}

/// Nobody has a writer whose last step was asked for.
fn ended(what: &'static str) -> BlobError {
    BlobError::Io { what, source: io::ErrorKind::BrokenPipe.into() }
}

#[async_trait]
impl BlobWriter for LocalWriter {
    async fn write_at(&mut self, offset: u64, pieces: &[Bytes]) -> Result<(), BlobError> {
        let pieces = pieces.to_vec();
        self.run("write", move |part| part.write_at(offset, &pieces)).await
    }

    fn write_behind(
        &mut self,
        offset: u64,
        pieces: &[Bytes],
    ) -> Option<BoxFuture<'static, Result<(), BlobError>>> {
        let pieces = pieces.to_vec();
        Some(self.run("write", move |part| part.write_at(offset, &pieces)))
    }

    async fn read_at(&mut self, offset: u64, length: usize) -> Result<Bytes, BlobError> {
        self.run("read back", move |part| part.read_at(offset, length)).await
    }

    async fn copy_at(
        &mut self,
        offset: u64,
        from: BlobKey,
        range: Range<u64>,
    ) -> Result<bool, BlobError> {
        self.run("copy", move |part| part.copy_at(offset, from, &range)).await?;
        Ok(true)
    }

    async fn truncate(&mut self, length: u64) -> Result<(), BlobError> {
        self.run("cut", move |part| part.truncate(length)).await
    }

    fn sync(&mut self) -> BoxFuture<'static, Result<(), BlobError>> {
        let part = Arc::clone(&self.part);
        blocking("sync", move || part.sync()).boxed()
    }

    async fn publish(self: Box<Self>) -> Result<(), BlobError> {
        self.end("publish", Part::publish).await
    }

    async fn abort(self: Box<Self>) -> Result<(), BlobError> {
        self.end("remove a file", Part::abort).await
    }
}

#[cfg(test)]
mod tests;

//! [`LocalStore`]: blobs as files on a local disk.
//!
//! Two folders on one file system: `spool/<session>/<id>.part` while a blob is unfinished,
//! `files/<id>` once it is published; publishing is a rename, so that a reader sees all of a file
//! or nothing of it. All names on disk are made from ids of ours; no name of a client gets here.
//!
//! Folders belong to the server alone (0700), files too (0600). They are reached through open
//! directory handles and never through a symbolic link, so that nobody who may write next to the
//! data folder can redirect a write.
//!
//! INVARIANT: every system call that may wait for the disk runs on the blocking pool, one hop for
//! each call of the traits, and none where the kernel can say that it would have to wait and does not.

mod at_once;
mod boot;
mod copy;
mod early;
mod leftover;
mod little;
mod part;
mod quarantine;
mod room;
mod root;
#[cfg(test)]
mod tests;
mod together;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::task::spawn_blocking;

use crate::domain::{EntryId, SessionId, Timestamp};

use self::little::Little;
use self::part::{LocalWriter, Part};
use self::root::Root;
use self::together::Together;
use super::{
    Blob, BlobError, BlobKey, BlobSource, BlobStore, BlobWriter, Debris, Leftover, Spool, Trust,
};

const OPEN: &str = "open a stored file";

/// How much an acknowledged byte survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A power cut: files and directories are synced before anything is acknowledged.
    #[default]
    Always,
    /// The death of the process, not of the machine: when bytes reach the disk is left to the
    /// operating system.
    Os,
}

/// Blobs under a data folder of the local disk. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LocalStore {
    root: Arc<Root>,
    littles: Together,
}

impl LocalStore {
    /// Opens the store under `data` and makes what is missing of `data`, `data/spool`,
    /// `data/files` and `data/quarantine`, for ourselves only.
    ///
    /// # Errors
    ///
    /// When a folder can't be made or opened, or is a symbolic link below `data`; when everybody may
    /// write to `data` or it is another user's (whoever may rename our folders can give us others);
    /// when the folders lie on different file systems, where no rename between them is possible.
    pub fn open(data: &Path, durability: Durability) -> Result<Self, BlobError> {
        match Root::open(data, durability) {
            Ok(root) => {
                let root = Arc::new(root);
                Ok(Self { littles: Together::of(Arc::clone(&root)), root })
            }
            Err(source) => Err(BlobError::Io { what: "open the data folder", source }),
        }
    }

    /// The folder of the published files, each under its id.
    #[must_use]
    pub fn files(&self) -> &Path {
        self.root.files.path()
    }

    /// One hop to the blocking pool. It runs to its end even when the caller goes away.
    async fn hop<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Arc<Root>) -> Result<T, BlobError> + Send + 'static,
    ) -> Result<T, BlobError> {
        let root = Arc::clone(&self.root);
        blocking(what, move || work(&root)).await
    }
}

#[async_trait]
impl BlobStore for LocalStore {
    async fn create(&self, key: BlobKey) -> Result<Box<dyn BlobWriter>, BlobError> {
        self.hop("create a file", move |root| {
            let part = Part::create(Arc::clone(root), key)?;
            Ok(Box::new(LocalWriter::new(part)) as Box<dyn BlobWriter>)
        })
        .await
    }

    async fn reopen(&self, key: BlobKey) -> Result<(Box<dyn BlobWriter>, u64), BlobError> {
        self.hop("open a file again", move |root| {
            let (part, length) = Part::reopen(Arc::clone(root), key)?;
            Ok((Box::new(LocalWriter::new(part)) as Box<dyn BlobWriter>, length))
        })
        .await
    }

    async fn put(&self, key: BlobKey, pieces: &[Bytes]) -> Result<(), BlobError> {
        let put = self.littles.put(Little { id: key.id, pieces: pieces.to_vec() });
        put.await.unwrap_or_else(|gone| {
            Err(BlobError::Io { what: "store a file", source: io::Error::other(gone) })
        })
    }

    async fn open(&self, id: EntryId) -> Result<Blob, BlobError> {
        let name = id.to_string();
        // What the kernel remembers needs no hop. Whatever speaks against that, the hop finds out what is so.
        if self.root.near
            && let Ok(file) = self.root.files.open_to_read_at_once(&name)
        {
            return stored(&self.root, file, name);
        }
        self.hop(OPEN, move |root| {
            let file = root.files.open_to_read(&name);
            stored(root, file.map_err(|error| BlobError::from_io(OPEN, error))?, name)
        })
        .await
    }

    async fn remove(&self, id: EntryId) -> Result<(), BlobError> {
        const WHAT: &str = "remove a stored file";
        // The directory isn't synced: a removal that a power cut undoes is done again by whoever
        // finds a file without a row.
        self.hop(WHAT, move |root| {
            root.files.remove(&id.to_string()).map_err(|error| BlobError::from_io(WHAT, error))
        })
        .await
    }
}

#[async_trait]
impl Spool for LocalStore {
    async fn leftover(&self) -> Result<Leftover, BlobError> {
        const WHAT: &str = "look through the data folder";
        self.hop(WHAT, |root| root.leftover().map_err(|error| BlobError::from_io(WHAT, error)))
            .await
    }

    async fn reclaim(&self, key: BlobKey, durable: u64, trust: Trust) -> Result<u64, BlobError> {
        self.hop("take up a file again", move |root| root.reclaim(key, durable, trust)).await
    }

    async fn quarantine(&self, debris: Debris, at: Timestamp) -> Result<(), BlobError> {
        const WHAT: &str = "put a file aside";
        self.hop(WHAT, move |root| {
            root.quarantine(debris, at).map_err(|error| BlobError::from_io(WHAT, error))
        })
        .await
    }

    async fn empty_quarantine(&self, before: Timestamp) -> Result<usize, BlobError> {
        const WHAT: &str = "empty the quarantine";
        self.hop(WHAT, move |root| {
            root.empty_quarantine(before).map_err(|error| BlobError::from_io(WHAT, error))
        })
        .await
    }

    fn is_tidy(&self, session: SessionId) -> bool {
        !self.root.may_have_place(session)
    }

    async fn tidy(&self, session: SessionId) -> Result<(), BlobError> {
        const WHAT: &str = "remove a session's folder";
        if self.is_tidy(session) {
            return Ok(());
        }
        self.hop(WHAT, move |root| {
            root.tidy(session).map_err(|error| BlobError::from_io(WHAT, error))
        })
        .await
    }
}

/// A stored file that was opened.
fn stored(root: &Root, file: File, name: String) -> Result<Blob, BlobError> {
    let failed = |error| BlobError::from_io(OPEN, error);
    let facts = file.metadata().map_err(failed)?;
    if !facts.is_file() {
        return Err(failed(io::ErrorKind::InvalidData.into()));
    }
    Ok(Blob::new(facts.len(), BlobSource::File(file, root.files.path().join(name))))
}

/// Runs `work` where blocking is allowed.
async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|gone| Err(BlobError::Io { what, source: io::Error::other(gone) }))
}

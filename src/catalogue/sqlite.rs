//! [`Sqlite`]: the catalogue in one SQLite file.
//!
//! Every acknowledged upload waits for a commit, and a durable commit costs a round to the disk,
//! whether it carries one change or many. So one writer takes all changes that wait and commits
//! them together; while it waits for the disk, the next ones gather.
//!
//! Cleaning up waits in a lane of its own: of that at most one piece goes with each commit, so that whoever leaves a lot
//! behind stands in nobody's way.
//!
//! Actix gives each worker a single-threaded runtime of its own, which must not wait for a disk and
//! may stop at any time. So the database has a thread that writes and a few that read; callers only
//! send and await, in whatever runtime they are, and a change that was sent is made even when its
//! sender is gone. A whole group is made without leaving the writer's thread.
//!
//! Values of statements have numbers (`?1`). To SQLite `$1` is a name, and it counts names as it meets them.
//!
//! INVARIANT: there is one writing connection. Every other one is told to refuse writing.

mod coming;
mod connection;
mod crew;
mod insert;
mod lanes;
mod listing;
mod migrations;
mod outbox;
mod passing;
mod reader;
mod recent;
mod row;
#[cfg(test)]
mod tests;
mod thread;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{oneshot, watch};

use super::{Catalogue, CatalogueError, Checkpoint, Holder, Query, Usage};
use crate::domain::{Entry, EntryId};

use self::lanes::Sending;
use self::reader::Reader;
use self::writer::{Change, Counters, Request};

/// As many rows as are cleaned up in one piece.
const PORTION: usize = 128;

/// When a commit counts as made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// When it survives a power cut.
    #[default]
    Full,
    /// When it survives the death of the process. A power cut may take the last commits, and
    /// leaves a database that is whole.
    Normal,
}

/// How well changes are brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Transactions committed so far.
    pub transactions: u64,
    /// Changes answered so far.
    pub changes: u64,
}

/// A catalogue in an SQLite file. Cheap to clone; clones are the same catalogue.
///
/// When the last one is dropped, what was sent is still committed, behind the back of the caller;
/// [`close`](Sqlite::close) waits for that.
#[derive(Clone, Debug)]
pub struct Sqlite {
    lanes: Sending,
    reader: Reader,
    counters: Arc<Counters>,
    ended: watch::Receiver<()>,
}

impl Sqlite {
    /// Opens the file, makes it (for our own account alone) if it isn't there, and brings its
    /// tables up to date.
    ///
    /// # Errors
    ///
    /// When the file can't be opened or made, or was made by a newer version.
    pub async fn open(path: &Path, synchronous: Synchronous) -> Result<Self, CatalogueError> {
        thread::start(path, synchronous).await
    }

    /// Commits what was sent, moves everything from the log into the file and closes it. Later
    /// calls of anything, through any clone, are answered with [`CatalogueError::Closed`].
    pub async fn close(&self) {
        // Both errors mean that it is closed already.
        let _ = self.lanes.foreground.send(Request::Close).await;
        let _ = self.ended.clone().changed().await;
    }

    /// How many changes went into how many transactions.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.counters.tally()
    }

    async fn change(&self, change: Change) -> Result<(), CatalogueError> {
        let (answer, answered) = oneshot::channel();
        let lane = self.lanes.of(&change);
        let announced = change.changed().first().copied();
        let request = Request::Change { change, answer };
        lane.send(request).await.map_err(|_| CatalogueError::Closed)?;
        if let Some(id) = announced {
            self.lanes.coming.is_here(id);
        }
        answered.await.unwrap_or(Err(CatalogueError::Closed))
    }
}

#[async_trait]
impl Catalogue for Sqlite {
    async fn insert(&self, entries: &[Entry]) -> Result<(), CatalogueError> {
        self.change(Change::Insert(entries.to_vec())).await
    }

    async fn load(&self, id: EntryId) -> Result<Option<Entry>, CatalogueError> {
        self.reader.load(id).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Entry>, CatalogueError> {
        self.reader.list(query.clone()).await
    }

    async fn usage(&self, holder: &Holder) -> Result<Usage, CatalogueError> {
        self.reader.usage(holder.clone()).await
    }

    async fn checkpoint(&self, id: EntryId, checkpoint: &Checkpoint) -> Result<(), CatalogueError> {
        self.change(Change::Checkpoint(id, checkpoint.clone())).await
    }

    async fn settle(&self, entry: &Entry) -> Result<(), CatalogueError> {
        self.change(Change::Settle(Box::new(entry.clone()))).await
    }

    fn announce(&self, id: EntryId) {
        self.lanes.coming.announce(id);
    }

    async fn remove(&self, id: EntryId) -> Result<(), CatalogueError> {
        self.change(Change::Remove(id)).await
    }

    async fn remove_all(&self, ids: &[EntryId]) -> Result<(), CatalogueError> {
        for portion in ids.chunks(PORTION) {
            self.change(Change::RemoveAll(portion.to_vec())).await?;
        }
        Ok(())
    }
}

/// An error of the driver that is nobody's mistake.
fn database(error: impl std::error::Error + Send + Sync + 'static) -> CatalogueError {
    CatalogueError::Database(Box::new(error))
}

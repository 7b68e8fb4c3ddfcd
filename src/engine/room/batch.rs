//! Promises: what entries on their way will yet take, and a batch of new ones that asks for more.
//!
//! INVARIANT: between the look at what is promised and the promise made because of it, no other promise is
//! missed: an entry moves from "being registered" to "live" under the lock of the books.

use super::{LOOK, Lack, Look};
use crate::domain::{Code, Entry, Rejection};
use crate::engine::live::LiveEntry;
use crate::engine::{Engine, Registration};

/// A file of its own, and perhaps the first one in its session's folder.
const FILES_NEEDED: u64 = 2;

/// Bytes and files that somebody will need.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Promise {
    pub(in crate::engine) bytes: u64,
    pub(in crate::engine) files: u64,
}

/// What is promised to entries that are being registered.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) pending: Promise,
    /// All that was ever pending and is now promised to live entries.
    pub(super) moved: Promise,
}

/// The room for one batch of files. What it has taken is given back when it is dropped.
#[derive(Debug)]
pub(in crate::engine) struct Batch<'a> {
    engine: &'a Engine,
    look: Option<Look>,
    taken: Promise,
}

impl Engine {
    /// Looks for room for a batch. Where nobody knows how much there is, or the bytes go to a writer of the
    /// application's, everything fits.
    pub(in crate::engine) async fn room_for(&self, to: &Registration) -> Batch<'_> {
        let look = if to.hooks.writer.is_some() { None } else { self.young_look().await };
        Batch { engine: self, look, taken: Promise::default() }
    }

    /// Promises the rest of its bytes to an entry that has been promised nothing yet.
    pub(in crate::engine) async fn room_for_the_rest(
        &self,
        live: &LiveEntry,
        length: u64,
    ) -> Result<Batch<'_>, Rejection> {
        let look = if live.hooks.writer.is_some() { None } else { self.look().await };
        let mut batch = Batch { engine: self, look, taken: Promise::default() };
        let Some(look) = look else { return Ok(batch) };
        if let Some(lack) = look.lack {
            return Err(lack.rejection());
        }
        let rest = length.saturating_sub(live.entry().offset);
        batch.promise(look, Promise { bytes: rest, files: 0 }, Some(length))?;
        Ok(batch)
    }
}

impl Batch<'_> {
    /// Promises an entry its room, or refuses it.
    pub(in crate::engine) async fn take(&mut self, entry: &Entry) -> Result<(), Rejection> {
        // An application may think about a file for as long as it likes.
        if self.look.is_some_and(|look| look.at.elapsed() > LOOK) {
            self.look = self.engine.look().await;
        }
        let Some(look) = self.look else { return Ok(()) };
        if let Some(lack) = look.lack {
            return Err(lack.rejection());
        }
        let needed = Promise { bytes: entry.length.unwrap_or(0), files: FILES_NEEDED };
        self.promise(look, needed, entry.length)
    }

    fn promise(
        &mut self,
        look: Look,
        needed: Promise,
        length: Option<u64>,
    ) -> Result<(), Rejection> {
        let mut books = self.engine.ledger().books();
        let mut promised = look.live;
        promised.add(books.moved.since(look.moved));
        promised.add(books.pending);
        promised.add(needed);
        if promised.bytes > look.free.bytes {
            return Err(full(length));
        }
        if promised.files > look.free.files {
            return Err(Lack::Files.rejection());
        }
        books.pending.add(needed);
        self.taken.add(needed);
        Ok(())
    }

    /// The entries are live from `put` on, and the promises theirs.
    pub(in crate::engine) fn keep(mut self, put: impl FnOnce()) {
        let engine = self.engine;
        let mut books = engine.ledger().books();
        put();
        let taken = std::mem::take(&mut self.taken);
        books.pending = books.pending.since(taken);
        books.moved.add(taken);
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        // Kept ones have nothing left, and their lock may still be held.
        if self.taken.files > 0 || self.taken.bytes > 0 {
            let mut books = self.engine.ledger().books();
            books.pending = books.pending.since(self.taken);
        }
    }
}

impl Promise {
    pub(in crate::engine) fn add(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.files = self.files.saturating_add(other.files);
    }

    pub(super) fn since(self, earlier: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(earlier.bytes),
            files: self.files.saturating_sub(earlier.files),
        }
    }
}

impl LiveEntry {
    /// What the store will yet have to take for it.
    pub(in crate::engine) fn needs(&self, entry: &Entry) -> Promise {
        if !entry.state().is_active() || self.hooks.writer.is_some() {
            return Promise::default();
        }
        let bytes = entry.length.unwrap_or(0).saturating_sub(entry.offset);
        Promise { bytes, files: if entry.offset == 0 { FILES_NEEDED } else { 0 } }
    }
}

/// A file that is too large for what is left, where a smaller one might go. How much that is stays with us.
fn full(length: Option<u64>) -> Rejection {
    let rejection = Rejection::new(Code::DiskFull);
    match length {
        Some(size) => rejection
            .with_message("The server has no space left for a file of this size. Try again later.")
            .with_param("size", size),
        None => rejection,
    }
}

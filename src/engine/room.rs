//! Room: files that won't fit are refused before their bytes are sent.
//!
//! What is free is not what is left: entries on their way have been promised the rest of their bytes. So a
//! new one must fit beside all promises and leave the watermark alone, which keeps the catalogue, the logs
//! and everybody's deletions going. One whose length nobody knows is promised nothing; it is stopped at the
//! watermark while it streams. Without this, eight uploads of a fifth of the disk each would all begin, and
//! most of them would fail at their end.

mod batch;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use self::batch::Books;
pub(super) use self::batch::Promise;
use super::live::LiveEntry;
use super::{Engine, UploadError};
use crate::blob::{BlobError, Room, Space};
use crate::domain::{Code, Rejection};

/// What is left alone unless said otherwise, and not more than a sixteenth of a small disk.
const MIN_FREE: u64 = 256 * 1024 * 1024;
/// Files that can be made, likewise.
const MIN_FILES: u64 = 1_000;
const SMALL: u64 = 16;
/// How long streams of unknown length go by one look, if it leaves them enough.
const LOOK: Duration = Duration::from_millis(500);
/// With so much left over, new files go by one look as long: more than streams can bring in that time.
const AMPLE: Promise = Promise { bytes: 1024 * 1024 * 1024, files: 100_000 };

/// Where the engine asks for room, and how much it leaves alone.
#[derive(Debug, Clone)]
pub struct Headroom {
    /// Who knows how much room there is.
    pub store: Arc<dyn Room>,
    /// Bytes that uploads leave free: 256 MiB unless said, or a sixteenth of the disk if that is less.
    pub min_free: Option<u64>,
}

/// Why nothing new is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Fewer bytes are free than are to be left alone.
    Bytes,
    /// Hardly a file can be made any more.
    Files,
    /// Nothing may be written.
    ReadOnly,
    /// The store fails.
    Broken,
}

/// What the engine remembers of its room.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    books: Mutex<Books>,
    last: Mutex<Option<Look>>,
    /// When streams of unknown length were last measured, and the bytes that all of them may still take.
    streams: Mutex<Option<(Instant, u64)>>,
    told_by_look: Mutex<Option<Lack>>,
    told_by_probe: Mutex<Option<Lack>>,
}

/// One look: what is above the watermark, and what of that live entries have been promised.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: Instant,
    lack: Option<Lack>,
    free: Promise,
    live: Promise,
    moved: Promise,
}

impl Engine {
    /// Stops an entry of unknown length at the watermark, before the batch is written.
    pub(super) async fn mind_the_room(
        &self,
        live: &LiveEntry,
        batch: &[Bytes],
    ) -> Result<(), UploadError> {
        let measured = self.parts().room.is_some() && live.hooks.writer.is_none();
        if !measured || live.entry().length.is_some() {
            return Ok(());
        }
        let bytes = batch.iter().map(|piece| piece.len() as u64).sum();
        if self.ledger().streams_may_take(bytes) {
            return Ok(());
        }
        match self.look().await.and_then(|look| look.lack) {
            Some(lack) => Err(lack.rejection().into()),
            None if self.ledger().streams_may_take(bytes) => Ok(()),
            None => Err(Rejection::new(Code::DiskFull).into()),
        }
    }

    /// Why the store takes nothing new, if it doesn't; it is tried for that. Says so in the log when that
    /// changes.
    pub async fn lack(&self) -> Option<Lack> {
        let room = self.parts().room.as_ref()?;
        if let Some(lack) = self.look().await.and_then(|look| look.lack) {
            return Some(lack);
        }
        let failure = room.store.probe().await.err();
        let lack = failure.as_ref().map(Lack::of);
        tell(&self.ledger().told_by_probe, lack, failure.as_ref());
        lack
    }

    /// What was seen a moment ago, if that was plenty, or else what is to be seen now.
    async fn young_look(&self) -> Option<Look> {
        match self.ledger().ample() {
            Some(look) => Some(look),
            None => self.look().await,
        }
    }

    async fn look(&self) -> Option<Look> {
        let room = self.parts().room.as_ref()?;
        let space = room.store.space().await;
        let (lack, free) = match &space {
            Ok(space) => room.above_the_watermark(space),
            Err(failure) => (Some(Lack::of(failure)), Promise::default()),
        };
        tell(&self.ledger().told_by_look, lack, space.as_ref().err());
        let books = self.ledger().books();
        let live = self.registry().promised();
        let look = Look { at: Instant::now(), lack, free, live, moved: books.moved };
        let spare = free.since(live).since(books.pending).bytes;
        drop(books);
        let spare = if lack.is_some() { 0 } else { spare };
        *lock(&self.ledger().streams) = Some((look.at, spare));
        *lock(&self.ledger().last) = Some(look);
        Some(look)
    }
}

impl Headroom {
    fn above_the_watermark(&self, space: &Space) -> (Option<Lack>, Promise) {
        let bytes = self.min_free.unwrap_or(MIN_FREE.min(space.total_bytes / SMALL));
        // Who wants no watermark wants none for files either.
        let files = if bytes == 0 { 0 } else { MIN_FILES.min(space.total_files / SMALL) };
        let lack = if space.read_only {
            Some(Lack::ReadOnly)
        } else if space.bytes < bytes.max(1) {
            Some(Lack::Bytes)
        } else if space.files < files.max(1) {
            Some(Lack::Files)
        } else {
            None
        };
        let all = Promise { bytes: space.bytes, files: space.files };
        (lack, all.since(Promise { bytes, files }))
    }
}

impl Ledger {
    fn books(&self) -> MutexGuard<'_, Books> {
        lock(&self.books)
    }

    /// The last look, if it is young and left plenty beside all that was promised then and since.
    fn ample(&self) -> Option<Look> {
        let look = (*lock(&self.last))?;
        if look.lack.is_some() || look.at.elapsed() > LOOK {
            return None;
        }
        let books = self.books();
        let left =
            look.free.since(look.live).since(books.moved.since(look.moved)).since(books.pending);
        (left.bytes >= AMPLE.bytes && left.files >= AMPLE.files).then_some(look)
    }

    /// True if the last look is young and leaves streams of unknown length so many bytes.
    fn streams_may_take(&self, bytes: u64) -> bool {
        match &mut *lock(&self.streams) {
            Some((at, spare)) if at.elapsed() <= LOOK => match spare.checked_sub(bytes) {
                Some(rest) => {
                    *spare = rest;
                    true
                }
                None => false,
            },
            _ => false,
        }
    }
}

impl Lack {
    fn of(failure: &BlobError) -> Self {
        match failure {
            BlobError::DiskFull(_) => Self::Bytes,
            BlobError::Io { source, .. }
                if source.kind() == std::io::ErrorKind::ReadOnlyFilesystem =>
            {
                Self::ReadOnly
            }
            _ => Self::Broken,
        }
    }

    fn rejection(self) -> Rejection {
        match self {
            Self::Bytes | Self::Files => Rejection::new(Code::DiskFull),
            Self::ReadOnly | Self::Broken => Rejection::new(Code::StorageError)
                .with_message("The server can't store files at the moment. Try again later."),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Bytes => "hardly any bytes are free",
            Self::Files => "hardly any files can be made (inodes)",
            Self::ReadOnly => "the disk is read-only",
            Self::Broken => "the store fails",
        }
    }
}

/// Says it when something has changed, and only then: a full disk is met by every upload.
fn tell(told: &Mutex<Option<Lack>>, now: Option<Lack>, cause: Option<&BlobError>) {
    if std::mem::replace(&mut *lock(told), now) == now {
        return;
    }
    match (now, cause) {
        (None, _) => tracing::info!("new uploads are taken again"),
        (Some(lack), None) => tracing::error!("no new uploads are taken: {}", lack.words()),
        (Some(lack), Some(cause)) => {
            let cause = super::Causes(cause);
            tracing::error!("no new uploads are taken: {}: {cause}", lack.words());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

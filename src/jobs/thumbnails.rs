//! [`Thumbnails`]: the job that makes thumbnails, and what remembers them.
//!
//! A thumbnail is derived: it can be made again from its file at any time. It is made when a picture was
//! kept, and when somebody asks for one that isn't there. A file of which none can be made leaves a mark,
//! so that a broken picture costs one attempt and not one for each look at a gallery.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::shelf::{Place, Shelf};
use super::thumbnail::{Bounds, Thumbnail, ThumbnailError, has_thumbnail, render};
use super::{Content, Job, JobError};
use crate::domain::{EntryId, StoredFile};

/// What lies in the place of a thumbnail that can't be made.
const NONE: &[u8] = b"no thumbnail can be made of this file\n";

/// Thumbnails of JPEG, PNG, GIF and WebP pictures: how large, how many at a time, and where they are kept.
///
/// Those that are kept are not made again when the size changes; delete the folder for that. It loses
/// nothing.
#[derive(Debug)]
pub struct Thumbnails {
    shelf: Arc<Shelf>,
    fit: u32,
    workers: usize,
}

/// What is known of a file's thumbnail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Here it is.
    Picture(Thumbnail),
    /// None can be made.
    None,
    /// None was made yet.
    Nothing,
}

impl Thumbnails {
    /// Keeps them in a folder of their own, which is made if need be (0700). Nothing else may lie there.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self::on(Shelf::Folder(Place::at(folder.into())))
    }

    /// Keeps all of them in memory, for tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::on(Shelf::Memory(Mutex::default()))
    }

    fn on(shelf: Shelf) -> Self {
        Self { shelf: Arc::new(shelf), fit: 320, workers: 1 }
    }

    /// Pixels of the square into which they fit: 320 unless said, at least 1 and at most 2,048. A smaller
    /// picture is not enlarged.
    #[must_use]
    pub fn fit(mut self, pixels: u32) -> Self {
        self.fit = pixels.clamp(1, 2_048);
        self
    }

    /// How many are made at a time: 1 unless said. Each may take a processor and 350 MB for a moment.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    pub(crate) fn how_many_workers(&self) -> usize {
        self.workers
    }

    /// Makes the folder. It blocks for a moment; call it before the first door opens.
    ///
    /// # Errors
    /// The folder can't be made or isn't ours.
    pub fn open(&self) -> Result<(), JobError> {
        self.shelf.open().map_err(|error| JobError::new("make the folder of thumbnails", error))
    }

    /// Looks whether a file's thumbnail is there.
    ///
    /// # Errors
    /// The folder can't be read.
    pub async fn find(&self, id: EntryId) -> Result<Found, JobError> {
        let shelf = Arc::clone(&self.shelf);
        let lying = blocking("read a thumbnail", move || shelf.get(id)).await?;
        Ok(match lying {
            Some(bytes) if bytes == NONE => Found::None,
            // What a power cut left may be anything, and is as good as nothing.
            Some(bytes) => Thumbnail::read(bytes).map_or(Found::Nothing, Found::Picture),
            None => Found::Nothing,
        })
    }
}

#[async_trait]
impl Job for Thumbnails {
    fn name(&self) -> &'static str {
        "thumbnail"
    }

    fn wants(&self, file: &StoredFile) -> bool {
        has_thumbnail(&file.media_type) && file.size <= Bounds::default().bytes
    }

    async fn run(&self, file: &StoredFile, content: Box<dyn Content>) -> Result<(), JobError> {
        if self.find(file.id).await? != Found::Nothing {
            return Ok(());
        }
        let (id, fit, shelf) = (file.id, self.fit, Arc::clone(&self.shelf));
        blocking("make a thumbnail", move || {
            let bytes = match contained(|| render(content, fit, &Bounds::default())) {
                Ok(thumbnail) => thumbnail.into_bytes(),
                Err(ThumbnailError::Read(error)) => return Err(error),
                Err(error) => {
                    tracing::info!(entry.id = %id, "no thumbnail of {id}: {error}");
                    Bytes::from_static(NONE)
                }
            };
            shelf.put(id, &bytes)
        })
        .await
    }

    async fn forget(&self, id: EntryId) -> Result<(), JobError> {
        let shelf = Arc::clone(&self.shelf);
        blocking("remove a thumbnail", move || shelf.remove(id)).await
    }
}

/// A decoder that panics has found a fault of its own in a stranger's file. It must not take the worker
/// with it, and must not be tried again.
fn contained<T>(work: impl FnOnce() -> Result<T, ThumbnailError>) -> Result<T, ThumbnailError> {
    // What the work owned is dropped by the unwinding, so nothing half changed is seen again.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(ThumbnailError::Panicked))
}

async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, JobError> {
    let done = spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)));
    done.map_err(|error| JobError::new(what, error))
}

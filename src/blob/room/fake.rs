//! [`FakeRoom`]: room that a test gives and takes.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rustix::io::Errno;

use super::{Room, Space};
use crate::blob::BlobError;

/// Room as a test says it is, beside whatever store: a disk that fills up, runs out of inodes,
/// turns read-only or breaks, and is well again. Clones are the same room.
#[derive(Clone, Debug)]
pub struct FakeRoom(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    looks: AtomicU64,
}

#[derive(Debug)]
struct State {
    space: Space,
    failure: Option<i32>,
}

impl FakeRoom {
    /// A disk of this many bytes, all of them free.
    #[must_use]
    pub fn of(bytes: u64) -> Self {
        let space = Space { bytes, total_bytes: bytes, ..Space::UNBOUNDED };
        let state = Mutex::new(State { space, failure: None });
        Self(Arc::new(Inner { state, looks: AtomicU64::new(0) }))
    }

    /// As many bytes are free from now on.
    pub fn set_bytes(&self, bytes: u64) {
        self.state().space.bytes = bytes;
    }

    /// As many of so many files may still be made from now on.
    pub fn set_files(&self, files: u64, of: u64) {
        let mut state = self.state();
        (state.space.files, state.space.total_files) = (files, of);
    }

    /// Nothing may be written from now on, or everything again.
    pub fn set_read_only(&self, read_only: bool) {
        self.state().space.read_only = read_only;
    }

    /// From now on a probe fails as the system would with this number (`EIO` is 5, `EROFS` 30);
    /// with `None` it succeeds again.
    pub fn fail_with(&self, errno: Option<i32>) {
        self.state().failure = errno;
    }

    /// How often somebody asked how much room there is.
    #[must_use]
    pub fn looks(&self) -> u64 {
        self.0.looks.load(Ordering::SeqCst)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Room for FakeRoom {
    async fn space(&self) -> Result<Space, BlobError> {
        self.0.looks.fetch_add(1, Ordering::SeqCst);
        Ok(self.state().space)
    }

    async fn probe(&self) -> Result<(), BlobError> {
        let state = self.state();
        let errno = match state.failure {
            Some(errno) => errno,
            None if state.space.read_only => Errno::ROFS.raw_os_error(),
            None => return Ok(()),
        };
        Err(BlobError::from_io("try the disk", io::Error::from_raw_os_error(errno)))
    }
}

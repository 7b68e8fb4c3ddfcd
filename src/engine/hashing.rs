//! Hashing: the digest runs beside the writing, and behind it by a bounded number of bytes.
//!
//! Hashing and writing a batch take about as long as each other, but not at each moment. Whoever waited for both before
//! the next batch would wait for the slower one each time; so the bytes of the next batch may be handed over while those
//! before it are still being hashed.
//!
//! INVARIANT: steps are done in the order in which they were handed over, and there is one job at most. It has the hasher
//! as long as it runs, and gives it back when nothing is left to do.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::{Notify, oneshot};

use super::UploadError;

/// Up to so many bytes hashing is cheaper than handing them to another thread.
const INLINE: usize = 64 * 1024;
/// As many bytes may wait to be hashed before whoever brings more waits, too.
const MOST: usize = 512 * 1024;

/// A digest that runs along.
#[derive(Clone)]
pub(super) struct Hashing(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Less is waiting than before.
    moved: Notify,
}

struct State {
    hasher: Hasher,
    steps: VecDeque<Step>,
    /// Of the steps that wait and of the one that is being done.
    bytes: usize,
}

enum Hasher {
    Here(Sha256),
    /// A job has it.
    Away,
    /// The job died with it.
    Lost,
}

enum Step {
    Hash(Bytes),
    Tell(oneshot::Sender<Sha256>),
}

impl fmt::Debug for Hashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashing")
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self::from(Sha256::default())
    }
}

/// Goes on behind what was hashed before.
impl From<Sha256> for Hashing {
    fn from(hasher: Sha256) -> Self {
        let state = State { hasher: Hasher::Here(hasher), steps: VecDeque::new(), bytes: 0 };
        Self(Arc::new(Shared { state: Mutex::new(state), moved: Notify::new() }))
    }
}

impl Hashing {
    /// Hands bytes over, and waits while too many wait to be hashed.
    ///
    /// # Cancellation
    /// They are handed over before the first wait.
    pub(super) async fn feed(&self, pieces: &[Bytes]) {
        self.hand_over(pieces);
        // One waits at a time: there is one pen.
        while self.0.lock().bytes > MOST {
            self.0.moved.notified().await;
        }
    }

    fn hand_over(&self, pieces: &[Bytes]) {
        let mut state = self.0.lock();
        let length: usize = pieces.iter().map(Bytes::len).sum();
        if length <= INLINE
            && let Hasher::Here(hasher) = &mut state.hasher
        {
            pieces.iter().for_each(|piece| hasher.update(piece));
            return;
        }
        match std::mem::replace(&mut state.hasher, Hasher::Away) {
            Hasher::Here(hasher) => {
                let job = Job { shared: Arc::clone(&self.0), hasher: Some(hasher) };
                tokio::task::spawn_blocking(move || job.work());
            }
            Hasher::Away => {}
            Hasher::Lost => {
                state.hasher = Hasher::Lost;
                return;
            }
        }
        state.bytes += length;
        state.steps.extend(pieces.iter().cloned().map(Step::Hash));
    }

    /// The digest of all that was handed over before this call.
    ///
    /// # Errors
    /// The runtime ended the job, or it panicked.
    pub(super) fn so_far(
        &self,
    ) -> impl Future<Output = Result<Sha256, UploadError>> + Send + use<> {
        let (tell, told) = oneshot::channel();
        let mut state = self.0.lock();
        match &state.hasher {
            Hasher::Here(hasher) => drop(tell.send(hasher.clone())),
            Hasher::Away => state.steps.push_back(Step::Tell(tell)),
            Hasher::Lost => {}
        }
        async { told.await.map_err(|_| UploadError::Task("the digest was lost".into())) }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hashes until nothing is left to do.
struct Job {
    shared: Arc<Shared>,
    hasher: Option<Sha256>,
}

impl Job {
    fn work(mut self) {
        while let Some(step) = self.next() {
            let Some(hasher) = &mut self.hasher else { return };
            match step {
                Step::Hash(bytes) => {
                    hasher.update(&bytes);
                    let length = bytes.len();
                    drop(bytes);
                    self.done(length);
                }
                // Whoever asked may have gone.
                Step::Tell(tell) => drop(tell.send(hasher.clone())),
            }
        }
    }

    /// The next step; without one the hasher is given back.
    fn next(&mut self) -> Option<Step> {
        let mut state = self.shared.lock();
        let step = state.steps.pop_front();
        if step.is_none()
            && let Some(hasher) = self.hasher.take()
        {
            state.hasher = Hasher::Here(hasher);
        }
        step
    }

    fn done(&self, length: usize) {
        let mut state = self.shared.lock();
        let before = state.bytes;
        state.bytes -= length;
        if before > MOST && state.bytes <= MOST {
            self.shared.moved.notify_one();
        }
    }
}

impl Drop for Job {
    /// Its runtime may end before it has begun. Nobody waits then for what doesn't come.
    fn drop(&mut self) {
        if self.hasher.is_some() {
            let mut state = self.shared.lock();
            (state.hasher, state.bytes) = (Hasher::Lost, 0);
            state.steps.clear();
            self.shared.moved.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;

//! [`Together`]: whoever has a little file to store waits for one job, with all who came while it was busy.
//!
//! Where files are synced a job mostly waits for the disk. So a second one begins when enough have come for a sync of their
//! own, and makes its files while the first one's are being synced.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::at_once::MANY;
use super::little::Little;
use super::root::Root;
use crate::blob::BlobError;

/// As many as are made together: a sync is cheap for each of them, and nobody waits long for the others.
const MOST: usize = 64;

type Answer = oneshot::Sender<Result<(), BlobError>>;

/// Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Together(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    root: Arc<Root>,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<(Little, Answer)>,
    /// How many jobs look here again before they end.
    jobs: usize,
}

impl Together {
    pub(super) fn of(root: Arc<Root>) -> Self {
        Self(Arc::new(Shared { root, queue: Mutex::default() }))
    }

    /// Makes and publishes a file. It is made also if the answer is dropped. Nothing is answered if the job was lost.
    pub(super) fn put(&self, little: Little) -> oneshot::Receiver<Result<(), BlobError>> {
        let (answer, answered) = oneshot::channel();
        let mut queue = self.0.queue();
        queue.waiting.push((little, answer));
        if queue.wants_a_job(self.0.root.syncs()) {
            queue.jobs += 1;
            drop(queue);
            let job = Job { shared: Arc::clone(&self.0), is_done: false };
            // ORDER: without the lock. A runtime that has ended drops the job here, which looks at the queue.
            drop(spawn_blocking(move || job.work()));
        }
        answered
    }
}

impl Queue {
    fn wants_a_job(&self, syncs: bool) -> bool {
        match self.jobs {
            0 => true,
            1 => syncs && self.waiting.len() >= MANY,
            _ => false,
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Job {
    shared: Arc<Shared>,
    /// It left nothing, and said so.
    is_done: bool,
}

impl Job {
    fn work(mut self) {
        while let Some((littles, answers)) = self.next() {
            let outcomes = self.shared.root.put_all(&littles);
            // ORDER: bytes that nobody needs any more go before those are woken who bring others.
            drop(littles);
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // Whoever asked may have gone.
                let _ = answer.send(outcome);
            }
        }
    }

    fn next(&mut self) -> Option<(Vec<Little>, Vec<Answer>)> {
        let mut queue = self.shared.queue();
        let count = queue.waiting.len().min(MOST);
        if count == 0 {
            queue.jobs -= 1;
            self.is_done = true;
            return None;
        }
        Some(queue.waiting.drain(..count).unzip())
    }
}

impl Drop for Job {
    /// Its runtime may end before it begins. Nobody is to wait then for what doesn't come.
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        let mut queue = self.shared.queue();
        queue.jobs -= 1;
        if queue.jobs == 0 {
            queue.waiting.clear();
        }
    }
}

#[cfg(test)]
mod tests;

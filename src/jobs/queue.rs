//! [`Jobs`]: which jobs there are, and the queue in which they wait for a worker.
//!
//! Rendering pictures takes a processor and much memory, and a hundred photos may come at once. Without a
//! bound they would all be decoded side by side. Here a few run at a time, a bounded number waits, and
//! whoever wants the same thing for the same file shares one run.
//!
//! INVARIANT: what runs here is owned by nobody who waits for it, so a client that leaves stops nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};

use super::Job;
use crate::domain::EntryId;

/// As many runs as may wait or be under way. One that waits costs about a kilobyte.
const ROOM: usize = 1_000;

/// The jobs of a running Longshore. Clones share the queue.
#[derive(Debug, Clone)]
pub struct Jobs {
    all: Arc<[Arc<dyn Job>]>,
    workers: Arc<Semaphore>,
    room: usize,
    under_way: Arc<UnderWay>,
}

/// The queue has no room; nothing was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many jobs are waiting")]
pub struct Full;

/// The end of a run, to wait for. Dropping it stops nothing.
#[derive(Debug, Clone)]
pub struct Ending(watch::Receiver<()>);

type Key = (&'static str, EntryId);

#[derive(Debug, Default)]
struct UnderWay(Mutex<HashMap<Key, Ending>>);

impl Jobs {
    /// These jobs, of which at most `workers` run at a time.
    #[must_use]
    pub fn new(all: Vec<Arc<dyn Job>>, workers: usize) -> Self {
        Self {
            all: all.into(),
            workers: Arc::new(Semaphore::new(workers.clamp(1, Semaphore::MAX_PERMITS))),
            room: ROOM,
            under_way: Arc::default(),
        }
    }

    /// Every job, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Job>> {
        self.all.iter()
    }

    /// The runs that wait or are under way: which job, for which file.
    #[must_use]
    pub fn under_way(&self) -> Vec<(&'static str, EntryId)> {
        self.under_way.lock().keys().copied().collect()
    }

    /// Begins a job's work for a file as soon as a worker is free. If it waits or runs already, this is
    /// another look at the same run and `work` is dropped.
    ///
    /// # Errors
    /// [`Full`].
    pub fn begin<F>(&self, job: &'static str, file: EntryId, work: F) -> Result<Ending, Full>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let key = (job, file);
        let mut under_way = self.under_way.lock();
        if let Some(ending) = under_way.get(&key) {
            return Ok(ending.clone());
        }
        if under_way.len() >= self.room {
            return Err(Full);
        }
        let (running, ending) = watch::channel(());
        let ending = Ending(ending);
        under_way.insert(key, ending.clone());
        drop(under_way);
        let run = Run { key, under_way: Arc::clone(&self.under_way), _running: running };
        let workers = Arc::clone(&self.workers);
        tokio::spawn(async move {
            let _run = run;
            // It is never closed, so this waits until it is our turn.
            let _turn = workers.acquire_owned().await;
            work.await;
        });
        Ok(ending)
    }
}

impl Default for Jobs {
    /// No jobs.
    fn default() -> Self {
        Self::new(Vec::new(), 1)
    }
}

impl Ending {
    /// Waits until the run is over, however it ended.
    pub async fn wait(mut self) {
        // Nothing is ever sent: an error says that the run is gone.
        while self.0.changed().await.is_ok() {}
    }
}

impl UnderWay {
    /// A panic between lock and unlock can't leave half an entry, so its mark is ignored.
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Ending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One run. Its end is its drop, so that a panic and a runtime that stops are ends too.
struct Run {
    key: Key,
    under_way: Arc<UnderWay>,
    // ORDER: dropped after `drop` below has run, so that whoever wakes finds the key free.
    _running: watch::Sender<()>,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.under_way.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;
    use uuid::Uuid;

    use super::*;

    fn file(number: u128) -> EntryId {
        EntryId::from_uuid(Uuid::from_u128(number))
    }

    fn counting(count: &Arc<AtomicUsize>) -> impl Future<Output = ()> + Send + use<> {
        let count = Arc::clone(count);
        async move {
            count.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn who_wants_the_same_shares_one_run() {
        let (jobs, count) = (Jobs::default(), Arc::new(AtomicUsize::new(0)));
        let endings: Vec<_> =
            (0..8).map(|_| jobs.begin("a", file(1), counting(&count)).unwrap()).collect();
        for ending in endings {
            ending.wait().await;
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        jobs.begin("a", file(1), counting(&count)).unwrap().wait().await;
        jobs.begin("b", file(1), counting(&count)).unwrap().wait().await;
        assert_eq!(count.load(Ordering::SeqCst), 3, "what is over is begun anew");
    }

    #[tokio::test]
    async fn no_more_run_at_a_time_than_there_are_workers() {
        let jobs = Jobs::new(Vec::new(), 2);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let endings: Vec<_> = (0..10)
            .map(|number| {
                let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                let work = async move {
                    let running = now.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(running, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    now.fetch_sub(1, Ordering::SeqCst);
                };
                jobs.begin("a", file(number), work).unwrap()
            })
            .collect();
        for ending in endings {
            ending.wait().await;
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_full_queue_says_so_and_has_room_again_later() {
        let jobs = Jobs { room: 2, ..Jobs::default() };
        let go_on = Arc::new(Notify::new());
        let waiting = |go_on: &Arc<Notify>| {
            let go_on = Arc::clone(go_on);
            async move { go_on.notified().await }
        };
        let first = jobs.begin("a", file(1), waiting(&go_on)).unwrap();
        let second = jobs.begin("a", file(2), waiting(&go_on)).unwrap();
        assert_eq!(jobs.begin("a", file(3), async {}).unwrap_err(), Full);
        assert!(jobs.begin("a", file(1), async {}).is_ok(), "to share needs no room");
        go_on.notify_one();
        first.wait().await;
        go_on.notify_one();
        second.wait().await;
        assert!(jobs.begin("a", file(3), async {}).is_ok());
    }

    #[tokio::test]
    async fn a_panic_is_an_end_too() {
        let jobs = Jobs::default();
        jobs.begin("a", file(1), async { panic!("on purpose") }).unwrap().wait().await;
        let count = Arc::new(AtomicUsize::new(0));
        jobs.begin("a", file(1), counting(&count)).unwrap().wait().await;
        assert_eq!(count.load(Ordering::SeqCst), 1, "its worker and its place are free again");
    }
}

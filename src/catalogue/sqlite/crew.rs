//! [`Crew`]: a few threads that read, each with a connection of its own, from one queue.
//!
//! A reading is one hop there and one back: one of those who sleep is woken for it, and only one. The queue is short,
//! and whoever finds it full waits outside without a thread.
//!
//! ORDER at the end: nobody is let in any more, what waits is read, and then the threads and their connections end.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::catalogue::CatalogueError;

/// How many readings may be under way or in the queue before callers wait outside.
const UNDER_WAY: usize = 64;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// Where readings are asked for.
#[derive(Clone)]
pub(super) struct Desk(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
    gate: Arc<Semaphore>,
}

struct Queue {
    jobs: VecDeque<Job>,
    open: bool,
}

/// The threads. They end when this is dropped, and the drop waits for them.
pub(super) struct Crew {
    desk: Desk,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    /// A thread for each connection.
    pub(super) fn start(connections: impl IntoIterator<Item = Connection>) -> io::Result<Self> {
        let queue = Mutex::new(Queue { jobs: VecDeque::new(), open: true });
        let gate = Arc::new(Semaphore::new(UNDER_WAY));
        let desk = Desk(Arc::new(Shared { queue, work: Condvar::new(), gate }));
        let mut crew = Self { desk, threads: Vec::new() };
        for connection in connections {
            let desk = crew.desk();
            let named = thread::Builder::new().name("catalogue-read".to_owned());
            crew.threads.push(named.spawn(move || desk.work(&connection))?);
        }
        Ok(crew)
    }

    pub(super) fn desk(&self) -> Desk {
        self.desk.clone()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.desk.0.gate.close();
        self.desk.queue().open = false;
        self.desk.0.work.notify_all();
        for thread in self.threads.drain(..) {
            // Panics are caught where they happen.
            let _ = thread.join();
        }
    }
}

impl Desk {
    /// What the reading finds. It is not begun if nobody waits for it any more.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        reading: impl FnOnce(&Connection) -> Result<T, CatalogueError> + Send + 'static,
    ) -> Result<T, CatalogueError> {
        let gate = Arc::clone(&self.0.gate);
        let permit = gate.acquire_owned().await.map_err(|_| CatalogueError::Closed)?;
        let (answer, answered) = oneshot::channel();
        self.put(Box::new(move |connection| {
            if !answer.is_closed() {
                let found = reading(connection);
                drop(permit);
                let _ = answer.send(found);
            }
        }))?;
        answered.await.unwrap_or(Err(CatalogueError::Closed))
    }

    fn put(&self, job: Job) -> Result<(), CatalogueError> {
        let mut queue = self.queue();
        if !queue.open {
            return Err(CatalogueError::Closed);
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.0.work.notify_one();
        Ok(())
    }

    fn work(&self, connection: &Connection) {
        while let Some(job) = self.next() {
            // A reading that panics takes its own answer with it, and no thread from the others.
            let _ = catch_unwind(AssertUnwindSafe(|| job(connection)));
        }
    }

    fn next(&self) -> Option<Job> {
        let idle = |queue: &mut Queue| queue.open && queue.jobs.is_empty();
        let queue = self.0.work.wait_while(self.queue(), idle);
        queue.unwrap_or_else(PoisonError::into_inner).jobs.pop_front()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::future::join_all;
    use futures_util::poll;

    use super::*;

    fn crew(count: usize) -> Crew {
        Crew::start((0..count).map(|_| Connection::open_in_memory().unwrap())).unwrap()
    }

    /// A reading that has begun and ends when it is told.
    async fn begun(
        desk: Desk,
    ) -> (impl Future<Output = Result<(), CatalogueError>>, impl FnOnce()) {
        let (begin, has_begun) = oneshot::channel();
        let (end, ended) = mpsc::channel();
        let mut reading = Box::pin(async move {
            desk.read(move |_| {
                begin.send(()).unwrap();
                ended.recv().unwrap();
                Ok(())
            })
            .await
        });
        assert!(poll!(&mut reading).is_pending());
        has_begun.await.unwrap();
        (reading, move || end.send(()).unwrap())
    }

    #[tokio::test]
    async fn readings_run_beside_each_other() {
        let crew = crew(2);
        let (slow, end) = begun(crew.desk()).await;
        assert_eq!(crew.desk().read(|_| Ok(7)).await.unwrap(), 7);
        end();
        slow.await.unwrap();
    }

    #[tokio::test]
    async fn a_reading_that_panics_hurts_nobody_else() {
        let crew = crew(1);
        let desk = crew.desk();
        let broken = desk.read(|_| -> Result<(), _> { panic!("on purpose") }).await;
        assert!(matches!(broken, Err(CatalogueError::Closed)));
        assert_eq!(desk.read(|_| Ok(7)).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_reading_that_nobody_waits_for_is_not_begun() {
        let crew = crew(1);
        let desk = crew.desk();
        let (slow, end) = begun(desk.clone()).await;
        let mut given_up = Box::pin(desk.read(|_| -> Result<(), _> { panic!("begun") }));
        assert!(poll!(&mut given_up).is_pending());
        drop(given_up);
        end();
        slow.await.unwrap();
        assert_eq!(desk.read(|_| Ok(7)).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn the_end_lets_nobody_in_and_answers_whoever_is() {
        let crew = crew(1);
        let desk = crew.desk();
        let (slow, end) = begun(desk.clone()).await;
        let mut all: Vec<_> = (1..UNDER_WAY + 2).map(|_| Box::pin(desk.read(|_| Ok(())))).collect();
        for reading in &mut all {
            assert!(poll!(reading).is_pending());
        }
        let ending = thread::spawn(move || drop(crew));
        while !desk.0.gate.is_closed() {
            thread::yield_now();
        }
        assert!(matches!(desk.read(|_| Ok(())).await, Err(CatalogueError::Closed)));
        end();
        slow.await.unwrap();
        let refused = join_all(all).await.iter().filter(|reading| reading.is_err()).count();
        assert_eq!(refused, 2, "those who were outside");
        ending.join().unwrap();
    }
}

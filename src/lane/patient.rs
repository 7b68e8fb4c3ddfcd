//! Threads for long computations, which leave the processors to whoever is in a hurry.
//!
//! A little file goes from thread to thread and is done in less time than a batch of a large one is hashed in. Among threads
//! of the same priority it would wait behind such a batch at each step of its way.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::{io, thread};

use tokio::task::spawn_blocking;

use super::Work;

/// How nice these threads are: beside another one that wants the same processor one of them gets a tenth of it.
#[cfg(target_os = "linux")]
pub(super) const NICE: i32 = 10;

/// One thread for each processor, from the first computation on until the process ends. Nothing, if none can be had.
static CREW: LazyLock<Option<Sender<Work>>> = LazyLock::new(|| {
    let (sender, works) = channel();
    let works = Arc::new(Mutex::new(works));
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let begun = (0..processors).map(|_| begin(Arc::clone(&works))).filter(Result::is_ok);
    (begun.count() > 0).then_some(sender)
});

/// Does it behind all that were given before and that no thread has begun yet. It must not block.
pub(super) fn spawn(work: Work) {
    match &*CREW {
        Some(crew) => drop(crew.send(work)),
        None => drop(spawn_blocking(work)),
    }
}

fn begin(works: Arc<Mutex<Receiver<Work>>>) -> io::Result<()> {
    let named = thread::Builder::new().name("digest".to_owned());
    named.spawn(move || {
        step_back();
        while let Some(work) = next(&works) {
            // Whoever waits for it hears of a panic because its answer is dropped.
            let _ = catch_unwind(AssertUnwindSafe(work));
        }
    })?;
    Ok(())
}

/// Whoever waits here holds the lock, and all others wait for that.
fn next(works: &Mutex<Receiver<Work>>) -> Option<Work> {
    works.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Elsewhere this would be about the whole process.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        let nicer = getpriority_process(None).map(|nice| nice + NICE);
        if let Err(error) = nicer.and_then(|nice| setpriority_process(None, nice)) {
            tracing::debug!(%error, "digests have the priority of all else");
        }
    }
}

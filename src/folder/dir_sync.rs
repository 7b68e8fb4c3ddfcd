//! [`DirSync`]: one directory sync for many who wait.
//!
//! A rename is durable only once its directory was synced, and each sync costs a round to the
//! disk. When many uploads finish together, one sync that *started* after all their renames
//! serves them all; one that was already running may have missed a rename and serves nobody who
//! came later.
//!
//! INVARIANT: whoever is answered `Ok` is covered by a sync that started after it asked. After
//! one sync failed, nothing is known of the directory any more and nobody is answered `Ok`.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Brings callers who want the same directory synced together.
#[derive(Debug, Default)]
pub(super) struct DirSync {
    state: Mutex<State>,
    ended: Condvar,
}

/// Rounds are numbered from one; at most one runs at a time.
#[derive(Debug, Default)]
struct State {
    started: u64,
    ended: u64,
    failure: Option<io::Error>,
}

impl DirSync {
    /// Blocks until a round that starts from now on has ended. The first caller who finds no
    /// round running runs the next one itself, with `sync`.
    ///
    /// It blocks the thread: call it where blocking is allowed. A failure is answered to everyone
    /// ever after and not tried again, because the kernel forgets what it failed to write.
    pub(super) fn run(&self, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.reach(self.ask(), sync)
    }

    /// Why nobody is answered `Ok` any more, if a round has failed.
    pub(super) fn failure(&self) -> Option<io::Error> {
        self.lock().failure.as_ref().map(copy)
    }

    /// The number of the first round that starts from now on.
    fn ask(&self) -> u64 {
        self.lock().started + 1
    }

    fn reach(&self, wanted: u64, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let mut state = self.lock();
        loop {
            if let Some(failure) = &state.failure {
                return Err(copy(failure));
            }
            if state.ended >= wanted {
                return Ok(());
            }
            if state.ended == state.started {
                break;
            }
            state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }

        state.started += 1;
        drop(state);
        let outcome = sync();
        let mut state = self.lock();
        state.ended = state.started;
        state.failure = outcome.as_ref().err().map(copy);
        drop(state);
        self.ended.notify_all();
        outcome
    }

    /// A panic between lock and unlock can't leave the numbers wrong, so its mark is ignored.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `io::Error` can't be cloned; what callers look at (the code, the kind, the words) can.
pub(crate) fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::thread;

    #[test]
    fn those_who_ask_during_a_round_share_the_next_one() {
        let syncs = DirSync::default();
        let (running, is_running) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let rounds = AtomicUsize::new(0);
        let count = || {
            rounds.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        thread::scope(|scope| {
            let (syncs, count) = (&syncs, &count);
            scope.spawn(move || {
                syncs.run(|| {
                    running.send(()).unwrap();
                    may_go_on.recv().unwrap();
                    Ok(())
                })
            });
            is_running.recv().unwrap();
            let tickets: Vec<u64> = (0..8).map(|_| syncs.ask()).collect();
            let waiters: Vec<_> = tickets
                .into_iter()
                .map(|ticket| scope.spawn(move || syncs.reach(ticket, count)))
                .collect();
            assert_eq!(rounds.load(Ordering::SeqCst), 0, "no two rounds run at a time");
            go_on.send(()).unwrap();
            waiters.into_iter().for_each(|waiter| waiter.join().unwrap().unwrap());
        });
        assert_eq!(rounds.load(Ordering::SeqCst), 1, "one round serves all who asked meanwhile");
    }

    #[test]
    fn a_caller_who_comes_after_a_round_gets_a_new_one() {
        let syncs = DirSync::default();
        let rounds = AtomicUsize::new(0);
        for _ in 0..3 {
            syncs
                .run(|| {
                    rounds.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                })
                .unwrap();
        }
        assert_eq!(rounds.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn a_failed_sync_is_never_tried_again() {
        let syncs = DirSync::default();
        let failed = syncs.run(|| Err(io::Error::from_raw_os_error(5)));
        assert_eq!(failed.unwrap_err().raw_os_error(), Some(5));
        let later = syncs.run(|| panic!("a sync after a failed one may lie"));
        assert_eq!(later.unwrap_err().raw_os_error(), Some(5));
    }
}

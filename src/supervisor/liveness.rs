//! Whether a live page's peer is there: written by its socket, read by the supervisor.
//!
//! A sign of life has to be worth something, or one byte from time to time holds a session for ever; see
//! [`Liveness::arrived`]. And silence counts only while we listen: a session that waits for a slow disk reads
//! nothing, and its peer's answers to our pings lie unread in the socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::{CloseReason, Patience};

/// Bytes of one unfinished frame that are a sign of life. A whole frame is one however short it is.
const WORTH: usize = 1024;

/// The time of the last sign of life.
#[derive(Debug)]
pub struct Liveness {
    born: Instant,
    seen: AtomicU64,
    /// Bytes of the frame in progress since the last sign of life.
    arrived: AtomicUsize,
    greeted: AtomicBool,
    given_up: AtomicBool,
    /// As many reasons of our own not to listen.
    deaf: AtomicUsize,
}

/// While one of these lives, silence does not count.
#[derive(Debug)]
pub struct Deaf(Arc<Liveness>);

impl Liveness {
    /// Alive now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            born: Instant::now(),
            seen: AtomicU64::new(0),
            arrived: AtomicUsize::new(0),
            greeted: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
            deaf: AtomicUsize::new(0),
        }
    }

    /// A sign of life.
    pub fn touch(&self) {
        let millis = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.seen.store(millis, Ordering::Relaxed);
    }

    /// Bytes arrived; they are a sign of life if they complete a frame, or if they are enough.
    pub fn arrived(&self, bytes: usize, whole: bool) {
        let sum = self.arrived.load(Ordering::Relaxed).saturating_add(bytes);
        if whole || sum >= WORTH {
            self.arrived.store(0, Ordering::Relaxed);
            self.touch();
        } else {
            self.arrived.store(sum, Ordering::Relaxed);
        }
    }

    /// The peer said hello.
    pub fn greet(&self) {
        self.greeted.store(true, Ordering::Relaxed);
    }

    /// From now until the answer is dropped we don't listen, for a reason of our own.
    #[must_use]
    pub fn deaf(self: &Arc<Self>) -> Deaf {
        self.deaf.fetch_add(1, Ordering::SeqCst);
        Deaf(Arc::clone(self))
    }

    #[cfg(test)]
    pub(crate) fn is_deaf(&self) -> bool {
        self.deaf.load(Ordering::SeqCst) > 0
    }

    /// How long ago the last one was.
    #[must_use]
    pub fn silent_for(&self) -> Duration {
        if self.deaf.load(Ordering::SeqCst) > 0 {
            return Duration::ZERO;
        }
        let seen = Duration::from_millis(self.seen.load(Ordering::Relaxed));
        self.born.elapsed().saturating_sub(seen)
    }

    /// Why the peer is given up, said once.
    pub(super) fn give_up(&self, patience: &Patience) -> Option<CloseReason> {
        let mute = !self.greeted.load(Ordering::Relaxed) && self.born.elapsed() >= patience.hello;
        let reason = match self.silent_for() > patience.silence {
            true => CloseReason::Silent,
            false if mute => CloseReason::NoHello,
            false => return None,
        };
        (!self.given_up.swap(true, Ordering::Relaxed)).then_some(reason)
    }
}

impl Default for Liveness {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Deaf {
    fn drop(&mut self) {
        // ORDER: the peer has its whole time again before silence counts.
        self.0.touch();
        self.0.deaf.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        hello: Duration::from_secs(10),
        silence: Duration::from_secs(45),
        body: Duration::from_secs(30),
    };

    async fn after(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_does_not_say_hello_is_given_up_once() {
        let liveness = Liveness::new();
        after(9).await;
        assert_eq!(liveness.give_up(&PATIENCE), None);
        liveness.arrived(100, true);
        after(1).await;
        assert_eq!(liveness.give_up(&PATIENCE), Some(CloseReason::NoHello));
        assert_eq!(liveness.give_up(&PATIENCE), None);
    }

    #[tokio::test(start_paused = true)]
    async fn frames_keep_a_session_and_drops_of_one_do_not() {
        let liveness = Liveness::new();
        liveness.greet();
        for _ in 0..10 {
            after(40).await;
            liveness.arrived(6, true);
            assert_eq!(liveness.give_up(&PATIENCE), None);
        }
        for _ in 0..45 {
            after(1).await;
            liveness.arrived(20, false);
        }
        assert_eq!(liveness.give_up(&PATIENCE), None);
        after(1).await;
        assert_eq!(liveness.give_up(&PATIENCE), Some(CloseReason::Silent));
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_frame_on_a_thin_line_is_a_sign_of_life() {
        let liveness = Liveness::new();
        liveness.greet();
        for _ in 0..1_000 {
            after(20).await;
            liveness.arrived(512, false);
            assert_eq!(liveness.give_up(&PATIENCE), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_we_do_not_hear_does_not_count() {
        let liveness = Arc::new(Liveness::new());
        liveness.greet();
        let (disk, view) = (liveness.deaf(), liveness.deaf());
        after(100).await;
        drop(disk);
        after(100).await;
        assert_eq!(liveness.give_up(&PATIENCE), None);
        drop(view);
        after(45).await;
        assert_eq!(liveness.give_up(&PATIENCE), None);
        after(1).await;
        assert_eq!(liveness.give_up(&PATIENCE), Some(CloseReason::Silent));
    }
}

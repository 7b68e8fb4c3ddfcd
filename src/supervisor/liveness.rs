//! When a peer was last heard of: written by its socket at each piece that arrives, read by the supervisor.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// The time of the last sign of life.
#[derive(Debug)]
pub struct Liveness {
    born: Instant,
    seen: AtomicU64,
}

impl Liveness {
    /// Alive now.
    #[must_use]
    pub fn new() -> Self {
        Self { born: Instant::now(), seen: AtomicU64::new(0) }
    }

    /// A sign of life.
    pub fn touch(&self) {
        let millis = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.seen.store(millis, Ordering::Relaxed);
    }

    /// How long ago the last one was.
    #[must_use]
    pub fn silent_for(&self) -> Duration {
        let seen = Duration::from_millis(self.seen.load(Ordering::Relaxed));
        self.born.elapsed().saturating_sub(seen)
    }
}

impl Default for Liveness {
    fn default() -> Self {
        Self::new()
    }
}

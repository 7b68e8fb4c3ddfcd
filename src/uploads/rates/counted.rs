//! Things that are counted: so many a second, in bursts of what ten seconds allow.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// From so many on, those who make no difference any more are looked for.
const MANY: usize = 10_000;
/// And not more often than this.
const OFTEN: Duration = Duration::from_secs(1);
const BURST: u32 = 10;

pub(super) struct Counted<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    cleaned: Mutex<Option<Instant>>,
}

impl<K: Hash + Eq + Clone> std::fmt::Debug for Counted<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Counted").field("keys", &self.limiter.len()).finish()
    }
}

impl<K: Hash + Eq + Clone> Counted<K> {
    pub(super) fn new(each_second: u32) -> Option<Self> {
        let rate = NonZeroU32::new(each_second)?;
        let burst = NonZeroU32::new(each_second.saturating_mul(BURST))?;
        let limiter = RateLimiter::dashmap(Quota::per_second(rate).allow_burst(burst));
        Some(Self { limiter, cleaned: Mutex::default() })
    }

    /// Counts one more, or says how long to wait.
    pub(super) fn admit(&self, key: &K) -> Result<(), Duration> {
        self.clean();
        let now = self.limiter.clock().now();
        self.limiter.check_key(key).map_err(|until| until.wait_time_from(now))
    }

    fn clean(&self) {
        if self.limiter.len() < MANY {
            return;
        }
        let mut cleaned = self.cleaned.lock().unwrap_or_else(PoisonError::into_inner);
        if cleaned.is_none_or(|at| at.elapsed() >= OFTEN) {
            *cleaned = Some(Instant::now());
            drop(cleaned);
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.limiter.len()
    }
}

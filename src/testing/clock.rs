//! [`FakeClock`]: time that a test turns by hand.
//!
//! What happens after a day can't be waited for, and an expiry that nobody tried is a guess.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::domain::Timestamp;
use crate::engine::{Clock, SystemClock};

/// A clock that stands still until it is told to go on. Clones are the same clock.
///
/// Only the time of day comes from it: when entries expire, and the dates that people see. Heartbeats, grace
/// times and other timers run on the runtime's own time (`tokio::time::pause`).
///
/// ```
/// # actix_web::rt::System::new().block_on(async {
/// use std::time::Duration;
/// use longshore::engine::Clock;
/// use longshore::testing::FakeClock;
///
/// let clock = FakeClock::new();
/// let before = clock.now();
/// clock.clone().advance(Duration::from_secs(3_600));
/// assert_eq!(clock.now().since(before), Duration::from_secs(3_600));
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct FakeClock(Arc<AtomicI64>);

impl FakeClock {
    /// A clock that stands at the present time.
    #[must_use]
    pub fn new() -> Self {
        Self::at(SystemClock.now())
    }

    /// A clock that stands at this time.
    #[must_use]
    pub fn at(time: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(time.as_millis())))
    }

    /// Lets time pass, in whole milliseconds.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).expect("a time that can be written down");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

//! What time it is, as a seam: expiry is tested with a clock that a test turns by hand.

use std::fmt::Debug;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Engine;
use crate::domain::Timestamp;

/// Tells the time of day. Only expiry and the dates that people see hang on it, never an ordering.
pub trait Clock: Send + Sync + Debug {
    /// Milliseconds since the Unix epoch.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // The one place that may read the wall clock.
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Engine {
    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        self.parts().clock.now()
    }
}

//! `Timestamp`: a point in time, to the millisecond.
//!
//! The domain compares and stores times but never asks what time it is: a clock inside the rules
//! would make them untestable. The engine's clock makes the values.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch (1970-01-01 00:00 UTC). Serialised as a number.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This time plus a duration (whole milliseconds count); `None` where that can't be written.
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let millis = i64::try_from(duration.as_millis()).ok()?;
        self.0.checked_add(millis).map(Self)
    }

    /// This time minus a duration (whole milliseconds count); `None` where that can't be written.
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        let millis = i64::try_from(duration.as_millis()).ok()?;
        self.0.checked_sub(millis).map(Self)
    }

    /// How long after `earlier` this is; zero if it isn't after (clocks are set back).
    pub fn since(self, earlier: Self) -> Duration {
        let millis = i128::from(self.0) - i128::from(earlier.0);
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_never_wraps_around() {
        let soon = Timestamp::from_millis(1_000).checked_add(Duration::from_secs(2));
        assert_eq!(soon, Some(Timestamp::from_millis(3_000)));
        assert_eq!(Timestamp::from_millis(i64::MAX).checked_add(Duration::from_millis(1)), None);
        assert_eq!(Timestamp::from_millis(0).checked_add(Duration::MAX), None);
        assert_eq!(Timestamp::from_millis(i64::MIN).checked_sub(Duration::from_millis(1)), None);
    }

    #[test]
    fn a_clock_set_back_makes_no_negative_time() {
        let (early, late) = (Timestamp::from_millis(5), Timestamp::from_millis(12));
        assert_eq!(late.since(early), Duration::from_millis(7));
        assert_eq!(early.since(late), Duration::ZERO);
    }
}

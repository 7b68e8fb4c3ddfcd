//! How far a client may be ahead of what is acknowledged.
//!
//! A window that is passed in less time than an acknowledgement needs to come back bounds the upload instead of the
//! line. A larger one than needed gains nothing nearby: its bytes wait in caches of processors, which hold a few MiB.

use std::time::Duration;

use crate::uploads::Limits;

/// No line is slowed down that carries less in a second: 1 GiB, which is 8.6 Gbit/s.
const LINE: u64 = 1024 * 1024 * 1024;

/// Whoever says hello sooner is nearby: it takes as long to be said by a page or a processor that is busy, and 1 Gbit/s fit into
/// the smaller window so.
const NEARBY: Duration = Duration::from_millis(15);

/// The window of a client whose first word took so long after it could be said.
pub(super) fn granted(limits: &Limits, round_trip: Duration) -> u64 {
    if round_trip < NEARBY {
        return limits.window;
    }
    let micros = u64::try_from(round_trip.as_micros()).unwrap_or(u64::MAX);
    let on_its_way = (LINE / 1_000_000).saturating_mul(micros);
    on_its_way.min(limits.far_window).max(limits.window)
}

/// An acknowledgement comes after so many bytes, or with the next tick: seldom enough to cost nothing, and so often that
/// the window moves on long before it is passed (four of them in a window made one file a fifth slower than sixteen).
pub(super) fn acknowledged_after(window: u64) -> u64 {
    (window / 16).clamp(256 * 1024, 1024 * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn a_window_grows_with_the_way_between_its_bounds() {
        let limits = Limits { window: 4 * MIB, far_window: 64 * MIB, ..Limits::default() };
        let after = |micros| granted(&limits, Duration::from_micros(micros));
        assert_eq!(after(0), 4 * MIB);
        assert_eq!(after(14_999), 4 * MIB);
        assert!((15 * MIB..=16 * MIB).contains(&after(15_000)), "{}", after(15_000));
        assert!((48 * MIB..=52 * MIB).contains(&after(50_000)), "{}", after(50_000));
        assert_eq!(after(70_000), 64 * MIB);
        assert_eq!(granted(&limits, Duration::MAX), 64 * MIB);
    }

    #[test]
    fn a_smaller_bound_for_those_far_away_is_none() {
        let limits = Limits { window: 1_000, far_window: 0, ..Limits::default() };
        assert_eq!(granted(&limits, Duration::ZERO), 1_000);
        assert_eq!(granted(&limits, Duration::from_secs(5)), 1_000);
    }

    #[test]
    fn acknowledgements_come_several_times_in_a_window_and_not_more_often_than_they_are_worth() {
        let after = acknowledged_after;
        assert_eq!((after(1_000), after(4 * MIB)), (256 * 1024, 256 * 1024));
        assert_eq!((after(8 * MIB), after(16 * MIB), after(64 * MIB)), (512 * 1024, MIB, MIB));
    }
}

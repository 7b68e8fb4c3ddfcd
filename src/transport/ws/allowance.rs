//! `Allowance`: so many at once, and then one for each piece of time.
//!
//! What costs little once costs much a hundred thousand times a second. A count that begins anew with each honest
//! frame is no bound, because whoever floods sends an honest frame now and then. So time decides.

use std::time::{Duration, Instant};

/// How many of something are still allowed.
#[derive(Debug, Clone)]
pub(super) struct Allowance {
    most: u32,
    every: Duration,
    spent: u32,
    /// Up to here time was turned into allowance.
    since: Option<Instant>,
}

impl Allowance {
    /// `most` at once; one more is allowed `every` so often.
    pub(super) const fn new(most: u32, every: Duration) -> Self {
        Self { most, every, spent: 0, since: None }
    }

    /// Takes one; false if there was none left.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since).as_nanos();
        let earned = passed.checked_div(self.every.as_nanos()).unwrap_or(u128::MAX);
        match u32::try_from(earned).ok().filter(|earned| *earned < self.spent) {
            // What is left of the last piece of time counts for the next one.
            Some(earned) => {
                self.spent -= earned;
                self.since = since.checked_add(self.every.saturating_mul(earned));
            }
            None => (self.spent, self.since) = (0, Some(now)),
        }
        if self.spent >= self.most {
            return false;
        }
        self.spent += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn taken(allowance: &mut Allowance, now: Instant, wanted: u32) -> u32 {
        (0..wanted).map(|_| u32::from(allowance.take(now))).sum()
    }

    #[test]
    fn so_many_at_once_and_then_one_for_each_piece_of_time() {
        let (mut allowance, start) = (Allowance::new(5, SECOND), Instant::now());
        assert_eq!(taken(&mut allowance, start, 100), 5);
        assert_eq!(taken(&mut allowance, start + SECOND / 2, 100), 0);
        assert_eq!(taken(&mut allowance, start + SECOND, 100), 1);
        assert_eq!(taken(&mut allowance, start + 3 * SECOND + SECOND / 2, 100), 2);
        assert_eq!(
            taken(&mut allowance, start + 4 * SECOND, 100),
            1,
            "half a second was left over"
        );
    }

    #[test]
    fn who_waits_long_has_no_more_than_at_the_beginning() {
        let (mut allowance, start) = (Allowance::new(5, SECOND), Instant::now());
        assert_eq!(taken(&mut allowance, start, 3), 3);
        assert_eq!(taken(&mut allowance, start + 1_000 * SECOND, 100), 5);
    }

    #[test]
    fn a_clock_that_stands_still_gives_nothing() {
        let (mut allowance, start) = (Allowance::new(5, SECOND), Instant::now() + SECOND);
        assert_eq!(taken(&mut allowance, start, 5), 5);
        assert_eq!(taken(&mut allowance, start - SECOND, 1), 0);
    }
}

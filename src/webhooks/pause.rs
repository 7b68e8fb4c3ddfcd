//! When a letter that was not taken is tried again, and when no more.
//!
//! Receivers that are down come back to all of their letters at once; pauses that grow and differ keep us from
//! pushing them over again.

use std::time::Duration;

use uuid::Uuid;

use crate::domain::Timestamp;

const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3_600);

/// A letter is given up when it has been tried this often...
pub(super) const MOST_ATTEMPTS: u32 = 60;
/// ...or is as old as this.
pub(super) const OLDEST: Duration = Duration::from_secs(48 * 3_600);

/// When to try again after so many attempts in vain; `None` for not at all. `chance` is from 0 to 255.
pub(super) fn again(
    attempts: u32,
    written_at: Timestamp,
    now: Timestamp,
    chance: u8,
) -> Option<Timestamp> {
    if attempts >= MOST_ATTEMPTS {
        return None;
    }
    let due_at = now.checked_add(pause(attempts, chance))?;
    (due_at.since(written_at) < OLDEST).then_some(due_at)
}

/// Twice as long each time, up to an hour; of that at least a half, and the rest by chance.
fn pause(attempts: u32, chance: u8) -> Duration {
    let doubled = FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST);
    doubled / 2 + doubled / 2 * u32::from(chance) / 255
}

/// A number that nobody can foresee.
pub(super) fn chance() -> u8 {
    Uuid::new_v4().as_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn pauses_double_up_to_an_hour_and_differ_by_half() {
        for (attempts, shortest, longest) in
            [(1, 2_500, 5_000), (2, 5_000, 10_000), (5, 40_000, 80_000), (50, 1_800_000, 3_600_000)]
        {
            assert_eq!(pause(attempts, 0), Duration::from_millis(shortest), "{attempts}");
            assert_eq!(pause(attempts, 255), Duration::from_millis(longest), "{attempts}");
        }
    }

    #[test]
    fn res_12_a_letter_is_given_up_by_attempts_and_by_age() {
        assert_eq!(again(1, at(0), at(0), 255), Some(at(5)));
        assert_eq!(again(MOST_ATTEMPTS, at(0), at(1), 0), None);
        let old = i64::try_from(OLDEST.as_secs()).unwrap();
        assert_eq!(again(1, at(0), at(old), 0), None);
        assert_eq!(again(1, at(0), at(old - 10), 255), Some(at(old - 5)));
        // A clock that was set back makes a letter younger, never immortal: attempts still count.
        assert_eq!(again(1, at(100), at(0), 255), Some(at(5)));
    }

    #[test]
    fn res_12_two_days_of_attempts_are_fewer_than_the_most() {
        let (mut now, mut attempts) = (at(0), 0);
        while let Some(next) = again(attempts + 1, at(0), now, 127) {
            (now, attempts) = (next, attempts + 1);
        }
        assert!((40..=MOST_ATTEMPTS).contains(&(attempts + 1)), "{attempts}");
    }
}

//! Files that live pages offer: whoever offers too many is listened to more slowly.
//!
//! One message offers a thousand files, and each costs a row that is written and removed again. Rates of requests say
//! nothing about that. An honest page may drop ten thousand files at once, so what comes too fast is not refused but
//! waits, as bytes do; only whoever has offered more than can be waited for is told to come again.
//!
//! Who is known by a cookie or another proof was here before. Who shows nothing may be new each time, so all of them
//! that come from one address share a smaller rate.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What ten seconds allow may come at once.
const AHEAD: Duration = Duration::from_secs(10);
/// And so long a page is let wait.
const PATIENCE: Duration = Duration::from_secs(10);
/// Strangers together have this part of the rate.
const STRANGERS: u32 = 10;

/// The files that each caller, or each address, offers.
#[derive(Debug)]
pub(super) struct Offers<K> {
    rate: u32,
    /// When all that was offered so far has been paid for, by those whom nobody knows and by others.
    paid: Mutex<HashMap<(K, bool), Instant>>,
}

impl<K: Hash + Eq + Clone> Offers<K> {
    pub(super) fn new(each_second: u32) -> Self {
        Self { rate: each_second.max(1), paid: Mutex::default() }
    }

    /// So many files are offered. Answers how long they have to wait.
    ///
    /// # Errors
    /// How long to wait before anything is offered again; these don't count.
    pub(super) fn offer(
        &self,
        key: &K,
        is_stranger: bool,
        files: usize,
        now: Instant,
    ) -> Result<Duration, Duration> {
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        // Only here the table grows, so only here what makes no difference any more has to go.
        if paid.len() == paid.capacity() {
            paid.retain(|_, until| *until > now);
        }
        let until = paid.entry((key.clone(), is_stranger)).or_insert(now);
        let owed = until.saturating_duration_since(now);
        if owed > AHEAD + PATIENCE {
            return Err(owed.saturating_sub(AHEAD + PATIENCE));
        }
        let slower = if is_stranger { STRANGERS } else { 1 };
        let price = Duration::from_secs(u64::from(slower)) / self.rate;
        let price = price.saturating_mul(u32::try_from(files).unwrap_or(u32::MAX));
        *until = (*until).max(now) + price.min(Duration::from_secs(3_600));
        // What one message brings never waits for itself: a slow rate must let a first one in.
        Ok(owed.saturating_sub(AHEAD))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_goes_through_then_it_waits_and_then_it_is_told_to_come_again() {
        let (offers, now) = (Offers::new(100), Instant::now());
        let offer = |files, at| offers.offer(&"here", false, files, at);
        assert_eq!(offer(1_000, now), Ok(Duration::ZERO));
        assert_eq!(offer(500, now), Ok(Duration::ZERO), "what ten seconds allow was paid for");
        assert_eq!(offer(1_000, now), Ok(5 * SECOND));
        assert_eq!(offer(1, now), Err(5 * SECOND));
        assert_eq!(offer(1, now), Err(5 * SECOND), "what is refused does not count");
        assert_eq!(offer(1, now + 5 * SECOND), Ok(10 * SECOND));
        assert_eq!(offer(1, now + 60 * SECOND), Ok(Duration::ZERO));
    }

    #[test]
    fn strangers_of_an_address_share_a_tenth_and_nobody_else_pays_for_it() {
        let (offers, now) = (Offers::new(100), Instant::now());
        assert_eq!(offers.offer(&"here", true, 110, now), Ok(Duration::ZERO));
        assert_eq!(offers.offer(&"here", true, 1, now), Ok(SECOND));
        assert_eq!(offers.offer(&"here", false, 900, now), Ok(Duration::ZERO));
        assert_eq!(offers.offer(&"there", true, 1, now), Ok(Duration::ZERO));
    }

    #[test]
    fn the_first_message_comes_in_however_slow_the_rate_is() {
        let (offers, now) = (Offers::new(1), Instant::now());
        assert_eq!(offers.offer(&"here", false, 1_000_000, now), Ok(Duration::ZERO));
        let again = offers.offer(&"here", false, 1, now).unwrap_err();
        assert!(again <= 3_600 * SECOND, "and nobody is shut out for ever: {again:?}");
    }

    #[test]
    fn who_has_paid_is_forgotten() {
        let (offers, now) = (Offers::new(100), Instant::now());
        for key in 0..10_000_u32 {
            offers.offer(&key, true, 1, now + SECOND * key).unwrap();
        }
        assert!(offers.paid.lock().unwrap().len() < 100);
    }
}

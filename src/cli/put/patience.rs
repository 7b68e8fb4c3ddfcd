//! How long a file is tried again: a few times without getting any further, each after a longer pause.
//!
//! Pauses differ by chance, because many who lost the same server would come back to it together otherwise.

use std::time::Duration;

use super::trouble::Trouble;

const LONGEST: Duration = Duration::from_secs(30);
/// A server that asks for more than this is not waited for as long as it asks.
const ASKED: Duration = Duration::from_secs(300);

#[derive(Debug, Clone)]
pub(super) struct Patience {
    pub(super) retries: u32,
    pub(super) delay: Duration,
    tries: u32,
}

impl Patience {
    pub(super) fn new(retries: u32, delay: Duration) -> Self {
        Self { retries, delay, tries: 0 }
    }

    /// The same for a question at the start, where a wrong address should not take minutes to be told.
    pub(super) fn at_first(&self) -> Self {
        Self::new(self.retries.min(3), self.delay)
    }

    /// It went on, so every try is there again.
    pub(super) fn renew(&mut self) {
        self.tries = 0;
    }

    /// Which try comes next, if there is one for this.
    pub(super) fn next(&mut self, trouble: &Trouble) -> Option<(u32, Duration)> {
        let Trouble::Passing { wait, .. } = trouble else { return None };
        if self.tries >= self.retries {
            return None;
        }
        self.tries += 1;
        let asked = wait.map(|wait| wait.min(ASKED));
        Some((self.tries, asked.unwrap_or_else(|| pause(self.delay, self.tries, chance()))))
    }

    /// Does something until it is done, or there is no trying again.
    pub(super) fn with<T>(
        &mut self,
        note: impl Fn(&Trouble, u32),
        mut attempt: impl FnMut() -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        loop {
            let trouble = match attempt() {
                Ok(done) => return Ok(done),
                Err(trouble) => trouble,
            };
            let Some((tries, wait)) = self.next(&trouble) else { return Err(trouble) };
            note(&trouble, tries);
            rest(wait);
        }
    }
}

/// Between half of the delay, doubled for each try, and all of it.
fn pause(delay: Duration, tries: u32, chance: u8) -> Duration {
    let doubled = delay.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
    let whole = doubled.min(LONGEST.max(delay));
    whole / 2 + whole / 2 * u32::from(chance) / 255
}

fn chance() -> u8 {
    uuid::Uuid::new_v4().as_bytes()[0]
}

#[allow(clippy::disallowed_methods)] // A thread of our own; no worker of a server runs here.
pub(super) fn rest(wait: Duration) {
    std::thread::sleep(wait);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Duration = Duration::from_millis(500);

    fn passing(wait: Option<u64>) -> Trouble {
        let wait = wait.map(Duration::from_secs);
        Trouble::Passing { why: "x".to_owned(), wait, reached: true }
    }

    #[test]
    fn pauses_double_up_to_a_limit_and_differ() {
        for (tries, chance, millis) in [
            (1, 255, 500),
            (1, 0, 250),
            (2, 255, 1_000),
            (4, 0, 2_000),
            (7, 255, 30_000),
            (7, 0, 15_000),
            (4_000_000, 255, 30_000),
        ] {
            assert_eq!(pause(HALF, tries, chance).as_millis(), millis, "{tries} {chance}");
        }
        assert_eq!(pause(Duration::ZERO, 5, 255), Duration::ZERO);
        assert_eq!(pause(LONGEST * 3, 5, 255), LONGEST * 3);
    }

    #[test]
    fn tries_end_unless_it_goes_on() {
        let mut patience = Patience::new(2, HALF);
        let mut tries = || patience.next(&passing(Some(1_000)));
        assert_eq!(tries(), Some((1, ASKED)));
        assert_eq!(tries(), Some((2, ASKED)));
        assert_eq!(tries(), None);
        patience.renew();
        assert_eq!(patience.next(&passing(Some(7))), Some((1, Duration::from_secs(7))));
        assert_eq!(patience.next(&Trouble::Gone(None)), None);
        assert_eq!(patience.next(&Trouble::Failed("x".to_owned())), None);
    }

    #[test]
    fn something_is_done_until_it_is_done() {
        let mut patience = Patience::new(3, Duration::ZERO);
        let mut left = 3;
        let done = patience.with(
            |_, _| {},
            || {
                left -= 1;
                if left == 0 { Ok("done") } else { Err(passing(None)) }
            },
        );
        assert_eq!(done, Ok("done"));
        patience.renew();
        let never = patience.with(|_, _| {}, || Err::<(), _>(passing(None)));
        assert_eq!(never, Err(passing(None)));
    }
}

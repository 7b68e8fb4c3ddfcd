//! What holds for every check that asks somebody outside: a scanner, a program.
//!
//! Whoever is outside may be gone, hang, or say what nobody understands, and then nothing is known of
//! the file. Without one place for that each check would decide anew what an answer that never came
//! means, and one of them would let the file through. Here it is refused with `check_failed`, unless
//! the operator has said otherwise; nobody waits longer than was said; and so many are asked at a time
//! that a burst of uploads doesn't become a burst of processes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::checks::{Subject, Verdict};
use crate::domain::{Code, Rejection};

/// What becomes of a file that could not be checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// It is refused with `check_failed`: nothing gets in because a scanner is down.
    #[default]
    Refuse,
    /// It is taken like a checked one, and the log says so.
    Accept,
}

/// Why a file could not be checked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The bytes went to a writer of the application's.
    #[error("its bytes went to the application and can't be read back")]
    Unreadable,
    /// Others were asked first, for too long.
    #[error("it was not its turn in time")]
    Crowded,
    /// No answer in time.
    #[error("no answer in time")]
    Late,
    /// Our own bytes can't be read.
    #[error("its bytes can't be read")]
    Read(#[source] io::Error),
    /// Whoever is asked isn't there, or went away.
    #[error("{what}")]
    Gone {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// An answer that is none.
    #[error("{0}")]
    Answer(String),
}

/// The terms on which somebody outside is asked.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) time_limit: Duration,
    pub(super) on_failure: OnFailure,
    turns: Arc<Semaphore>,
}

impl Terms {
    pub(super) fn new(time_limit: Duration, at_once: usize) -> Self {
        let turns = Arc::new(Semaphore::new(at_once));
        Self { time_limit, on_failure: OnFailure::default(), turns }
    }

    /// How many are asked at a time, at least one.
    pub(super) fn at_once(&mut self, number: usize) {
        self.turns = Arc::new(Semaphore::new(number.clamp(1, Semaphore::MAX_PERMITS)));
    }

    /// Asks when it is its turn. Waiting for it and the asking itself may each take the time limit.
    pub(super) async fn ask(
        &self,
        check: &'static str,
        subject: &Subject<'_>,
        asking: impl Future<Output = Result<Verdict, Failure>>,
    ) -> Verdict {
        let result = match timeout(self.time_limit, self.turns.acquire()).await {
            Err(_) | Ok(Err(_)) => Err(Failure::Crowded),
            Ok(Ok(_turn)) => match timeout(self.time_limit, asking).await {
                Err(_) => Err(Failure::Late),
                Ok(result) => result,
            },
        };
        result.unwrap_or_else(|failure| self.failed(check, subject, &failure))
    }

    fn failed(&self, check: &'static str, subject: &Subject<'_>, failure: &Failure) -> Verdict {
        let id = subject.entry.id;
        let cause = std::error::Error::source(failure).map(ToString::to_string).unwrap_or_default();
        let why = printable(&format!("{failure} {cause}"), 500);
        match self.on_failure {
            OnFailure::Refuse => {
                tracing::error!(entry.id = %id, check, why, "{check} could not check entry {id}: it is refused");
                Verdict::Refuse(Rejection::new(Code::CheckFailed))
            }
            OnFailure::Accept => {
                tracing::warn!(entry.id = %id, check, why, "{check} could not check entry {id}: it is taken UNCHECKED");
                Verdict::Accept
            }
        }
    }
}

/// The setters of a check that asks somebody outside, over its field `terms`: what it does, how long that may take unless
/// said, and how many of it run at a time.
macro_rules! setters_of_terms {
    ($one:literal, $limit:literal, $many:literal, $at_once:literal) => {
        #[doc = concat!("How long ", $one, " may take: ", $limit, " unless said. Waiting for a turn may take as long again.")]
        #[must_use]
        pub fn time_limit(mut self, limit: std::time::Duration) -> Self {
            self.terms.time_limit = limit;
            self
        }

        #[doc = concat!("How many ", $many, " at a time: ", $at_once, " unless said, at least 1.")]
        #[must_use]
        pub fn at_once(mut self, number: usize) -> Self {
            self.terms.at_once(number);
            self
        }

        /// What becomes of files of which nothing could be found out; they are refused unless said.
        #[must_use]
        pub fn on_failure(mut self, on_failure: $crate::checks::OnFailure) -> Self {
            self.terms.on_failure = on_failure;
            self
        }
    };
}
pub(super) use setters_of_terms;

/// Text from outside for a log line or a person: one line of what can be seen, at most so many characters.
pub(super) fn printable(text: &str, most: usize) -> String {
    let seen = |c: char| if c.is_control() || is_format(c) { ' ' } else { c };
    let line: String = text.trim().chars().map(seen).take(most).collect();
    line.trim().to_owned()
}

/// What turns the direction of a line, hides in it or ends it without being a control character.
fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_one_line_that_can_be_seen() {
        for (given, shown) in [
            ("Eicar", "Eicar"),
            ("  a\r\nERROR forged\u{1b}[31m", "a  ERROR forged [31m"),
            ("\u{202e}gpj", "gpj"),
            ("", ""),
        ] {
            assert_eq!(printable(given, 100), shown);
        }
        assert_eq!(printable("abcdef", 3), "abc");
    }
}

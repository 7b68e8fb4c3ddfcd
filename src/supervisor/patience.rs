//! How long peers may keep us waiting. One table, so that the times fit each other.

use std::time::Duration;

/// The times after which a peer is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the opening of a live page's socket to its `hello`.
    pub hello: Duration,
    /// Without a sign of life of a live page; it is pinged three times as often.
    pub silence: Duration,
    /// In which a request's body brings less than [`LEAST`] bytes, and does not end either.
    pub body: Duration,
}

/// What a body has to bring in its time: slower than any modem, faster than whoever only holds a place.
pub const LEAST: usize = 1024;

impl Default for Patience {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(10),
            silence: Duration::from_secs(45),
            body: Duration::from_secs(30),
        }
    }
}

impl Patience {
    /// How often a live page is asked for a sign of life (`DESIGN` §9.1).
    pub(crate) fn ping(&self) -> Duration {
        self.silence / 3
    }

    /// In which an answer's receiver takes nothing. Longer than for a body: the kernel takes pieces of up to
    /// some MiB from us and hands them on, so that an honest reader on a thin line lets us wait for long.
    pub(crate) fn answer(&self) -> Duration {
        self.body * 4
    }

    /// In which a connection has no request under way. Longer than actix's own time for that, and long enough
    /// for the head of a request on the worst of lines.
    pub(crate) fn rest(&self) -> Duration {
        self.body * 2
    }

    /// How often the supervisor looks.
    pub(super) fn look(&self) -> Duration {
        let shortest = self.hello.min(self.silence).min(self.body);
        (shortest / 2).clamp(Duration::from_millis(10), Duration::from_secs(5))
    }
}

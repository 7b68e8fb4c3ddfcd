//! [`Figures`]: what a rig did, and how long it is meant to.

use std::fmt;

/// A number from the environment: `scripts/soak` asks for more than a test run does.
pub(crate) fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number: {text:?}")))
}

/// Counted over all rounds.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) rounds: u64,
    pub(crate) blows: u64,
    /// Files that were answered "complete", and their bytes.
    pub(crate) uploads: u64,
    pub(crate) bytes: u64,
    /// Entries that went on behind their first byte.
    pub(crate) resumes: u64,
    /// Bytes that had been sent before a blow and were sent again.
    pub(crate) twice: u64,
    /// Files that had to begin anew under another name: by the form door, or after an error.
    pub(crate) anew: u64,
    /// Files that were stored although the answer was lost on the way.
    pub(crate) unheard: u64,
    /// Files that their clients took back, and were told so.
    pub(crate) cancelled: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "rounds={} blows={} uploads={} bytes={} resumes={} bytes_sent_twice={} begun_anew={} \
             stored_without_answer={} cancelled={}",
            self.rounds,
            self.blows,
            self.uploads,
            self.bytes,
            self.resumes,
            self.twice,
            self.anew,
            self.unheard,
            self.cancelled,
        )
    }
}

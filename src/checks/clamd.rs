//! [`Clamd`]: asks a ClamAV daemon whether a file is infected.
//!
//! The bytes are sent over a socket (`INSTREAM`), so the daemon needs no right to read our folders,
//! may run as another user or on another machine, and the store may be any. Nothing of the file is
//! kept in memory but one piece. The file isn't published before the answer has come; an infected one
//! never was anywhere but in the spool, and goes from there.
//!
//! ORDER: "OK" counts only when all bytes were sent. A daemon that says it earlier can't have seen them.

mod address;
mod talk;

use std::time::Duration;

use async_trait::async_trait;

use super::outside::{Failure, OnFailure, Terms, printable, setters_of_terms};
use super::{Check, Stage, Subject, Verdict};
use crate::domain::{Code, Rejection};

pub use self::address::{AddressError, ClamdAddress};
use self::talk::Answer;

/// A bit more than `clamd` itself takes for a file unless configured (`MaxScanTime`).
const TIME_LIMIT: Duration = Duration::from_secs(150);
const AT_ONCE: usize = 4;

/// Refuses what ClamAV calls infected (`infected`). It looks at whole files.
///
/// A file that the daemon can't or won't scan is refused with `check_failed`, unless
/// [`on_failure`](Self::on_failure) says otherwise; so is one that is longer than its `StreamMaxLength`,
/// and one whose bytes went to a writer of the application's. `clamd` has a limit of its own for how many it scans at a
/// time (`MaxThreads`). `docs/guides/scanning.md` says how to
/// start a daemon, and what it doesn't look at.
#[derive(Clone, Debug)]
pub struct Clamd {
    address: ClamdAddress,
    terms: Terms,
}

impl Clamd {
    /// The daemon at an address: a path (`/run/clamav/clamd.ctl`, `unix:/run/clamav/clamd.ctl`) or a host
    /// and port (`127.0.0.1:3310`). Nobody is asked yet.
    ///
    /// # Errors
    /// [`AddressError`] if it is neither.
    pub fn at(address: &str) -> Result<Self, AddressError> {
        Ok(Self { address: address.parse()?, terms: Terms::new(TIME_LIMIT, AT_ONCE) })
    }

    setters_of_terms!("one scan", "150 s", "files are scanned", "4");

    async fn scan(&self, subject: &Subject<'_>) -> Result<Verdict, Failure> {
        let content = subject.content.ok_or(Failure::Unreadable)?;
        match talk::scan(&self.address, content).await? {
            Answer::Clean => Ok(Verdict::Accept),
            Answer::Infected(signature) => {
                let (id, signature) = (subject.entry.id, printable(&signature, 200));
                tracing::warn!(entry.id = %id, signature, "entry {id} is infected: {signature}");
                Ok(Verdict::Refuse(Rejection::new(Code::Infected)))
            }
        }
    }
}

#[async_trait]
impl Check for Clamd {
    fn name(&self) -> &'static str {
        "clamd"
    }

    fn stage(&self) -> Stage {
        Stage::Complete
    }

    async fn check(&self, subject: Subject<'_>) -> Verdict {
        self.terms.ask(self.name(), &subject, self.scan(&subject)).await
    }

    async fn can_look(&self) -> bool {
        self.terms.on_failure == OnFailure::Accept || talk::answers(&self.address).await
    }
}

#[cfg(test)]
mod tests;

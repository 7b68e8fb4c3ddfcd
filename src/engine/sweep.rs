//! The sweep: entries that nobody finished or nobody consumed end when their time is over. Nothing else is
//! ever removed.

use std::time::Duration;

use super::{Engine, UploadError};
use crate::catalogue::{Query, Wanted};
use crate::domain::{Code, Rejection, Timestamp, Transition};

/// As many rows as one round takes, so that a sweep never holds the catalogue for long.
const ROUND: u32 = 200;
/// How long files lie in quarantine.
const QUARANTINE: Duration = Duration::from_secs(24 * 3600);

/// What one sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Entries that never got all their bytes.
    pub unfinished: usize,
    /// Complete entries that no application took over.
    pub unconsumed: usize,
    /// Files that had lain in quarantine long enough.
    pub quarantined: usize,
}

impl Engine {
    /// Expires entries to which nothing was added for longer than `ttl` and that are not consumed, and unfinished ones
    /// that are older than [`Quotas::life`](super::Quotas::life).
    ///
    /// # Errors
    /// A fault of the catalogue or the store; what was swept before stays swept.
    pub async fn sweep(&self, ttl: Duration) -> Result<Swept, UploadError> {
        let before = self.ago(ttl);
        let mut swept = Swept::default();
        let born_before = self.quotas().life.map(|life| self.ago(life));
        for live in self.registry().all() {
            let entry = live.snapshot();
            let too_old = born_before.is_some_and(|born| entry.created_at < born && !entry.done());
            if (live.touched() >= before && !too_old) || entry.state().is_terminal() {
                continue;
            }
            let Some(_commit) = self.registry().turn(&live).await else { continue };
            let complete = entry.done();
            let reason = Rejection::new(Code::Expired);
            if self.end_now(&live, Transition::Expire, reason).await.is_ok() {
                if complete {
                    swept.unconsumed += 1;
                } else {
                    swept.unfinished += 1;
                }
            }
        }
        let untouched = |wanted| Query { before: Some(before), ..Query::new(wanted, ROUND) };
        swept.unfinished += self.sweep_rows(untouched(Wanted::Unfinished)).await?;
        swept.unconsumed += self.sweep_rows(untouched(Wanted::Unconsumed)).await?;
        self.sweep_rows(untouched(Wanted::Taken)).await?;
        if born_before.is_some() {
            let old = Query { born_before, ..Query::new(Wanted::Unfinished, ROUND) };
            swept.unfinished += self.sweep_rows(old).await?;
        }
        if let Some(spool) = &self.parts().spool {
            swept.quarantined = spool.empty_quarantine(self.ago(QUARANTINE)).await?;
        }
        Ok(swept)
    }

    pub(super) fn ago(&self, time: Duration) -> Timestamp {
        let time = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(self.parts().clock.now().as_millis().saturating_sub(time))
    }

    async fn sweep_rows(&self, mut query: Query) -> Result<usize, UploadError> {
        let mut swept = 0;
        loop {
            let rows = self.parts().catalogue.list(&query).await?;
            let Some(last) = rows.last() else { return Ok(swept) };
            query.cursor = Some(last.id);
            // Of a live entry its holder knows better than the row when it was last touched.
            for mut over in self.forget_all_remembered(rows).await? {
                swept += 1;
                if over.apply(Transition::Expire).is_ok() {
                    self.news().ended(&over);
                }
            }
        }
    }
}

//! The sweep: entries that nobody finished or nobody consumed end when their time is over. Nothing else is
//! ever removed.

use std::time::Duration;

use super::live::key_of;
use super::{Engine, UploadError};
use crate::catalogue::{Query, Wanted};
use crate::domain::{Code, Entry, Rejection, Timestamp, Transition};

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
    /// Expires entries to which nothing was added for longer than `ttl` and that are not consumed.
    ///
    /// # Errors
    /// A fault of the catalogue or the store; what was swept before stays swept.
    pub async fn sweep(&self, ttl: Duration) -> Result<Swept, UploadError> {
        let before = self.ago(ttl);
        let mut swept = Swept::default();
        for live in self.registry().all() {
            let entry = live.snapshot();
            if live.touched() >= before || entry.state().is_terminal() {
                continue;
            }
            let complete = entry.done();
            if self.end(&live, Transition::Expire, Rejection::new(Code::Expired)).await.is_ok() {
                if complete {
                    swept.unconsumed += 1;
                } else {
                    swept.unfinished += 1;
                }
            }
        }
        swept.unfinished += self.sweep_rows(Wanted::Unfinished, before).await?;
        swept.unconsumed += self.sweep_rows(Wanted::Unconsumed, before).await?;
        self.sweep_rows(Wanted::Taken, before).await?;
        if let Some(spool) = &self.parts().spool {
            swept.quarantined = spool.empty_quarantine(self.ago(QUARANTINE)).await?;
        }
        Ok(swept)
    }

    pub(super) fn ago(&self, time: Duration) -> Timestamp {
        let time = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(self.parts().clock.now().as_millis().saturating_sub(time))
    }

    async fn sweep_rows(&self, wanted: Wanted, before: Timestamp) -> Result<usize, UploadError> {
        let mut swept = 0;
        let mut query = Query { before: Some(before), ..Query::new(wanted, ROUND) };
        loop {
            let rows = self.parts().catalogue.list(&query).await?;
            let Some(last) = rows.last() else { return Ok(swept) };
            query.cursor = Some(last.id);
            for row in rows {
                // Of a live entry its holder knows better than the row when it was last touched.
                if !self.registry().is_live(row.id) {
                    self.forget_remembered(&row).await?;
                    swept += 1;
                    let mut over = row;
                    if over.apply(Transition::Expire).is_ok() {
                        self.news().ended(&over);
                    }
                }
            }
        }
    }

    /// Removes an entry that only the catalogue remembers: its row, then its bytes.
    pub(super) async fn forget_remembered(&self, row: &Entry) -> Result<(), UploadError> {
        self.forget_row(row.id).await?;
        if row.state().is_active() {
            self.forget_unfinished(key_of(row)).await?;
            if let Some(spool) = &self.parts().spool {
                spool.tidy(row.home).await?;
            }
        }
        Ok(self.parts().blobs.remove(row.id).await?)
    }
}

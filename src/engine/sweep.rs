//! The sweep: entries that nobody finished or nobody consumed end when their time is over. Nothing else is
//! ever removed.

use std::time::Duration;

use super::{Engine, UploadError};
use crate::catalogue::{Query, Wanted};
use crate::domain::{Code, Rejection, Timestamp, Transition};

/// As many rows as one round takes, so that a sweep never holds the catalogue for long.
const ROUND: u32 = 200;

/// What one sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Entries that never got all their bytes.
    pub unfinished: usize,
    /// Complete entries that no application took over.
    pub unconsumed: usize,
}

impl Engine {
    /// Expires entries to which nothing was added for longer than `ttl` and that are not consumed.
    ///
    /// # Errors
    /// A fault of the catalogue or the store; what was swept before stays swept.
    pub async fn sweep(&self, ttl: Duration) -> Result<Swept, UploadError> {
        let now = self.parts().clock.now();
        let ttl = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
        let before = Timestamp::from_millis(now.as_millis().saturating_sub(ttl));
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
        Ok(swept)
    }

    async fn sweep_rows(&self, wanted: Wanted, before: Timestamp) -> Result<usize, UploadError> {
        let mut swept = 0;
        loop {
            let query = Query { before: Some(before), ..Query::new(wanted, ROUND) };
            let rows = self.parts().catalogue.list(&query).await?;
            if rows.is_empty() {
                return Ok(swept);
            }
            for entry in rows {
                self.parts().catalogue.remove(entry.id).await?;
                self.parts().blobs.remove(entry.id).await?;
                swept += 1;
            }
        }
    }
}

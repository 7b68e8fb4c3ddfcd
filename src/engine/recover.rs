//! Recovery at start: what an earlier process left unfinished is cleared away.
//!
//! The row decides what is stored. Rows that say "unfinished" belong to sessions that no longer exist, so
//! they go, and so do all session folders. Complete and kept entries are not touched.

use super::{Engine, UploadError};
use crate::catalogue::{Query, Wanted};

/// As many rows as one look takes.
const PAGE: u32 = 500;

impl Engine {
    /// Clears what an earlier process left; call it once, before the first door opens. Answers how many
    /// entries were given up.
    ///
    /// # Errors
    /// A fault of the catalogue or the store.
    pub async fn recover(&self) -> Result<usize, UploadError> {
        let mut given_up = 0;
        loop {
            let query = Query::new(Wanted::Unfinished, PAGE);
            let unfinished = self.parts().catalogue.list(&query).await?;
            if unfinished.is_empty() {
                break;
            }
            for entry in unfinished {
                self.parts().catalogue.remove(entry.id).await?;
                given_up += 1;
            }
        }
        if let Some(spool) = &self.parts().spool {
            for session in spool.leftover().await? {
                spool.discard(session).await?;
            }
        }
        Ok(given_up)
    }
}

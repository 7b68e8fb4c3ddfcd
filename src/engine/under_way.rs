//! What is still under way: for tests, which must leave nothing behind.

use super::{Engine, UploadError};

impl Engine {
    /// In words: leases that somebody holds or whose last bytes are being written, entries that are being
    /// settled, jobs that wait or run, and bytes that no entry explains.
    ///
    /// # Errors
    /// A fault of the catalogue or the store.
    pub async fn under_way(&self) -> Result<Vec<String>, UploadError> {
        let mut found = Vec::new();
        for id in self.registry().held() {
            found.push(format!("a lease of {id} is held"));
        }
        let busy = self.busy().count();
        if busy > 0 {
            found.push(format!("{busy} pieces of work are under way"));
        }
        for (job, id) in self.parts().jobs.under_way() {
            found.push(format!("the job {job} for {id} is not done"));
        }
        let Some(spool) = &self.parts().spool else { return Ok(found) };
        let leftover = spool.leftover().await?;
        for key in leftover.unfinished {
            let live = self.registry().is_live(key.id);
            if !live && self.parts().catalogue.load(key.id).await?.is_none() {
                found.push(format!("unfinished bytes of {} have no row", key.id));
            }
        }
        for (id, _) in leftover.published {
            if self.parts().catalogue.load(id).await?.is_none() {
                found.push(format!("the file {id} has no row"));
            }
        }
        Ok(found)
    }
}

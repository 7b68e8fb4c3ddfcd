//! Uploads that come in steps: each may be the last one for a day, and may be of one byte.

mod declare;
mod heads;
mod join;
mod park;
mod whole;

use super::*;

impl Rig {
    /// The rig of a caller whose uploads come by requests.
    pub(super) fn standing(options: Declaration) -> Self {
        let mut rig = Self::new(options);
        rig.to.session = Engine::standing_session(&rig.caller, &rig.to.page);
        rig
    }

    pub(super) fn standing_files() -> Self {
        Self::standing(Declaration::new().max_entries(100).max_file_size(64_000_000))
    }

    /// What a request does: takes the entry up, sends a piece of the file behind what is there, puts it down.
    pub(super) async fn step(&self, id: EntryId, bytes: &[u8]) -> Result<u64, UploadError> {
        let at = self.take_up(id).await?;
        let mut lease = self.engine.claim(id, &self.caller).await?;
        lease.write(chunk(at, bytes)).await?;
        let offset = lease.offset();
        lease.release().await?;
        Ok(offset)
    }

    pub(super) async fn take_up(&self, id: EntryId) -> Result<u64, UploadError> {
        let entry = self.engine.get(id, &self.caller).await?;
        Ok(self.engine.adopt(&self.to, id, entry.reference).await?.offset)
    }

    pub(super) async fn finish(&self, id: EntryId) -> Result<Entry, UploadError> {
        self.take_up(id).await?;
        self.engine.claim(id, &self.caller).await?.finish().await
    }

    /// Nothing in memory any more.
    pub(super) fn park(&self) {
        self.clock.0.fetch_add(1, Ordering::SeqCst);
        self.engine.park(Duration::ZERO);
    }
}

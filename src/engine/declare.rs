//! Declaring: the length of an upload that began without one becomes known, while it is written.
//!
//! What registration asks of a size is asked here: the slot's limits, quotas, and room on the disk. A length that is refused
//! leaves the upload as it was, for a client can say another one.

use super::live::LiveEntry;
use super::{Engine, Lifetime, UploadError};
use crate::catalogue::Checkpoint;
use crate::domain::{Code, EntryKind, Rejection};

impl Engine {
    /// Remembers the length of an entry of which `taken` bytes have been taken under the lease of that epoch.
    pub(super) async fn declare(
        &self,
        live: &LiveEntry,
        epoch: u64,
        taken: u64,
        length: u64,
    ) -> Result<(), UploadError> {
        let session = live.entry().session;
        // What is registered meanwhile is held against the same total.
        let _one_after_the_other = self.registry().gate(session).lock_owned().await;
        // Nobody adopts, finishes or ends it between the row and the entry.
        let _commit = live.commit.lock().await;
        if live.epoch() != epoch || !live.snapshot().state().is_active() {
            return Err(live.gone());
        }
        let known = live.entry().length;
        if length < taken || known.is_some_and(|known| known != length) {
            return Err(Rejection::new(Code::SizeMismatch).into());
        }
        if known.is_some() {
            return Ok(());
        }
        self.allows(live, length)?;
        self.share_of_the_rest(live, length).await?;
        let room = self.room_for_the_rest(live, length).await?;
        if live.lifetime == Lifetime::Session {
            let at = self.parts().clock.now();
            let row = Checkpoint { offset: 0, partial_digest: None, length: Some(length), at };
            self.parts().catalogue.checkpoint(live.id, &row).await?;
        }
        room.keep(|| live.entry().length = Some(length));
        if live.lifetime == Lifetime::Session {
            live.share_is_in_row();
        }
        Ok(())
    }

    /// Whether the slot takes a file of that length.
    fn allows(&self, live: &LiveEntry, length: u64) -> Result<(), Rejection> {
        let (constraints, entry) = (live.slot.constraints(), live.snapshot());
        if entry.kind == EntryKind::Piece {
            return constraints.check_so_far(length);
        }
        constraints.check_final(length)?;
        let mut others = self.registry().usage(entry.session, &entry.slot);
        others.bytes = others.bytes.saturating_sub(entry.offset);
        constraints.check_total(&others, length)
    }
}

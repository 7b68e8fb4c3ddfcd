//! Naming: a piece becomes a file when its client says what the file is called.
//!
//! Some clients ask for a place first and say the file's name only with the first of its bytes. Their upload begins
//! as a piece, for which the slot has no name to judge; from here on all of the slot's rules hold for it, as if it
//! were registered now. So a file of the wrong kind is refused before its first byte, and not after its last.

use std::sync::Arc;

use super::claim::ended;
use super::digests::Needs;
use super::granted::Left;
use super::{Engine, Registration, UploadError};
use crate::domain::{Amount, ClientFacts, Entry, EntryId, EntryKind, EntryState, RelativePath};

impl Engine {
    /// Makes a file of a piece without bytes; its row says so when this returns. What is a file already is
    /// answered as it is.
    ///
    /// # Errors
    /// As [`Engine::register`] refuses files, and the piece stays; [`UploadError::NotFound`] for unknown and
    /// foreign ones; [`UploadError::Illegal`] for a piece that has bytes or has ended.
    pub async fn name(
        &self,
        to: &Registration,
        id: EntryId,
        facts: ClientFacts,
    ) -> Result<Entry, UploadError> {
        self.ensure_open()?;
        self.may_register(to).await?;
        let mut left = self.left(to).await?;
        let _one_after_the_other = self.registry().gate(to.session).lock_owned().await;
        let live = self.registry().get(id, &to.caller)?;
        let _commit = Arc::clone(&live.commit).lock_owned().await;
        let before = live.snapshot();
        if before.kind == EntryKind::File {
            return Ok(before);
        }
        if self.registry().moved(&live) {
            return Err(UploadError::Superseded);
        }
        if *before.state() != EntryState::Registered || before.offset > 0 {
            return Err(ended(before.state()));
        }
        let usage = self.registry().usage(to.session, to.slot.name());
        let name = to.slot.admit(&usage, &facts)?;
        left.as_mut().map_or(Ok(()), Left::take)?;
        let path = facts.client_relative_path.as_deref();
        let relative_path = path.map(RelativePath::sanitise).transpose()?;
        let mut entry = before.clone();
        (entry.kind, entry.length) = (EntryKind::File, facts.client_size);
        (entry.name, entry.relative_path, entry.facts) = (name, relative_path, facts);
        to.hooks.validate(&entry).await?;
        let more = Amount::of(&entry).without(Amount::of(&before));
        let share = self.allotment(to).take_amount(more).await??;
        let mut room = self.room_for(to).await;
        if before.length != entry.length {
            room.take(&entry).await?;
        }
        self.parts().catalogue.settle(&entry).await?;
        live.hold(share);
        live.share_is_in_row();
        // Bytes of a piece are nobody's business; those of a file are looked at from the first one on.
        if let Some(pen) = live.pen.lock().await.as_mut() {
            pen.judged = false;
            // A piece needs no digest. What was written meanwhile is read back for it in the end.
            if pen.asked() == 0 {
                pen.hashing = Needs::of(&live.slot, &entry).into();
            }
        }
        room.keep(|| *live.entry() = entry.clone());
        Ok(entry)
    }
}

//! Pieces under an id that their door has chosen: whoever asks again for the same one gets it.

use std::sync::Arc;

use super::live::LiveEntry;
use super::register::{PIECE_NAME, PIECES};
use super::{Engine, Registration, UploadError};
use crate::domain::{
    ClientFacts, Code, Entry, EntryId, EntryKind, EntryRef, FileName, NewEntry, Rejection,
};

impl Engine {
    /// Registers a piece of unknown length under this id, or answers the one that is there. Its row is durable when this
    /// returns. One that has ended without success begins anew.
    ///
    /// # Errors
    /// `forbidden`, `too_many_files`, `quota_exceeded`, `disk_full`; [`UploadError::NotFound`] if the id is somebody else's;
    /// a fault of the
    /// catalogue.
    pub async fn register_piece(
        &self,
        to: &Registration,
        id: EntryId,
        memo: String,
    ) -> Result<Entry, UploadError> {
        self.ensure_open()?;
        self.may_register(to).await?;
        let _one_after_the_other = self.registry().gate(to.session).lock_owned().await;
        match self.own(id, &to.caller).await {
            Ok(known) if known.done() || !known.state().is_terminal() => return Ok(known),
            Ok(ended) => self.registry().forget(ended.session, id),
            Err(UploadError::NotFound) => {}
            Err(error) => return Err(error),
        }
        if self.registry().pieces(to.session) >= PIECES {
            return Err(Rejection::new(Code::TooManyFiles).into());
        }
        let reference = EntryRef::try_from(id.to_string().as_str());
        let entry = Entry::new(NewEntry {
            id,
            reference: reference.map_err(|_| Rejection::new(Code::InvalidMessage))?,
            session: to.session,
            owner: to.caller.owner(),
            ticket: to.caller.ticket(),
            page: to.page.clone(),
            slot: to.slot.name().clone(),
            name: FileName::sanitise(PIECE_NAME)?,
            relative_path: None,
            length: None,
            facts: ClientFacts::default(),
            kind: EntryKind::Piece,
            memo: Some(memo),
            created_at: self.parts().clock.now(),
        });
        let share = self.allotment(to).take(&entry, 0).await??;
        let mut room = self.room_for(to).await;
        room.take(&entry).await?;
        self.parts().catalogue.settle(&entry).await?;
        let live = Arc::new(LiveEntry::new(entry.clone(), to));
        live.hold(share);
        live.share_is_in_row();
        room.keep(|| self.registry().put(live));
        Ok(entry)
    }
}

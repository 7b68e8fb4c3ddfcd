//! Reopening: an entry that only the catalogue remembers is somebody's again.
//!
//! The store says how many bytes there are, and the digest goes on from the last checkpoint, or from the beginning where
//! none was remembered. Where nothing is hashed, nothing is read again.
//!
//! INVARIANT: an entry is put into the registry before its bytes are opened, so that two adopters can't both
//! open them; the second finds the first and takes over from it.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OwnedMutexGuard;

use super::digests::Needs;
use super::hashing::Hashing;
use super::live::{LiveEntry, key_of};
use super::pen::Pen;
use super::pipe::{HEAD, judge};
use super::sink::Sink;
use super::{Engine, Registration, UploadError};
use crate::blob::BlobError;
use crate::domain::{Entry, EntryId, EntryKind, EntryRef, EntryState};

impl Engine {
    /// From the catalogue; `None` if somebody else has just made it live.
    pub(super) async fn take_remembered(
        &self,
        to: &Registration,
        id: EntryId,
        reference: &EntryRef,
    ) -> Result<Option<Entry>, UploadError> {
        let row = self.parts().catalogue.load(id).await?.ok_or(UploadError::NotFound)?;
        if !to.caller.owns(&row) || row.state().is_terminal() {
            return Err(UploadError::NotFound);
        }
        self.fits(to, &row, reference)?;
        let mut entry = row.clone();
        (entry.session, entry.reference) = (to.session, reference.clone());
        let live = Arc::new(LiveEntry::with_pen(entry, to, None));
        live.take_up(self.parts().clock.now());
        // Whoever wants to end it waits until it is open.
        let _commit = Arc::clone(&live.commit).lock_owned().await;
        let mut place = Arc::clone(&live.pen).lock_owned().await;
        if !self.registry().put_first(&live) {
            return Ok(None);
        }
        // ORDER: once it is ours. Whoever ends it removes its row first, and then looks for somebody who holds it.
        let found = self.parts().catalogue.load(id).await;
        if !matches!(&found, Ok(Some(found)) if *found == row) {
            drop(place);
            self.registry().forget(to.session, id);
            return found?.map_or(Err(UploadError::NotFound), |_| Ok(None));
        }
        let opened = self.open_again(to, &live, &row, &mut place, reference).await;
        if let Err(error) = &opened {
            drop(place);
            self.registry().forget(to.session, id);
            if matches!(error, UploadError::NotFound) {
                tracing::error!(entry.id = %id, "bytes of an unfinished entry are missing; it is given up");
                self.parts().catalogue.remove(id).await?;
                self.news().ended(&row.with_state(EntryState::Failed(error.rejection())));
            }
        }
        opened.map(Some)
    }

    async fn open_again(
        &self,
        to: &Registration,
        live: &Arc<LiveEntry>,
        row: &Entry,
        place: &mut OwnedMutexGuard<Option<Pen>>,
        reference: &EntryRef,
    ) -> Result<Entry, UploadError> {
        let mut entry = live.snapshot();
        if !entry.done() {
            let (mut pen, head) = self.pen_of(to, row).await?;
            if let Some(head) = head.filter(|_| row.kind == EntryKind::File) {
                // What the checks found out was not written down.
                let whole = Some(pen.written()) == row.length;
                if let Err(error) = judge(self, live, &[head], whole).await {
                    self.fail(live, error.clone(), pen.sink).await;
                    return Err(error);
                }
            }
            pen.rest(self.parts(), live).await?;
            self.share_of_row(to, live, pen.sync.durable(), true);
            entry = live.snapshot();
            entry.offset = pen.written();
            self.move_row(to, row, &mut entry, Some(pen.resting().await?), reference).await?;
            **place = Some(pen);
        } else {
            self.move_row(to, row, &mut entry, None, reference).await?;
        }
        *live.entry() = entry.clone();
        live.marks.send_modify(|mark| mark.written = entry.offset);
        self.news().moved(live);
        Ok(entry)
    }

    /// A pen behind the bytes that the store has, and the first of them.
    async fn pen_of(
        &self,
        to: &Registration,
        row: &Entry,
    ) -> Result<(Pen, Option<Bytes>), UploadError> {
        let needs = Needs::of(&to.slot, row);
        let new = || Ok((Pen::new(row.kind, needs), None));
        if to.hooks.writer.is_some() {
            // What went to a writer of an earlier process went with it, and an offset never goes back.
            let lost = row.session.is_standing() && row.offset > 0;
            return if lost { Err(UploadError::NotFound) } else { new() };
        }
        let (mut writer, mut length) = match self.parts().blobs.reopen(key_of(row)).await {
            Ok(opened) => opened,
            Err(BlobError::NotFound) if row.offset == 0 => return new(),
            Err(BlobError::NotFound) => return Err(UploadError::NotFound),
            Err(error) => return Err(error.into()),
        };
        if row.session.is_standing() && length > row.offset {
            // As after a start: of a request that was cut off nothing is believed.
            writer.truncate(row.offset).await?;
            length = row.offset;
        }
        if length < row.offset || row.length.is_some_and(|whole| length > whole) {
            return Err(UploadError::NotFound);
        }
        let piece = row.kind == EntryKind::Piece;
        let judged = length >= HEAD as u64 || row.length == Some(length);
        // Less than a head was never looked at as a whole; it is sent once more, to the same place, if nobody was
        // told that it is there.
        if !judged && row.offset == 0 {
            let pen = Pen::behind(Sink::Store(writer), needs.into(), 0, 0, piece);
            return Ok((pen, None));
        }
        let head = writer.read_at(0, HEAD).await?;
        let (mut hashing, from) = state_of(row, needs);
        let mut sink = Sink::Store(writer);
        hashing.read_back(&mut sink, from..length).await?;
        let judged = judged && length > 0;
        let pen = Pen::behind(sink, hashing, length, row.offset, judged || piece);
        Ok((pen, judged.then_some(head)))
    }
}

/// The digests as they were at the last checkpoint, and the offset behind which they go on.
fn state_of(row: &Entry, needs: Needs) -> (Hashing, u64) {
    match needs.go_on(row.partial_digest.as_ref()) {
        Some(running) => (running.into(), row.offset),
        None => (needs.into(), 0),
    }
}

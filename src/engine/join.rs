//! Joining: pieces that came one by one become a file.
//!
//! The file is an entry of its own, held against all rules of its slot, and has no row before it is complete: a
//! process that dies on the way leaves bytes that nobody was told of. The pieces stay as they are.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::live::{LiveEntry, key_of};
use super::pen::Pen;
use super::pipe::{HEAD, judge};
use super::record::Next;
use super::{Engine, Offered, Registration, UploadError};
use crate::blob::{BlobError, BlobKey, BlobWriter};
use crate::domain::{Caller, Code, Entry, EntryId, EntryKind, Rejection, Transition};

/// As much as is copied before anybody looks whether it is still wanted.
const STEP: u64 = 16 * 1024 * 1024;
/// As much as is read at a time.
const READ: u64 = 1024 * 1024;

/// The bytes of one piece.
#[derive(Debug, Clone, Copy)]
struct Piece {
    key: BlobKey,
    length: u64,
    /// It is the joining caller's.
    own: bool,
}

impl Engine {
    /// Joins pieces of one slot in this order into a file, and answers it complete; the same one may be named
    /// twice, and each is named with the caller who may have it. Its size is theirs together, whatever is said of it.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for what is no piece of its caller's in this slot, `size_mismatch` if one is not
    /// whole; as [`Self::register`] and [`Lease::finish`](super::Lease::finish). Nothing is left of the file then.
    ///
    /// # Cancellation
    /// Goes on by itself.
    pub async fn join(
        &self,
        to: &Registration,
        pieces: &[(EntryId, Caller)],
        offered: Offered,
    ) -> Result<Entry, UploadError> {
        self.ensure_open()?;
        let (engine, to, pieces) = (self.clone(), to.clone(), pieces.to_vec());
        tokio::spawn(async move { engine.join_now(&to, &pieces, offered).await }).await?
    }

    async fn join_now(
        &self,
        to: &Registration,
        pieces: &[(EntryId, Caller)],
        mut offered: Offered,
    ) -> Result<Entry, UploadError> {
        let _work = self.busy().begin();
        let named: HashSet<EntryId> = pieces.iter().map(|(id, _)| *id).collect();
        let pieces = self.whole_pieces(to, pieces).await?;
        let size = pieces.iter().fold(0_u64, |size, piece| size.saturating_add(piece.length));
        (offered.kind, offered.facts.client_size) = (EntryKind::File, Some(size));
        // What its caller has in pieces is not asked for twice.
        let mut once = named;
        let own = pieces.iter().filter(|piece| piece.own && once.remove(&piece.key.id));
        let counted = own.fold(0_u64, |sum, piece| sum.saturating_add(piece.length));
        let entry = match self.register_all(to, vec![offered], false, counted).await?.pop() {
            Some(answer) => answer?,
            None => return Err(UploadError::NotFound),
        };
        let joined = async {
            let live = self.registry().get(entry.id, &to.caller)?;
            let epoch = self.fill(&live, &pieces, size).await?;
            self.finish(live, epoch, &to.caller, Next::Told).await
        };
        let joined = joined.await;
        if joined.is_err() {
            // Nobody was told of it, so nobody asks why it failed.
            self.registry().forget(entry.session, entry.id);
        }
        joined
    }

    /// Where the bytes of these pieces lie.
    async fn whole_pieces(
        &self,
        to: &Registration,
        named: &[(EntryId, Caller)],
    ) -> Result<Vec<Piece>, UploadError> {
        let mut pieces = Vec::with_capacity(named.len());
        for (id, caller) in named {
            let entry = self.get(*id, caller).await?;
            let ours = entry.page == to.page && entry.slot == *to.slot.name();
            if !ours || entry.kind != EntryKind::Piece || !entry.state().is_active() {
                return Err(UploadError::NotFound);
            }
            if entry.length != Some(entry.offset) {
                return Err(Rejection::new(Code::SizeMismatch).into());
            }
            let own = to.caller.owns(&entry);
            pieces.push(Piece { key: key_of(&entry), length: entry.offset, own });
        }
        Ok(pieces)
    }

    /// Writes the bytes of the pieces, as a lease would; answers the epoch under which it can be finished.
    async fn fill(
        &self,
        live: &Arc<LiveEntry>,
        pieces: &[Piece],
        size: u64,
    ) -> Result<u64, UploadError> {
        live.apply(Transition::Receive)?;
        let epoch = live.supersede();
        let mut place = Arc::clone(&live.pen).lock_owned().await;
        let Some(pen) = place.as_mut() else { return Err(live.gone()) };
        let written = self.write_all(live, epoch, pen, pieces, size).await;
        if let Err(error) = &written
            && (live.epoch() == epoch || pen.is_torn())
        {
            let sink = place.take().and_then(|pen| pen.sink);
            self.fail(live, error.clone(), sink).await;
        }
        written.map(|()| epoch)
    }

    async fn write_all(
        &self,
        live: &LiveEntry,
        epoch: u64,
        pen: &mut Pen,
        pieces: &[Piece],
        size: u64,
    ) -> Result<(), UploadError> {
        let head = self.head_of(pieces).await?;
        judge(self, live, &[head], size <= HEAD as u64).await?;
        pen.judged = true;
        for piece in pieces {
            self.append(live, epoch, pen, *piece).await?;
        }
        Ok(())
    }

    async fn head_of(&self, pieces: &[Piece]) -> Result<Bytes, UploadError> {
        let mut head = BytesMut::with_capacity(HEAD);
        for piece in pieces.iter().filter(|piece| piece.length > 0) {
            if head.len() == HEAD {
                break;
            }
            let mut source = self.source(*piece).await?;
            head.extend_from_slice(&source.read_at(0, HEAD - head.len()).await?);
        }
        Ok(head.freeze())
    }

    /// The bytes of a piece, to be read. Somebody else may have it open; it is whole, so nobody writes it.
    async fn source(&self, piece: Piece) -> Result<Box<dyn BlobWriter>, UploadError> {
        match self.parts().blobs.reopen(piece.key).await {
            Ok((source, length)) if length >= piece.length => Ok(source),
            // It was cancelled, or taken back, since it was looked at.
            Ok(_) | Err(BlobError::NotFound) => Err(UploadError::NotFound),
            Err(error) => Err(error.into()),
        }
    }

    async fn append(
        &self,
        live: &LiveEntry,
        epoch: u64,
        pen: &mut Pen,
        piece: Piece,
    ) -> Result<(), UploadError> {
        let (mut at, mut source) = (0, None);
        while at < piece.length {
            if live.epoch() != epoch {
                return Err(live.gone());
            }
            let part = at..piece.length.min(at + STEP);
            if !pen.copy(self, live, piece.key, part.clone()).await? {
                let open = match source.take() {
                    Some(open) => open,
                    None => self.source(piece).await?,
                };
                pen.read_from(self, live, &mut **source.insert(open), part.clone()).await?;
            }
            at = part.end;
            live.touch(self.parts().clock.now());
            pen.tell(live);
            self.news().moved(live);
        }
        Ok(())
    }
}

impl Pen {
    /// Has the store copy a part of a blob, and reads it back for the digest, if there is to be one; `false` if it can't.
    async fn copy(
        &mut self,
        engine: &Engine,
        live: &LiveEntry,
        from: BlobKey,
        part: Range<u64>,
    ) -> Result<bool, UploadError> {
        let (at, end) = (self.written, self.written + (part.end - part.start));
        self.torn = true;
        let sink = self.sink(engine.parts(), live).await?;
        if !sink.copy_at(at, from, part).await? {
            self.torn = false;
            return Ok(false);
        }
        let Some(sink) = &mut self.sink else { return Err(UploadError::NotFound) };
        self.hashing.read_back(sink, at..end).await?;
        (self.written, self.torn) = (end, false);
        Ok(true)
    }

    /// Writes a part of a blob that is read for it.
    async fn read_from(
        &mut self,
        engine: &Engine,
        live: &LiveEntry,
        source: &mut dyn BlobWriter,
        part: Range<u64>,
    ) -> Result<(), UploadError> {
        let mut at = part.start;
        while at < part.end {
            let read = source.read_at(at, piece_of(part.end - at)).await?;
            if read.is_empty() {
                return Err(UploadError::NotFound);
            }
            at += read.len() as u64;
            self.write(engine.parts(), live, vec![read]).await?;
        }
        Ok(())
    }
}

fn piece_of(rest: u64) -> usize {
    usize::try_from(rest.min(READ)).unwrap_or_default()
}

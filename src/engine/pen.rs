//! The pen: the one thing that can write an entry's bytes, with the digests that run along.
//!
//! There is one pen for each live entry, and it is owned: by the task that writes, or by the entry while
//! nobody writes. So bytes and digest can't come apart, and two doors can't write at once.

use bytes::Bytes;

use super::behind::{Behind, length};
use super::checkpoint::Sync;
use super::digests::{Digests, Needs, Running};
use super::hashing::Hashing;
use super::live::LiveEntry;
use super::pipe::HEAD;
use super::sink::Sink;
use super::{Parts, UploadError};
use crate::domain::EntryKind;

/// An entry's sink, running digest and the bytes that wait for their first check.
#[derive(Debug)]
pub(super) struct Pen {
    pub(super) sink: Option<Sink>,
    pub(super) hashing: Hashing,
    pub(super) written: u64,
    /// What is on its way behind that.
    pub(super) behind: Behind,
    /// A write has begun and not succeeded.
    pub(super) torn: bool,
    /// How much of what is written is durable, and what is on its way to be.
    pub(super) sync: Sync,
    /// True once the head was looked at. Nothing is written before, but for what clients of standing sessions were
    /// told is durable.
    pub(super) judged: bool,
    /// The beginning of a file whose head is not complete yet.
    pub(super) held: Vec<Bytes>,
}

impl Pen {
    pub(super) fn new(kind: EntryKind, needs: Needs) -> Self {
        Self::with(kind, needs.into())
    }

    fn with(kind: EntryKind, hashing: Hashing) -> Self {
        Self {
            sink: None,
            hashing,
            written: 0,
            behind: Behind::default(),
            torn: false,
            sync: Sync::default(),
            // What a piece is of is seen when it is joined with others.
            judged: kind == EntryKind::Piece,
            held: Vec::new(),
        }
    }

    /// A pen that goes on behind what was written before, with the digest of that.
    pub(super) fn behind(
        sink: Sink,
        hashing: Hashing,
        written: u64,
        durable: u64,
        judged: bool,
    ) -> Self {
        let (sink, sync) = (Some(sink), Sync::at(durable));
        Self { sink, written, sync, judged, ..Self::with(EntryKind::File, hashing) }
    }

    /// The first bytes, while they have not been looked at: those that were written all the same, and those that
    /// were not.
    pub(super) async fn head(&mut self) -> Result<Vec<Bytes>, UploadError> {
        let mut head = Vec::new();
        if let Some(sink) = self.sink.as_mut().filter(|_| self.written > 0) {
            head.push(sink.read_at(0, HEAD).await?);
        }
        head.extend(self.held.iter().cloned());
        Ok(head)
    }

    /// Where the next byte goes once what is held has been written.
    pub(super) fn offset(&self) -> u64 {
        self.asked() + length(&self.held)
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Whether bytes were taken of which no mark speaks yet: they are on their way, or wait for their digest.
    pub(super) fn is_untold(&self) -> bool {
        !self.behind.is_empty() || self.hashing.is_catching_up()
    }

    /// Up to where writes have been asked for.
    pub(super) fn asked(&self) -> u64 {
        self.written + self.behind.bytes()
    }

    /// True if nobody knows how much of the last batch the sink has.
    pub(super) fn is_torn(&self) -> bool {
        self.torn
    }

    /// Begins to write a batch. Where the sink wants to be waited for, it is written when this answers.
    ///
    /// # Errors
    /// The sink could not.
    pub(super) async fn begin(
        &mut self,
        parts: &Parts,
        live: &LiveEntry,
        batch: Vec<Bytes>,
    ) -> Result<(), UploadError> {
        let at = self.asked();
        self.torn = true;
        let sink = self.sink(parts, live).await?;
        if let Some(landing) = sink.write_behind(at, &batch) {
            self.behind.push(batch, landing);
            return Ok(());
        }
        sink.write_at(at, &batch).await?;
        self.take_in(&batch).await
    }

    /// A batch has been written, and is hashed by and by; waits while [hashing](Hashing::is_full) has enough to do.
    pub(super) async fn take_in(&mut self, batch: &[Bytes]) -> Result<(), UploadError> {
        self.hashing.room().await?;
        self.hashing.feed(batch);
        self.written += length(batch);
        self.torn = !self.behind.is_empty();
        Ok(())
    }

    /// Waits for all that is on its way. Nobody else may have the pen before.
    ///
    /// # Errors
    /// The first one of the sink.
    pub(super) async fn land(&mut self) -> Result<(), UploadError> {
        let mut landed = Ok(());
        while !self.behind.is_empty() {
            match self.behind.landed().await {
                Ok(batch) if landed.is_ok() => landed = self.take_in(&batch).await,
                Ok(_) => {}
                Err(error) => landed = landed.and(Err(error)),
            }
        }
        landed
    }

    /// Writes one batch.
    ///
    /// # Errors
    /// The sink could not.
    pub(super) async fn write(
        &mut self,
        parts: &Parts,
        live: &LiveEntry,
        batch: Vec<Bytes>,
    ) -> Result<(), UploadError> {
        self.begin(parts, live, batch).await?;
        self.land().await
    }

    /// The sink, opened at its first use: a file that is refused at its head never touches the disk.
    pub(super) async fn sink(
        &mut self,
        parts: &Parts,
        live: &LiveEntry,
    ) -> Result<&mut Sink, UploadError> {
        let sink = match self.sink.take() {
            Some(sink) => sink,
            None => Sink::open(parts, live).await?,
        };
        Ok(self.sink.insert(sink))
    }

    /// Takes all bytes of a file that is little: they are hashed, and stay in memory until they are published.
    pub(super) async fn keep(
        &mut self,
        parts: &Parts,
        live: &LiveEntry,
        all: Vec<Bytes>,
    ) -> Result<(), UploadError> {
        self.hashing.feed(&all);
        self.written = length(&all);
        self.sink = Some(Sink::little(parts, live, all));
        Ok(())
    }

    /// Forgets what was not written. Whoever goes on sends it again, and other bytes perhaps.
    pub(super) fn forget_unwritten(&mut self, kind: EntryKind) {
        self.held.clear();
        if self.written == 0 {
            self.judged = kind == EntryKind::Piece;
        }
    }

    /// Ends writing: the sink, and the digests of everything written.
    pub(super) async fn cap(self) -> (Option<Sink>, Result<Digests, UploadError>) {
        let running = self.hashing.so_far().await;
        (self.sink, running.map(Running::finish))
    }
}

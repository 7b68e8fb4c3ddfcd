//! The pen: the one thing that can write an entry's bytes, with the digest that runs along.
//!
//! There is one pen for each live entry, and it is owned: by the task that writes, or by the entry while
//! nobody writes. So bytes and digest can't come apart, and two doors can't write at once.

use bytes::Bytes;
use sha2::Digest;

use super::checkpoint::Sync;
use super::hashing::Hashing;
use super::live::LiveEntry;
use super::pipe::HEAD;
use super::sink::Sink;
use super::{Parts, UploadError};
use crate::domain::{EntryKind, Sha256Digest};

/// An entry's sink, running digest and the bytes that wait for their first check.
#[derive(Debug)]
pub(super) struct Pen {
    pub(super) sink: Option<Sink>,
    pub(super) hashing: Hashing,
    pub(super) written: u64,
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
    pub(super) fn new(kind: EntryKind) -> Self {
        Self {
            sink: None,
            hashing: Hashing::default(),
            written: 0,
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
        Self { sink, hashing, written, sync, judged, ..Self::new(EntryKind::File) }
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
        self.written + self.held.iter().map(|piece| piece.len() as u64).sum::<u64>()
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// True if nobody knows how much of the last batch the sink has.
    pub(super) fn is_torn(&self) -> bool {
        self.torn
    }

    /// Writes one batch, and has it hashed by and by: the sink takes it while another thread hashes it.
    pub(super) async fn write(
        &mut self,
        parts: &Parts,
        live: &LiveEntry,
        batch: Vec<Bytes>,
    ) -> Result<(), UploadError> {
        let at = self.written;
        let length = batch.iter().map(Bytes::len).sum::<usize>();
        self.torn = true;
        let hashing = self.hashing.clone();
        let sink = self.sink(parts, live).await?;
        let (write, ()) = tokio::join!(sink.write_at(at, &batch), hashing.feed(&batch));
        write?;
        self.written += length as u64;
        self.torn = false;
        Ok(())
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
        self.written = all.iter().map(|piece| piece.len() as u64).sum();
        self.hashing.feed(&all).await;
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

    /// Ends writing: the sink, and the digest of everything written.
    pub(super) async fn cap(self) -> (Option<Sink>, Result<Sha256Digest, UploadError>) {
        let digest = self.hashing.so_far().await;
        (self.sink, digest.map(|digest| Sha256Digest::from(<[u8; 32]>::from(digest.finalize()))))
    }
}

//! Checkpoints: what of an unfinished entry is durable, found out beside the writing.
//!
//! A sync takes as long as the disk likes, so the next batches are written meanwhile. It covers what was
//! written when it began; once it has ended the catalogue remembers that offset with the digest so far, and an
//! upload goes on from there after whatever happens to the machine.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::error::Causes;
use super::live::LiveEntry;
use super::pen::Pen;
use super::{Lifetime, Parts, UploadError};
use crate::catalogue::{CatalogueError, Checkpoint};
use crate::domain::PartialDigest;

/// A checkpoint comes after this many bytes at the latest.
const BYTES: u64 = 16 * 1024 * 1024;
/// And after this time, while bytes come.
const TIME: Duration = Duration::from_secs(1);

/// The durable part of what a pen has written.
#[derive(Default)]
pub(super) struct Sync {
    durable: u64,
    running: Option<BoxFuture<'static, Result<Ended, UploadError>>>,
    begun: Option<Instant>,
    /// Why what is durable is not remembered.
    missed: Option<UploadError>,
}

/// How a checkpoint ended.
enum Ended {
    /// So many bytes are durable and remembered.
    Durable(u64),
    /// There is nothing any more that could be remembered.
    Gone,
    /// The bytes are safe and only the memory of it is missing, which the next checkpoint brings.
    Missed(UploadError),
}

impl fmt::Debug for Sync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sync").field("durable", &self.durable).finish_non_exhaustive()
    }
}

impl Sync {
    pub(super) fn at(durable: u64) -> Self {
        Self { durable, ..Self::default() }
    }

    pub(super) fn durable(&self) -> u64 {
        self.durable
    }

    /// What was behind this offset is gone.
    pub(super) fn cut(&mut self, offset: u64) {
        self.durable = self.durable.min(offset);
    }

    /// Waits for the checkpoint that is on its way.
    pub(super) async fn settled(&mut self) -> Result<(), UploadError> {
        if self.running.is_some() { self.due(self.durable).await } else { Ok(()) }
    }

    /// Resolves when something is to be done: a sync has ended, or it is time for one. Nothing is lost when
    /// nobody waits for it any more.
    pub(super) async fn due(&mut self, written: u64) -> Result<(), UploadError> {
        if let Some(running) = &mut self.running {
            let ended = running.await;
            self.running = None;
            self.missed = None;
            match ended? {
                Ended::Durable(offset) => self.durable = offset,
                Ended::Gone => {}
                Ended::Missed(error) => self.missed = Some(error),
            }
        } else if let Some(begun) = self.begun
            && written > self.durable
        {
            tokio::time::sleep_until(begun + TIME).await;
        } else {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

impl Pen {
    /// Begins a checkpoint if enough has been written, or enough time has gone by, since the last one.
    pub(super) fn checkpoint_if_due(&mut self, parts: &Parts, live: &LiveEntry) {
        if live.lifetime == Lifetime::Request {
            return; // It has no row and never rests, so nothing is ever due.
        }
        let begun = *self.sync.begun.get_or_insert_with(Instant::now);
        let waiting = self.reach(live).saturating_sub(self.sync.durable);
        if waiting >= BYTES || (waiting > 0 && begun.elapsed() >= TIME) {
            self.begin_checkpoint(parts, live);
        }
    }

    /// Makes everything written durable and has it remembered.
    ///
    /// # Errors
    /// The store could not; nobody knows then which bytes it has.
    pub(super) async fn rest(
        &mut self,
        parts: &Parts,
        live: &LiveEntry,
    ) -> Result<(), UploadError> {
        self.sync.settled().await?;
        if let Some(sink) = &mut self.sink {
            sink.open_up().await?;
        }
        if self.reach(live) > self.sync.durable {
            self.begin_checkpoint(parts, live);
        }
        self.sync.settled().await
    }

    /// Makes durable what a lease has brought, when it ends or another holder comes.
    ///
    /// # Errors
    /// As [`Pen::rest`].
    pub(super) async fn put_down(
        &mut self,
        parts: &Parts,
        live: &LiveEntry,
    ) -> Result<(), UploadError> {
        if live.keeps_heads() && !self.held.is_empty() {
            // Its client is told that it has arrived, so it waits for its judgement on the disk.
            let head = std::mem::take(&mut self.held);
            self.write(parts, live, head).await?;
            live.touch(parts.clock.now());
        }
        self.rest(parts, live).await
    }

    /// Nothing, if what its client is told will be known to the next process too.
    ///
    /// # Errors
    /// Why it will not.
    pub(super) fn remembered(&self, live: &LiveEntry) -> Result<(), UploadError> {
        if !live.is_standing() || self.sync.durable >= self.reach(live) {
            return Ok(());
        }
        Err(self.sync.missed.clone().unwrap_or_else(|| live.gone()))
    }

    /// Up to where it is made durable. What is held is not written yet; a writer of the application's gets it from
    /// this process or never.
    pub(super) fn reach(&self, live: &LiveEntry) -> u64 {
        let own = live.hooks.writer.is_some() && live.is_standing();
        if own { self.offset() } else { self.written() }
    }

    /// Tells how far the entry is now that its lease has ended.
    pub(super) fn tell(&self, live: &LiveEntry) {
        let written = self.reach(live);
        live.entry().offset = written;
        live.marks.send_if_modified(|mark| {
            let moved = mark.written != written;
            mark.written = written;
            moved
        });
        self.tell_durable(live);
    }

    /// Tells how much is durable, if that has changed.
    pub(super) fn tell_durable(&self, live: &LiveEntry) {
        let durable = self.sync.durable;
        live.marks.send_if_modified(|mark| {
            let moved = mark.durable != durable;
            mark.durable = durable;
            moved
        });
    }

    /// How much is durable, with the digest of that if it is all there is and can be gone on with.
    ///
    /// # Errors
    /// The digest was lost.
    pub(super) async fn resting(&mut self) -> Result<(u64, Option<PartialDigest>), UploadError> {
        let durable = self.sync.durable;
        let partial_digest = match self.written() == durable {
            true => self.hashing.so_far().await?.partial(),
            false => None,
        };
        Ok((durable, partial_digest))
    }

    fn begin_checkpoint(&mut self, parts: &Parts, live: &LiveEntry) {
        if self.sync.running.is_some() || live.lifetime == Lifetime::Request {
            return;
        }
        // ORDER: before it is known whether there can be one. What was due would be due at once again, for ever.
        self.sync.begun = Some(Instant::now());
        let (offset, at, so_far) = (self.reach(live), parts.clock.now(), self.hashing.so_far());
        let synced = match self.sink.as_mut().and_then(super::sink::Sink::sync) {
            Some(synced) => synced,
            // Nobody can go on behind what such a writer had, and this tells the next process that there was some.
            None if live.is_standing() && live.hooks.writer.is_some() => {
                std::future::ready(Ok(())).boxed()
            }
            None => return,
        };
        let (catalogue, id) = (Arc::clone(&parts.catalogue), live.id);
        let running = async move {
            synced.await?;
            let partial_digest = so_far.await?.partial();
            let checkpoint = Checkpoint { offset, partial_digest, length: None, at };
            Ok(match catalogue.checkpoint(id, &checkpoint).await {
                Ok(()) => Ended::Durable(checkpoint.offset),
                Err(CatalogueError::NotFound(_)) => Ended::Gone,
                Err(error) => {
                    tracing::warn!(entry.id = %id, error = %Causes(&error), "no checkpoint");
                    Ended::Missed(error.into())
                }
            })
        };
        self.sync.running = Some(running.boxed());
    }
}

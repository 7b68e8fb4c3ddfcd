//! Hashing: the digest runs beside the writing, and behind it by a bounded number of bytes.
//!
//! Hashing and writing a batch take about as long as each other, but not at each moment. Whoever waited for both before
//! the next batch would wait for the slower one each time; so bytes are handed over while those before them are still
//! being hashed.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::UploadError;
use super::behind::length;
use super::digests::{Needs, Running};
use super::sink::Sink;
use crate::lane::{Lane, Lost};

/// Up to so many bytes hashing is cheaper than handing them to another thread.
const INLINE: usize = 64 * 1024;
/// As many batches wait to be hashed before whoever brings more is to wait.
const MOST: usize = 2;
/// As much as is read back at a time.
const PIECE: u64 = 1024 * 1024;

/// The digests that run along.
pub(super) struct Hashing {
    /// None where nothing is hashed: then no batch is handed to anybody.
    lane: Option<Lane<Running>>,
    /// What was handed over and is perhaps not hashed yet, in its order.
    behind: VecDeque<BoxFuture<'static, Result<(), Lost>>>,
    /// Nothing more is to be brought before all of that is hashed.
    to_the_end: bool,
}

/// From the first byte.
impl From<Needs> for Hashing {
    fn from(needs: Needs) -> Self {
        Self::from(needs.start())
    }
}

/// Goes on behind what was hashed before.
impl From<Running> for Hashing {
    fn from(running: Running) -> Self {
        Self::on((!running.is_nothing()).then(|| Lane::patient(running)))
    }
}

impl std::fmt::Debug for Hashing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashing")
    }
}

impl Hashing {
    fn on(lane: Option<Lane<Running>>) -> Self {
        Self { lane, behind: VecDeque::new(), to_the_end: false }
    }

    /// Whether nobody needs to bring any bytes.
    pub(super) fn is_nothing(&self) -> bool {
        self.lane.is_none()
    }

    /// Whether so much waits to be hashed that nobody should bring more.
    pub(super) fn is_full(&self) -> bool {
        self.behind.len() >= MOST || self.is_catching_up()
    }

    /// Is full, if anything waits to be hashed, until nothing does.
    pub(super) fn catch_up(&mut self) {
        self.to_the_end = !self.behind.is_empty();
    }

    pub(super) fn is_catching_up(&self) -> bool {
        self.to_the_end
    }

    /// Resolves when more may be brought.
    ///
    /// # Errors
    /// The digest was lost.
    ///
    /// # Cancellation
    /// Nothing is lost.
    pub(super) async fn room(&mut self) -> Result<(), UploadError> {
        while self.is_full()
            && let Some(first) = self.behind.front_mut()
        {
            let hashed = first.await;
            self.behind.pop_front();
            hashed?;
        }
        self.to_the_end = false;
        Ok(())
    }

    /// Hands a batch over.
    pub(super) fn feed(&mut self, batch: &[Bytes]) {
        let Some(lane) = &self.lane else { return };
        let feed = |running: &mut Running, batch: &[Bytes]| {
            batch.iter().for_each(|piece| running.update(piece));
        };
        if length(batch) <= INLINE as u64 && lane.now(|running| feed(running, batch)).is_some() {
            return;
        }
        let batch = batch.to_vec();
        self.behind.push_back(lane.run(move |running| feed(running, &batch)));
    }

    /// The same with what a sink has been given; it is read back, unless nothing is hashed.
    ///
    /// # Errors
    /// The bytes can't be read, or are not all there.
    pub(super) async fn read_back(
        &mut self,
        sink: &mut Sink,
        part: Range<u64>,
    ) -> Result<(), UploadError> {
        let mut at = part.start;
        while at < part.end && !self.is_nothing() {
            let wanted = usize::try_from((part.end - at).min(PIECE)).unwrap_or_default();
            let read = sink.read_at(at, wanted).await?;
            if read.is_empty() {
                return Err(UploadError::NotFound);
            }
            at += read.len() as u64;
            self.room().await?;
            self.feed(&[read]);
        }
        Ok(())
    }

    /// The digests of all that was handed over before this call.
    ///
    /// # Errors
    /// They were lost.
    pub(super) fn so_far(&self) -> BoxFuture<'static, Result<Running, UploadError>> {
        let Some(lane) = &self.lane else {
            return std::future::ready(Ok(Running::default())).boxed();
        };
        if let Some(running) = lane.now(|running| running.clone()) {
            return std::future::ready(Ok(running)).boxed();
        }
        let asked = lane.run(|running| running.clone());
        async { Ok(asked.await?) }.boxed()
    }
}

#[cfg(test)]
mod tests;

//! Hashing: the digest runs beside the writing, and behind it by a bounded number of bytes.
//!
//! Hashing and writing a batch take about as long as each other, but not at each moment. Whoever waited for both before
//! the next batch would wait for the slower one each time; so bytes are handed over while those before them are still
//! being hashed.

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
/// As much as is read back at a time.
const PIECE: u64 = 1024 * 1024;

/// The digests that run along.
pub(super) struct Hashing {
    /// None where nothing is hashed: then no batch is handed to anybody.
    lane: Option<Lane<Running>>,
    /// What was handed over last.
    last: Option<BoxFuture<'static, Result<(), Lost>>>,
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
        Self { lane: (!running.is_nothing()).then(|| Lane::patient(running)), last: None }
    }
}

impl std::fmt::Debug for Hashing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashing")
    }
}

impl Hashing {
    /// Whether nobody needs to bring any bytes.
    pub(super) fn is_nothing(&self) -> bool {
        self.lane.is_none()
    }

    /// Hands a batch over, and waits until the one before it has been hashed.
    ///
    /// # Errors
    /// The digest was lost.
    ///
    /// # Cancellation
    /// It is handed over before the first wait.
    pub(super) async fn feed(&mut self, batch: &[Bytes]) -> Result<(), UploadError> {
        let Some(lane) = &self.lane else { return Ok(()) };
        let feed = |running: &mut Running, batch: &[Bytes]| {
            batch.iter().for_each(|piece| running.update(piece));
        };
        if length(batch) <= INLINE as u64 && lane.now(|running| feed(running, batch)).is_some() {
            return Ok(());
        }
        let batch = batch.to_vec();
        let fed = lane.run(move |running| feed(running, &batch));
        match self.last.replace(fed) {
            Some(before) => Ok(before.await?),
            None => Ok(()),
        }
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
            self.feed(&[read]).await?;
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

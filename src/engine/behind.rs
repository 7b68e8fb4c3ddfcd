//! Batches on their way into a sink, while the next one is being gathered.
//!
//! Between the end of a write and the beginning of the next one lie two hops from thread to thread. Where the next write
//! is asked for before the last one has ended, the disk's thread finds it there.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;

use super::UploadError;
use super::sink::Landing;

/// As many batches as are on their way at a time.
const MOST: usize = 2;

/// Batches whose writes have been asked for and not been answered, in their order.
#[derive(Default)]
pub(super) struct Behind {
    batches: VecDeque<(Vec<Bytes>, Landing)>,
    bytes: u64,
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Behind").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Behind {
    pub(super) fn push(&mut self, batch: Vec<Bytes>, landing: Landing) {
        self.bytes += length(&batch);
        self.batches.push_back((batch, landing));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.batches.len() >= MOST
    }

    /// How many bytes these are.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The first of them, once it is written. Without any this never answers.
    ///
    /// # Errors
    /// The sink could not take it.
    ///
    /// # Cancellation
    /// Nothing is lost.
    pub(super) async fn landed(&mut self) -> Result<Vec<Bytes>, UploadError> {
        let Some((_, landing)) = self.batches.front_mut() else {
            return std::future::pending().await;
        };
        let written = landing.await;
        let batch = self.batches.pop_front().map(|(batch, _)| batch).unwrap_or_default();
        self.bytes -= length(&batch);
        written?;
        Ok(batch)
    }
}

pub(super) fn length(pieces: &[Bytes]) -> u64 {
    pieces.iter().map(|piece| piece.len() as u64).sum()
}

//! Hashing: the digest runs beside the writing, and behind it by a bounded number of bytes.
//!
//! Hashing and writing a batch take about as long as each other, but not at each moment. Whoever waited for both before
//! the next batch would wait for the slower one each time; so bytes are handed over while those before them are still
//! being hashed.

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};

use super::UploadError;
use crate::lane::{Lane, Lost};

/// Up to so many bytes hashing is cheaper than handing them to another thread.
const INLINE: usize = 64 * 1024;

/// A digest that runs along.
pub(super) struct Hashing {
    lane: Lane<Sha256>,
    /// What was handed over last.
    last: Option<BoxFuture<'static, Result<(), Lost>>>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self::from(Sha256::default())
    }
}

/// Goes on behind what was hashed before.
impl From<Sha256> for Hashing {
    fn from(hasher: Sha256) -> Self {
        Self { lane: Lane::of(hasher), last: None }
    }
}

impl std::fmt::Debug for Hashing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashing")
    }
}

impl Hashing {
    /// Hands a batch over, and waits until the one before it has been hashed.
    ///
    /// # Errors
    /// The digest was lost.
    ///
    /// # Cancellation
    /// It is handed over before the first wait.
    pub(super) async fn feed(&mut self, batch: &[Bytes]) -> Result<(), UploadError> {
        let length: usize = batch.iter().map(Bytes::len).sum();
        let feed = |hasher: &mut Sha256, batch: &[Bytes]| {
            batch.iter().for_each(|piece| hasher.update(piece));
        };
        if length <= INLINE && self.lane.now(|hasher| feed(hasher, batch)).is_some() {
            return Ok(());
        }
        let batch = batch.to_vec();
        let fed = self.lane.run(move |hasher| feed(hasher, &batch));
        match self.last.replace(fed) {
            Some(before) => Ok(before.await?),
            None => Ok(()),
        }
    }

    /// The digest of all that was handed over before this call.
    ///
    /// # Errors
    /// It was lost.
    pub(super) fn so_far(&self) -> BoxFuture<'static, Result<Sha256, UploadError>> {
        if let Some(hasher) = self.lane.now(|hasher| hasher.clone()) {
            return std::future::ready(Ok(hasher)).boxed();
        }
        let asked = self.lane.run(|hasher| hasher.clone());
        async { Ok(asked.await?) }.boxed()
    }
}

#[cfg(test)]
mod tests;

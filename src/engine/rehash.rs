//! Rehashing: digests of bytes that were written without them.
//!
//! Digests run beside the writing. Another page may take an upload over whose slot has another digest, and then what has
//! run along is not what is asked for in the end. Nothing is called complete, and no declared digest is called right,
//! before it was computed; so the bytes are read back.

use super::UploadError;
use super::digests::{Digests, Needs};
use super::hashing::Hashing;
use super::sink::Sink;

impl Digests {
    /// What is needed of them; what is missing is computed from the bytes. A writer of the application's has taken them
    /// and gives none back: then there is what there is.
    ///
    /// # Errors
    /// The bytes can't be read, or are not all there.
    pub(super) async fn or_read(
        self,
        needs: Needs,
        sink: &mut Sink,
        size: u64,
    ) -> Result<Self, UploadError> {
        if self.has(needs) || matches!(sink, Sink::Writer(_)) {
            return Ok(self.only(needs));
        }
        let mut hashing = Hashing::from(needs);
        hashing.read_back(sink, 0..size).await?;
        Ok(hashing.so_far().await?.finish())
    }
}

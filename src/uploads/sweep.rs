//! A sweep that somebody asks for, instead of the one that comes from time to time.

use super::Uploads;
use crate::engine::{Swept, UploadError};
use crate::supervisor::Sweep;

impl Uploads {
    /// Expires what is older than the entries' time to live, now. The supervisor does the same at a quarter of
    /// that time (at least each second, at most every ten minutes).
    ///
    /// # Errors
    /// [`UploadError::ShuttingDown`] once the service has ended; a fault of the catalogue or the store, where
    /// what was swept before stays swept.
    pub async fn sweep(&self) -> Result<Swept, UploadError> {
        let swept = self.0.supervisor.send(Sweep).await;
        swept.unwrap_or(Err(UploadError::ShuttingDown))
    }
}

//! Thumbnails, for callers that have no session: the door that serves them, and applications.

use std::sync::Arc;

use super::{Causes, UploadError, Uploads};
use crate::domain::{Caller, EntryId};
use crate::jobs::{Found, Job, JobError, Thumbnail, Thumbnails};

impl Uploads {
    /// The thumbnail of a stored file; it is made if it isn't there yet. `None` if there can't be one: the
    /// file is no picture, is broken or too large, or the service makes none.
    ///
    /// It waits behind the pictures that are under way, so put a limit on the time. A caller that stops to
    /// wait stops nothing: the thumbnail is made all the same.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for unknown and foreign files alike; [`UploadError::Rejected`] with
    /// `rate_limited` if too many pictures wait; a fault of the catalogue, or of the place where thumbnails
    /// are kept.
    pub async fn thumbnail(
        &self,
        id: EntryId,
        caller: &Caller,
    ) -> Result<Option<Thumbnail>, UploadError> {
        let file = self.file(id, caller).await?;
        let Some(thumbnails) = self.0.thumbnails.as_ref().filter(|job| job.wants(&file)) else {
            return Ok(None);
        };
        let mut found = look(thumbnails, id).await?;
        // Twice, because the run that is waited for may be one that has made it before it was removed.
        for _ in 0..2 {
            if !matches!(found, Found::Nothing) {
                break;
            }
            let job: Arc<dyn Job> = Arc::<Thumbnails>::clone(thumbnails);
            self.0.engine.run_job(&job, &file).await?;
            found = look(thumbnails, id).await?;
        }
        match found {
            Found::Picture(thumbnail) => Ok(Some(thumbnail)),
            Found::None => Ok(None),
            Found::Nothing => {
                // The file was removed meanwhile, or the log says what went wrong.
                self.file(id, caller).await?;
                Err(UploadError::Task(format!("no thumbnail of {id} came about").into()))
            }
        }
    }

    pub(crate) fn makes_thumbnails(&self) -> bool {
        self.0.thumbnails.is_some()
    }
}

async fn look(thumbnails: &Thumbnails, id: EntryId) -> Result<Found, UploadError> {
    let found = thumbnails.find(id).await;
    found.map_err(|error: JobError| UploadError::Task(Causes(&error).to_string().into()))
}

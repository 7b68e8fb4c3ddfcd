//! Jobs: what happens to a file once its row says that it is kept.
//!
//! Nobody waits for a job, and what goes wrong in one is told to the log alone: the file is stored, whatever
//! a job makes of it.

use std::io::Cursor;
use std::sync::Arc;

use super::{Causes, Engine, UploadError};
use crate::blob::{Blob, BlobError, BlobSource};
use crate::domain::{Code, Entry, EntryId, Rejection, StoredFile};
use crate::jobs::{Content, Ending, Full, Job, JobError};

impl Engine {
    /// Runs a job for a stored file and waits for its end, however it went. If it waits or runs already,
    /// that is the run that is waited for. A caller that stops to wait stops nothing.
    ///
    /// # Errors
    /// `rate_limited` if too many wait already.
    pub async fn run_job(&self, job: &Arc<dyn Job>, file: &StoredFile) -> Result<(), UploadError> {
        match self.begin_job(job, file) {
            Ok(ending) => ending.wait().await,
            Err(Full) => return Err(Rejection::new(Code::RateLimited).into()),
        }
        Ok(())
    }

    /// Begins every job that wants this entry, which has just been kept.
    pub(super) fn begin_jobs(&self, entry: &Entry) {
        let Some(file) = StoredFile::of(entry) else { return };
        for job in self.parts().jobs.iter().filter(|job| job.wants(&file)) {
            if let Err(error) = self.begin_job(job, &file) {
                let (id, name) = (file.id, job.name());
                tracing::info!(entry.id = %id, job = name, "job {name} left out for {id}: {error}");
            }
        }
    }

    /// The file is gone, and so is what the jobs made of it.
    pub(super) async fn forget_jobs(&self, id: EntryId) {
        for job in self.parts().jobs.iter() {
            if let Err(error) = job.forget(id).await {
                failed(job.name(), id, &error);
            }
        }
    }

    fn begin_job(&self, job: &Arc<dyn Job>, file: &StoredFile) -> Result<Ending, Full> {
        let (engine, task, kept) = (self.clone(), Arc::clone(job), file.clone());
        self.parts().jobs.begin(job.name(), file.id, async move {
            if let Err(error) = engine.work(&*task, &kept).await {
                failed(task.name(), kept.id, &error);
            }
        })
    }

    async fn work(&self, job: &dyn Job, file: &StoredFile) -> Result<(), UploadError> {
        let blob = match self.parts().blobs.open(file.id).await {
            // It was removed while it waited.
            Err(BlobError::NotFound) => return Ok(()),
            opened => opened?,
        };
        let done = job.run(file, content(blob)).await;
        // ORDER: after the work, because a removal forgets after its row is gone. Whichever comes last
        // clears away.
        if self.parts().catalogue.load(file.id).await?.is_none() {
            job.forget(file.id).await.map_err(|error| task_error(&error))?;
        }
        done.map_err(|error| task_error(&error))
    }
}

fn content(blob: Blob) -> Box<dyn Content> {
    match blob.into_source() {
        BlobSource::File(file, _) => Box::new(file),
        BlobSource::Memory(bytes) => Box::new(Cursor::new(bytes)),
    }
}

fn task_error(error: &JobError) -> UploadError {
    UploadError::Task(Causes(error).to_string().into())
}

fn failed(job: &'static str, id: EntryId, error: &dyn std::error::Error) {
    tracing::warn!(entry.id = %id, job, "job {job} failed for {id}: {}", Causes(error));
}

#[cfg(test)]
mod tests;

//! Consuming: the application takes complete entries over.
//!
//! An offered file is the application's to judge. It says `Done` or `Postpone`; if its code fails instead,
//! with an error or a panic, the file goes too, and the user is told. So nothing piles up that nobody will
//! ever look at, and whatever the application wants to see again it says so.

use std::any::Any;
use std::panic::resume_unwind;

use super::{UploadSession, UploadedFile};
use crate::domain::{Code, Entry, EntryState, Rejection, Transition};
use crate::engine::{Causes, Keep, UploadError, contained};
use crate::view::ViewError;

/// What the application did with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumed<V> {
    /// It has what it wants. The file is removed, unless it was [kept](UploadedFile::keep).
    Done(V),
    /// Not yet: the entry stays as it is and is offered again.
    Postpone(V),
}

impl UploadSession {
    /// Offers every complete entry of a slot to `take`, in order, and answers what it answered.
    ///
    /// # Errors
    /// [`UploadError::UndeclaredSlot`] for a slot that the session does not have. The first error of `take`
    /// or of the engine ends it; the entry that was being offered is gone then, those behind it have not
    /// been offered and stay complete for the next call.
    ///
    /// # Cancellation
    /// An entry whose offer is dropped half-way stays complete and is offered again.
    pub async fn consume_uploaded_entries<V, E, F>(&self, slot: &str, take: F) -> Result<Vec<V>, E>
    where
        F: AsyncFn(&UploadedFile<'_>, &Entry) -> Result<Consumed<V>, E>,
        E: From<UploadError> + 'static,
    {
        self.declared(slot)?;
        let mut answers = Vec::new();
        for entry in self.uploaded_entries(slot).0 {
            answers.push(self.consume_uploaded_entry(&entry, &take).await?);
        }
        Ok(answers)
    }

    /// Offers one complete entry to `take`, and answers what it answered.
    ///
    /// # Errors
    /// The error of `take`, and the entry is gone; [`UploadError::Illegal`] if the entry is not complete;
    /// or a fault of the engine.
    ///
    /// # Panics
    /// If `take` panics, when its entry is gone.
    ///
    /// # Cancellation
    /// The entry stays complete and is offered again.
    pub async fn consume_uploaded_entry<V, E, F>(&self, entry: &Entry, take: F) -> Result<V, E>
    where
        F: AsyncFn(&UploadedFile<'_>, &Entry) -> Result<Consumed<V>, E>,
        E: From<UploadError> + 'static,
    {
        // As it is now: somebody may have taken it since the application was told of it.
        let state = self.0.engine.own(entry.id, &self.0.caller).await?.state().clone();
        if state != EntryState::Complete {
            state.apply(Transition::Consume).map_err(UploadError::from)?;
        }
        let file = UploadedFile::new(self, entry);
        let value = match contained(|| take(&file, entry)).await {
            Ok(Ok(Consumed::Done(value))) => value,
            Ok(Ok(Consumed::Postpone(value))) => return Ok(value),
            Ok(Err(error)) => {
                self.drop_offered(entry, reason(&error)).await;
                return Err(error);
            }
            Err(panic) => {
                self.drop_offered(entry, ours()).await;
                resume_unwind(Box::new(panic));
            }
        };
        let keep = if file.is_kept() { Keep::Yes } else { Keep::No };
        self.end_offer(entry, keep).await?;
        Ok(value)
    }

    /// Ends an offer well: the entry is the application's, kept with us or not.
    pub(super) async fn end_offer(&self, entry: &Entry, keep: Keep) -> Result<Entry, UploadError> {
        let ended = self.0.engine.consume(entry.id, &self.0.caller, keep).await;
        if let Err(error @ UploadError::NotInStore) = &ended {
            // It would be offered, and fail, for ever.
            self.drop_offered(entry, error.rejection()).await;
        }
        ended
    }

    /// An entry whose consumer failed is neither taken nor postponed.
    async fn drop_offered(&self, entry: &Entry, reason: Rejection) {
        if let Err(error) = self.refuse(entry.id, reason).await
            && error.is_ours()
        {
            tracing::error!(entry.id = %entry.id, error = %Causes(&error), "an offered file not removed");
        }
    }
}

/// What the user is told of an application's error: its words, where they are meant for users.
fn reason<E: 'static>(error: &E) -> Rejection {
    let error: &dyn Any = error;
    let view = error.downcast_ref::<ViewError>().map(ViewError::rejection);
    let upload = || error.downcast_ref::<UploadError>().map(UploadError::rejection);
    let rejection = || error.downcast_ref::<Rejection>().cloned();
    view.or_else(upload).or_else(rejection).unwrap_or_else(ours)
}

fn ours() -> Rejection {
    Rejection::new(Code::StorageError)
        .with_message("Something went wrong on our side. Please try again.")
}

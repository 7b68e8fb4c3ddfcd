//! From a request's content into its upload.
//!
//! What arrived stays, however the request ends, unless the request said what its content must be and it was
//! not that. Whoever still sends when a newer request has the upload, or when it was cancelled, hears it at
//! once and not with its next byte: it may be a line that has been dead for an hour.

use super::answer::Refused;
use super::body::Body;
use crate::domain::{Entry, EntryId};
use crate::transport::answer::Problem;
use crate::transport::intake::{self, Stopped};
use crate::transport::turns::Turn;
use crate::uploads::{Lease, Outcome, Standing, UploadError};

/// How far a request has brought its upload.
#[derive(Debug)]
pub(super) enum Brought {
    /// So many bytes are durable, and its client has not said that these are all.
    Part(u64),
    /// It is complete.
    Whole(Box<Outcome>),
}

/// Takes an upload from whoever has it, unless a newer request has taken it.
pub(super) async fn take_over(
    standing: &Standing,
    turn: &Turn,
    id: EntryId,
) -> Result<Entry, Refused> {
    turn.take().map_err(Refused::found)?;
    match standing.take_over(id).await {
        Ok(entry) => Ok(entry),
        Err(error) => Err(not_had(standing, id, error).await),
    }
}

/// Why an upload can't be had: it has ended; or it is there, and its slot is full now, or this caller may not do that.
pub(super) async fn not_had(
    standing: &Standing,
    id: EntryId,
    error: impl Into<Problem>,
) -> Refused {
    match standing.look(id).await {
        Ok(_) => error.into().into(),
        Err(ended) => Refused::found(ended),
    }
}

/// The right to write what this content is for.
pub(super) async fn claim(
    standing: &Standing,
    id: EntryId,
    body: &Body,
) -> Result<Lease, UploadError> {
    match body.is_compared() {
        true => standing.claim_whole(id).await,
        false => standing.claim(id).await,
    }
}

/// Brings the content into the upload. `complete`: the upload ends with it.
pub(super) async fn bring(
    standing: &Standing,
    mut lease: Lease,
    body: &mut Body,
    complete: bool,
) -> Result<Brought, Refused> {
    let (entry, compared) = (lease.entry(), body.is_compared());
    let ended = |error: UploadError| Refused::ended(&error.into(), &entry, complete);
    match intake::pour(&mut lease, body).await {
        Ok(()) => {}
        Err(Stopped::Lease(error)) => {
            if let UploadError::Rejected(rejection) = &error {
                // More than was said, or than may be: its client does not know what it sends, and the draft wants
                // that upload to be over.
                lease.refuse(rejection.clone());
                let _ = lease.release().await;
            }
            return Err(ended(error));
        }
        Err(Stopped::Content(problem)) => {
            match compared {
                true => lease.rewind().await.map(drop).map_err(ended)?,
                false => lease.release().await.map_err(ended)?,
            }
            return Err(problem.into());
        }
    }
    let offset = lease.offset();
    let is_short = lease.length().is_some_and(|length| offset < length);
    if !complete || is_short {
        lease.release().await.map_err(ended)?;
        return if complete { Err(Refused::Length) } else { Ok(Brought::Part(offset)) };
    }
    match standing.complete(lease).await {
        Ok(outcome) => Ok(Brought::Whole(Box::new(outcome))),
        Err(error) => Err(Refused::ended(&error, &entry, true)),
    }
}

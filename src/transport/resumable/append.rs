//! Append (draft, "Upload Append"): `PATCH` with `application/partial-upload`, the offset, and whether this is all.
//!
//! Whoever appends where the upload does not end is told where it does, and takes it from nobody. An upload whose
//! length is known and would be exceeded is over: its client does not know what it sends.

use actix_web::{HttpResponse, web};

use super::answer::{self, Refused, finished, length, set};
use super::ask::{Ask, PARTIAL};
use super::body::Body;
use super::fields::{UPLOAD_COMPLETE, UPLOAD_LIMIT, UPLOAD_OFFSET, written};
use super::receive::{Brought, bring, claim, take_over};
use crate::domain::{Code, Entry, EntryId};
use crate::transport::answer::Problem;
use crate::transport::turns::Turn;
use crate::uploads::{Lease, Standing, UploadError};

pub(super) async fn append(ask: Ask, id: EntryId, payload: web::Payload) -> HttpResponse {
    let turn = Turn::draw(id);
    let mut body = Body::new(payload, &ask);
    let result = go_on(&ask, id, &turn, &mut body).await;
    finished(&ask, result, body).await
}

async fn go_on(
    ask: &Ask,
    id: EntryId,
    turn: &Turn,
    body: &mut Body,
) -> Result<HttpResponse, Refused> {
    ask.visitor.ensure_meant(&ask.request)?;
    if !ask.is_of(PARTIAL) {
        return Err(Refused::Type);
    }
    let (Some(offset), Some(complete)) = (ask.fields.offset, ask.fields.complete) else {
        let message = "An append says Upload-Offset and Upload-Complete.";
        return Err(Problem::because(Code::InvalidMessage, message).into());
    };
    let standing = ask.stand_for(id).await?;
    let entry = standing.look(id).await.map_err(Refused::found)?;
    if entry.done() {
        return once_more(ask, &standing, &entry, offset, complete, body).await;
    }
    is_at(&entry, offset)?;
    let whole = ask.fields.whole(offset).map_err(|_| Refused::Length);
    let is_other = whole.as_ref().is_ok_and(|whole| whole.is_some() && entry.length.is_some());
    if entry.length.is_some_and(|length| ask.fields.passes(offset, length)) {
        standing.cancel(id).await.map_err(Refused::found)?;
        return Err(Refused::Length);
    }
    let whole = whole?;
    if is_other && whole != entry.length {
        return Err(Refused::Length);
    }
    let entry = take_over(&standing, turn, id).await?;
    if entry.done() {
        return once_more(ask, &standing, &entry, offset, complete, body).await;
    }
    is_at(&entry, offset)?;
    let mut lease = claim(&standing, id, body).await.map_err(Refused::found)?;
    // ORDER: behind the claim. Who comes from here on ends this lease; who came before was told an offset.
    turn.take().map_err(Refused::found)?;
    if lease.offset() != offset {
        // Somebody else wrote between the two steps.
        return Err(Refused::Offset { expected: lease.offset(), provided: offset });
    }
    if let Some(whole) = whole.filter(|_| lease.length().is_none()) {
        declare(&mut lease, whole).await?;
    }
    match bring(&standing, lease, body, complete).await? {
        Brought::Whole(outcome) => Ok(answer::whole(ask, &outcome.entry, &outcome.fate)),
        Brought::Part(offset) => {
            let mut response = HttpResponse::NoContent().finish();
            let headers = response.headers_mut();
            set(headers, UPLOAD_COMPLETE, written(false));
            set(headers, UPLOAD_OFFSET, &offset.to_string());
            set(headers, UPLOAD_LIMIT, &ask.limits_of(&standing, &entry));
            Ok(response)
        }
    }
}

fn is_at(entry: &Entry, provided: u64) -> Result<(), Refused> {
    let expected = if entry.done() { length(entry) } else { entry.offset };
    match expected == provided {
        true => Ok(()),
        false => Err(Refused::Offset { expected, provided }),
    }
}

/// A length that the slot does not allow is refused before its bytes come; the upload stays as it is.
async fn declare(lease: &mut Lease, whole: u64) -> Result<(), Refused> {
    lease.declare(whole).await.map_err(|error| match error {
        UploadError::Rejected(rejection) if rejection.code() == Code::SizeMismatch => {
            Refused::Length
        }
        error => Refused::Problem(error.into()),
    })
}

/// An upload that is complete takes nothing more. Whoever only says once more that it is complete has not heard
/// our answer, and hears it again.
async fn once_more(
    ask: &Ask,
    standing: &Standing,
    entry: &Entry,
    offset: u64,
    complete: bool,
    body: &mut Body,
) -> Result<HttpResponse, Refused> {
    is_at(entry, offset)?;
    if !body.is_empty().await? {
        return Err(Refused::Length);
    }
    if !complete {
        return Err(Refused::Completed);
    }
    Ok(answer::whole(ask, entry, &standing.fate(entry.id).await))
}

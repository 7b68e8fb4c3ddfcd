//! POST: a new upload, with its first bytes perhaps.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};

use super::body::bring;
use super::checksum::{self, Checksum};
use super::concat::{self, Concat};
use super::expiry;
use super::headers::{body_length, ensure_bytes, has_body, says_bytes};
use super::join::join;
use super::length;
use super::memo::Words;
use super::metadata;
use super::place::Place;
use super::refusal::{Refusal, UPLOAD_OFFSET};
use crate::domain::{Entry, EntryKind};
use crate::transport::peers::Incoming;
use crate::uploads::{Reached, Standing};

/// "Creation": the answer says where the upload lies. It is a path; the client knows best how it came here.
pub(super) async fn create(
    place: &Place,
    slot: &str,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let headers = place.request.headers();
    let concat = concat::read(headers)?;
    let metadata = metadata::read(headers)?;
    let words = Words::new(metadata.as_ref(), concat.as_ref());
    if let Some(Concat::Final(addresses)) = &concat {
        length::ensure_none(headers)?;
        if has_body(headers) {
            return Err(Refusal::bad("A final upload has no bytes of its own."));
        }
        let facts = metadata::facts(metadata.as_ref(), None);
        return join(place, slot, addresses, facts, words).await;
    }
    let length = length::declared(headers)?;
    let checksum = checksum::read(headers)?;
    if has_body(headers) {
        ensure_bytes(headers)?;
    }
    let comes = body_length(headers).unwrap_or(0);
    if let Some(length) = length.filter(|length| comes > *length) {
        return Err(Refusal::too_long(length));
    }
    let standing = place.stand(slot, place.visitor.caller.clone()).await?;
    standing.slot().constraints().check_so_far(comes).map_err(crate::uploads::UploadError::from)?;
    let kind = match concat {
        Some(_) => EntryKind::Piece,
        None => EntryKind::File,
    };
    let facts = metadata::facts(metadata.as_ref(), length);
    let entry = standing.begin(facts, kind, words.into_memo(), comes).await?;
    let reached = match has_body(headers) {
        true => Box::pin(fill(place, &standing, &entry, payload, checksum)).await?,
        false => match standing.complete_if_whole(&entry).await? {
            Some(outcome) => Reached::End(Box::new(outcome)),
            None => Reached::Offset(0),
        },
    };
    Ok(created(place, slot, &entry, &reached))
}

/// "Creation With Upload": as much of the body as came is kept, as with a PATCH; a body that is wrong in itself
/// leaves no upload behind.
async fn fill(
    place: &Place,
    standing: &Standing,
    entry: &Entry,
    payload: web::Payload,
    checksum: Option<Checksum>,
) -> Result<Reached, Refusal> {
    let lease = match checksum {
        Some(_) => standing.claim_whole(entry.id).await?,
        None => standing.claim(entry.id).await?,
    };
    let body = Incoming::new(payload, &place.request, &place.uploads);
    let brought = bring(standing, lease, body, checksum).await;
    if brought.as_ref().is_err_and(Refusal::is_of_the_bytes) {
        // One that the slot refused has ended by itself.
        standing.withdraw(entry.id).await;
    }
    brought
}

pub(super) fn created(place: &Place, slot: &str, entry: &Entry, reached: &Reached) -> HttpResponse {
    let path = place.path(slot, Some(entry.id));
    let location = place.visitor.address(&path, entry.id, &place.uploads);
    let mut answer = HttpResponse::Created();
    answer.insert_header((LOCATION, location));
    let (offset, done) = match reached {
        Reached::Offset(offset) => (*offset, false),
        Reached::End(outcome) => (outcome.entry.offset, true),
    };
    if says_bytes(place.request.headers()) {
        answer.insert_header((UPLOAD_OFFSET, offset));
    }
    if let Some(expires) = expiry::header(&place.uploads, entry).filter(|_| !done) {
        answer.insert_header(expires);
    }
    answer.finish()
}

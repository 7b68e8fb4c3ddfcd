//! PATCH: bytes for an upload, at its end and nowhere else.

use actix_web::{HttpResponse, web};

use super::body::bring;
use super::checksum;
use super::expiry;
use super::headers::{body_length, ensure_bytes, number, offset};
use super::memo::Words;
use super::place::Place;
use super::refusal::{Refusal, UPLOAD_OFFSET};
use crate::domain::{Entry, EntryId, Slot};
use crate::transport::intake::Pieces;
use crate::transport::peers::Incoming;
use crate::transport::turns::Turn;
use crate::uploads::{Reached, UploadError};

/// "PATCH": appends the body at the offset that the client names, which must be the upload's own. A request that is
/// refused for that does not disturb whoever writes the upload; any other takes it over.
pub(super) async fn patch(
    place: &Place,
    slot: &str,
    id: EntryId,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let turn = Turn::draw(id);
    let headers = place.request.headers();
    ensure_bytes(headers)?;
    let at = offset(headers)?;
    let declared = number(headers, "upload-length")?;
    let checksum = checksum::read(headers)?;
    let standing = place.stand(slot, place.caller(id)).await?;
    let entry = place.look(&standing, id).await?;
    if Words::of(&entry).is_final() {
        return Err(Refusal::forbidden("A final upload takes no bytes."));
    }
    ensure_place(&entry, at)?;
    ensure_room(&entry, standing.slot(), declared, body_length(headers))?;
    let body = Incoming::new(payload, &place.request, &place.uploads);
    turn.take()?;
    let entry = if entry.done() { entry } else { standing.take_up(id).await? };
    ensure_place(&entry, at)?;
    if entry.done() {
        return nothing_more(&entry, body).await;
    }
    let mut lease = match checksum {
        Some(_) => standing.claim_whole(id).await?,
        None => standing.claim(id).await?,
    };
    // ORDER: behind the claim. Who comes from here on ends this lease; who came before was told an offset.
    turn.take()?;
    if lease.offset() != at {
        // Another request was faster since the upload was taken up. What it brought is told when it is durable.
        let offset = lease.offset();
        lease.release().await?;
        return Err(Refusal::conflict(offset, at));
    }
    if let Some(length) = declared {
        lease.declare(length).await?;
    }
    let entry = lease.entry();
    let reached = Box::pin(bring(&standing, lease, body, checksum)).await?;
    let (offset, expires) = match reached {
        Reached::Offset(offset) => {
            // Its time begins anew with each byte.
            let entry = standing.look(id).await.unwrap_or(entry);
            (offset, expiry::header(&place.uploads, &entry))
        }
        Reached::End(outcome) => (outcome.entry.offset, None),
    };
    let mut answer = HttpResponse::NoContent();
    answer.insert_header((UPLOAD_OFFSET, offset));
    if let Some(expires) = expires {
        answer.insert_header(expires);
    }
    Ok(answer.finish())
}

/// "PATCH": an offset that is not the upload's own is 409, and nothing is changed.
fn ensure_place(entry: &Entry, at: u64) -> Result<(), Refusal> {
    match entry.offset == at {
        true => Ok(()),
        false => Err(Refusal::conflict(entry.offset, at)),
    }
}

/// "Upload-Length": a length that is known does not change. A body that says how long it is, and is too long, is
/// refused before a byte of it is stored.
fn ensure_room(
    entry: &Entry,
    slot: &Slot,
    declared: Option<u64>,
    comes: Option<u64>,
) -> Result<(), Refusal> {
    if let (Some(declared), Some(length)) = (declared, entry.length)
        && declared != length
    {
        return Err(Refusal::bad("The upload's length is known, and is another one."));
    }
    let end = entry.offset.saturating_add(comes.unwrap_or(0));
    match declared.or(entry.length) {
        Some(length) if end > length => Err(Refusal::too_long(length)),
        Some(_) => Ok(()),
        None => Ok(slot.constraints().check_so_far(end).map_err(UploadError::from)?),
    }
}

/// A complete upload: whoever didn't hear that may ask once more with no bytes.
async fn nothing_more(
    entry: &Entry,
    mut body: Incoming<web::Payload>,
) -> Result<HttpResponse, Refusal> {
    while let Some(piece) = body.next().await? {
        if !piece.is_empty() {
            return Err(Refusal::too_long(entry.offset));
        }
    }
    Ok(HttpResponse::NoContent().insert_header((UPLOAD_OFFSET, entry.offset)).finish())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::{
        ClientFacts, Declaration, EntryKind, FileName, NewEntry, OwnerId, SessionId, Timestamp,
    };

    const FOUR_GIB: u64 = 1 << 32;

    fn entry(offset: u64, length: Option<u64>) -> Entry {
        let new = NewEntry {
            id: EntryId::from_uuid(Uuid::nil()),
            reference: "r".parse().unwrap(),
            session: SessionId::from_uuid(Uuid::nil()),
            owner: OwnerId::from_uuid(Uuid::nil()),
            ticket: None,
            page: "photos".parse().unwrap(),
            slot: "photos".parse().unwrap(),
            name: FileName::sanitise("a").unwrap(),
            relative_path: None,
            facts: ClientFacts::default(),
            kind: EntryKind::File,
            memo: None,
            length,
            created_at: Timestamp::from_millis(0),
        };
        let mut entry = Entry::new(new);
        entry.offset = offset;
        entry
    }

    /// C-PAT-21
    #[test]
    fn offsets_and_lengths_go_on_past_four_gib() {
        let entry = entry(FOUR_GIB - 5, Some(FOUR_GIB + 5));
        assert!(ensure_place(&entry, FOUR_GIB - 5).is_ok());
        for other in [u64::from(u32::MAX) - 5, FOUR_GIB - 4, FOUR_GIB + 5, 0, u64::MAX] {
            assert!(ensure_place(&entry, other).is_err(), "{other}");
        }
        let room = |declared, comes| room_for(&entry, u64::MAX, declared, comes).is_ok();
        assert!(room(None, Some(10)) && room(None, Some(0)) && room(None, None));
        assert!(room(Some(FOUR_GIB + 5), Some(10)));
        assert!(!room(None, Some(11)) && !room(None, Some(u64::MAX)) && !room(Some(5), Some(0)));
    }

    #[test]
    fn without_a_length_the_slots_limit_is_the_end() {
        let entry = entry(40, None);
        for (declared, comes, fits) in [
            (None, Some(60), true),
            (None, Some(61), false),
            (None, None, true),
            (Some(50), Some(10), true),
            (Some(50), Some(11), false),
        ] {
            let room = room_for(&entry, 100, declared, comes);
            assert_eq!(room.is_ok(), fits, "{declared:?} {comes:?}");
        }
    }

    fn room_for(
        entry: &Entry,
        max: u64,
        declared: Option<u64>,
        comes: Option<u64>,
    ) -> Result<(), Refusal> {
        let slot = Slot::declare("photos", Declaration::new().max_file_size(max)).unwrap();
        ensure_room(entry, &slot, declared, comes)
    }
}

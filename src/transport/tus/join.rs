//! POST of a final upload: parts that are here already become one file.

use std::collections::HashSet;

use actix_web::HttpResponse;

use super::concat;
use super::create::created;
use super::memo::Words;
use super::place::Place;
use super::refusal::Refusal;
use crate::domain::{Caller, ClientFacts, Code, EntryId, EntryKind};
use crate::transport::answer::Problem;
use crate::uploads::Reached;

/// "Concatenation": the parts are joined in the order of the list, in which one may stand more than once. All of
/// them are there whole, since the extension that would wait for them is not offered; what they were called
/// counts for nothing.
pub(super) async fn join(
    place: &Place,
    slot: &str,
    addresses: &[String],
    facts: ClientFacts,
    words: Words,
) -> Result<HttpResponse, Refusal> {
    let standing = place.stand(slot, place.visitor.caller.clone()).await?;
    let mut seen = HashSet::new();
    let mut pieces = Vec::new();
    for part in parts(place, slot, addresses)? {
        // A pass opens its own upload, and none that happens to be the same owner's.
        let caller = place.passed(&part);
        if seen.insert((part.id, caller.owner())) {
            ensure_whole(place, slot, part.id, &caller).await?;
        }
        pieces.push((part.id, caller));
    }
    let outcome = standing.join(&pieces, None, facts, words.into_memo()).await?;
    let entry = outcome.entry.clone();
    Ok(created(place, slot, &entry, &Reached::End(Box::new(outcome))))
}

fn parts(place: &Place, slot: &str, addresses: &[String]) -> Result<Vec<concat::Part>, Refusal> {
    let host = place.request.headers().get("host").and_then(|host| host.to_str().ok());
    let mut origins = place.uploads.origins().to_vec();
    for scheme in ["http", "https"] {
        origins.extend(host.map(|host| format!("{scheme}://{host}")));
    }
    let path = place.uploads.site().below(&place.path(slot, None));
    let part = |address: &String| {
        let part = concat::part(address, &origins, &path);
        part.ok_or_else(|| Refusal::bad("A part's address is none of this slot's."))
    };
    addresses.iter().map(part).collect()
}

/// A client without cookies is somebody new with each of its parts, and shows by their passes that they are its own.
async fn ensure_whole(
    place: &Place,
    slot: &str,
    id: EntryId,
    caller: &Caller,
) -> Result<(), Refusal> {
    let entry = place.uploads.entry(id, caller).await?;
    let unknown = || Refusal::from(Problem::new(Code::UnknownEntry));
    if entry.page != **place.page || entry.slot.as_str() != slot {
        return Err(unknown());
    }
    if entry.kind != EntryKind::Piece {
        return Err(Refusal::bad("A final upload is joined of partial ones only."));
    }
    if entry.state().is_terminal() || place.uploads.is_overdue(&entry) {
        return Err(unknown());
    }
    if entry.length != Some(entry.offset) {
        return Err(Refusal::bad("A part of the final upload is not whole yet."));
    }
    Ok(())
}

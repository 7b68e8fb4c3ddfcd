//! POST of a final upload: parts that are here already become one file.

use std::collections::HashSet;

use actix_web::HttpResponse;

use super::concat;
use super::create::created;
use super::memo::Words;
use super::place::Place;
use super::refusal::Refusal;
use crate::domain::{ClientFacts, Code, EntryKind};
use crate::transport::answer::Problem;
use crate::uploads::{Reached, Standing};

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
    let parts = parts(place, slot, addresses)?;
    let asked = place;
    let place = &whose(asked, &parts);
    let standing = place.stand(slot, place.visitor.caller.clone()).await?;
    let mut seen = HashSet::new();
    for part in &parts {
        if asked.visitor.is_new && asked.passed(part) != place.visitor.caller {
            // A pass opens its own upload, and none that happens to be the same owner's.
            return Err(Problem::new(Code::UnknownEntry).into());
        }
        if seen.insert(part.id) {
            ensure_whole(place, &standing, part).await?;
        }
    }
    let pieces: Vec<_> = parts.iter().map(|part| part.id).collect();
    let outcome = standing.join(&pieces, facts, words.into_memo()).await?;
    let entry = outcome.entry.clone();
    Ok(created(place, slot, &entry, &Reached::End(Box::new(outcome))))
}

/// The request as of whoever the parts are. Somebody without a cookie is a new caller with each request, and shows
/// by the first part's pass whose file it will be.
fn whose(place: &Place, parts: &[concat::Part]) -> Place {
    match parts.first() {
        Some(part) if place.visitor.is_new => place.by(place.passed(part)),
        _ => place.by(place.visitor.caller.clone()),
    }
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

async fn ensure_whole(
    place: &Place,
    standing: &Standing,
    part: &concat::Part,
) -> Result<(), Refusal> {
    let entry = place.look(standing, part.id).await?;
    if entry.kind != EntryKind::Piece {
        return Err(Refusal::bad("A final upload is joined of partial ones only."));
    }
    if entry.length != Some(entry.offset) {
        return Err(Refusal::bad("A part of the final upload is not whole yet."));
    }
    Ok(())
}

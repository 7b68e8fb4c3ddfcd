//! HEAD: how far an upload is, for whoever is about to go on with it.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;

use super::expiry;
use super::memo::Words;
use super::place::Place;
use super::refusal::{Refusal, UPLOAD_OFFSET};
use crate::domain::EntryId;
use crate::transport::turns::Turn;

/// "HEAD": the offset always, the length or the promise to say it later, and what was said of the file, as it was
/// said. No cache may keep it.
///
/// It takes the upload from whoever writes it, so that the offset stays true until the next PATCH.
pub(super) async fn head(place: &Place, slot: &str, id: EntryId) -> Result<HttpResponse, Refusal> {
    let turn = Turn::draw(id);
    let standing = place.stand(slot, place.caller(id)).await?;
    let entry = place.look(&standing, id).await?;
    let words = Words::of(&entry);
    // A PATCH that came before this question must not be taken after its answer.
    turn.take()?;
    let entry = if entry.done() { entry } else { standing.take_up(id).await? };
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CACHE_CONTROL, "no-store")).insert_header((UPLOAD_OFFSET, entry.offset));
    match entry.length {
        Some(length) => answer.insert_header(("upload-length", length)),
        None => answer.insert_header(("upload-defer-length", "1")),
    };
    for (name, value) in [("upload-metadata", words.metadata), ("upload-concat", words.concat)] {
        if let Some(value) = value {
            answer.insert_header((name, value));
        }
    }
    if let Some(expires) = expiry::header(&place.uploads, &entry) {
        answer.insert_header(expires);
    }
    Ok(answer.finish())
}

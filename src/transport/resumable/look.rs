//! Offset retrieval (draft, "Offset Retrieval"): `HEAD`, and `GET` alike.
//!
//! It takes the upload from whoever still writes it, so that the offset that it tells is the one that the next
//! append is expected at.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;

use super::answer::{Refused, length, set};
use super::ask::Ask;
use super::digests::{Memo, REPR_DIGEST};
use super::fields::{UPLOAD_COMPLETE, UPLOAD_LENGTH, UPLOAD_LIMIT, UPLOAD_OFFSET, written};
use super::receive::take_over;
use crate::domain::EntryId;
use crate::transport::turns::Turn;

pub(super) async fn look(ask: Ask, id: EntryId) -> HttpResponse {
    let mut response = retrieve(&ask, id).await.unwrap_or_else(|refused| refused.response(&ask));
    set(response.headers_mut(), CACHE_CONTROL.as_str(), "no-store");
    response
}

async fn retrieve(ask: &Ask, id: EntryId) -> Result<HttpResponse, Refused> {
    let turn = Turn::draw(id);
    let standing = ask.stand_for(id).await?;
    let entry = standing.look(id).await.map_err(Refused::found)?;
    let entry = match entry.done() {
        true => entry,
        false => take_over(&standing, &turn, id).await?,
    };
    let offset = if entry.done() { length(&entry) } else { entry.offset };
    let mut response = HttpResponse::NoContent().finish();
    let headers = response.headers_mut();
    set(headers, UPLOAD_OFFSET, &offset.to_string());
    set(headers, UPLOAD_COMPLETE, written(entry.done()));
    set(headers, UPLOAD_LIMIT, &ask.limits_of(&standing, &entry));
    if let Some(length) = entry.length {
        set(headers, UPLOAD_LENGTH, &length.to_string());
    }
    if let Some(digest) = Memo::answer(&entry).filter(|_| entry.done()) {
        set(headers, REPR_DIGEST, &digest);
    }
    Ok(response)
}

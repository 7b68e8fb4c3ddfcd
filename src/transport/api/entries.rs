//! `GET` and `DELETE /api/entries/{id}`: how far an upload is, and an end to it.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::domain::{Code, Entry, EntryId, StoredFile};
use crate::templates::rfc3339;
use crate::transport::answer::Problem;
use crate::transport::files::{sha256, with_blake3};
use crate::transport::identity::Visitor;
use crate::uploads::Uploads;

pub(in crate::transport) async fn get_entry(
    id: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    let entry = uploads.entry(entry_id(&id)?, &visitor.caller).await?;
    Ok(HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .json(facts(&entry, &uploads)))
}

pub(in crate::transport) async fn delete_entry(
    id: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    if visitor.needs_token {
        return Err(Problem::new(Code::Forbidden));
    }
    uploads.cancel_entry(entry_id(&id)?, &visitor.caller).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn entry_id(text: &str) -> Result<EntryId, Problem> {
    text.parse().map_err(|_| Problem::new(Code::UnknownEntry))
}

/// What is told of an entry.
pub(super) fn facts(entry: &Entry, uploads: &Uploads) -> serde_json::Value {
    let error = entry.rejection().map(
        |rejection| json!({ "code": rejection.code().as_str(), "message": rejection.message() }),
    );
    let file = StoredFile::of(entry);
    let facts = json!({
        "id": entry.id,
        "page": entry.page,
        "slot": entry.slot,
        "name": entry.name,
        "state": entry.state().as_str(),
        "status": entry.state().wire(),
        "size": entry.length,
        "offset": entry.offset,
        "progress": entry.progress(),
        "expires_at": uploads.expires_at(entry).map(rfc3339),
        "sha256": sha256(entry),
        "url": file.map(|file| uploads.get_upload_url(&file)),
        "error": error,
    });
    with_blake3(entry, facts)
}

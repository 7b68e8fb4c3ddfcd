//! `GET` and `DELETE /api/files…`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::domain::{Code, EntryId};
use crate::templates::FileFacts;
use crate::transport::answer::Problem;
use crate::transport::identity::Visitor;
use crate::uploads::{FileQuery, Uploads};

const PAGE: u32 = 100;

/// The query of a listing, as written.
#[derive(Debug, Deserialize)]
pub(in crate::transport) struct Listing {
    page: Option<String>,
    slot: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

impl Listing {
    fn query(&self) -> Result<FileQuery, Problem> {
        let limit = match &self.limit {
            None => PAGE,
            Some(limit) => Some(limit)
                .filter(|limit| limit.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|limit| limit.parse().ok())
                .filter(|limit| (1..=1_000).contains(limit))
                .ok_or_else(|| bad("limit", "a number from 1 to 1000"))?,
        };
        Ok(FileQuery {
            page: parse(self.page.as_deref(), "page", "a page's name")?,
            slot: parse(self.slot.as_deref(), "slot", "a slot's name")?,
            cursor: parse(self.cursor.as_deref(), "cursor", "the `next` of an earlier answer")?,
            limit,
        })
    }
}

fn parse<T: std::str::FromStr>(
    given: Option<&str>,
    field: &str,
    allowed: &str,
) -> Result<Option<T>, Problem> {
    given.map(|text| text.parse().map_err(|_| bad(field, allowed))).transpose()
}

fn bad(field: &str, allowed: &str) -> Problem {
    Problem::because(Code::InvalidMessage, format!("`{field}` must be {allowed}."))
}

pub(in crate::transport) async fn list_files(
    request: HttpRequest,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    let listing = web::Query::<Listing>::from_query(request.query_string());
    let query =
        listing.map_err(|error| Problem::because(Code::InvalidMessage, error.to_string()))?;
    let query = query.query()?;
    // One more than asked for tells whether there is a next page.
    let ahead = FileQuery { limit: (query.limit + 1).min(1_000), ..query.clone() };
    let mut files = uploads.files(&visitor.caller, &ahead).await?;
    let more = files.len() > query.limit as usize || files.len() == 1_000;
    files.truncate(query.limit as usize);
    let next = if more { files.last().map(|file| file.id) } else { None };
    let files: Vec<FileFacts> = files.iter().map(|file| uploads.facts(file)).collect();
    let mut answer = json!({ "files": files });
    if let Some(next) = next {
        answer["next"] = json!(next);
    }
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(answer))
}

pub(in crate::transport) async fn get_file(
    id: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    let file = uploads.file(file_id(&id)?, &visitor.caller).await.map_err(unknown)?;
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(uploads.facts(&file)))
}

pub(in crate::transport) async fn delete_file(
    id: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    if visitor.needs_token {
        return Err(Problem::new(Code::Forbidden));
    }
    uploads.delete_file(file_id(&id)?, &visitor.caller).await.map_err(unknown)?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn file_id(text: &str) -> Result<EntryId, Problem> {
    text.parse().map_err(|_| Problem::because(Code::UnknownEntry, "There is no such file."))
}

pub(super) fn unknown(error: crate::uploads::UploadError) -> Problem {
    match error {
        crate::uploads::UploadError::NotFound => {
            Problem::because(Code::UnknownEntry, "There is no such file.")
        }
        error => error.into(),
    }
}

#[cfg(test)]
mod fuzz;

//! Creation (draft, "Upload Creation"): any request with content and `Upload-Complete` begins an upload. Without
//! that field, and by a form, a file comes in one go or not at all.

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_RANGE, LOCATION};
use actix_web::{HttpResponse, web};

use super::answer::{self, Refused, finished, set};
use super::ask::Ask;
use super::body::Body;
use super::digests::Memo;
use super::fields::{UPLOAD_COMPLETE, UPLOAD_LIMIT, UPLOAD_OFFSET, written};
use super::receive::{Brought, bring, claim};
use super::{form, whole};
use crate::domain::{Code, EntryKind};
use crate::transport::answer::Problem;

const FORM: &str = "multipart/form-data";

pub(super) async fn create(ask: Ask, payload: web::Payload) -> HttpResponse {
    // What takes this for a whole file has written over the rest of it (RFC 9110, 14.5).
    if ask.request.headers().contains_key(CONTENT_RANGE) {
        let message =
            "A part of a file can't be put here. Begin an upload with Upload-Complete: ?0.";
        return ask.refuse(Problem::because(Code::InvalidMessage, message).into());
    }
    if let Err(problem) = ask.visitor.ensure_meant(&ask.request) {
        return ask.refuse(problem.into());
    }
    match (ask.fields.complete, ask.is_of(FORM)) {
        (None, _) if ask.request.method() == Method::PATCH => {
            let message = "A PATCH here begins an upload, and says Upload-Complete.";
            ask.refuse(Problem::because(Code::InvalidMessage, message).into())
        }
        (Some(false), true) => {
            let message = "A form can't come in parts. Begin an upload with the file itself.";
            ask.refuse(Problem::because(Code::InvalidMessage, message).into())
        }
        (_, true) => form::take(ask, payload).await,
        (None, false) => whole::take(ask, payload).await,
        (Some(complete), false) => {
            let mut body = Body::new(payload, &ask);
            let result = begin(&ask, &mut body, complete).await;
            finished(&ask, result, body).await
        }
    }
}

async fn begin(ask: &Ask, body: &mut Body, complete: bool) -> Result<HttpResponse, Refused> {
    let length = ask.fields.whole(0).map_err(|_| Refused::Length)?;
    let facts = ask.facts(length)?;
    let standing = ask.stand().await?;
    let memo = Memo::read(ask.request.headers()).written();
    let shown = facts.client_name.clone();
    let brings = ask.fields.content_length.unwrap_or(0);
    let entry = match standing.begin(facts, EntryKind::File, memo, brings).await {
        Ok(entry) => entry,
        Err(error) => {
            let problem = Problem::from(error);
            return Ok(refused(ask, &shown, &problem));
        }
    };
    let lease = claim(&standing, entry.id, body).await.map_err(Problem::from)?;
    let address = ask.address(entry.id);
    match bring(&standing, lease, body, complete).await {
        Ok(Brought::Whole(outcome)) => {
            let mut response = answer::whole(ask, &outcome.entry, &outcome.fate);
            set(response.headers_mut(), LOCATION.as_str(), &address);
            Ok(response)
        }
        Ok(Brought::Part(offset)) => {
            let mut response = HttpResponse::Created().finish();
            let headers = response.headers_mut();
            set(headers, LOCATION.as_str(), &address);
            set(headers, UPLOAD_COMPLETE, written(false));
            set(headers, UPLOAD_OFFSET, &offset.to_string());
            set(headers, UPLOAD_LIMIT, &ask.limits_of(&standing, &entry));
            Ok(response)
        }
        Err(refused) => {
            let mut response = refused.response(ask);
            match refused.is_over() {
                // Nothing of it counts, and its client will begin another.
                true => standing.withdraw(entry.id).await,
                false => set(response.headers_mut(), LOCATION.as_str(), &address),
            }
            Ok(response)
        }
    }
}

/// A file that the slot does not want: no upload has begun, so nothing is said of one.
fn refused(ask: &Ask, name: &str, problem: &Problem) -> HttpResponse {
    let file = Refused::File {
        name: name.to_owned(),
        rejection: problem.rejection().clone(),
        whole: ask.fields.complete == Some(true),
    };
    file.response(ask)
}

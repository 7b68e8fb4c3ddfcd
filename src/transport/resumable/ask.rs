//! A request to this door: for which slot, about which upload, by whom.

use std::cell::OnceCell;
use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::answer::Refused;
use super::fields::Fields;
use super::limits;
use super::name::claimed;
use crate::domain::{Caller, ClientFacts, Code, Entry, EntryId, PageName, Slot};
use crate::transport::answer::Problem;
use crate::transport::identity::Visitor;
use crate::uploads::{Save, Standing, Uploads};

/// What bodies are called that are no files: the draft's parts, and what curl says when it isn't told.
const NO_TYPES: [&str; 2] = [PARTIAL, "application/x-www-form-urlencoded"];
/// A part of an upload.
pub(super) const PARTIAL: &str = "application/partial-upload";

/// A request, with all that its answer depends on but the body.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) request: HttpRequest,
    pub(super) uploads: web::Data<Uploads>,
    pub(super) page: web::Data<PageName>,
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
    pub(super) slot: String,
    /// The last segment of the address, behind the slot's.
    name: Option<String>,
    /// The slot's limits, once they are known.
    limits: OnceCell<String>,
}

#[derive(Debug, Deserialize)]
struct Place {
    slot: String,
    name: Option<String>,
}

impl FromRequest for Ask {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(read(request, payload))
    }
}

fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Ask, Problem> {
    let nowhere = || Problem::because(Code::UnknownEntry, "Nothing is here.");
    let Place { slot, name } = request.match_info().load().map_err(|_| nowhere())?;
    Ok(Ask {
        request: request.clone(),
        uploads: request.app_data::<web::Data<Uploads>>().cloned().ok_or_else(nowhere)?,
        page: request.app_data::<web::Data<PageName>>().cloned().ok_or_else(nowhere)?,
        visitor: Visitor::from_request(request, payload).into_inner()?,
        fields: Fields::read(request.headers()),
        slot,
        name,
        limits: OnceCell::new(),
    })
}

impl Ask {
    /// The upload that is asked about.
    pub(super) fn id(&self) -> Option<EntryId> {
        self.name.as_deref()?.parse().ok()
    }

    /// The page, mounted for whoever asks.
    pub(super) async fn stand(&self) -> Result<Standing, Refused> {
        self.stand_as(self.visitor.caller.clone()).await
    }

    /// The page, mounted for whoever may ask about this upload.
    pub(super) async fn stand_for(&self, id: EntryId) -> Result<Standing, Refused> {
        self.stand_as(self.visitor.with_pass(&self.request, id, &self.uploads)).await
    }

    async fn stand_as(&self, caller: Caller) -> Result<Standing, Refused> {
        let standing = self.uploads.stand(&self.page, &self.slot, caller, Save::Now).await;
        let standing = standing.map_err(Problem::from)?;
        self.is_limited_by(standing.slot());
        Ok(standing)
    }

    /// The slot was found.
    pub(super) fn is_limited_by(&self, slot: &Slot) {
        self.limits.get_or_init(|| limits::of(slot, None));
    }

    /// The slot's limits, if it was found.
    pub(super) fn limits(&self) -> Option<&str> {
        self.limits.get().map(String::as_str)
    }

    /// The slot's limits, and for how long this upload is kept if nobody goes on with it.
    pub(super) fn limits_of(&self, standing: &Standing, entry: &Entry) -> String {
        let expires = self.uploads.expires_at(entry).filter(|_| !entry.done());
        let kept: Option<Duration> = expires.map(|expires| expires.since(entry.touched_at));
        limits::of(standing.slot(), kept)
    }

    /// Where an upload is found.
    pub(super) fn address(&self, id: EntryId) -> String {
        let path = format!("/resumable/{}/{}/{id}", *self.page, self.slot);
        self.visitor.address(&path, id, &self.uploads)
    }

    /// What is said of the file that begins here.
    pub(super) fn facts(&self, size: Option<u64>) -> Result<ClientFacts, Refused> {
        let headers = self.request.headers();
        Ok(ClientFacts {
            client_name: claimed(headers, self.name.as_deref()),
            client_type: self.content_type().filter(|kind| !NO_TYPES.contains(&essence(kind))),
            client_size: size,
            client_sha256: super::digests::declared(headers)?,
            ..ClientFacts::default()
        })
    }

    pub(super) fn content_type(&self) -> Option<String> {
        let value = self.request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
        Some(value.trim().to_ascii_lowercase())
    }

    /// Whether the content is of this media type.
    pub(super) fn is_of(&self, kind: &str) -> bool {
        self.content_type().is_some_and(|said| essence(&said) == kind)
    }

    /// An answer to a request whose body nobody has begun to read.
    pub(super) fn refuse(&self, refused: Refused) -> HttpResponse {
        let unread = self.fields.content_length.is_some_and(|length| length > 0)
            || self.request.headers().contains_key(actix_web::http::header::TRANSFER_ENCODING);
        let mut response = refused.response(self);
        if unread {
            response.head_mut().set_connection_type(actix_http::ConnectionType::Close);
        }
        response
    }
}

/// A media type without its parameters.
fn essence(kind: &str) -> &str {
    kind.split(';').next().unwrap_or_default().trim()
}

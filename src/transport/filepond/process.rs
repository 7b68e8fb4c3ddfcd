//! `POST`: a file whole, or a place for one that comes in chunks.
//!
//! FilePond sends its metadata first, in a part of the same name without a file name, and then the file; plugins that
//! make several pictures of one send several. They are one thing to FilePond, which shows one id for them and takes
//! them back together, so they are kept together or not at all. A form without a file asks for a place: the name of the
//! file isn't known then, and often not even its length (`Upload-Length` is left out where the page's own function
//! makes the headers).

use actix_web::{HttpRequest, HttpResponse, ResponseError, web};

use super::{id, revert, wire};
use crate::domain::{ClientFacts, Entry, EntryId, EntryKind, PageName, Usage};
use crate::transport::answer::Problem;
use crate::transport::cors;
use crate::transport::handle::Handle;
use crate::transport::identity::Visitor;
use crate::transport::intake::{self, Pieces, Stopped};
use crate::transport::multipart::{self, Content, Parts};
use crate::transport::peers::{Ear, Incoming};
use crate::uploads::{Limits, Save, Standing, Uploads};

/// Bytes of all metadata of a request.
const METADATA: usize = 1024 * 1024;

pub(super) async fn post(
    request: HttpRequest,
    payload: web::Payload,
    page: web::Data<PageName>,
    slot: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> HttpResponse {
    let mut received = Received::default();
    match received.all(&request, payload, &page, &slot, &visitor, &uploads).await {
        Ok(()) => {
            let abroad = cors::is_abroad(&request, &uploads);
            let handle = |id: &EntryId| Handle::text(*id, &visitor, abroad, &uploads);
            id(received.ids.iter().map(handle).collect::<Vec<_>>().join(","))
        }
        Err(problem) => {
            let mut response = problem.error_response();
            if !received.to_its_end {
                response.head_mut().set_connection_type(actix_http::ConnectionType::Close);
            }
            Ear::answer(&request, response)
        }
    }
}

/// How far a request was read, and what it has brought.
#[derive(Debug, Default)]
struct Received {
    ids: Vec<EntryId>,
    to_its_end: bool,
}

impl Received {
    async fn all(
        &mut self,
        request: &HttpRequest,
        payload: web::Payload,
        page: &PageName,
        slot: &str,
        visitor: &Visitor,
        uploads: &Uploads,
    ) -> Result<(), Problem> {
        visitor.ensure_meant(request)?;
        let length = wire::length(request.headers())?;
        let standing = uploads.stand(page, slot, visitor.caller.clone(), Save::Later).await?;
        let parts = Parts::of(request, Incoming::new(payload, request, uploads), uploads.limits());
        let files = self.files(parts, &standing, uploads.limits()).await;
        if let Err(problem) = files {
            // One of several that was refused: the others are nothing to FilePond without it.
            for id in &self.ids {
                let _ = revert::take_back(*id, &standing, &visitor.caller, uploads).await;
            }
            return Err(problem);
        }
        if self.ids.is_empty() {
            self.ids.push(place(length, &standing).await?.id);
        }
        Ok(())
    }

    async fn files(
        &mut self,
        mut parts: Parts,
        standing: &Standing,
        limits: &Limits,
    ) -> Result<(), Problem> {
        let mut metadata = 0;
        let mut refused = None;
        while let Some(part) = parts.next().await {
            let mut field = part?;
            let name = multipart::file_name(&field);
            let content_type = field.content_type().map(ToString::to_string);
            let mut content = Content::of(&mut field);
            match name {
                // What FilePond's plugins and the page's script say of the file is theirs; no rule of ours asks.
                None => {
                    let room = limits.max_field.min(METADATA.saturating_sub(metadata));
                    metadata += multipart::text(&mut content, room).await?.len();
                }
                Some(_) if refused.is_some() => {
                    content.skip(limits.max_skip).await?;
                }
                Some(client_name) => {
                    let facts = ClientFacts {
                        client_name,
                        client_type: content_type,
                        ..Default::default()
                    };
                    match take(&mut content, standing, facts).await? {
                        Ok(entry) => self.ids.push(entry.id),
                        Err(problem) => {
                            content.skip(limits.max_skip).await?;
                            refused = Some(problem);
                        }
                    }
                }
            }
        }
        self.to_its_end = true;
        refused.map_or(Ok(()), Err)
    }
}

/// Takes a file. The inner error is about the file, the outer one about the body: nothing behind it can be read.
async fn take(
    content: &mut Content<'_>,
    standing: &Standing,
    facts: ClientFacts,
) -> Result<Result<Entry, Problem>, Problem> {
    let entry = match standing.begin(facts, EntryKind::File, None, 0).await {
        Ok(entry) => entry,
        Err(error) => return Ok(Err(error.into())),
    };
    let mut lease = match standing.claim(entry.id).await {
        Ok(lease) => lease,
        Err(error) => return Ok(Err(error.into())),
    };
    match intake::pour(&mut lease, content).await {
        Ok(()) => {}
        // Nobody goes on with a file that comes whole. Why it fails the engine itself logs.
        Err(Stopped::Lease(error)) => {
            return Ok(Err(lease.refuse(error.rejection()).rejection().into()));
        }
        Err(Stopped::Content(problem)) => {
            drop(lease);
            // Half a file is no file, and this client can't go on with it.
            standing.withdraw(entry.id).await;
            return Err(problem);
        }
    }
    match standing.complete(lease).await {
        Ok(outcome) => Ok(Ok(outcome.entry)),
        Err(error) => Ok(Err(error.into())),
    }
}

/// A place for a file that comes in chunks. Its name isn't known before the first of them (`patch.rs`), but what can
/// be said of its length is said now.
async fn place(length: Option<u64>, standing: &Standing) -> Result<Entry, Problem> {
    let facts = ClientFacts { client_size: length, ..ClientFacts::default() };
    standing.slot().constraints().check_amount(&Usage::default(), &facts)?;
    Ok(standing.begin(facts, EntryKind::Piece, None, 0).await?)
}

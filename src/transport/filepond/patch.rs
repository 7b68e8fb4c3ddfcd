//! `PATCH`: a chunk; and how far its upload is.
//!
//! FilePond sends chunk after chunk, and a lost answer makes it send the same chunk again from its start, without
//! asking first. So a chunk may lie behind what we have: what is known is skipped, and the rest is kept. Where it does
//! ask, it takes each chunk that begins below our answer for arrived, so that an offset within a chunk would lose the
//! rest of that chunk without a word. Chunks therefore count whole or not at all. Nobody tells us of the end: the file
//! is complete when all its bytes are there, and another empty chunk may follow.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_LENGTH};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};

use super::unknown;
use super::wire::{self, Ask, Patch};
use crate::domain::{Chunk, ClientFacts, Code, Entry, EntryKind, PageName, Rejection};
use crate::transport::answer::Problem;
use crate::transport::handle::Handle;
use crate::transport::identity::Visitor;
use crate::transport::intake::{self, Beyond, Pieces, Stopped};
use crate::transport::peers::Incoming;
use crate::transport::turns::Turn;
use crate::uploads::{Reached, Save, Standing, UploadError, Uploads};

pub(super) async fn patch(
    request: HttpRequest,
    payload: web::Payload,
    page: web::Data<PageName>,
    slot: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> HttpResponse {
    let mut body = Body::new(payload, &request, &uploads);
    match receive(&request, &mut body, &page, &slot, &visitor, &uploads).await {
        Ok(offset) => HttpResponse::NoContent()
            .insert_header(("upload-offset", offset))
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish(),
        Err(problem) => {
            let mut response = problem.error_response();
            // A browser shows our answer only if it could send its chunk to the end. Whoever has been superseded may
            // not do so for a long time, and nobody looks at it.
            let outrun = problem.rejection().code() == Code::Superseded;
            if outrun || !body.is_read_to_its_end(uploads.limits().max_skip).await {
                response.head_mut().set_connection_type(actix_http::ConnectionType::Close);
            }
            response
        }
    }
}

/// `HEAD ?patch=ID`: the offset, which is always the start of a chunk. Whoever writes is told that somebody else goes
/// on, so that the offset holds.
pub(super) async fn offset(
    text: &str,
    page: &PageName,
    slot: &str,
    visitor: &Visitor,
    uploads: &Uploads,
) -> Result<HttpResponse, Problem> {
    let (standing, handle, turn) = standing(text, page, slot, visitor, uploads).await?;
    // A chunk that came before this question must not be taken after its answer.
    turn.take()?;
    let entry = standing.take_up(handle.id).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    response.insert_header(("upload-offset", arrived(&entry)));
    if let Some(length) = entry.length {
        response.insert_header(("upload-length", length));
    }
    Ok(response.finish())
}

async fn receive(
    request: &HttpRequest,
    body: &mut Body,
    page: &PageName,
    slot: &str,
    visitor: &Visitor,
    uploads: &Uploads,
) -> Result<u64, Problem> {
    visitor.ensure_meant(request)?;
    let patch = Patch::read(request.headers())?;
    let Ask::Patch(text) = Ask::read(request.query_string()) else {
        return Err(wire::bad("A chunk goes to ?patch=ID."));
    };
    let (standing, handle, turn) = standing(&text, page, slot, visitor, uploads).await?;
    let entry = standing.look(handle.id).await?;
    fits(&entry, &patch, body.length)?;
    turn.take()?;
    let entry = standing.take_up(handle.id).await?;
    fits(&entry, &patch, body.length)?;
    if entry.done() {
        return body.passes(arrived(&entry), patch.offset).await;
    }
    let entry = match entry.kind {
        EntryKind::File => entry,
        EntryKind::Piece => named(&standing, &entry, &patch).await?,
    };
    if let Some(outcome) = standing.complete_if_whole(&entry).await? {
        return body.passes(arrived(&outcome.entry), patch.offset).await;
    }
    append(&standing, &entry, body, patch.offset).await
}

/// Until its first chunk an upload is only a place; now its name is known, and all rules of the slot hold.
async fn named(standing: &Standing, entry: &Entry, patch: &Patch) -> Result<Entry, Problem> {
    let Some(length) = patch.length.or(entry.length) else {
        return Err(wire::bad("The header Upload-Length is missing."));
    };
    let facts = ClientFacts {
        client_name: patch.name.clone().unwrap_or_default(),
        client_size: Some(length),
        ..ClientFacts::default()
    };
    Ok(standing.name(entry, facts).await?)
}

/// Keeps of a chunk what isn't here yet.
async fn append(
    standing: &Standing,
    entry: &Entry,
    body: &mut Body,
    offset: u64,
) -> Result<u64, Problem> {
    let known = entry.offset.saturating_sub(offset);
    if body.length.is_some_and(|length| length <= known) {
        return body.passes(entry.offset, offset).await;
    }
    let mut lease = standing.claim_whole(entry.id).await?;
    // Somebody else may have written, or taken back, between the two steps.
    let Some(known) = lease.offset().checked_sub(offset) else {
        return Err(Rejection::offset_mismatch(lease.offset(), offset).into());
    };
    let mut unknown = Beyond::new(body, None, known);
    loop {
        let bytes = match intake::next(&mut lease, &mut unknown).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => break,
            Err(Stopped::Content(problem)) => return Err(problem),
            Err(Stopped::Lease(error)) => return Err(body.stopped(&error)),
        };
        let end = lease.offset().saturating_add(bytes.len() as u64);
        if let Some(length) = lease.length().filter(|length| end > *length) {
            // Said before it is written: the bytes that are there are good, and stay.
            return Err(Rejection::size_mismatch(length, end).into());
        }
        let offset = lease.offset();
        if let Err(error) = lease.write(Chunk { offset, bytes }).await {
            return Err(body.stopped(&error));
        }
    }
    match standing.put_down(lease).await? {
        Reached::Offset(offset) => Ok(offset),
        Reached::End(outcome) => Ok(arrived(&outcome.entry)),
    }
}

/// Whether a chunk can be of this upload and go where it says.
fn fits(entry: &Entry, patch: &Patch, body: Option<u64>) -> Result<(), Problem> {
    if let (Some(known), Some(said)) = (entry.length, patch.length)
        && known != said
    {
        return Err(Rejection::size_mismatch(known, said).into());
    }
    let arrived = arrived(entry);
    if patch.offset > arrived {
        return Err(Rejection::offset_mismatch(arrived, patch.offset).into());
    }
    let end = patch.offset.saturating_add(body.unwrap_or(0));
    match entry.length.or(patch.length) {
        Some(length) if end > length => Err(Rejection::size_mismatch(length, end).into()),
        _ => Ok(()),
    }
}

/// How many bytes of an upload are here.
fn arrived(entry: &Entry) -> u64 {
    if entry.done() { entry.length.unwrap_or(entry.offset) } else { entry.offset }
}

async fn standing(
    text: &str,
    page: &PageName,
    slot: &str,
    visitor: &Visitor,
    uploads: &Uploads,
) -> Result<(Standing, Handle, Turn), Problem> {
    // Only what comes whole has several ids.
    let handles = Handle::read(text).filter(|handles| handles.len() == 1);
    let handle = handles.and_then(|mut handles| handles.pop()).ok_or_else(unknown)?;
    let turn = Turn::draw(handle.id);
    let caller = handle.caller(visitor, uploads);
    Ok((uploads.stand(page, slot, caller, Save::Later).await?, handle, turn))
}

/// The bytes of a chunk.
struct Body {
    incoming: Incoming<web::Payload>,
    /// How many bytes are announced.
    length: Option<u64>,
    ended: bool,
    broken: bool,
}

impl Body {
    fn new(payload: web::Payload, request: &HttpRequest, uploads: &Uploads) -> Self {
        let length = request.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let incoming = Incoming::new(payload, request, uploads);
        Self { incoming, length, ended: false, broken: false }
    }

    /// Why nothing more is written; the engine itself logs why an upload fails.
    fn stopped(&mut self, error: &UploadError) -> Problem {
        self.broken |= intake::is_outrun(error);
        error.rejection().into()
    }

    /// Reads past a chunk of which everything is here already, and answers how far the upload is.
    async fn passes(&mut self, arrived: u64, offset: u64) -> Result<u64, Problem> {
        let mut end = offset;
        while let Some(bytes) = self.next().await? {
            end = end.saturating_add(bytes.len() as u64);
            if end > arrived {
                return Err(Rejection::size_mismatch(arrived, end).into());
            }
        }
        Ok(arrived)
    }

    /// Reads past what is left of a refused chunk, if that isn't too much.
    async fn is_read_to_its_end(&mut self, limit: u64) -> bool {
        if self.length.is_some_and(|length| length > limit) {
            return self.ended;
        }
        let mut skipped = 0_u64;
        while !self.ended && !self.broken && skipped <= limit {
            if let Ok(Some(bytes)) = self.next().await {
                skipped += bytes.len() as u64;
            }
        }
        self.ended
    }
}

impl Pieces for Body {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let piece = Pieces::next(&mut self.incoming).await;
        match piece {
            Ok(None) => self.ended = true,
            Ok(Some(_)) => {}
            Err(_) => self.broken = true,
        }
        piece
    }
}

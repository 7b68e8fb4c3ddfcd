//! A multipart body, part by part: each file is registered, written, settled and offered to the view before
//! the next part is read.

use actix_multipart::Multipart;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt;
use serde_json::Value;

use crate::transport::multipart::{self as body, Content};
use super::claims::{Claims, Field};
use super::fields::Fields;
use crate::domain::{Chunk, ClientFacts, Code, Entry, EntryId, EntryRef, Rejection, Start};
use crate::mounted::Mounted;
use crate::session::Fate;
use crate::transport::answer::{Problem, log, told};
use crate::transport::identity::Visitor;
use crate::transport::peers::Incoming;
use crate::uploads::{UploadError, Uploads};
use crate::view::Event;

/// What became of a form.
#[derive(Debug, Default)]
pub(super) struct Receipt {
    /// The complete entries, as they were when they became complete.
    pub(super) complete: Vec<Entry>,
    /// Stored files, of those the view kept.
    pub(super) stored: Vec<crate::domain::StoredFile>,
    /// What was refused: the name as it may be shown, and why.
    pub(super) refused: Vec<(String, Rejection)>,
    /// An event ran, and no file came with it.
    pub(super) event_only: bool,
    /// The body was not read to its end; the connection can't go on.
    pub(super) broken: bool,
}

impl Receipt {
    pub(super) fn refuse(&mut self, name: &str, rejection: Rejection) {
        self.refused.push((name.chars().take(255).collect(), rejection));
    }
}

pub(super) async fn multipart(
    request: &HttpRequest,
    body: Incoming<web::Payload>,
    mounted: &Mounted,
    visitor: &Visitor,
    uploads: &Uploads,
) -> Result<Receipt, Problem> {
    let mut parts = Multipart::new(request.headers(), body);
    let limits = uploads.limits();
    let mut receipt = Receipt::default();
    let (mut fields, mut claims) = (Fields::default(), Claims::default());
    let mut count = 0;
    while let Some(part) = parts.next().await {
        let step = async {
            let mut field = part.map_err(|error| body::broken(&error))?;
            count += 1;
            if count > limits.max_parts {
                let message = format!("A form may have {} parts.", limits.max_parts);
                return Err(Problem::because(Code::TooManyFiles, message));
            }
            let name = field.name().unwrap_or_default().to_owned();
            let file = body::file_name(&field);
            let mut content = Content::of(&mut field);
            if file.is_none() {
                let field = Field::of(&name, mounted);
                let room = limits.max_field.min(fields.room());
                match field {
                    Some(field) => {
                        let text = body::text(&mut content, room).await?;
                        fields.count(&name, &text);
                        if let Err(rejection) = claims.add(field, &text) {
                            receipt.refuse("", rejection);
                        }
                        return Ok(());
                    }
                    None if slot_name(mounted, &name).is_none() => {
                        fields.add(&name, body::text(&mut content, room).await?);
                        return Ok(());
                    }
                    None => {}
                }
            }
            fields.authorise(visitor, uploads)?;
            take_file(&mut content, &name, file, mounted, limits.max_skip, &mut receipt).await
        };
        if let Err(problem) = step.await {
            // What was stored before stays stored, and is told.
            if receipt.complete.is_empty() && receipt.refused.is_empty() {
                return Err(problem);
            }
            receipt.refuse("", problem.rejection().clone());
            receipt.broken = true;
            break;
        }
    }
    fields.authorise(visitor, uploads)?;
    settle(fields, claims, mounted, &mut receipt).await?;
    Ok(receipt)
}

/// The form's event runs when every file has settled; a manual slot's files are saved by it.
pub(super) async fn settle(
    mut fields: Fields,
    claims: Claims,
    mounted: &Mounted,
    receipt: &mut Receipt,
) -> Result<(), Problem> {
    if !receipt.broken {
        claims.settle(mounted, receipt).await;
    }
    let waiting = |entry: &&Entry| {
        let slot = mounted.session.slot(entry.slot.as_str());
        slot.is_some_and(|slot| slot.start() == Start::Manual)
    };
    let manual = receipt.complete.iter().any(|entry| waiting(&entry));
    let nothing = receipt.complete.is_empty() && receipt.refused.is_empty();
    let event = fields.event.take().or_else(|| manual.then(|| "save".to_owned()));
    match event {
        // A form that only chose no file must not run its "save" on nothing.
        Some(event) if !nothing || event != "save" => {
            run_event(event, fields.into_payload(), mounted, receipt).await;
        }
        _ if nothing => {
            return Err(Problem::because(Code::EmptyName, "Choose a file first."));
        }
        _ => {}
    }
    for entry in std::mem::take(&mut receipt.complete) {
        match mounted.session.fate(entry.id).await {
            Fate::Refused(rejection) => {
                // An event that failed because of a file says so beside the file, and once.
                receipt.refused.retain(|(name, known)| !name.is_empty() || *known != rejection);
                receipt.refuse(entry.name.as_str(), rejection);
            }
            Fate::Kept(file) => {
                receipt.stored.push(*file);
                receipt.complete.push(entry);
            }
            Fate::Taken | Fate::Waiting => receipt.complete.push(entry),
        }
    }
    Ok(())
}

pub(super) async fn run_event(
    name: String,
    payload: Value,
    mounted: &Mounted,
    receipt: &mut Receipt,
) {
    if receipt.complete.is_empty() && receipt.refused.is_empty() {
        receipt.event_only = true;
    }
    if let Err(error) = mounted.handle_event(Event { name, payload }).await {
        receipt.refuse("", told(&error));
    }
}

async fn take_file(
    content: &mut Content<'_>,
    name: &str,
    file: Option<String>,
    mounted: &Mounted,
    max_skip: u64,
    receipt: &mut Receipt,
) -> Result<(), Problem> {
    let mut first = content.next().await?;
    while first.as_ref().is_some_and(|piece| piece.is_empty()) {
        first = content.next().await?;
    }
    if file.as_deref().is_none_or(str::is_empty) && first.is_none() {
        return Ok(()); // A file input with nothing chosen.
    }
    let shown = file.clone().unwrap_or_default();
    let Some(slot) = slot_name(mounted, name) else {
        receipt.refuse(&shown, mounted.session.unknown_slot(name));
        return body::skip(content, max_skip).await;
    };
    let facts = ClientFacts {
        client_name: shown.clone(),
        client_type: content.field().content_type().map(ToString::to_string),
        ..ClientFacts::default()
    };
    let number = receipt.complete.len() + receipt.refused.len();
    let taken = match register(mounted, &slot, facts, number).await {
        Ok(id) => write(content, first, mounted, id).await,
        Err(error) => {
            // From here to the entry's end the engine itself says what fails; of this it says nothing.
            if error.is_ours() {
                log(&error);
            }
            Err(error)
        }
    };
    match taken {
        Ok(Ok(entry)) => {
            if let Err(error) = mounted.on_progress(&entry).await {
                receipt.refuse(&shown, told(&error));
            } else {
                receipt.complete.push(entry);
            }
            Ok(())
        }
        Ok(Err(problem)) => Err(problem),
        Err(error) => {
            receipt.refuse(&shown, error.rejection());
            body::skip(content, max_skip).await
        }
    }
}

async fn register(
    mounted: &Mounted,
    slot: &str,
    facts: ClientFacts,
    number: usize,
) -> Result<EntryId, UploadError> {
    let reference = EntryRef::try_from(format!("part{number}").as_str())
        .map_err(|_| Rejection::new(Code::InvalidMessage))?;
    let answers = mounted.session.register(slot, vec![(reference, facts)]).await?;
    match answers.into_iter().next() {
        Some(answer) => Ok(answer?.id),
        None => Err(UploadError::NotFound),
    }
}

/// Writes a part's bytes as they come. The inner error is the body's: nothing behind it can be read.
async fn write(
    content: &mut Content<'_>,
    first: Option<web::Bytes>,
    mounted: &Mounted,
    id: EntryId,
) -> Result<Result<Entry, Problem>, UploadError> {
    let mut lease = mounted.session.claim(id).await?;
    let mut piece = first;
    while let Some(bytes) = piece {
        let offset = lease.offset();
        lease.write(Chunk { offset, bytes }).await?;
        piece = match content.next().await {
            Ok(piece) => piece,
            Err(problem) => {
                drop(lease);
                // Half a file is no file.
                let _ = mounted.session.cancel(id).await;
                return Ok(Err(problem));
            }
        };
    }
    Ok(Ok(lease.finish().await?))
}

/// A field is named after its slot; the names that other clients use mean the page's first slot.
fn slot_name(mounted: &Mounted, field: &str) -> Option<String> {
    let name = field.strip_suffix("[]").unwrap_or(field);
    if mounted.session.slot(name).is_some() {
        return Some(name.to_owned());
    }
    let first = || mounted.session.slots().first().map(|slot| slot.name().to_string());
    matches!(name, "file" | "files").then(first).flatten()
}

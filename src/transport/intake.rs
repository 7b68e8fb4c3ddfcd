//! Files that come whole within one request, by whatever door: each is registered, written, settled and offered
//! to the view before the next one is read. Half a file is no file; one bad file doesn't fail the good ones.

mod pieces;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::Bytes;
use serde_json::Value;

pub(super) use self::pieces::{Beyond, Pieces, Stopped, is_outrun, next, pour};

use super::answer::{Problem, later, log, told_in};
use super::files;
use crate::domain::{
    Chunk, ClientFacts, Code, Entry, EntryId, EntryRef, Rejection, Start, StoredFile,
};
use crate::mounted::Mounted;
use crate::session::Fate;
use crate::uploads::{UploadError, Uploads};
use crate::view::Event;

/// What became of a request's files.
#[derive(Debug, Default)]
pub(super) struct Receipt {
    /// The complete entries, as they were when they became complete.
    pub(super) complete: Vec<Entry>,
    /// Stored files, of those the view kept.
    pub(super) stored: Vec<StoredFile>,
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

    /// What a program is told.
    pub(super) fn json(&self, uploads: &Uploads) -> HttpResponse {
        let told = |entry: &Entry| {
            let stored = self.stored.iter().find(|file| file.id == entry.id);
            files::file(uploads, entry, stored)
        };
        let files: Vec<files::Told> = self.complete.iter().map(told).collect();
        let well = self.refused.is_empty() && (self.event_only || !files.is_empty());
        let success = !self.stored.is_empty() || well;
        let status = match self.refused.first() {
            Some((_, rejection)) if !success => {
                StatusCode::from_u16(rejection.code().status()).unwrap_or(StatusCode::BAD_REQUEST)
            }
            _ => StatusCode::OK,
        };
        let mut response = HttpResponse::build(status);
        let seconds = self.refused.first().and_then(|(_, rejection)| later(rejection));
        if let Some(seconds) = seconds.filter(|_| !success) {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.json(files::body(success, &files, &self.refused))
    }
}

/// Takes one file into a slot; what is wrong with it is noted.
///
/// # Errors
/// The body is broken; nothing behind this file can be read.
pub(super) async fn take(
    content: &mut impl Pieces,
    first: Option<Bytes>,
    slot: &str,
    facts: ClientFacts,
    mounted: &Mounted,
    max_skip: u64,
    receipt: &mut Receipt,
) -> Result<(), Problem> {
    let shown = facts.client_name.clone();
    let number = receipt.complete.len() + receipt.refused.len();
    let taken = match register(mounted, slot, facts, number).await {
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
                receipt.refuse(&shown, told_in(&mounted.session, &error));
            } else {
                receipt.complete.push(entry);
            }
            Ok(())
        }
        Ok(Err(problem)) => Err(problem),
        Err(error) => {
            receipt.refuse(&shown, error.rejection());
            content.skip(max_skip).await
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

/// Writes a file's bytes as they come. The inner error is the body's: nothing behind it can be read.
async fn write(
    content: &mut impl Pieces,
    first: Option<Bytes>,
    mounted: &Mounted,
    id: EntryId,
) -> Result<Result<Entry, Problem>, UploadError> {
    let mut lease = mounted.session.claim(id).await?;
    if let Some(bytes) = first {
        lease.write(Chunk { offset: 0, bytes }).await?;
    }
    match pour(&mut lease, content).await {
        Ok(()) => Ok(Ok(lease.finish().await?)),
        Err(Stopped::Lease(error)) => Err(error),
        Err(Stopped::Content(problem)) => {
            drop(lease);
            // Half a file is no file.
            let _ = mounted.session.withdraw(id).await;
            Ok(Err(problem))
        }
    }
}

/// The request's event runs when every file has settled; a manual slot's files are saved by it.
///
/// # Errors
/// `empty_name` if there was neither a file nor an event.
pub(super) async fn settle(
    event: Option<String>,
    payload: Value,
    mounted: &Mounted,
    receipt: &mut Receipt,
) -> Result<(), Problem> {
    let waiting = |entry: &&Entry| {
        let slot = mounted.session.slot(entry.slot.as_str());
        slot.is_some_and(|slot| slot.start() == Start::Manual)
    };
    let manual = receipt.complete.iter().any(|entry| waiting(&entry));
    let nothing = receipt.complete.is_empty() && receipt.refused.is_empty();
    let event = event.or_else(|| manual.then(|| "save".to_owned()));
    match event {
        // A form that only chose no file must not run its "save" on nothing.
        Some(event) if !nothing || event != "save" => {
            run_event(event, payload, mounted, receipt).await;
        }
        _ if nothing => {
            return Err(Problem::because(Code::EmptyName, "Choose a file first."));
        }
        _ => {}
    }
    // ORDER: before anybody is told of them.
    let unrecorded = mounted.session.record().await;
    for entry in std::mem::take(&mut receipt.complete) {
        if let Some((_, reason)) = unrecorded.iter().find(|(id, _)| *id == entry.id) {
            receipt.refuse(entry.name.as_str(), reason.clone());
            continue;
        }
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

/// Runs an event of the page; what its handler says against it is noted.
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
        receipt.refuse("", told_in(&mounted.session, &error));
    }
}

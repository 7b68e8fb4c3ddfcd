//! Gathering: the chunks of one file, each a piece, until all are there.
//!
//! A piece's id follows from whose it is, what the client calls the file, and its place in it. So a chunk that comes
//! twice is known again, also after a restart, and no chunk has to look for the others.

use actix_web::HttpRequest;
use actix_web::web::Bytes;
use serde_json::json;

use super::Chunk;
use crate::domain::{
    Caller, ClientFacts, Code, Entry, EntryId, EntryKind, PageName, Rejection, StoredFile, Usage,
};
use crate::session::Fate;
use crate::transport::answer::{Problem, log, told};
use crate::transport::identity::{Visitor, introduce};
use crate::transport::intake::{self, Beyond, Pieces, Stopped};
use crate::transport::multipart::Content;
use crate::uploads::{Chunks, Save, Standing, UploadError, Uploads};
use crate::view::ViewError;

/// Who sends a chunk, and whereto.
pub(in crate::transport::form) struct Sender<'a> {
    pub(in crate::transport::form) request: &'a HttpRequest,
    pub(in crate::transport::form) visitor: &'a Visitor,
    pub(in crate::transport::form) uploads: &'a Uploads,
    pub(in crate::transport::form) page: &'a PageName,
    pub(in crate::transport::form) slot: &'a str,
}

/// What became of a chunk.
pub(super) enum Kept {
    /// It is durable; others are missing.
    Chunk,
    /// It was the last, and this is the file.
    File(Box<Entry>, Option<Box<StoredFile>>),
}

/// Why a chunk wasn't taken.
pub(super) enum Stop {
    /// The body is broken.
    Body(Problem),
    /// The chunk or its file is refused.
    File(Rejection),
}

/// The chunks of one file.
pub(super) struct Gathering<'a> {
    chunk: Chunk,
    facts: ClientFacts,
    from: &'a Sender<'a>,
    caller: Caller,
    chunks: Chunks,
    standing: Standing,
}

impl<'a> Gathering<'a> {
    /// The file to which a chunk belongs, if its slot may take that.
    pub(super) async fn of(
        chunk: Chunk,
        facts: ClientFacts,
        from: &'a Sender<'a>,
    ) -> Result<Self, Rejection> {
        let (caller, chunks) = sender(&chunk, from).await;
        let standing = from.uploads.stand(from.page, from.slot, caller.clone(), Save::Now).await;
        let standing = standing.map_err(|error| told(&error))?;
        let (least, length) = chunk.length();
        let known = ClientFacts { client_size: length, ..facts.clone() };
        standing.slot().admit(&Usage::default(), &known)?;
        standing.slot().constraints().check_so_far(least)?;
        Ok(Self { chunk, facts, from, caller, chunks, standing })
    }

    /// Keeps the chunk, and joins all if it was the last.
    pub(super) async fn take(
        &self,
        content: &mut Content<'_>,
        first: Option<Bytes>,
    ) -> Result<Kept, Stop> {
        if let Some(known) = self.joined_before(self.chunks.joined()).await {
            content.skip(self.from.uploads.limits().max_skip).await.map_err(Stop::Body)?;
            return Ok(known);
        }
        self.keep(content, first).await?;
        // ORDER: whoever has the gate joins or sees that it is done, so that a file is made once.
        let mut joined = self.chunks.gate().await;
        if let Some(known) = self.joined_before(*joined).await {
            return Ok(known);
        }
        let Some(pieces) = self.all_pieces().await? else { return Ok(Kept::Chunk) };
        let id = pieces.first().map(|first| self.chunks.file(first));
        // An earlier process may have joined them and not lived to remove them.
        if let Some(known) = self.joined_before(id).await {
            *joined = id;
            self.remove(&pieces);
            return Ok(known);
        }
        let caller = self.standing.caller();
        let ids: Vec<_> = pieces.iter().map(|piece| (piece.id, caller.clone())).collect();
        let length = pieces.iter().map(|piece| piece.offset).sum();
        let facts = ClientFacts { client_size: Some(length), ..self.facts.clone() };
        let outcome = self.standing.join(&ids, id, facts, None).await.map_err(refused)?;
        *joined = Some(outcome.entry.id);
        drop(joined);
        self.introduce();
        self.remove(&pieces);
        Ok(file(outcome.entry, outcome.fate))
    }

    /// Nobody waits for this, and what is left of it goes when its time is over.
    fn remove(&self, pieces: &[Entry]) {
        self.standing.withdraw_all(pieces.iter().map(|piece| piece.id).collect());
    }

    /// Writes the chunk, unless it is here already.
    async fn keep(&self, content: &mut Content<'_>, first: Option<Bytes>) -> Result<(), Stop> {
        // ORDER: before there is a piece of it. A chunk of another file must not take the place of ours.
        if let Ok(first) = self.standing.look(self.chunks.piece(0)).await {
            self.agrees(&first)?;
        }
        let piece = self.chunks.piece(self.chunk.index);
        let entry = self.standing.piece(piece, self.memo()).await.map_err(failed)?;
        self.agrees(&entry)?;
        if is_whole(&entry) {
            let max_skip = self.from.uploads.limits().max_skip;
            return content.skip(max_skip).await.map_err(Stop::Body);
        }
        let entry = self.standing.take_up(piece).await.map_err(refused)?;
        let mut lease = self.standing.claim_whole(entry.id).await.map_err(failed)?;
        let mut content = Beyond::new(content, first, entry.offset);
        while let Some(bytes) = intake::next(&mut lease, &mut content).await.map_err(stopped)? {
            let offset = lease.offset();
            let end = offset.saturating_add(bytes.len() as u64);
            if end > self.chunk.size {
                return Err(Stop::File(Rejection::size_mismatch(self.chunk.size, end)));
            }
            let chunk = crate::domain::Chunk { offset, bytes };
            lease.write(chunk).await.map_err(|error| stopped(Stopped::Lease(error)))?;
        }
        let length = lease.offset();
        lease.declare(length).await.map_err(failed)?;
        self.standing.put_down(lease).await.map(drop).map_err(refused)
    }

    /// All chunks in their order; nothing if one is missing. It is looked for from the end, where it mostly is.
    async fn all_pieces(&self) -> Result<Option<Vec<Entry>>, Stop> {
        let mut pieces = Vec::new();
        for index in (0..self.chunk.count).rev() {
            match self.standing.look(self.chunks.piece(index)).await {
                Ok(piece) if is_whole(&piece) => {
                    self.agrees(&piece)?;
                    pieces.push(piece);
                }
                Ok(_) | Err(UploadError::NotFound | UploadError::Rejected(_)) => return Ok(None),
                Err(error) => return Err(failed(error)),
            }
        }
        pieces.reverse();
        // Behind a chunk that isn't full the file is over: the browser has made it smaller on the way.
        let mut over = false;
        for piece in &pieces {
            if over && piece.offset > 0 {
                return Err(Stop::File(Rejection::new(Code::SizeMismatch)));
            }
            over = piece.offset < self.chunk.size;
        }
        Ok(Some(pieces))
    }

    /// What a piece's row says of its file, so that chunks of another are noticed.
    fn memo(&self) -> String {
        let name: String = self.facts.client_name.chars().take(255).collect();
        json!({ "count": self.chunk.count, "size": self.chunk.size, "name": name }).to_string()
    }

    fn agrees(&self, piece: &Entry) -> Result<(), Stop> {
        let alike = piece.kind == EntryKind::Piece && piece.memo == Some(self.memo());
        alike.then_some(()).ok_or_else(|| {
            let message = "Chunks of another file have come under this `dzuuid`.";
            Stop::File(Rejection::new(Code::InvalidMessage).with_message(message))
        })
    }

    /// The file, if it was joined before and is still there: somebody sends a chunk again whose answer was lost.
    async fn joined_before(&self, joined: Option<EntryId>) -> Option<Kept> {
        let entry = self.from.uploads.entry(joined?, &self.caller).await.ok()?;
        match self.standing.fate(entry.id).await {
            Fate::Refused(_) => None,
            fate => Some(file(entry, fate)),
        }
    }

    /// Whoever came without a cookie becomes known as the owner of the file.
    fn introduce(&self) {
        introduce(self.from.request, Some(&self.caller));
    }
}

/// Who sends a chunk. The chunks of somebody without a cookie would each come from somebody new, so what the client
/// calls the file says who it is; and it goes on doing so if another request has brought a cookie meanwhile.
async fn sender(chunk: &Chunk, from: &Sender<'_>) -> (Caller, Chunks) {
    let Sender { uploads, visitor, .. } = from;
    let chunks = |caller: &Caller| uploads.chunks(caller, from.page, from.slot, &chunk.file);
    let stranger = uploads.stranger(&chunk.file);
    if visitor.is_new() {
        // A cookie for each chunk would make each of the next ones come from somebody else.
        introduce(from.request, None);
        let chunks = chunks(&stranger);
        return (stranger, chunks);
    }
    let (own, theirs) = (chunks(&visitor.caller), chunks(&stranger));
    let begun = chunk.index > 0
        && visitor.was_a_stranger()
        && uploads.entry(own.piece(0), &visitor.caller).await.is_err()
        && uploads.entry(theirs.piece(0), &stranger).await.is_ok();
    if begun { (stranger, theirs) } else { (visitor.caller.clone(), own) }
}

fn file(entry: Entry, fate: Fate) -> Kept {
    match fate {
        Fate::Kept(stored) => Kept::File(Box::new(entry), Some(stored)),
        Fate::Taken | Fate::Waiting | Fate::Refused(_) => Kept::File(Box::new(entry), None),
    }
}

fn is_whole(piece: &Entry) -> bool {
    piece.length == Some(piece.offset)
}

fn stopped(stopped: Stopped) -> Stop {
    match stopped {
        Stopped::Content(problem) => Stop::Body(problem),
        // Its rest may not come for a long time.
        Stopped::Lease(error) if intake::is_outrun(&error) => Stop::Body(error.rejection().into()),
        // The engine itself has logged it, and a client that sends on is to read why.
        Stopped::Lease(error) => Stop::File(error.rejection()),
    }
}

fn failed(error: UploadError) -> Stop {
    if error.is_ours() {
        log(&error);
    }
    Stop::File(error.rejection())
}

fn refused(error: ViewError) -> Stop {
    Stop::File(told(&error))
}

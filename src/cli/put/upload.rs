//! The upload of one file, over as many connections, runs and servers' restarts as it takes.
//!
//! Only the server knows how much it has. So after anything that went wrong it is asked, and the upload goes on
//! from there; what we believe to have sent counts for nothing.

mod pump;

use std::fs::File;
use std::io;
use std::path::Path;

use url::Url;

use self::pump::Pump;
use super::address::Ours;
use super::board::{Bar, Board};
use super::confirm::{Facts, compare};
use super::digest::Running;
use super::fingerprint::Fingerprint;
use super::http::Client;
use super::memory::{Key, Known, Memory};
use super::outcome::Outcome;
use super::patience::{Patience, rest};
use super::plan::{Item, Kind};
use super::source::Source;
use super::trouble::{Trouble, Words};
use super::tus::{Part, Standing};

/// Bytes of a stream that are kept in memory, unless the user says otherwise; and the most that they may say.
const PIECE: u64 = 8 << 20;
const LARGEST_PIECE: u64 = 64 << 20;
/// How often an upload that its server lost begins again in one run.
const BEGINNINGS: u32 = 3;

/// What all uploads of a run share.
pub(super) struct Shop<'a> {
    pub(super) client: Client,
    pub(super) endpoint: Url,
    pub(super) memory: &'a Memory,
    pub(super) board: &'a Board,
    pub(super) patience: Patience,
    pub(super) chunk: Option<u64>,
    pub(super) verify: bool,
}

/// Where an upload stands.
enum Place {
    /// Its server doesn't know it.
    Nowhere,
    /// Only its server knows.
    Asked(Url),
    At(Url, u64),
}

struct Upload<'a> {
    shop: &'a Shop<'a>,
    item: &'a Item,
    /// By what it is remembered; a stream isn't.
    key: Option<Key>,
    source: Source,
    /// The server knows how long it is.
    declared: bool,
    digest: Option<Running>,
    patience: Patience,
    bar: Bar<'a>,
    beginnings: u32,
    /// Why the server ended it, if it said so.
    words: Option<Words>,
    furthest: u64,
    sent: u64,
    resumed_at: Option<u64>,
}

/// Uploads a file. The other answer is false if its server couldn't be reached.
pub(super) fn upload(item: &Item, shop: &Shop<'_>) -> (Outcome, bool) {
    let mut outcome = Outcome::of(item);
    let result = attempt(item, shop, &mut outcome);
    let reached = !matches!(result, Err(Trouble::Passing { reached: false, .. }));
    (outcome.ended(result), reached)
}

fn attempt(item: &Item, shop: &Shop<'_>, outcome: &mut Outcome) -> Result<(), Trouble> {
    let unreadable = |error: io::Error| Trouble::Failed(format!("It can't be read: {error}."));
    let Kind::File(_) = item.kind else {
        let source = stream(&item.path, shop.chunk).map_err(unreadable)?;
        let mut upload = Upload::new(item, shop, source);
        let result = upload.run(Place::Nowhere);
        return upload.end(result, outcome);
    };
    let file = File::open(&item.path).map_err(unreadable)?;
    let fingerprint = Fingerprint::of(&file).map_err(unreadable)?;
    let size = fingerprint.size;
    outcome.size = Some(size);
    let again = file.try_clone().map_err(unreadable)?;
    let mut upload = Upload::new(item, shop, Source::File { file, size });
    let place = upload.remembered(&fingerprint)?;
    let mut result = upload.run(place);
    if result.is_ok() && !fingerprint.still_is(&again).map_err(unreadable)? {
        result = Err(Trouble::Failed("The file was changed while it was sent.".to_owned()));
    }
    upload.end(result, outcome)
}

fn stream(path: &Path, chunk: Option<u64>) -> io::Result<Source> {
    let limit = chunk.unwrap_or(PIECE).min(LARGEST_PIECE);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(match path.as_os_str() == "-" {
        true => Source::stream(Box::new(io::stdin()), limit),
        false => Source::stream(Box::new(File::open(path)?), limit),
    })
}

impl<'a> Upload<'a> {
    fn new(item: &'a Item, shop: &'a Shop<'a>, source: Source) -> Self {
        let name = item.relative.as_ref().unwrap_or(&item.name);
        Self {
            shop,
            item,
            key: None,
            bar: shop.board.begin(name, source.length()),
            declared: source.length().is_some(),
            source,
            digest: shop.verify.then(Running::new),
            patience: shop.patience.clone(),
            beginnings: 0,
            words: None,
            furthest: 0,
            sent: 0,
            resumed_at: None,
        }
    }

    /// Where an earlier run left it.
    fn remembered(&mut self, file: &Fingerprint) -> Result<Place, Trouble> {
        let Ok(path) = std::fs::canonicalize(&self.item.path) else { return Ok(Place::Nowhere) };
        let name = self.item.relative.as_ref().unwrap_or(&self.item.name).clone();
        let key = Key { endpoint: self.shop.endpoint.to_string(), path, name };
        let known = self.shop.memory.claim(&key, file);
        match self.noted(known) {
            Some(Known::Busy(pid)) => {
                Err(Trouble::Failed(format!("Another run (process {pid}) is sending it.")))
            }
            Some(Known::Address(address)) => {
                self.key = Some(key);
                Ok(Url::parse(&address).map_or(Place::Nowhere, Place::Asked))
            }
            Some(Known::Nothing) => {
                self.key = Some(key);
                Ok(Place::Nowhere)
            }
            None => Ok(Place::Nowhere),
        }
    }

    fn run(&mut self, mut place: Place) -> Result<Url, Trouble> {
        loop {
            if let Place::At(address, offset) = &place
                && self.declared
                && self.source.length() == Some(*offset)
            {
                return Ok(address.clone());
            }
            let result = match &place {
                Place::Nowhere => self.create(),
                Place::Asked(address) => self.ask(address),
                Place::At(address, offset) => self.send(address, *offset),
            };
            place = match (result, place) {
                (Ok(next), _) => next,
                (Err(Trouble::Gone(_)), Place::Asked(address)) => self.lost(&address)?,
                (Err(Trouble::Gone(words)), Place::At(address, _)) => {
                    self.words = words;
                    Place::Asked(address)
                }
                (Err(trouble), place) => {
                    let Some((tries, wait)) = self.patience.next(&trouble) else {
                        return Err(trouble);
                    };
                    if let Trouble::Passing { why, .. } = &trouble {
                        self.bar.again(why, tries, self.patience.retries);
                    }
                    rest(wait);
                    match place {
                        Place::At(address, _) => Place::Asked(address),
                        place => place,
                    }
                }
            };
        }
    }

    fn create(&mut self) -> Result<Place, Trouble> {
        let name = self.item.name.as_str();
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
        let kind =
            extension.map(|extension| actix_files::file_extension_to_mime(extension).to_string());
        let modified = self.source.modified().map(|time| time.to_string());
        let mut metadata = vec![("filename", name)];
        metadata.extend(kind.as_deref().map(|kind| ("filetype", kind)));
        metadata.extend(self.item.relative.as_deref().map(|path| ("relativePath", path)));
        metadata.extend(modified.as_deref().map(|time| ("lastModified", time)));
        let length = self.source.length().filter(|_| self.declared);
        let created = self.shop.client.create(&self.shop.endpoint, length, &metadata)?;
        self.beginnings += 1;
        self.bar.goes_on();
        self.keep(&created.address, created.until);
        Ok(Place::At(created.address, 0))
    }

    fn ask(&mut self, address: &Url) -> Result<Place, Trouble> {
        let standing = self.shop.client.head(address)?;
        self.declared |= standing.length.is_some();
        if self.beginnings == 0 {
            self.resumed_at = Some(standing.offset);
        }
        self.beginnings = self.beginnings.max(1);
        self.at(address, &standing)
    }

    fn send(&mut self, address: &Url, offset: u64) -> Result<Place, Trouble> {
        let unreadable = |error: io::Error| Trouble::Failed(format!("It can't be read: {error}."));
        let span = self.source.span(offset, self.shop.chunk).map_err(unreadable)?;
        if let Some(digest) = &mut self.digest {
            digest.catch_up(&self.source, offset).map_err(unreadable)?;
        }
        let count = span.end - span.start;
        let length = self.source.length().filter(|_| !self.declared);
        let mut pump = Pump::new(&self.source, span, self.digest.as_mut(), &self.bar);
        let part = Part { offset, bytes: &mut pump, count, length };
        let result = self.shop.client.patch(address, part);
        self.sent += pump.given();
        if let Some(error) = pump.fault() {
            return Err(unreadable(error));
        }
        let standing = result?;
        self.declared |= length.is_some();
        if standing.offset == offset && count > 0 {
            let why = "the server took nothing".to_owned();
            return Err(Trouble::Passing { why, wait: None, reached: true });
        }
        if standing.until.is_some() {
            self.keep(address, standing.until);
        }
        self.at(address, &standing)
    }

    /// The server has said how much it has.
    fn at(&mut self, address: &Url, standing: &Standing) -> Result<Place, Trouble> {
        let offset = standing.offset;
        if self.source.length().is_some_and(|length| offset > length) {
            return Err(Trouble::Failed("The server has more than the file.".to_owned()));
        }
        if offset > self.furthest {
            self.furthest = offset;
            self.patience.renew();
        }
        self.bar.goes_on();
        self.bar.at(offset);
        Ok(Place::At(address.clone(), offset))
    }

    /// The server doesn't have the upload any more.
    fn lost(&mut self, address: &Url) -> Result<Place, Trouble> {
        // What an earlier run began may be over without a word.
        if self.beginnings > 0 {
            let words = self.words.take().or_else(|| self.shop.client.last_words(address));
            if let Some(words) = words {
                return Err(Trouble::Refused(words));
            }
            // A stream's first bytes are gone.
            if self.beginnings >= BEGINNINGS || matches!(self.source, Source::Stream(_)) {
                return Err(Trouble::Gone(None));
            }
        }
        self.furthest = 0;
        self.bar.at(0);
        Ok(Place::Nowhere)
    }

    /// What the end of it comes to.
    fn end(mut self, result: Result<Url, Trouble>, outcome: &mut Outcome) -> Result<(), Trouble> {
        let result = result.and_then(|address| self.confirmed(&address, outcome));
        (outcome.sent, outcome.resumed_at) = (self.sent, self.resumed_at);
        if let Some(key) = &self.key {
            // What may go on later is remembered; what is done or refused, or was another file, is not.
            let noted = match &result {
                Err(Trouble::Passing { .. }) => self.shop.memory.rest(key),
                _ => self.shop.memory.forget(key),
            };
            self.noted(noted);
        }
        result
    }

    fn confirmed(&mut self, address: &Url, outcome: &mut Outcome) -> Result<(), Trouble> {
        let length = self.source.length();
        outcome.size = length;
        if let (Some(digest), Some(length)) = (&mut self.digest, length) {
            let caught = digest.catch_up(&self.source, length);
            caught.map_err(|error| Trouble::Failed(format!("It can't be read: {error}.")))?;
        }
        let ours = self.digest.take().map(Running::hex);
        let (bar, retries) = (&self.bar, self.patience.retries);
        self.patience.renew();
        let note = |trouble: &Trouble, tries| {
            if let Trouble::Passing { why, .. } = trouble {
                bar.again(why, tries, retries);
            }
        };
        let facts = self.patience.with(note, || self.shop.client.facts(address))?;
        let Facts { id, url, sha256 } = facts.clone();
        outcome.id = id;
        // Whoever else speaks tus serves a file where it was sent, if anywhere.
        let elsewhere = || Ours::of(address).is_none().then(|| super::address::shown(address));
        outcome.url = url.or_else(elsewhere);
        outcome.sha256 = ours.clone().or(sha256);
        ours.map_or(Ok(()), |ours| compare(&facts, &ours))
    }

    fn keep(&self, address: &Url, until: Option<u64>) {
        if let Some(key) = &self.key {
            self.noted(self.shop.memory.keep(key, address.as_str(), until));
        }
    }

    /// A memory that fails is said and no more: the file matters.
    fn noted<T>(&self, result: io::Result<T>) -> Option<T> {
        result
            .map_err(|error| self.shop.board.complain(&format!("nothing is remembered: {error}")))
            .ok()
    }
}

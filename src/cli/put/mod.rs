//! `longshore put`: sends files and folders to a page of Longshore, or to any server that speaks tus 1.0.
//!
//! It is a client like any other: nothing here knows the server's side but by what goes over the wire.
//!
//! Exit codes: 0 everything is stored, 1 something is not, 2 usage, 130 and 143 interrupted.

mod address;
mod board;
mod confirm;
mod cookies;
mod crew;
mod digest;
mod ears;
mod fingerprint;
mod flags;
mod headers;
mod holder;
mod http;
mod interrupt;
mod memory;
mod outcome;
mod patience;
mod plan;
mod source;
mod trouble;
mod tus;
mod upload;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use ureq::http::{HeaderName, HeaderValue, Method, header};
use url::Url;

use self::address::Door;
use self::board::Board;
use self::crew::Order;
use self::flags::Flags;
use self::http::{Ask, Body, Client, Manners};
use self::memory::Memory;
use self::patience::Patience;
use self::plan::Taste;
use self::trouble::Trouble;
use self::upload::Shop;

/// The words behind `longshore put`, if that is what was said. The server's flags don't belong here, and its
/// environment, right or wrong, is of no concern.
pub(super) fn asked() -> Option<Vec<OsString>> {
    let mut words = std::env::args_os().skip(1);
    (words.next()? == "put").then(|| std::iter::once("longshore put".into()).chain(words).collect())
}

pub(super) fn main(words: Vec<OsString>) -> ExitCode {
    // clap prints usage errors itself and exits with 2.
    let flags = Flags::parse_from(words);
    match prepare(&flags) {
        Ok(run) => run.go(&flags),
        Err(wrong) => super::fail(2, &anyhow::anyhow!(wrong)),
    }
}

/// Everything that could be wrong with the words isn't.
struct Run {
    door: Door,
    client: Client,
    memory: Arc<Memory>,
    board: Arc<Board>,
}

fn prepare(flags: &Flags) -> Result<Run, String> {
    flags.ensure_sense()?;
    let typed = address::typed(flags.url(), flags.slot.as_deref(), flags.tus)?;
    let mut headers = headers::headers(&flags.header)?;
    add_authorization(&mut headers, typed.authorization.as_deref());
    let board = Arc::new(Board::new(flags.quiet, flags.json));
    let memory = Arc::new(remember(flags, &board)?);
    let (Door::Here(home) | Door::Perhaps { itself: home, .. }) = &typed.door;
    let manners = Manners {
        home: home.clone(),
        headers,
        cacert: flags.cacert.as_deref(),
        timeout: flags.timeout,
        connections: usize::from(flags.jobs),
    };
    let client = Client::new(manners, Arc::clone(&memory))?;
    Ok(Run { door: typed.door, client, memory, board })
}

fn add_authorization(headers: &mut Vec<(HeaderName, HeaderValue)>, authorization: Option<&str>) {
    let said = headers.iter().any(|(name, _)| *name == header::AUTHORIZATION);
    if !said && let Some(Ok(mut value)) = authorization.map(HeaderValue::from_str) {
        value.set_sensitive(true);
        headers.push((header::AUTHORIZATION, value));
    }
}

fn remember(flags: &Flags, board: &Board) -> Result<Memory, String> {
    if flags.no_state {
        return Ok(Memory::none());
    }
    let failed = |path: &Path, error| format!("{}: {error}", path.display());
    if let Some(path) = &flags.state {
        return Memory::at(path).map_err(|error| failed(path, error));
    }
    let Some(path) = Memory::default_place() else {
        board.say("nothing is remembered: there is neither HOME nor XDG_STATE_HOME");
        return Ok(Memory::none());
    };
    // Nobody asked for this file, so a home that can't be written to is no reason to stop.
    Ok(Memory::at(&path).unwrap_or_else(|error| {
        board.say(&format!("nothing is remembered: {}", failed(&path, error)));
        Memory::none()
    }))
}

impl Run {
    fn go(self, flags: &Flags) -> ExitCode {
        let Self { door, client, memory, board } = self;
        interrupt::listen(Arc::clone(&board), memory.remembers());
        let patience = Patience::new(flags.retries, flags.retry_delay);
        let endpoint = match endpoint(door, &client, &board, &patience) {
            Ok(endpoint) => endpoint,
            Err(why) => {
                board.close(Some(&why));
                return ExitCode::FAILURE;
            }
        };
        let shop = Shop {
            client,
            endpoint,
            memory: &memory,
            board: &board,
            patience,
            chunk: flags.chunk_size,
            verify: !flags.no_verify,
        };
        let taste =
            Taste { recurse: !flags.no_recurse, hidden: !flags.no_hidden, follow: flags.follow };
        let (arguments, name) = (flags.files(), flags.name.as_deref());
        crew::run(&Order { arguments, name, taste, jobs: usize::from(flags.jobs) }, &shop);
        if board.close(None) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Finds the tus door, and makes us known there before several uploads begin at once: each of them would be another
/// caller otherwise.
fn endpoint(
    door: Door,
    client: &Client,
    board: &Board,
    patience: &Patience,
) -> Result<Url, String> {
    let note = |trouble: &Trouble, tries: u32| {
        if let Trouble::Passing { why, .. } = trouble {
            board.say(&format!("{why}; try {tries} of {}", patience.at_first().retries));
        }
    };
    let ask = |url: &Url| patience.at_first().with(note, || client.speaks_tus(url));
    let endpoint = match door {
        Door::Here(url) => url,
        Door::Perhaps { itself, of_page } => {
            let found = ask(&itself).and_then(|found| match found {
                Some(url) => Ok(Some(url)),
                None => ask(&of_page),
            });
            found.map_err(told)?.ok_or_else(|| {
                let shown = address::shown(&itself);
                format!("{shown} is neither a page of Longshore nor a tus address")
            })?
        }
    };
    if let Some(listing) = address::listing(&endpoint) {
        let hello = || {
            let ask =
                Ask { method: Method::GET, url: &listing, headers: Vec::new(), body: Body::None };
            client.send(ask).map_err(Trouble::from)
        };
        patience.at_first().with(note, hello).map_err(told)?;
    }
    Ok(endpoint)
}

fn told(trouble: Trouble) -> String {
    match trouble {
        Trouble::Refused(words) => words.message,
        Trouble::Failed(why) | Trouble::Passing { why, .. } => why,
        Trouble::Gone(_) => "there is nothing at this address".to_owned(),
    }
}

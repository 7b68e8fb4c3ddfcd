//! [`Writer`]: makes changes, many in one transaction.
//!
//! A change that can't be made (a duplicate, an unknown id) is answered so and leaves the others
//! of its group alone. When SQLite itself fails in the middle of a group, it is not known which
//! change it failed for; the group is rolled back and its changes are made one by one, so that
//! one bad change fails alone. When the commit fails, nothing is tried again.
//!
//! It waits for changes as a task does and for the disk as a thread does: its thread has nothing else to do, and a
//! statement costs no way to another one.
//!
//! INVARIANT: an answer is sent after the commit that it speaks of, never before.

use std::collections::HashMap;
use std::fmt;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rusqlite::{Connection, Error, params};
use tokio::sync::oneshot;

use super::insert::insert_all;
use super::lanes::Receiving;
use super::outbox::{self, Posted};
use super::passing::{is_busy, is_full};
use super::recent::{Recent, is_stored};
use super::{Tally, database, row};
use crate::catalogue::{CatalogueError, Checkpoint};
use crate::domain::{Entry, EntryId, PartialDigest};

#[derive(Debug)]
pub(super) enum Change {
    Insert(Vec<Entry>),
    Checkpoint(EntryId, Checkpoint),
    Settle(Box<Entry>),
    Remove(EntryId),
    RemoveAll(Vec<EntryId>),
    Posted(Box<Posted>),
}

impl Change {
    /// The rows that it may change. New ones are nobody's yet.
    pub(super) fn changed(&self) -> &[EntryId] {
        match self {
            Self::Insert(_) => &[],
            Self::Checkpoint(id, _) | Self::Remove(id) => slice::from_ref(id),
            Self::Settle(entry) => slice::from_ref(&entry.id),
            Self::RemoveAll(ids) => ids,
            Self::Posted(posted) => posted.changed(),
        }
    }

    /// The entry as its row says it afterwards, where that is all of it.
    fn settled(self) -> Option<Entry> {
        match self {
            Self::Settle(entry) => Some(*entry),
            Self::Posted(posted) => posted.settled(),
            _ => None,
        }
    }
}

pub(super) type Answer = Result<(), CatalogueError>;

#[derive(Debug)]
pub(super) enum Request {
    Change { change: Change, answer: oneshot::Sender<Answer> },
    Close,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    transactions: AtomicU64,
    changes: AtomicU64,
}

impl Counters {
    pub(super) fn tally(&self) -> Tally {
        Tally {
            transactions: self.transactions.load(Ordering::Relaxed),
            changes: self.changes.load(Ordering::Relaxed),
        }
    }
}

pub(super) struct Writer {
    connection: Connection,
    lanes: Receiving,
    counters: Arc<Counters>,
    recent: Recent,
}

/// Why a whole group was rolled back.
enum Broken {
    /// While its changes were made.
    Changing(Error),
    /// Before or after.
    Bracket(Error),
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        lanes: Receiving,
        counters: Arc<Counters>,
        recent: Recent,
    ) -> Self {
        Self { connection, lanes, counters, recent }
    }

    /// Works until it is told to close, or nobody is left who could send, and all that was sent
    /// is answered.
    pub(super) async fn run(mut self) -> Connection {
        let mut received = Vec::new();
        while self.lanes.next(&mut received).await {
            let (mut changes, mut answers) = (Vec::new(), Vec::new());
            for request in received.drain(..) {
                match request {
                    Request::Close => self.lanes.close(),
                    Request::Change { change, answer } => {
                        changes.push(change);
                        answers.push(answer);
                    }
                }
            }
            self.recent.begin(changes.iter().flat_map(Change::changed).copied());
            let outcomes = self.make_all(&changes);
            // ORDER: before anybody is answered, and however it went.
            self.recent.done(stored(changes, &outcomes), Instant::now());
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                self.counters.changes.fetch_add(1, Ordering::Relaxed);
                // Whoever doesn't wait any more doesn't need the answer.
                let _ = answer.send(outcome);
            }
        }
        self.connection
    }

    fn make_all(&self, changes: &[Change]) -> Vec<Answer> {
        match self.make_together(changes) {
            Ok(outcomes) => outcomes,
            Err(Broken::Changing(_)) if changes.len() > 1 => {
                let mut outcomes = Vec::with_capacity(changes.len());
                for change in changes {
                    let alone = self.make_together(slice::from_ref(change));
                    outcomes.extend(alone.unwrap_or_else(|broken| fail_all(1, broken)));
                }
                outcomes
            }
            Err(broken) => fail_all(changes.len(), broken),
        }
    }

    /// One transaction.
    ///
    /// The brackets are plain statements: when SQLite rolls back by itself (it does so when the disk is full), nobody
    /// else has a count of transactions that would then be wrong.
    fn make_together(&self, changes: &[Change]) -> Result<Vec<Answer>, Broken> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let made = self.begin_make_commit(changes);
        match &made {
            Ok(_) => {
                self.counters.transactions.fetch_add(1, Ordering::Relaxed);
            }
            // It fails where SQLite has rolled back already, and that is as good.
            Err(_) => drop(say(&self.connection, "ROLLBACK")),
        }
        made
    }

    fn begin_make_commit(&self, changes: &[Change]) -> Result<Vec<Answer>, Broken> {
        let connection = &self.connection;
        // A transaction that begins by reading could not wait for another writer later.
        say(connection, "BEGIN IMMEDIATE").map_err(Broken::Bracket)?;
        let mut outcomes = Vec::with_capacity(changes.len());
        for change in changes {
            outcomes.push(make(connection, change).map_err(Broken::Changing)?);
        }
        say(connection, "COMMIT").map_err(Broken::Bracket)?;
        Ok(outcomes)
    }
}

/// The rows of stored files as these changes have left them.
fn stored(changes: Vec<Change>, outcomes: &[Answer]) -> HashMap<EntryId, Entry> {
    let mut stored = HashMap::new();
    for (change, outcome) in changes.into_iter().zip(outcomes) {
        for id in change.changed() {
            stored.remove(id);
        }
        if let (Some(entry), Ok(())) = (change.settled(), outcome)
            && is_stored(&entry)
        {
            stored.insert(entry.id, entry);
        }
    }
    stored
}

pub(super) fn say(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// One change. The outer error is SQLite's, the inner one the change's own.
fn make(connection: &Connection, change: &Change) -> Result<Answer, Error> {
    match change {
        Change::Insert(entries) => insert_all(connection, entries),
        Change::Checkpoint(id, mark) => checkpoint(connection, *id, mark),
        Change::Settle(entry) => settle(connection, entry).map(Ok),
        Change::Remove(id) => remove(connection, *id).map(|_| Ok(())),
        Change::RemoveAll(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            let ids = serde_json::Value::from(ids).to_string();
            let mut remove = connection.prepare_cached(include_str!("remove_all.sql"))?;
            remove.execute([ids]).map(|_| Ok(()))
        }
        Change::Posted(posted) => outbox::make(connection, posted).map(Ok),
    }
}

pub(super) fn settle(connection: &Connection, entry: &Entry) -> Result<(), Error> {
    match row::write(connection, include_str!("settle_in_place.sql"), entry)? {
        // It is new, or somebody else's by now.
        0 => row::write(connection, include_str!("settle.sql"), entry).map(drop),
        _ => Ok(()),
    }
}

/// Answers how many were there.
pub(super) fn remove(connection: &Connection, id: EntryId) -> Result<usize, Error> {
    connection.prepare_cached("DELETE FROM entries WHERE id = ?1")?.execute([id.to_string()])
}

/// The greater of two offsets is found by SQLite. Its numbers have a sign, which no offset of a
/// file ever needs.
fn checkpoint(connection: &Connection, id: EntryId, mark: &Checkpoint) -> Result<Answer, Error> {
    let mut statement = connection.prepare_cached(include_str!("checkpoint.sql"))?;
    let changed = statement.execute(params![
        id.to_string(),
        mark.offset.cast_signed(),
        mark.partial_digest.as_ref().map(PartialDigest::as_bytes),
        mark.at.as_millis(),
        mark.length.map(u64::cast_signed),
    ])?;
    Ok(one_row(changed).ok_or(CatalogueError::NotFound(id)))
}

pub(super) fn one_row(changed: usize) -> Option<()> {
    (changed > 0).then_some(())
}

/// The same failure for each of a group.
fn fail_all(count: usize, broken: Broken) -> Vec<Answer> {
    let (Broken::Changing(error) | Broken::Bracket(error)) = broken;
    let error = Arc::new(error);
    let (full, busy) = (is_full(&error), is_busy(&error));
    let share = || {
        let shared = Shared(Arc::clone(&error));
        Err(match (full, busy) {
            (true, _) => CatalogueError::Full(Box::new(shared)),
            (_, true) => CatalogueError::Busy(Box::new(shared)),
            (false, false) => database(shared),
        })
    };
    std::iter::repeat_with(share).take(count).collect()
}

/// An error that many are told of.
#[derive(Debug)]
struct Shared(Arc<Error>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Shared {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

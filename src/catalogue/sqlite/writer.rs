//! [`Writer`]: makes changes, many in one transaction.
//!
//! A change that can't be made (a duplicate, an unknown id) is answered so and leaves the others
//! of its group alone. When SQLite itself fails in the middle of a group, it is not known which
//! change it failed for; the group is rolled back and its changes are made one by one, so that
//! one bad change fails alone. When the commit fails, nothing is tried again.
//!
//! INVARIANT: an answer is sent after the commit that it speaks of, never before.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::Error;
use sqlx::sqlite::{SqliteConnection, SqliteQueryResult};
use tokio::sync::oneshot;

use super::insert::insert_all;
use super::lanes::Receiving;
use super::outbox::{self, Posted};
use super::passing::{is_busy, is_full};
use super::{Tally, database, row};
use crate::catalogue::{CatalogueError, Checkpoint};
use crate::domain::{Entry, EntryId};

#[derive(Debug)]
pub(super) enum Change {
    Insert(Vec<Entry>),
    Checkpoint(EntryId, Checkpoint),
    Settle(Box<Entry>),
    Remove(EntryId),
    RemoveAll(Vec<EntryId>),
    Posted(Box<Posted>),
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
    connection: SqliteConnection,
    lanes: Receiving,
    counters: Arc<Counters>,
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
        connection: SqliteConnection,
        lanes: Receiving,
        counters: Arc<Counters>,
    ) -> Self {
        Self { connection, lanes, counters }
    }

    /// Works until it is told to close, or nobody is left who could send, and all that was sent
    /// is answered.
    pub(super) async fn run(mut self) -> SqliteConnection {
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
            let outcomes = self.make_all(&changes).await;
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                self.counters.changes.fetch_add(1, Ordering::Relaxed);
                // Whoever doesn't wait any more doesn't need the answer.
                let _ = answer.send(outcome);
            }
        }
        self.connection
    }

    async fn make_all(&mut self, changes: &[Change]) -> Vec<Answer> {
        match self.make_together(changes).await {
            Ok(outcomes) => outcomes,
            Err(Broken::Changing(_)) if changes.len() > 1 => {
                let mut outcomes = Vec::with_capacity(changes.len());
                for change in changes {
                    let alone = self.make_together(std::slice::from_ref(change)).await;
                    outcomes.extend(alone.unwrap_or_else(|broken| fail_all(1, broken)));
                }
                outcomes
            }
            Err(broken) => fail_all(changes.len(), broken),
        }
    }

    /// One transaction.
    ///
    /// The brackets are plain statements. The driver's own transactions count how deep they are;
    /// when SQLite rolls one back by itself (it does so when the disk is full), that count stays
    /// wrong and the connection refuses every later transaction.
    async fn make_together(&mut self, changes: &[Change]) -> Result<Vec<Answer>, Broken> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let made = self.begin_make_commit(changes).await;
        match &made {
            Ok(_) => {
                self.counters.transactions.fetch_add(1, Ordering::Relaxed);
            }
            // It fails where SQLite has rolled back already, and that is as good.
            Err(_) => drop(say(&mut self.connection, "ROLLBACK").await),
        }
        made
    }

    async fn begin_make_commit(&mut self, changes: &[Change]) -> Result<Vec<Answer>, Broken> {
        let connection = &mut self.connection;
        // A transaction that begins by reading could not wait for another writer later.
        say(connection, "BEGIN IMMEDIATE").await.map_err(Broken::Bracket)?;
        let mut outcomes = Vec::with_capacity(changes.len());
        for change in changes {
            outcomes.push(make(connection, change).await.map_err(Broken::Changing)?);
        }
        say(connection, "COMMIT").await.map_err(Broken::Bracket)?;
        Ok(outcomes)
    }
}

pub(super) async fn say(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), Error> {
    sqlx::query(sql).execute(connection).await.map(drop)
}

/// One change. The outer error is SQLite's, the inner one the change's own.
async fn make(connection: &mut SqliteConnection, change: &Change) -> Result<Answer, Error> {
    match change {
        Change::Insert(entries) => insert_all(connection, entries).await,
        Change::Checkpoint(id, mark) => checkpoint(connection, *id, mark).await,
        Change::Settle(entry) => {
            let statement = sqlx::query(include_str!("settle.sql"));
            row::bind(statement, entry).execute(connection).await.map(|_| Ok(()))
        }
        Change::Remove(id) => {
            let statement = sqlx::query("DELETE FROM entries WHERE id = $1").bind(id.to_string());
            statement.execute(connection).await.map(|_| Ok(()))
        }
        Change::RemoveAll(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            let ids = serde_json::Value::from(ids).to_string();
            let statement = sqlx::query(include_str!("remove_all.sql")).bind(ids);
            statement.execute(connection).await.map(|_| Ok(()))
        }
        Change::Posted(posted) => outbox::make(connection, posted).await.map(Ok),
    }
}

/// The greater of two offsets is found by SQLite. Its numbers have a sign, which no offset of a
/// file ever needs.
async fn checkpoint(
    connection: &mut SqliteConnection,
    id: EntryId,
    mark: &Checkpoint,
) -> Result<Answer, Error> {
    let digest = mark.partial_digest.as_ref().map(|digest| digest.as_bytes().to_vec());
    let statement = sqlx::query(include_str!("checkpoint.sql"))
        .bind(id.to_string())
        .bind(mark.offset.cast_signed())
        .bind(digest)
        .bind(mark.at.as_millis())
        .bind(mark.length.map(u64::cast_signed));
    let done = statement.execute(connection).await?;
    Ok(one_row(&done).ok_or(CatalogueError::NotFound(id)))
}

pub(super) fn one_row(done: &SqliteQueryResult) -> Option<()> {
    (done.rows_affected() > 0).then_some(())
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

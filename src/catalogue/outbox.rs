//! [`Outbox`]: letters that wait for their receivers, in the same database as the rows that they speak of.
//!
//! Whoever first commits a row and then notes that somebody must be told of it forgets to tell when the process
//! dies between the two. So the note is part of the commit. What a catalogue can do besides remembering entries is
//! a trait of its own: one that can't do this is a catalogue all the same.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::CatalogueError;
use crate::domain::{Entry, EntryId, Letter, LetterId, Timestamp};

/// A letter with everybody who shall get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What is told.
    pub letter: Letter,
    /// Whom, by the name under which each of them asks for its letters.
    pub to: Vec<String>,
}

/// A letter that one receiver has not got yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What is told.
    pub letter: Letter,
    /// How often that was tried in vain.
    pub attempts: u32,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The receiver has it.
    Delivered,
    /// It is tried again, not before this time.
    Later {
        /// How often it was tried by now.
        attempts: u32,
        /// When it is due again.
        due_at: Timestamp,
        /// What went wrong.
        trouble: String,
    },
    /// It is not tried again.
    Dead {
        /// How often it was tried.
        attempts: u32,
        /// When it was given up.
        at: Timestamp,
        /// What went wrong.
        trouble: String,
    },
}

/// How much an outbox may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Letters that wait for one receiver.
    pub waiting: u32,
    /// Letters that were given up, of all receivers.
    pub dead: u32,
    /// How long those are kept.
    pub dead_for: Duration,
}

/// Letters beside the entries that they speak of.
///
/// # Contract
///
/// * What [`settle_and_tell`](Outbox::settle_and_tell), [`take_back`](Outbox::take_back) and
///   [`remove_and_tell`](Outbox::remove_and_tell) do, they do in one transaction: the row and its letters, or neither.
/// * A letter waits until a [`Fate`] ends it; it is handed out as often as it is asked for.
/// * Letters of one receiver are handed out oldest id first, and to nobody else.
///
/// # Errors
///
/// As [`Catalogue`](super::Catalogue): after an error nobody knows whether the change was made.
///
/// # Cancellation
///
/// A future that is dropped may or may not have taken effect; never in part.
///
/// # Implementing
///
/// Run `catalogue::conformance::outbox` (feature `testing`).
#[async_trait]
pub trait Outbox: Send + Sync + Debug {
    /// Remembers the entry as it is now, and the letter about it.
    async fn settle_and_tell(
        &self,
        entry: &Entry,
        envelope: &Envelope,
    ) -> Result<(), CatalogueError>;

    /// Remembers the entry as it is now, and forgets a letter that would say otherwise.
    async fn take_back(&self, entry: &Entry, letter: LetterId) -> Result<(), CatalogueError>;

    /// Forgets the entry and keeps the letter about that. If the entry isn't known there is nothing to tell, and
    /// the letter isn't kept.
    async fn remove_and_tell(&self, id: EntryId, envelope: &Envelope)
    -> Result<(), CatalogueError>;

    /// Letters that this receiver may be sent now, at most `limit` of them.
    async fn due(
        &self,
        receiver: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Waiting>, CatalogueError>;

    /// Remembers what became of an attempt. A letter that isn't there is nobody's any more: `Ok`.
    async fn attempted(
        &self,
        letter: LetterId,
        receiver: &str,
        fate: &Fate,
    ) -> Result<(), CatalogueError>;

    /// Gives up the letters of receivers that aren't among these, and of each receiver the oldest beyond the bound;
    /// forgets those that were given up long ago. Answers how many it gave up.
    async fn tidy(
        &self,
        receivers: &[String],
        now: Timestamp,
        bounds: &Bounds,
    ) -> Result<u64, CatalogueError>;
}

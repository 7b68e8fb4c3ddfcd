//! Floor 1: what is remembered. [`Catalogue`] is the seam, [`Sqlite`] the default behind it.
//!
//! Bytes say what they are but not whose, under which name, or whether anybody was told of them.
//! The row decides what is stored: a file without a row is rubbish, and a row is written only
//! after the bytes that it speaks of are durable.
//!
//! INVARIANT: this folder imports the domain and nothing else of the crate. It decides nothing; it
//! keeps an entry as it was given and gives it back as it was kept. SQL stays inside.

mod checkpoint;
mod error;
mod memory;
mod outbox;
mod query;
mod sqlite;
mod usage;

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
#[cfg(any(test, feature = "testing"))]
pub mod faulty;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::domain::{Entry, EntryId};

pub use self::checkpoint::Checkpoint;
pub use self::error::CatalogueError;
pub use self::memory::Memory;
pub use self::outbox::{Bounds, Envelope, Fate, Outbox, Waiting};
pub use self::query::{Query, Wanted};
pub use self::sqlite::{Sqlite, Synchronous, Tally};
pub use self::usage::{Holder, Usage};

/// A memory of entries.
///
/// # Contract
///
/// * When a change is answered with `Ok`, it is durable (as far as the catalogue promises
///   durability), and every `load` and `list` that begins afterwards sees it.
/// * Changes of one caller, each awaited before the next, happen in that order.
/// * An entry comes back as it was given, rejection and claims included.
///
/// # Errors
///
/// [`CatalogueError::Duplicate`] and [`CatalogueError::NotFound`] are answers about an entry and
/// say that nothing was changed; a change that fails never takes another caller's change with it.
/// After any other error nobody knows whether the change was made.
///
/// # Cancellation
///
/// A future that is dropped may or may not have taken effect; never in part.
///
/// # Implementing
///
/// Callers live in many single-threaded runtimes, and a runtime may end while a change is under
/// way. Run `catalogue::conformance::suite` (feature `testing`).
#[async_trait]
pub trait Catalogue: Send + Sync + Debug {
    /// Remembers new entries: all, or none of them if one's id is known already (`Duplicate`).
    async fn insert(&self, entries: &[Entry]) -> Result<(), CatalogueError>;

    /// The entry of that id.
    async fn load(&self, id: EntryId) -> Result<Option<Entry>, CatalogueError>;

    /// The entries that fit, newest id first.
    async fn list(&self, query: &Query) -> Result<Vec<Entry>, CatalogueError>;

    /// Remembers how much is durable, its length if that is said, and that the entry was touched. What is
    /// remembered never gets less: of a lower offset the digest doesn't count. An unknown id is `NotFound`.
    async fn checkpoint(&self, id: EntryId, checkpoint: &Checkpoint) -> Result<(), CatalogueError>;

    /// Remembers the entry as it is now, whether it was known before or not.
    async fn settle(&self, entry: &Entry) -> Result<(), CatalogueError>;

    /// Says that an entry will be settled in a moment, so that who is settled now may wait for it and share a commit. It
    /// may come late or never, and then nobody must have waited for long.
    fn announce(&self, _id: EntryId) {}

    /// What the entries of a caller weigh together, in one slot and in all, and those of everybody. Asked at each
    /// registration, so it must not cost a look at each entry.
    async fn usage(&self, holder: &Holder) -> Result<Usage, CatalogueError>;

    /// Forgets the entry. One that isn't known is forgotten already: `Ok`.
    async fn remove(&self, id: EntryId) -> Result<(), CatalogueError>;

    /// Forgets these entries, known or not, for somebody who cleans up: what others ask for meanwhile may be done first.
    /// After an error some of them may be forgotten.
    async fn remove_all(&self, ids: &[EntryId]) -> Result<(), CatalogueError> {
        for id in ids {
            self.remove(*id).await?;
        }
        Ok(())
    }
}

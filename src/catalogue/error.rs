//! [`CatalogueError`]: why something could not be remembered or recalled.

use std::error::Error;

use thiserror::Error;

use crate::domain::EntryId;

/// What a [`Catalogue`](super::Catalogue) may answer.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// An entry of this id is known already.
    #[error("entry {0} is known already")]
    Duplicate(EntryId),
    /// No entry of this id is known.
    #[error("entry {0} is not known")]
    NotFound(EntryId),
    /// The catalogue was closed.
    #[error("the catalogue is closed")]
    Closed,
    /// What was kept can't be understood: somebody else wrote it, or a newer version did.
    #[error("the catalogue holds what can't be understood: {what}")]
    Corrupt {
        /// Which entry and which of its fields, and what is there.
        what: String,
    },
    /// There is no room left for what is to be remembered.
    #[error("the catalogue's disk is full")]
    Full(#[source] Box<dyn Error + Send + Sync>),
    /// Another program has the database and did not let go of it in time. Nothing was done.
    #[error("another program keeps the catalogue's database locked")]
    Busy(#[source] Box<dyn Error + Send + Sync>),
    /// The database failed.
    #[error("the catalogue's database failed")]
    Database(#[source] Box<dyn Error + Send + Sync>),
}

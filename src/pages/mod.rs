//! Floor 5: the four pages that the binary serves, and the index.
//!
//! They are our own first customer: everything here is written against the crate's public API, as any
//! application would be.

mod avatar;
mod documents;
mod files;
mod index;
mod listing;
mod photos;

use crate::UploadsBuilder;

/// Adds the pages to an upload service.
pub(crate) fn add_to(builder: UploadsBuilder) -> UploadsBuilder {
    builder
        .index(|| index::Index)
        .page("avatar", || avatar::Avatar)
        .page("photos", || photos::Photos)
        .page("documents", || documents::Documents)
        .page("files", || files::Files)
}

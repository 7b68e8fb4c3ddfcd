//! The browser client as it is served: its modules without what only people read, and those that every page needs
//! in one.
//!
//! The sources are written for people, and nobody builds them. Served as they stand, most of what is sent would be
//! explanations, long names, and requests for the next module.

use std::collections::BTreeMap;

use super::lean::{gather, lean};
use super::link::{Modules, link};
use super::names::shorten;

/// Where its modules lie among the static files, and which of them a page names.
const FOLDER: &str = "longshore/";
const ENTRY: &str = "index.js";

/// What is sent for each module, by its path.
pub(super) fn client(sources: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let lean: Modules = sources
        .iter()
        .filter_map(|(path, source)| Some((path.strip_prefix(FOLDER)?.to_owned(), lean(source))))
        .collect();
    let linked = link(&lean, ENTRY).unwrap_or_default();
    let shown = |(name, text): (String, String)| {
        let text = gather(&shorten(&text).unwrap_or(text));
        (format!("{FOLDER}{name}"), text)
    };
    // A module that lies within the entry can still be had alone.
    lean.into_iter().chain(linked).map(shown).collect()
}

//! The JSON API: stored files and entries of the caller.

mod entries;
mod files;

pub(super) use self::entries::{delete_entry, get_entry};
pub(super) use self::files::{delete_file, get_file, list_files};

//! The JSON API: stored files and entries of the caller.

mod entries;
mod events;
mod files;
mod link;

pub(super) use self::entries::{delete_entry, get_entry};
pub(super) use self::events::get_events;
pub(super) use self::files::{delete_file, get_file, list_files};
pub(super) use self::link::post_link;

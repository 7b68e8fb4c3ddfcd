//! What is to be sent: the files that were named, and those in the folders that were named.
//!
//! It is walked twice, once to know how much there is and once to send it, so that a folder of a million files
//! is never held in memory.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// What to leave out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Taste {
    pub(super) recurse: bool,
    pub(super) hidden: bool,
    pub(super) follow: bool,
}

/// A file to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// As the user would name it.
    pub(super) path: PathBuf,
    pub(super) name: String,
    /// Its path from the folder that was named, with that folder's name, for files of folders.
    pub(super) relative: Option<String>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file of this size when it was found.
    File(u64),
    /// Standard input, or a pipe: nobody knows how much will come.
    Stream,
}

/// What a walk meets.
#[derive(Debug)]
pub(super) enum Found {
    Item(Item),
    /// Something that was asked for and can't be sent.
    Trouble(PathBuf, String),
    /// A symbolic link, or what is no file at all.
    LeftOut,
}

/// Tells everything that the arguments come to, in the order of their names. Stops when `tell` says so.
pub(super) fn walk(
    arguments: &[OsString],
    name: Option<&str>,
    taste: Taste,
    tell: &mut dyn FnMut(Found) -> bool,
) {
    let mut seen: Vec<PathBuf> = Vec::new();
    for argument in arguments.iter().map(Path::new) {
        // The same file twice would be one upload twice at the same time.
        if argument.as_os_str() != "-"
            && let Ok(whole) = fs::canonicalize(argument)
        {
            if seen.contains(&whole) {
                continue;
            }
            seen.push(whole);
        }
        if !one(argument, name, taste, tell) {
            return;
        }
    }
}

fn one(
    argument: &Path,
    name: Option<&str>,
    taste: Taste,
    tell: &mut dyn FnMut(Found) -> bool,
) -> bool {
    let named = |path: &Path| name.map_or_else(|| text(path.file_name()), str::to_owned);
    if argument.as_os_str() == "-" {
        let name = name.unwrap_or("stdin").to_owned();
        let item = Item { path: argument.into(), name, relative: None, kind: Kind::Stream };
        return tell(Found::Item(item));
    }
    // What is named is meant, so a link is followed here.
    match fs::metadata(argument) {
        Ok(facts) if facts.is_dir() => folder(argument, taste, tell),
        Ok(facts) => match kind(&facts) {
            Some(kind) => {
                let (path, name) = (argument.to_owned(), named(argument));
                tell(Found::Item(Item { path, name, relative: None, kind }))
            }
            None => {
                tell(Found::Trouble(argument.into(), "It is neither a file nor a pipe.".to_owned()))
            }
        },
        Err(error) => tell(Found::Trouble(argument.into(), error.to_string())),
    }
}

fn folder(argument: &Path, taste: Taste, tell: &mut dyn FnMut(Found) -> bool) -> bool {
    let top = top(argument);
    let walk = WalkDir::new(argument)
        .follow_links(taste.follow)
        .max_depth(if taste.recurse { usize::MAX } else { 1 })
        .sort_by_file_name();
    let shown = |entry: &DirEntry| {
        taste.hidden
            || entry.depth() == 0
            || !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    for entry in walk.into_iter().filter_entry(shown) {
        let found = match entry {
            Ok(entry) if entry.file_type().is_dir() => continue,
            Ok(entry) if entry.file_type().is_file() => of_entry(argument, &top, &entry),
            Ok(_) => Found::LeftOut,
            Err(error) => {
                let path = error.path().unwrap_or(argument).to_owned();
                let reason = error
                    .io_error()
                    .map_or("It leads back to itself.".to_owned(), |error| error.to_string());
                Found::Trouble(path, reason)
            }
        };
        if !tell(found) {
            return false;
        }
    }
    true
}

fn of_entry(argument: &Path, top: &[String], entry: &DirEntry) -> Found {
    match entry.metadata() {
        Ok(facts) => {
            let below = entry.path().strip_prefix(argument).unwrap_or(entry.path());
            let below = below.iter().map(|part| part.to_string_lossy().into_owned());
            let relative = top.iter().cloned().chain(below).collect::<Vec<_>>().join("/");
            Found::Item(Item {
                path: entry.path().to_owned(),
                name: text(Some(entry.file_name())),
                relative: Some(relative),
                kind: Kind::File(facts.len()),
            })
        }
        Err(error) => Found::Trouble(entry.path().to_owned(), error.to_string()),
    }
}

/// The name of a folder that was named, which `.` and `..` don't say.
fn top(argument: &Path) -> Vec<String> {
    let whole = fs::canonicalize(argument).ok();
    let name = argument.file_name().or_else(|| whole.as_deref().and_then(Path::file_name));
    name.map(|name| name.to_string_lossy().into_owned()).into_iter().collect()
}

fn kind(facts: &Metadata) -> Option<Kind> {
    let file = facts.is_file().then(|| Kind::File(facts.len()));
    file.or_else(|| facts.file_type().is_fifo().then_some(Kind::Stream))
}

fn text(name: Option<&OsStr>) -> String {
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;

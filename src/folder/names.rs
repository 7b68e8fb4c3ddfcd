//! What lies in a folder: its names, and what is behind each of them, read through the open handle.

use std::io;

use rustix::fs::{AtFlags, Dir, FileType};

use super::{Folder, one};

/// What a name stands for. Symbolic links stand for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file of so many bytes.
    File(u64),
    Folder,
    Other,
}

impl Folder {
    /// The names that are text; ours all are.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for found in Dir::read_from(self.handle())? {
            match found?.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) => names.push(name.to_owned()),
            }
        }
        Ok(names)
    }

    /// What a name stands for.
    pub(crate) fn kind(&self, name: &str) -> io::Result<Kind> {
        let facts = rustix::fs::statat(self.handle(), one(name)?, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(match FileType::from_raw_mode(facts.st_mode) {
            FileType::RegularFile => Kind::File(u64::try_from(facts.st_size).unwrap_or(0)),
            FileType::Directory => Kind::Folder,
            _ => Kind::Other,
        })
    }
}

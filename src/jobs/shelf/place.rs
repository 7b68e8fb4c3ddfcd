//! [`Place`]: the folder of a shelf, opened once, and made again when somebody has taken it away.
//!
//! An operator may delete the folder at any time. What is made again is made in the folder that held it when it
//! was opened: if that is gone too, its disk was unmounted, and what we wrote would lie below the mount point.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::folder::Folder;

#[derive(Debug)]
pub(in crate::jobs) struct Place {
    path: PathBuf,
    opened: Mutex<Option<Opened>>,
}

#[derive(Debug)]
struct Opened {
    parent: Folder,
    name: String,
    folder: Arc<Folder>,
}

impl Place {
    pub(in crate::jobs) fn at(path: PathBuf) -> Self {
        Self { path, opened: Mutex::new(None) }
    }

    /// The folder as it was opened.
    pub(super) fn folder(&self) -> io::Result<Arc<Folder>> {
        self.with(|opened| Ok(Arc::clone(&opened.folder)))
    }

    /// The folder that its path leads to now, made again if need be.
    pub(super) fn folder_in_place(&self) -> io::Result<Arc<Folder>> {
        self.with(|opened| {
            if opened.folder.ensure_in_place().is_err() {
                opened.parent.ensure_in_place()?;
                opened.folder = Arc::new(opened.parent.own_folder(&opened.name)?);
            }
            Ok(Arc::clone(&opened.folder))
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Opened) -> io::Result<T>) -> io::Result<T> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.is_none() {
            *opened = Some(self.open()?);
        }
        match &mut *opened {
            Some(opened) => work(opened),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    /// The parents are the operator's, and links among them are followed; the folder itself is ours.
    fn open(&self) -> io::Result<Opened> {
        let path = std::path::absolute(&self.path)?;
        let (Some(parent), Some(name)) =
            (path.parent(), path.file_name().and_then(|it| it.to_str()))
        else {
            let why = format!("{} is no name of a folder", path.display());
            return Err(io::Error::new(ErrorKind::InvalidInput, why));
        };
        let parent = Folder::open_or_make(parent)?;
        let folder = Arc::new(parent.own_folder(name)?);
        Ok(Opened { parent, name: name.to_owned(), folder })
    }
}

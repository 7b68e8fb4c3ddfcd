//! [`Shelf`]: where small derived things lie, by the id of their file.
//!
//! They are a cache. A crash may lose them and an operator may delete the folder at any time, also while
//! the service runs, so nothing here is synced and a folder that is gone is made again.
//!
//! INVARIANT: under an id there is nothing, or a whole thing as it was put (a power cut apart, so whoever
//! reads looks at what he got). Names are ids; nothing of a client's becomes a name.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::domain::EntryId;

const OURS_ALONE: u32 = 0o700;
const FILE_OURS_ALONE: u32 = 0o600;

/// All methods block.
#[derive(Debug)]
pub(super) enum Shelf {
    Folder(PathBuf),
    Memory(Mutex<HashMap<EntryId, Bytes>>),
}

impl Shelf {
    /// Makes the folder if need be, and keeps it to ourselves.
    pub(super) fn open(&self) -> io::Result<()> {
        match self {
            Self::Folder(folder) => make(folder),
            Self::Memory(_) => Ok(()),
        }
    }

    pub(super) fn get(&self, id: EntryId) -> io::Result<Option<Bytes>> {
        match self {
            Self::Folder(folder) => match fs::read(folder.join(id.to_string())) {
                Ok(bytes) => Ok(Some(bytes.into())),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            },
            Self::Memory(things) => Ok(lock(things).get(&id).cloned()),
        }
    }

    /// Puts a thing there, in the place of an older one.
    pub(super) fn put(&self, id: EntryId, bytes: &Bytes) -> io::Result<()> {
        match self {
            Self::Folder(folder) => match write(folder, id, bytes) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    make(folder)?;
                    write(folder, id, bytes)
                }
                written => written,
            },
            Self::Memory(things) => {
                lock(things).insert(id, bytes.clone());
                Ok(())
            }
        }
    }

    /// Removes a thing; one that isn't there is removed.
    pub(super) fn remove(&self, id: EntryId) -> io::Result<()> {
        match self {
            Self::Folder(folder) => match fs::remove_file(folder.join(id.to_string())) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
            Self::Memory(things) => {
                lock(things).remove(&id);
                Ok(())
            }
        }
    }
}

fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(OURS_ALONE).create(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(OURS_ALONE))
}

/// There is one writer for each id, so its temporary name is its own; what a crash left there is
/// overwritten.
fn write(folder: &Path, id: EntryId, bytes: &[u8]) -> io::Result<()> {
    let new = folder.join(format!("{id}.new"));
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true).mode(FILE_OURS_ALONE);
    let written = options.open(&new).and_then(|mut file| file.write_all(bytes));
    let renamed = written.and_then(|()| fs::rename(&new, folder.join(id.to_string())));
    if renamed.is_err() {
        // On a full disk a half written file would only make it fuller.
        let _ = fs::remove_file(&new);
    }
    renamed
}

fn lock(things: &Mutex<HashMap<EntryId, Bytes>>) -> MutexGuard<'_, HashMap<EntryId, Bytes>> {
    things.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn does_what_a_shelf_does(shelf: &Shelf) {
        let (id, other) = (EntryId::from_uuid(Uuid::now_v7()), EntryId::from_uuid(Uuid::now_v7()));
        shelf.open().unwrap();
        assert_eq!(shelf.get(id).unwrap(), None);
        shelf.put(id, &Bytes::from_static(b"old")).unwrap();
        shelf.put(id, &Bytes::from_static(b"new")).unwrap();
        shelf.put(other, &Bytes::from_static(b"other")).unwrap();
        assert_eq!(shelf.get(id).unwrap().unwrap(), "new");
        shelf.remove(id).unwrap();
        shelf.remove(id).unwrap();
        assert_eq!(shelf.get(id).unwrap(), None);
        assert_eq!(shelf.get(other).unwrap().unwrap(), "other");
    }

    #[test]
    fn a_folder_and_the_memory_are_alike() {
        let place = tempfile::tempdir().unwrap();
        does_what_a_shelf_does(&Shelf::Folder(place.path().join("a/b")));
        does_what_a_shelf_does(&Shelf::Memory(Mutex::default()));
    }

    #[test]
    fn what_lies_there_is_ours_alone_and_named_by_ids() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("shelf");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        let shelf = Shelf::Folder(folder.clone());
        shelf.open().unwrap();
        let id = EntryId::from_uuid(Uuid::now_v7());
        shelf.put(id, &Bytes::from_static(b"x")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join(id.to_string()))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_folder_that_somebody_deleted_is_made_again() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("shelf");
        let shelf = Shelf::Folder(folder.clone());
        shelf.open().unwrap();
        fs::remove_dir(&folder).unwrap();
        let id = EntryId::from_uuid(Uuid::now_v7());
        assert_eq!(shelf.get(id).unwrap(), None);
        shelf.put(id, &Bytes::from_static(b"x")).unwrap();
        assert_eq!(shelf.get(id).unwrap().unwrap(), "x");
    }
}

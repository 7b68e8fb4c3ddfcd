//! [`Shelf`]: where small derived things lie, by the id of their file.
//!
//! They are a cache. A crash may lose them and an operator may delete the folder at any time, also while
//! the service runs, so nothing here is synced and a folder that is gone is made again.
//!
//! INVARIANT: under an id there is nothing, or a whole thing as it was put (a power cut apart, so whoever
//! reads looks at what he got). Names are ids; nothing of a client's becomes a name.

mod place;

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

pub(super) use self::place::Place;
use crate::domain::EntryId;
use crate::folder::Folder;

/// All methods block.
#[derive(Debug)]
pub(super) enum Shelf {
    Folder(Place),
    Memory(Mutex<HashMap<EntryId, Bytes>>),
}

impl Shelf {
    /// Makes the folder if need be, and keeps it to ourselves.
    pub(super) fn open(&self) -> io::Result<()> {
        match self {
            Self::Folder(place) => place.folder().map(drop),
            Self::Memory(_) => Ok(()),
        }
    }

    pub(super) fn get(&self, id: EntryId) -> io::Result<Option<Bytes>> {
        match self {
            Self::Folder(place) => match read(&*place.folder()?, id) {
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
            Self::Folder(place) => write(&*place.folder_in_place()?, id, bytes),
            Self::Memory(things) => {
                lock(things).insert(id, bytes.clone());
                Ok(())
            }
        }
    }

    /// Removes a thing; one that isn't there is removed.
    pub(super) fn remove(&self, id: EntryId) -> io::Result<()> {
        match self {
            Self::Folder(place) => place.folder()?.remove(&id.to_string()),
            Self::Memory(things) => {
                lock(things).remove(&id);
                Ok(())
            }
        }
    }
}

fn read(folder: &Folder, id: EntryId) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    folder.open_to_read(&id.to_string())?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// There is one writer for each id, so its temporary name is its own; what a crash left there goes.
fn write(folder: &Folder, id: EntryId, bytes: &[u8]) -> io::Result<()> {
    let new = format!("{id}.new");
    folder.remove(&new)?;
    let written = folder.create(&new).and_then(|mut file| file.write_all(bytes));
    let renamed = written.and_then(|()| folder.replace(&new, &id.to_string()));
    if renamed.is_err() {
        // On a full disk a half written file would only make it fuller.
        let _ = folder.remove(&new);
    }
    renamed
}

fn lock(things: &Mutex<HashMap<EntryId, Bytes>>) -> MutexGuard<'_, HashMap<EntryId, Bytes>> {
    things.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use uuid::Uuid;

    use super::*;

    fn at(path: &Path) -> Shelf {
        Shelf::Folder(Place::at(path.to_owned()))
    }

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
        does_what_a_shelf_does(&at(&place.path().join("a/b")));
        does_what_a_shelf_does(&Shelf::Memory(Mutex::default()));
    }

    #[test]
    fn what_lies_there_is_ours_alone_and_named_by_ids() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("shelf");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        let shelf = at(&folder);
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
        let shelf = at(&folder);
        shelf.open().unwrap();
        fs::remove_dir(&folder).unwrap();
        let id = EntryId::from_uuid(Uuid::now_v7());
        assert_eq!(shelf.get(id).unwrap(), None);
        shelf.put(id, &Bytes::from_static(b"x")).unwrap();
        assert_eq!(shelf.get(id).unwrap().unwrap(), "x");
    }
    #[test]
    fn nothing_is_written_where_its_disk_is_not_any_more() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        let shelf = at(&data.join("shelf"));
        shelf.open().unwrap();
        // What is left when a disk is unmounted: an empty folder under its name.
        fs::rename(&data, place.path().join("away")).unwrap();
        fs::create_dir(&data).unwrap();
        let id = EntryId::from_uuid(Uuid::now_v7());
        assert!(shelf.put(id, &Bytes::from_static(b"x")).is_err());
        assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
    }

    #[test]
    fn a_link_in_the_place_of_a_folder_or_a_thing_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let (folder, elsewhere) = (place.path().join("shelf"), place.path().join("elsewhere"));
        let id = EntryId::from_uuid(Uuid::now_v7());
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("target"), "precious").unwrap();
        symlink(&elsewhere, &folder).unwrap();
        assert!(at(&folder).open().is_err());
        fs::remove_file(&folder).unwrap();
        let shelf = at(&folder);
        shelf.open().unwrap();
        for name in [id.to_string(), format!("{id}.new")] {
            symlink(elsewhere.join("target"), folder.join(name)).unwrap();
        }
        assert!(shelf.get(id).is_err());
        shelf.put(id, &Bytes::from_static(b"x")).unwrap();
        assert_eq!(shelf.get(id).unwrap().unwrap(), "x");
        // A folder that was swapped for a link while we run.
        fs::rename(&folder, place.path().join("away")).unwrap();
        symlink(&elsewhere, &folder).unwrap();
        assert!(shelf.put(id, &Bytes::from_static(b"y")).is_err());
        shelf.remove(id).unwrap();
        assert_eq!(fs::read(elsewhere.join("target")).unwrap(), b"precious");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);
    }
}

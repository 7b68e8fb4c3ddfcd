//! The data folder: one service at a time, and a secret that survives restarts.
//!
//! Two services on one folder would each take the other's unfinished uploads for leftovers of a crash and
//! remove them, so the folder is locked before anything in it is looked at.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

use super::Secret;
use crate::blob::{BlobError, Durability, LocalStore};
use crate::catalogue::{CatalogueError, Sqlite, Synchronous};
use crate::folder::{Folder, Kind};

/// Files of ours in the folder, some of which SQLite makes with rights of its own.
const OURS: [&str; 5] =
    ["lock", "secret.new", "catalogue.sqlite3", "catalogue.sqlite3-wal", "catalogue.sqlite3-shm"];

/// As often as a lock that somebody has is tried again, and how long after each other.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(25);

/// Why a data folder can't be used.
#[derive(Debug, Error)]
pub enum DataError {
    /// The folder isn't there and can't be made.
    #[error("can't make the data folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others decide what lies in the folder: it is writable by everybody or belongs to another user.
    #[error("won't use the data folder {}", path.display())]
    Unsafe {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        #[source]
        source: io::Error,
    },
    /// The file `lock` can't be opened.
    #[error("can't open the lock in {}", path.display())]
    Lock {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else runs on the folder: another process, or another service of this one.
    #[error("another longshore runs on {}; give this one a data folder of its own", .0.display())]
    Taken(PathBuf),
    /// The secret can't be read or made.
    #[error("can't use the secret {}, which is a file of 64 random bytes", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Files can't be stored in the folder.
    #[error("can't store files in {}", path.display())]
    Store {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: BlobError,
    },
    /// The catalogue can't be opened.
    #[error("can't open {}", path.display())]
    Catalogue {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: CatalogueError,
    },
}

/// The data folder, locked for as long as this value lives.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    folder: Folder,
    _lock: File,
}

impl DataFolder {
    /// As [`Self::open`], and waits a second for a predecessor that is about to end: a process that has ended lives on for a
    /// moment in a child that has not yet become another program, and who restarts a service may not wait for its end.
    pub(crate) async fn open_soon(path: &Path) -> Result<Self, DataError> {
        for _ in 0..TRIES {
            match Self::open(path) {
                Err(DataError::Taken(_)) => tokio::time::sleep(PAUSE).await,
                opened => return opened,
            }
        }
        Self::open(path)
    }

    /// Makes the folder if need be (0700) and locks it. The kernel releases the lock when the process ends,
    /// however it ends.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        let path = path.to_owned();
        let folder = match Folder::open_or_make(&path) {
            Ok(folder) => folder,
            Err(source) => return Err(DataError::Folder { path, source }),
        };
        if let Err(source) = folder.ensure_ours().and_then(|()| keep_to_ourselves(&folder)) {
            return Err(DataError::Unsafe { path, source });
        }
        match open_lock(&folder) {
            Err(source) => Err(DataError::Lock { path, source }),
            Ok(lock) if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() => {
                Err(DataError::Taken(path))
            }
            Ok(lock) => Ok(Self { path, folder, _lock: lock }),
        }
    }

    /// The store of the folder.
    pub(crate) fn store(&self, durability: Durability) -> Result<LocalStore, DataError> {
        LocalStore::open(&self.path, durability)
            .map_err(|source| DataError::Store { path: self.path.clone(), source })
    }

    /// The catalogue of the folder.
    pub(crate) async fn catalogue(&self, durability: Durability) -> Result<Sqlite, DataError> {
        let path = self.path.join("catalogue.sqlite3");
        let synchronous = match durability {
            Durability::Always => Synchronous::Full,
            Durability::Os => Synchronous::Normal,
        };
        let opened = Sqlite::open(&path, synchronous).await;
        opened.map_err(|source| DataError::Catalogue { path, source })
    }

    /// The secret of a folder on which a server may be running. It has to be there already.
    pub(crate) fn secret_of(path: &Path) -> Result<Secret, DataError> {
        let wrong = |source| DataError::Secret { path: path.join("secret"), source };
        let folder = Folder::open(path).map_err(wrong)?;
        read_secret(&folder).map_err(wrong)
    }

    /// Reads the secret, or makes it at the first start (0600).
    pub(crate) fn secret(&self) -> Result<Secret, DataError> {
        let path = self.path.join("secret");
        let secret = match read_secret(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => self.make_secret(),
            read => read,
        };
        secret.map_err(|source| DataError::Secret { path, source })
    }

    /// Under its name only when it is whole: half a secret would lock everybody out for ever.
    fn make_secret(&self) -> io::Result<Secret> {
        let secret = Secret::random();
        // What a start left that was killed half-way.
        self.folder.remove("secret.new")?;
        let mut file = self.folder.create("secret.new")?;
        file.write_all(secret.as_bytes())?;
        file.sync_all()?;
        self.folder.replace("secret.new", "secret")?;
        self.folder.sync()?;
        Ok(secret)
    }
}

/// Whoever has read the secret can sign cookies in anybody's name, so one that others may read is not ours
/// alone any more, and making it private now would only hide that.
fn read_secret(folder: &Folder) -> io::Result<Secret> {
    const OTHERS: u32 = 0o077;
    let mut file = folder.open_to_read("secret")?;
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    if mode & OTHERS != 0 {
        let why = format!(
            "others may read it (mode {mode:04o}); `chmod 600` it if nobody has, or delete it for a new one, \
             which ends all sessions and signed addresses"
        );
        return Err(io::Error::new(ErrorKind::PermissionDenied, why));
    }
    let mut bytes = [0; 64];
    file.read_exact(&mut bytes)?;
    Ok(Secret::new(bytes))
}

/// A lock, or a catalogue, that is a link is one that the operator has made, because nobody else may write here:
/// it may lie on another disk than the files.
fn open_lock(folder: &Folder) -> io::Result<File> {
    if folder.kind("lock").is_ok_and(|kind| kind == Kind::Other) {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        return options.open(folder.path().join("lock"));
    }
    folder.open_or_create("lock")
}

/// What is there of our files is ours alone.
fn keep_to_ourselves(folder: &Folder) -> io::Result<()> {
    for name in OURS {
        match folder.kind(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Ok(Kind::File(_)) => drop(folder.open_or_create(name)?),
            Ok(Kind::Folder | Kind::Other) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_second_service_on_the_same_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolder::open(folder.path()).unwrap();
        let message = DataFolder::open(folder.path()).unwrap_err().to_string();
        assert!(message.contains("another longshore"), "{message}");
        drop(first);
        assert!(DataFolder::open(folder.path()).is_ok());
    }

    #[test]
    fn the_secret_is_private_and_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(&folder.path().join("data")).unwrap();
        let secret = data.secret().unwrap();
        assert_eq!(data.secret().unwrap().as_bytes(), secret.as_bytes());
        assert_eq!(mode(&data.path.join("secret")), 0o600);
        assert_eq!(mode(&data.path), 0o700);
    }

    #[test]
    fn a_secret_that_others_may_have_read_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        data.secret().unwrap();
        let path = folder.path().join("secret");
        for mode in [0o644, 0o640, 0o601] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let DataError::Secret { source, .. } = data.secret().unwrap_err() else { panic!() };
            assert!(source.to_string().contains("chmod 600"), "{source}");
        }
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        data.secret().unwrap();
    }

    #[tokio::test]
    async fn the_catalogue_is_private_also_if_it_was_not() {
        let place = tempfile::tempdir().unwrap();
        let names = ["catalogue.sqlite3", "catalogue.sqlite3-wal", "catalogue.sqlite3-shm"];
        let data = DataFolder::open(place.path()).unwrap();
        let catalogue = data.catalogue(Durability::Os).await.unwrap();
        for name in names {
            assert_eq!(mode(&place.path().join(name)), 0o600, "{name}");
        }
        catalogue.close().await;
        drop(data);
        for name in &names[..1] {
            let open = Permissions::from_mode(0o666);
            std::fs::set_permissions(place.path().join(name), open).unwrap();
        }
        let data = DataFolder::open(place.path()).unwrap();
        let catalogue = data.catalogue(Durability::Os).await.unwrap();
        for name in names {
            assert_eq!(mode(&place.path().join(name)), 0o600, "{name}");
        }
        catalogue.close().await;
    }

    #[test]
    fn a_lock_on_another_disk_is_the_operators_and_a_link_to_a_secret_is_nobodys() {
        let place = tempfile::tempdir().unwrap();
        let (data, elsewhere) = (place.path().join("data"), place.path().join("elsewhere"));
        std::fs::create_dir(&data).unwrap();
        std::fs::write(&elsewhere, "precious").unwrap();
        symlink(&elsewhere, data.join("lock")).unwrap();
        symlink(&elsewhere, data.join("secret")).unwrap();
        symlink(&elsewhere, data.join("secret.new")).unwrap();
        let folder = DataFolder::open(&data).unwrap();
        assert!(matches!(DataFolder::open(&data), Err(DataError::Taken(_))), "it locks");
        assert!(folder.secret().is_err());
        std::fs::remove_file(data.join("secret")).unwrap();
        folder.secret().unwrap();
        assert_eq!(std::fs::read(&elsewhere).unwrap(), b"precious");
        assert_eq!(mode(&data.join("secret")), 0o600);
    }

    #[test]
    fn a_torn_secret_is_an_error_and_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        std::fs::write(folder.path().join("secret"), b"short").unwrap();
        assert!(data.secret().is_err());
        assert_eq!(std::fs::read(folder.path().join("secret")).unwrap(), b"short");
    }
}

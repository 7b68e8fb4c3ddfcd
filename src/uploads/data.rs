//! The data folder: one service at a time, and a secret that survives restarts.
//!
//! Two services on one folder would each take the other's unfinished uploads for leftovers of a crash and
//! remove them, so the folder is locked before anything in it is looked at.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use thiserror::Error;

use super::Secret;
use crate::blob::{BlobError, Durability, LocalStore};
use crate::catalogue::{CatalogueError, Sqlite, Synchronous};

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
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if need be (0700) and locks it. The kernel releases the lock when the process ends,
    /// however it ends.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        let path = path.to_owned();
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        if let Err(source) = made {
            return Err(DataError::Folder { path, source });
        }
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("lock"));
        match lock {
            Err(source) => Err(DataError::Lock { path, source }),
            Ok(lock) if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() => {
                Err(DataError::Taken(path))
            }
            Ok(lock) => Ok(Self { path, _lock: lock }),
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

    /// Reads the secret, or makes it at the first start (0600).
    pub(crate) fn secret(&self) -> Result<Secret, DataError> {
        let path = self.path.join("secret");
        let secret = match read_secret(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => self.make_secret(&path),
            read => read,
        };
        secret.map_err(|source| DataError::Secret { path, source })
    }

    /// Under its name only when it is whole: half a secret would lock everybody out for ever.
    fn make_secret(&self, path: &Path) -> io::Result<Secret> {
        let secret = Secret::random();
        let new = self.path.join("secret.new");
        let mut options = OpenOptions::new();
        let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(secret.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        File::open(&self.path)?.sync_all()?;
        Ok(secret)
    }
}

fn read_secret(path: &Path) -> io::Result<Secret> {
    let mut bytes = [0; 64];
    File::open(path)?.read_exact(&mut bytes)?;
    Ok(Secret::new(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

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
        let mode = std::fs::metadata(data.path.join("secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mode = std::fs::metadata(&data.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
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

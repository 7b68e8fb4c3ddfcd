//! The data folder: one server at a time, and a secret that survives restarts.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rustix::fs::{FlockOperation, flock};

use crate::uploads::Secret;

/// The data folder, locked for as long as this value lives.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if need be (0700) and locks it. The kernel releases the lock when the process ends,
    /// however it ends.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.with_context(|| format!("can't make the data folder {}", path.display()))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("lock"))
            .with_context(|| format!("can't open the lock in {}", path.display()))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            bail!("another longshore runs on {}; give this one its own --data", path.display());
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the secret, or makes it at the first start (0600).
    pub(crate) fn secret(&self) -> anyhow::Result<Secret> {
        let path = self.path.join("secret");
        let mut bytes = [0; 64];
        match File::open(&path) {
            Ok(mut file) => {
                file.read_exact(&mut bytes)
                    .with_context(|| format!("{} is not 64 bytes long", path.display()))?;
                Ok(Secret::new(bytes))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => self.make_secret(&path),
            Err(error) => Err(error).with_context(|| format!("can't read {}", path.display())),
        }
    }

    /// Under its name only when it is whole: half a secret would lock everybody out for ever.
    fn make_secret(&self, path: &Path) -> anyhow::Result<Secret> {
        let secret = Secret::random();
        let new = self.path.join("secret.new");
        let write = || -> std::io::Result<()> {
            let mut options = OpenOptions::new();
            let mut file =
                options.create(true).truncate(true).write(true).mode(0o600).open(&new)?;
            file.write_all(secret.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&new, path)?;
            File::open(&self.path)?.sync_all()
        };
        write().with_context(|| format!("can't write {}", path.display()))?;
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_second_server_on_the_same_folder_refuses_to_start() {
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
        let mode = std::fs::metadata(data.path().join("secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mode = std::fs::metadata(data.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_torn_secret_is_an_error_and_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        std::fs::write(folder.path().join("secret"), b"short").unwrap();
        assert!(data.secret().is_err());
    }
}

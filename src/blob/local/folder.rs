//! [`Folder`]: an open directory, and what may be done with the names in it.
//!
//! Names are resolved against the open handle, one component at a time and never through a
//! symbolic link: what was opened at the start stays the folder that is written to, whatever
//! happens to the path that led there.

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::blob::dir_sync::DirSync;

const OURS_ALONE: u32 = 0o700;

#[derive(Debug)]
pub(super) struct Folder {
    handle: File,
    path: PathBuf,
    syncs: DirSync,
}

impl Folder {
    /// Opens a folder by its path, after making it and its parents where they are missing. The
    /// path is the operator's, so here symbolic links are followed.
    pub(super) fn open_or_make(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(OURS_ALONE).create(path)?;
        let path = fs::canonicalize(path)?;
        let handle = File::open(&path)?;
        if let Some(parent) = path.parent() {
            File::open(parent)?.sync_all()?;
        }
        Ok(Self { handle, path, syncs: DirSync::default() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        self.handle.metadata()
    }

    pub(super) fn keep_to_ourselves(&self) -> io::Result<()> {
        self.handle.set_permissions(Permissions::from_mode(OURS_ALONE))
    }

    /// Makes the names in this folder durable, together with everybody else who asks.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.syncs.run(|| Ok(rustix::fs::fsync(&self.handle)?))
    }

    /// Makes a folder in this one; somebody else may have made it already.
    pub(super) fn make_folder(&self, name: &str) -> io::Result<()> {
        match rustix::fs::mkdirat(&self.handle, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    pub(super) fn open_folder(&self, name: &str) -> io::Result<Self> {
        let handle = self.open_at(name, OFlags::RDONLY | OFlags::DIRECTORY)?;
        Ok(Self { handle, path: self.path.join(name), syncs: DirSync::default() })
    }

    /// A new file, to write and to read. What is there already is never opened.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        self.open_at(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)
    }

    pub(super) fn open_to_write(&self, name: &str) -> io::Result<File> {
        self.open_at(name, OFlags::RDWR)
    }

    pub(super) fn open_to_read(&self, name: &str) -> io::Result<File> {
        self.open_at(name, OFlags::RDONLY)
    }

    /// Removes a file; one that isn't there is removed.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.handle, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Gives a file of this folder another name, in the place of what had it.
    pub(super) fn replace(&self, name: &str, new_name: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.handle, name, &self.handle, new_name)?)
    }

    /// Removes a folder in this one if nothing lies in it; answers whether it is gone.
    pub(super) fn remove_empty(&self, name: &str) -> io::Result<bool> {
        match rustix::fs::unlinkat(&self.handle, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            // Some say EXIST where others say NOTEMPTY; a symbolic link is no folder of ours.
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Moves a file from this folder into another one, where its new name must be free.
    pub(super) fn move_into(&self, name: &str, other: &Self, new_name: &str) -> io::Result<()> {
        let (from, to) = (&self.handle, &other.handle);
        match rustix::fs::renameat_with(from, name, to, new_name, RenameFlags::NOREPLACE) {
            // What file systems answer that can't rename without replacing (NFS, some of FUSE).
            Err(Errno::INVAL | Errno::NOSYS) => self.link_into(name, other, new_name),
            moved => Ok(moved?),
        }
    }

    /// The same by a second name: making one refuses to replace too. A crash between the two
    /// steps leaves both names, and the one in the spool is swept with its session.
    fn link_into(&self, name: &str, other: &Self, new_name: &str) -> io::Result<()> {
        rustix::fs::linkat(&self.handle, name, &other.handle, new_name, AtFlags::empty())?;
        self.remove(name)
    }

    fn open_at(&self, name: &str, how: OFlags) -> io::Result<File> {
        let flags = how | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.handle, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_around_a_missing_rename_does_not_replace_either() {
        let place = tempfile::tempdir().unwrap();
        let from = Folder::open_or_make(&place.path().join("from")).unwrap();
        let to = Folder::open_or_make(&place.path().join("to")).unwrap();
        fs::write(from.path().join("part"), "new").unwrap();
        from.link_into("part", &to, "file").unwrap();
        assert!(!from.path().join("part").exists());
        assert_eq!(fs::read(to.path().join("file")).unwrap(), b"new");

        fs::write(from.path().join("part"), "newer").unwrap();
        let refused = from.link_into("part", &to, "file").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(to.path().join("file")).unwrap(), b"new");
        assert!(from.path().join("part").exists());
    }
}

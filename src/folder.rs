//! [`Folder`]: an open directory, and what may be done with the names in it.
//!
//! A path is read anew by every system call, and whoever may rename one of its folders decides where the call
//! ends. So paths are only followed once, at the start; from then on everything is named by an open directory
//! and a single name in it (ADR 33).
//!
//! INVARIANT: a name is one component, and a symbolic link of that name is never followed: nothing that is
//! made, opened, renamed or removed here lies anywhere but in the folder that was opened.

mod dir_sync;
mod names;

pub(crate) use self::dir_sync::copy;
pub(crate) use self::names::Kind;

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, ResolveFlags};
use rustix::io::Errno;

use self::dir_sync::DirSync;

const OURS_ALONE: u32 = 0o700;

/// Files are nobody's but ours, and never programs.
const FILE_OURS_ALONE: Mode = Mode::RUSR.union(Mode::WUSR);

/// How everything is opened: what is a link, is none of ours, and what is a pipe is not waited for.
const FOR_US: OFlags =
    OFlags::NOFOLLOW.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// ext2 to ext4, XFS, Btrfs, F2FS and tmpfs, by the numbers of Linux's `magic.h`.
const NEAR: [i128; 5] = [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994];

#[derive(Debug)]
pub(crate) struct Folder {
    handle: File,
    path: PathBuf,
    /// Which folder it is, whatever its path says later.
    identity: Identity,
    syncs: DirSync,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Folder {
    /// Opens a folder by its path, after making it and its parents where they are missing. The
    /// path is the operator's, so here symbolic links are followed.
    pub(crate) fn open_or_make(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(OURS_ALONE).create(path)?;
        let path = fs::canonicalize(path)?;
        let handle = File::open(&path)?;
        if let Some(parent) = path.parent() {
            File::open(parent)?.sync_all()?;
        }
        Self::new(handle, path)
    }

    /// Opens a folder that is there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        Self::new(File::open(&path)?, path)
    }

    fn new(handle: File, path: PathBuf) -> io::Result<Self> {
        let identity = Identity::of(&handle.metadata()?);
        Ok(Self { handle, path, identity, syncs: DirSync::default() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.handle.metadata()
    }

    pub(crate) fn keep_to_ourselves(&self) -> io::Result<()> {
        self.handle.set_permissions(Permissions::from_mode(OURS_ALONE))
    }

    pub(crate) fn handle(&self) -> &File {
        &self.handle
    }

    /// Refuses a folder in which others decide what is there: whoever may rename our folders can give us
    /// others.
    pub(crate) fn ensure_ours(&self) -> io::Result<()> {
        const WRITABLE_BY_ALL: u32 = 0o002;
        let facts = self.metadata()?;
        let (path, mode) = (self.path.display(), facts.mode());
        let (owner, we) = (facts.uid(), rustix::process::geteuid().as_raw());
        let why = if mode & WRITABLE_BY_ALL != 0 {
            format!(
                "{path} is writable by everybody (mode {:04o}); take that right away with `chmod o-w`, or \
                 name a folder inside it",
                mode & 0o7777,
            )
        } else if owner != we {
            format!(
                "{path} belongs to user {owner} and we run as user {we}; give it to us with `chown`, or \
                 name a folder inside it"
            )
        } else {
            return Ok(());
        };
        Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
    }

    /// Whether the path still leads here. A disk that was unmounted, or a folder that was moved away and
    /// replaced, takes bytes that nobody will find under their path; what is said to be stored then is lost.
    pub(crate) fn ensure_in_place(&self) -> io::Result<()> {
        match fs::symlink_metadata(&self.path) {
            Ok(there) if Identity::of(&there) == self.identity => Ok(()),
            Ok(_) => Err(self.is_gone("another one is there now")),
            Err(error) => Err(self.is_gone(&error.to_string())),
        }
    }

    /// Never `NotFound`: that is said of files.
    fn is_gone(&self, why: &str) -> io::Error {
        let path = self.path.display();
        io::Error::other(format!("the folder {path} is not where it was opened: {why}"))
    }

    /// Why the names in this folder can't be made durable any more, if that failed once.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.syncs.failure()
    }

    #[cfg(test)]
    pub(crate) fn fail_a_sync(&self, error: io::Error) {
        let _ = self.syncs.run(|| Err(error));
    }

    /// Makes the names in this folder durable, together with everybody else who asks.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.syncs.run(|| Ok(rustix::fs::fsync(&self.handle)?))
    }

    /// Makes a folder in this one; somebody else may have made it already.
    pub(crate) fn make_folder(&self, name: &str) -> io::Result<()> {
        match rustix::fs::mkdirat(&self.handle, one(name)?, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    pub(crate) fn open_folder(&self, name: &str) -> io::Result<Self> {
        let handle = self.open_at(name, OFlags::RDONLY | OFlags::DIRECTORY)?;
        Self::new(handle, self.path.join(name))
    }

    /// A folder of ours in this one, made if need be and kept to ourselves whatever it was before.
    pub(crate) fn own_folder(&self, name: &str) -> io::Result<Self> {
        self.make_folder(name)?;
        let folder = self.open_folder(name).map_err(|error| {
            let path = self.path.join(name);
            let link = path.is_symlink();
            let why = if link {
                "is a symbolic link, and must be a folder".into()
            } else {
                error.to_string()
            };
            io::Error::new(error.kind(), format!("{} {why}", path.display()))
        })?;
        folder.keep_to_ourselves()?;
        Ok(folder)
    }

    /// A new file, to write and to read. What is there already is never opened.
    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        let file = self.open_at(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)?;
        keep_file_to_ourselves(&file)?;
        Ok(file)
    }

    /// A file of ours that may be there already, to write and to read, kept to ourselves whatever it was before.
    pub(crate) fn open_or_create(&self, name: &str) -> io::Result<File> {
        let file = self.open_at(name, OFlags::RDWR | OFlags::CREATE)?;
        keep_file_to_ourselves(&file)?;
        Ok(file)
    }

    pub(crate) fn open_to_write(&self, name: &str) -> io::Result<File> {
        self.open_at(name, OFlags::RDWR)
    }

    pub(crate) fn open_to_read(&self, name: &str) -> io::Result<File> {
        self.open_at(name, OFlags::RDONLY)
    }

    /// The same without waiting for a disk: an error where the kernel would have to look for the name there. Only for
    /// file systems that wait for nobody else either ([`Folder::is_near`]).
    pub(crate) fn open_to_read_at_once(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | FOR_US;
        let (mode, cached) = (Mode::empty(), ResolveFlags::CACHED);
        Ok(rustix::fs::openat2(&self.handle, one(name)?, flags, mode, cached)?.into())
    }

    /// Whether what is in the kernel's memory of this file system is all that it takes to open a file. It isn't on
    /// those that ask another machine or another process first.
    pub(crate) fn is_near(&self) -> bool {
        let kind = rustix::fs::fstatfs(&self.handle).map(|facts| i128::from(facts.f_type));
        kind.is_ok_and(|kind| NEAR.contains(&kind))
    }

    /// Removes a file; one that isn't there is removed.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.handle, one(name)?, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Gives a file of this folder another name, in the place of what had it.
    pub(crate) fn replace(&self, name: &str, new_name: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.handle, one(name)?, &self.handle, one(new_name)?)?)
    }

    /// Removes a folder in this one if nothing lies in it; answers whether it is gone.
    pub(crate) fn remove_empty(&self, name: &str) -> io::Result<bool> {
        match rustix::fs::unlinkat(&self.handle, one(name)?, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            // Some say EXIST where others say NOTEMPTY; a symbolic link is no folder of ours.
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Moves a file from this folder into another one, where its new name must be free.
    pub(crate) fn move_into(&self, name: &str, other: &Self, new_name: &str) -> io::Result<()> {
        let (from, to) = (&self.handle, &other.handle);
        let (name, new_name) = (one(name)?, one(new_name)?);
        match rustix::fs::renameat_with(from, name, to, new_name, RenameFlags::NOREPLACE) {
            // What file systems answer that can't rename without replacing (NFS, some of FUSE).
            Err(Errno::INVAL | Errno::NOSYS) => self.link_into(name, other, new_name),
            moved => Ok(moved?),
        }
    }

    /// The same by a second name: making one refuses to replace too. A crash between the two
    /// steps leaves both names, and the next start takes back one of them.
    fn link_into(&self, name: &str, other: &Self, new_name: &str) -> io::Result<()> {
        rustix::fs::linkat(&self.handle, name, &other.handle, new_name, AtFlags::empty())?;
        self.remove(name)
    }

    /// Something other than a file, such as a pipe, is opened too, and nobody waits for its other end.
    fn open_at(&self, name: &str, how: OFlags) -> io::Result<File> {
        let flags = how | FOR_US;
        Ok(rustix::fs::openat(&self.handle, one(name)?, flags, FILE_OURS_ALONE)?.into())
    }
}

impl Identity {
    fn of(facts: &Metadata) -> Self {
        Self { device: facts.dev(), inode: facts.ino() }
    }
}

/// A name that leads nowhere but into its folder.
fn one(name: &str) -> io::Result<&str> {
    if ["", ".", ".."].contains(&name) || name.contains(['/', '\0']) {
        let message = "a name in a folder has one component";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(name)
}

/// The umask takes rights away, and a default ACL of the folder gives them in its place. To look is cheaper than to change:
/// that is an entry in the journal.
fn keep_file_to_ourselves(file: &File) -> io::Result<()> {
    let mode = Mode::from_raw_mode(rustix::fs::fstat(file)?.st_mode);
    if mode == FILE_OURS_ALONE {
        return Ok(());
    }
    Ok(rustix::fs::fchmod(file, FILE_OURS_ALONE)?)
}

#[cfg(test)]
mod tests;

//! [`Root`]: the folders of a local store, from the data folder down to those of the sessions.
//!
//! A session's folder is made when its first file is, and removed when the session is over and
//! nothing lies in it any more. Both may happen at the same time, so nothing here believes that a folder that
//! was there still is.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::io::Errno;

use super::Durability;
use super::at_once::AtOnce;
use super::boot::Boot;
use super::part::part_name;
use crate::blob::BlobKey;
use crate::domain::SessionId;
use crate::folder::Folder;

type Sessions = HashMap<SessionId, Weak<Folder>>;

#[derive(Debug)]
pub(super) struct Root {
    pub(super) durability: Durability,
    pub(super) spool: Folder,
    pub(super) files: Folder,
    pub(super) quarantine: Folder,
    pub(super) boot: Boot,
    pub(super) at_once: AtOnce,
    /// Whether a stored file can be opened without waiting for anybody when the kernel remembers it.
    pub(super) near: bool,
    /// The folders that somebody writes in just now, so that all writers of a session share one
    /// handle and one directory sync. Nothing depends on what is missing here.
    sessions: Mutex<Sessions>,
    /// The sessions that may have a folder: all that had one when somebody looked, or for whom one was opened since.
    places: Mutex<HashSet<SessionId>>,
}

impl Root {
    pub(super) fn open(data: &Path, durability: Durability) -> io::Result<Self> {
        let data = Folder::open_or_make(data)?;
        data.ensure_ours()?;
        let spool = data.own_folder("spool")?;
        let files = data.own_folder("files")?;
        let quarantine = data.own_folder("quarantine")?;
        for folder in [&spool, &files, &quarantine] {
            refuse_two_file_systems(&spool, folder)?;
        }
        data.sync()?;
        let boot = Boot::look(data, durability == Durability::Always)?;
        let (sessions, places) = Default::default();
        let (at_once, near) = (AtOnce::of(&spool), files.is_near());
        let root =
            Self { durability, spool, files, quarantine, boot, at_once, near, sessions, places };
        if root.boot.power_was_cut() {
            let left = root.leftover()?;
            let published = left.published.into_iter().filter(|_| !root.boot.was_synced());
            root.boot.doubt(left.unfinished, published.map(|(id, _)| id))?;
        }
        Ok(root)
    }

    /// Refuses to write when the folders are not where they were: their disk was unmounted, or somebody put
    /// others in their place. What lies in ours can't be found by its path then.
    pub(super) fn ensure_in_place(&self) -> io::Result<()> {
        self.spool.ensure_in_place()?;
        self.files.ensure_in_place()
    }

    /// Whether anything is synced here at all.
    pub(super) fn syncs(&self) -> bool {
        self.durability == Durability::Always
    }

    /// The session's folder; it is made when it isn't there.
    pub(super) fn session(&self, session: SessionId) -> io::Result<Arc<Folder>> {
        let folder = self.opened(session)?;
        // ORDER: when it is there. A note from before might have gone with the folder that was there then.
        self.note_place(session);
        Ok(folder)
    }

    fn opened(&self, session: SessionId) -> io::Result<Arc<Folder>> {
        if let Some(folder) = self.known(session) {
            return Ok(folder);
        }
        let name = session.to_string();
        let folder = match self.spool.open_folder(&name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.spool.make_folder(&name)?;
                self.spool.open_folder(&name)?
            }
            found => found?,
        };
        Ok(self.share(session, folder))
    }

    /// An unfinished file, opened as `open` does in its session's folder. A handle that somebody still holds may be
    /// that of a folder that was removed and made again since, so what isn't there is looked for once more.
    pub(super) fn part(
        &self,
        key: BlobKey,
        open: impl Fn(&Folder, &str) -> io::Result<File>,
    ) -> io::Result<(Arc<Folder>, File)> {
        let name = part_name(key);
        if let Some(folder) = self.known(key.session) {
            match open(&folder, &name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                opened => return opened.map(|file| (folder, file)),
            }
        }
        let folder = Arc::new(self.spool.open_folder(&key.session.to_string())?);
        self.note_place(key.session);
        let file = open(&folder, &name)?;
        remember(&mut self.sessions_locked(), key.session, &folder);
        Ok((folder, file))
    }

    pub(super) fn known(&self, session: SessionId) -> Option<Arc<Folder>> {
        self.sessions_locked().get(&session).and_then(Weak::upgrade)
    }

    /// Lets other writers of the session find the folder. When two opened it at the same time,
    /// the first one's handle is kept.
    pub(super) fn share(&self, session: SessionId, folder: Folder) -> Arc<Folder> {
        let mut sessions = self.sessions_locked();
        if let Some(known) = sessions.get(&session).and_then(Weak::upgrade) {
            return known;
        }
        let folder = Arc::new(folder);
        remember(&mut sessions, session, &folder);
        folder
    }

    pub(super) fn forget(&self, session: SessionId) {
        self.sessions_locked().remove(&session);
    }

    fn sessions_locked(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session may have a folder.
    pub(super) fn note_place(&self, session: SessionId) {
        self.places().insert(session);
    }

    /// Whether the session may have a folder. Most that bring little files never do.
    pub(super) fn may_have_place(&self, session: SessionId) -> bool {
        self.places().contains(&session)
    }

    fn places(&self) -> MutexGuard<'_, HashSet<SessionId>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the session's folder if it is empty.
    pub(super) fn tidy(&self, session: SessionId) -> io::Result<()> {
        // ORDER: before the folder goes. Whoever makes it anew meanwhile notes it again.
        self.places().remove(&session);
        let gone = self.spool.remove_empty(&session.to_string());
        if !matches!(gone, Ok(true)) {
            self.note_place(session);
        }
        if gone? {
            // Whoever still holds the handle can't create in it and comes back to `session`, which
            // must not hand out the same handle again.
            self.forget(session);
        }
        Ok(())
    }
}

fn remember(sessions: &mut Sessions, session: SessionId, folder: &Arc<Folder>) {
    // Only here the map grows, so only here what nobody uses any more has to go.
    sessions.retain(|_, folder| folder.strong_count() > 0);
    sessions.insert(session, Arc::downgrade(folder));
}

fn refuse_two_file_systems(spool: &Folder, other: &Folder) -> io::Result<()> {
    if spool.metadata()?.dev() == other.metadata()?.dev() {
        return Ok(());
    }
    let (spool, other) = (spool.path().display(), other.path().display());
    let message = format!("{spool} and {other} must lie on the same file system");
    Err(io::Error::new(Errno::XDEV.kind(), message))
}

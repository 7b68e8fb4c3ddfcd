//! [`Boot`]: whether the machine went down since the data folder was last used.
//!
//! A process that dies takes nothing with it: what it wrote lies in the page cache and reaches the
//! disk. A machine that dies takes with it whatever was not synced, and a file's length says
//! nothing of what lies behind it. The kernel names each of its lives, so the folder remembers in
//! which one it was used.
//!
//! The mark also says whether anything was synced in that life: where nothing was, no checkpoint is worth anything
//! after a power cut.
//!
//! ORDER: the mark is moved only when each file from before was dealt with. A crash in between
//! makes the next process doubt once more, which costs some bytes and no truth.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::blob::BlobKey;
use crate::domain::EntryId;
use crate::folder::Folder;

const MARK: &str = "boot";
const NEW_MARK: &str = "boot.new";
const UNSYNCED: &str = "unsynced\n";

#[derive(Debug)]
pub(super) struct Boot {
    data: Folder,
    /// The kernel's present life, if it can be told, and whether anything is synced in it.
    now: Option<String>,
    /// Everything that may be left from before was synced when it was said to be.
    was_synced: bool,
    doubts: Mutex<Doubts>,
}

#[derive(Debug, Default)]
struct Doubts {
    /// Files from before a power cut that nobody has dealt with yet.
    unfinished: HashSet<BlobKey>,
    /// Published files from before a power cut. They were synced first, where anything is synced.
    published: HashSet<EntryId>,
    /// The mark says so, or there is none.
    power_was_cut: bool,
}

impl Boot {
    /// Compares the folder's mark with the kernel.
    pub(super) fn look(data: Folder, syncs: bool) -> io::Result<Self> {
        let life = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        let mark = read(&data).ok();
        let was_synced = mark.as_ref().is_none_or(|mark| !mark.ends_with(UNSYNCED));
        let same_life =
            life.as_ref().zip(mark.as_ref()).is_some_and(|(life, mark)| mark.starts_with(life));
        // In one life of the machine what was not synced stays so, whoever is careful later.
        let unsynced = !syncs || (same_life && !was_synced);
        let now = life.map(|life| if unsynced { life + UNSYNCED } else { life });
        let doubts = Doubts { power_was_cut: !same_life, ..Doubts::default() };
        let boot = Self { data, now, was_synced, doubts: Mutex::new(doubts) };
        if same_life && boot.now != mark {
            boot.write()?;
        }
        Ok(boot)
    }

    /// Whether checkpoints from before a power cut mean anything.
    pub(super) fn was_synced(&self) -> bool {
        self.was_synced
    }

    pub(super) fn power_was_cut(&self) -> bool {
        self.doubts().power_was_cut
    }

    /// These are from before.
    pub(super) fn doubt(
        &self,
        unfinished: impl IntoIterator<Item = BlobKey>,
        published: impl IntoIterator<Item = EntryId>,
    ) -> io::Result<()> {
        let mut doubts = self.doubts();
        doubts.unfinished.extend(unfinished);
        doubts.published.extend(published);
        self.mark_if_done(&mut doubts)
    }

    /// Whether nobody knows how much of an unfinished file is really there.
    pub(super) fn doubts_of(&self, key: BlobKey) -> bool {
        self.doubts().unfinished.contains(&key)
    }

    /// The same of a published one.
    pub(super) fn doubts_of_published(&self, id: EntryId) -> bool {
        self.doubts().published.contains(&id)
    }

    /// This one was dealt with.
    pub(super) fn settle(&self, key: BlobKey) -> io::Result<()> {
        let mut doubts = self.doubts();
        if doubts.unfinished.remove(&key) { self.mark_if_done(&mut doubts) } else { Ok(()) }
    }

    fn mark_if_done(&self, doubts: &mut Doubts) -> io::Result<()> {
        if doubts.unfinished.is_empty() && doubts.power_was_cut { self.write() } else { Ok(()) }
    }

    fn write(&self) -> io::Result<()> {
        let Some(now) = &self.now else { return Ok(()) };
        self.data.remove(NEW_MARK)?;
        let mut file = self.data.create(NEW_MARK)?;
        file.write_all(now.as_bytes())?;
        file.sync_all()?;
        self.data.replace(NEW_MARK, MARK)?;
        self.data.sync()
    }

    fn doubts(&self) -> MutexGuard<'_, Doubts> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(data: &Folder) -> io::Result<String> {
    let mut mark = String::new();
    data.open_to_read(MARK)?.read_to_string(&mut mark)?;
    Ok(mark)
}

//! [`AtOnce`]: one sync for many new files.
//!
//! Each file that is synced by itself costs a flush of the disk. One sync of the whole file system costs one, however many
//! files there are; but it waits for whatever else is dirty there, and not every file system means by it what we need.
//! So it is asked for many files only, where it is known to be good, and while little is dirty.

use std::fs;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{FsWord, fstatfs, syncfs};
use rustix::system::uname;

use crate::folder::Folder;

/// From so many files on.
pub(super) const MANY: usize = 4;
/// Nobody waits for more bytes of others than these: a disk writes them in some ten milliseconds.
const LITTLE: u64 = 32 * 1024 * 1024;
/// So long one look at what is dirty is good.
const LOOK: Duration = Duration::from_millis(20);
/// File systems whose sync waits for the bytes, the log and the disk, and isn't dear: ext4 and XFS.
const GOOD: [FsWord; 2] = [0xef53, 0x5846_5342];
/// Before this version of Linux a file system's sync told of no error (commit 735e4ae5ba28).
const TELLS: (u32, u32) = (5, 8);

/// Whether and how a file system is synced as a whole.
#[derive(Debug)]
pub(super) struct AtOnce {
    is_good: bool,
    quiet: Mutex<Option<(Instant, bool)>>,
}

impl AtOnce {
    /// For the file system of a folder.
    pub(super) fn of(folder: &Folder) -> Self {
        let is_good = fstatfs(folder.handle()).is_ok_and(|system| GOOD.contains(&system.f_type));
        let version = uname();
        let is_good = is_good && version.release().to_str().is_ok_and(tells_of_errors);
        Self { is_good, quiet: Mutex::new(None) }
    }

    /// Whether so many new files are better synced at once.
    pub(super) fn suits(&self, files: usize) -> bool {
        self.is_good && files >= MANY && self.is_quiet(Instant::now(), look)
    }

    /// Makes durable what was written in the folder's file system; false if each file has to be synced by itself, because
    /// nobody knows which of them could not be written.
    pub(super) fn sync(folder: &Folder) -> bool {
        syncfs(folder.handle()).is_ok()
    }

    /// Whether little is dirty in all the system.
    fn is_quiet(&self, now: Instant, look: impl Fn() -> io::Result<u64>) -> bool {
        let mut quiet = self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        let young = quiet.filter(|(at, _)| now.saturating_duration_since(*at) < LOOK);
        let (at, known) = match young {
            Some(known) => known,
            None => (now, look().is_ok_and(|bytes| bytes <= LITTLE)),
        };
        *quiet = Some((at, known));
        known
    }
}

fn look() -> io::Result<u64> {
    dirty(&fs::read_to_string("/proc/meminfo")?)
}

/// Whether a Linux of this release tells of bytes that could not be written.
fn tells_of_errors(release: &str) -> bool {
    let mut numbers = release.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
    let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version >= TELLS
}

/// How many bytes wait to be written or are being written, as `/proc/meminfo` says it.
fn dirty(meminfo: &str) -> io::Result<u64> {
    let kilobytes = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        line.strip_prefix(':')?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    let all = kilobytes("Dirty").zip(kilobytes("Writeback"));
    let all = all.map(|(dirty, written)| dirty.saturating_add(written).saturating_mul(1024));
    all.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc/meminfo"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dirty_is_read_from_the_systems_own_words() {
        let words = "MemTotal:       24606660 kB\nDirty:              1024 kB\nWriteback:             3 kB\nWritebackTmp:          9 kB\n";
        assert_eq!(dirty(words).unwrap(), 1_027 * 1024);
        for broken in
            ["", "Dirty: 5 kB\n", "Dirty: 5 kB\nWriteback: x kB\n", "Dirty: 5\nWriteback: 5\n"]
        {
            assert!(dirty(broken).is_err(), "{broken:?}");
        }
        assert!(dirty(&fs::read_to_string("/proc/meminfo").unwrap()).is_ok(), "and this one's");
    }

    #[test]
    fn an_old_linux_keeps_its_errors_to_itself() {
        for (release, tells) in [
            ("6.18.44-fc-v669", true),
            ("5.8.0", true),
            ("5.10-rc1", true),
            ("5.7.19", false),
            ("4.19.0-27-amd64", false),
            ("", false),
            ("what?", false),
        ] {
            assert_eq!(tells_of_errors(release), tells, "{release}");
        }
    }

    #[test]
    fn few_files_are_synced_one_by_one() {
        let long_known = Instant::now() + Duration::from_secs(3_600);
        let at_once = AtOnce { is_good: true, quiet: Mutex::new(Some((long_known, true))) };
        assert!(!at_once.suits(MANY - 1));
        assert!(at_once.suits(MANY));
        let elsewhere = AtOnce { is_good: false, ..at_once };
        assert!(!elsewhere.suits(MANY));
    }

    #[test]
    fn a_folder_is_synced_with_all_that_is_on_its_disk() {
        let place = tempfile::tempdir().unwrap();
        assert!(AtOnce::sync(&Folder::open(place.path()).unwrap()));
    }

    #[test]
    fn nobody_waits_for_what_others_write_and_that_is_looked_at_anew() {
        let at_once = AtOnce { is_good: true, quiet: Mutex::new(None) };
        let begun = Instant::now();
        let busy = || Ok(LITTLE + 1);
        assert!(!at_once.is_quiet(begun, busy));
        assert!(!at_once.is_quiet(begun + LOOK / 2, || panic!("it is known")));
        assert!(at_once.is_quiet(begun + LOOK, || Ok(LITTLE)));
        assert!(at_once.is_quiet(begun + LOOK + LOOK / 2, busy), "known again");
        let nobody_knows = || Err(io::Error::from(io::ErrorKind::NotFound));
        assert!(!at_once.is_quiet(begun + LOOK * 2, nobody_knows));
    }
}

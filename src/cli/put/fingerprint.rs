//! By what a file is known again: an upload goes on only with the file that it began with.
//!
//! Size and time would do for honest clocks. Inode and edges catch a file that was replaced by another of the same
//! size and time, and what they don't catch the SHA-256 of the whole does at the end.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::digest::hex;

/// How much is looked at from either end.
const EDGE: u64 = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    pub(super) size: u64,
    modified: i64,
    modified_nanos: i64,
    inode: u64,
    edges: String,
}

impl Fingerprint {
    /// # Errors
    /// What the file system says.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let facts = file.metadata()?;
        let size = facts.size();
        let mut digest = Sha256::new();
        let mut edge = vec![0; usize::try_from(EDGE.min(size)).unwrap_or_default()];
        for at in [0, size.saturating_sub(EDGE)] {
            // Pseudo files say a size and have less; what they have is looked at.
            let mut read = 0;
            while let Some(rest) = edge.get_mut(read..).filter(|rest| !rest.is_empty()) {
                match file.read_at(rest, at + read as u64)? {
                    0 => break,
                    more => read += more,
                }
            }
            digest.update(edge.get(..read).unwrap_or_default());
        }
        let (modified, modified_nanos) = (facts.mtime(), facts.mtime_nsec());
        let edges = hex(&digest.finalize());
        Ok(Self { size, modified, modified_nanos, inode: facts.ino(), edges })
    }

    /// True if nothing was written to the file since, as far as its size and time tell.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn still_is(&self, file: &File) -> io::Result<bool> {
        let facts = file.metadata()?;
        Ok(facts.size() == self.size
            && facts.mtime() == self.modified
            && facts.mtime_nsec() == self.modified_nanos)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::*;

    fn of(path: &Path) -> Fingerprint {
        Fingerprint::of(&File::open(path).unwrap()).unwrap()
    }

    fn write(path: &Path, bytes: &[u8], seconds: u64) {
        fs::write(path, bytes).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn a_file_is_known_again_and_any_change_at_its_edges_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for size in [0, 1, 100, 64 * 1024, 64 * 1024 + 1, 200 * 1024] {
            let bytes = vec![7; size];
            write(&path, &bytes, 1_000);
            let first = of(&path);
            assert_eq!(of(&path), first, "{size}");
            for at in [0, size.saturating_sub(1)].into_iter().filter(|at| *at < size) {
                let mut changed = bytes.clone();
                changed[at] = 8;
                write(&path, &changed, 1_000);
                assert_ne!(of(&path), first, "{size} {at}");
            }
            write(&path, &[bytes.clone(), vec![7]].concat(), 1_000);
            assert_ne!(of(&path), first, "longer than {size}");
            write(&path, &bytes, 1_001);
            assert_ne!(of(&path), first, "another time, {size}");
        }
    }

    #[test]
    fn a_file_in_the_place_of_another_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("b"));
        write(&path, b"same", 1_000);
        let first = of(&path);
        write(&other, b"same", 1_000);
        fs::rename(&other, &path).unwrap();
        assert_ne!(of(&path), first);
    }

    #[test]
    fn what_was_written_meanwhile_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write(&path, b"before", 1_000);
        let file = File::open(&path).unwrap();
        let first = Fingerprint::of(&file).unwrap();
        assert!(first.still_is(&file).unwrap());
        write(&path, b"behind", 1_001);
        assert!(!first.still_is(&file).unwrap());
    }
}

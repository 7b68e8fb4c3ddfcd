//! What is sent: bytes that can't be compressed and can be made again, so that what was stored can be judged without
//! keeping what was sent.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::args::Args;
use crate::{File, Outcome};

/// Files beyond this begin again at the front of the pool.
const LONGEST: usize = 1 << 30;

/// The bytes of all files, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Pool(&'static [u8]);

impl Pool {
    /// Enough for so many files of one size.
    pub(crate) fn of(files: usize, size: usize) -> Self {
        let length = files.saturating_mul(size).clamp(1, LONGEST.max(size));
        let mut bytes = vec![0; length.next_multiple_of(8)];
        // splitmix64 of a counter.
        let mut state: u64 = 0;
        for word in bytes.chunks_exact_mut(8) {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            word.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
        }
        // They are needed until the process ends, by threads that nobody waits for.
        Self(bytes.leak())
    }

    pub(crate) fn bytes(self, index: usize, size: usize) -> &'static [u8] {
        let places = (LONGEST / size.max(1)).max(1);
        let begin = index % places * size;
        &self.0[begin..begin + size]
    }

    pub(crate) fn file(self, prefix: &str, index: usize, size: usize) -> File {
        File { name: format!("{prefix}{index}.bin"), bytes: self.bytes(index, size) }
    }
}

/// All files of this size below a folder.
fn of_size(folder: &Path, size: u64, found: &mut Vec<PathBuf>) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let facts = entry.metadata()?;
        if facts.is_dir() {
            of_size(&entry.path(), size, found)?;
        } else if facts.is_file() && facts.len() == size {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn digest(path: &Path, buffer: &mut [u8]) -> Outcome<[u8; 32]> {
    let (mut file, mut hash) = (fs::File::open(path)?, Sha256::new());
    loop {
        let count = file.read(buffer)?;
        if count == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&buffer[..count]);
    }
}

/// Looks for the SHA-256 of every file that was sent among the files of that size below `--dir`, one file for each.
pub(crate) fn verify(args: &Args) -> Outcome<()> {
    let (files, size) = (args.number("files", 1)?, args.number("size", 1)?);
    let pool = Pool::of(files, size);
    let mut wanted: HashMap<[u8; 32], usize> = HashMap::new();
    for index in 0..files {
        *wanted.entry(Sha256::digest(pool.bytes(index, size)).into()).or_default() += 1;
    }
    let mut found = Vec::new();
    of_size(Path::new(&args.text("dir", ".")), size as u64, &mut found)?;
    let mut buffer = vec![0; 1 << 20];
    for path in &found {
        if let Some(count) = wanted.get_mut(&digest(path, &mut buffer)?) {
            *count = count.saturating_sub(1);
        }
    }
    match wanted.values().sum::<usize>() {
        0 => Ok(()),
        missing => Err(format!("{missing} of {files} contents are not stored").into()),
    }
}

//! [`Early`]: the disk begins to write while bytes still come.
//!
//! A sync at the end of a large file waits for all of it; where the disk has written most of it by then, it waits for the
//! rest.

use std::fs::File;
use std::num::NonZeroU64;

use rustix::fs::{Advice, fadvise};

/// After so many bytes the disk is asked to begin.
const STEP: u64 = 1024 * 1024;

/// How far the disk was asked to write.
#[derive(Debug)]
pub(super) struct Early(u64);

impl Early {
    /// Of a file that has so many bytes.
    pub(super) fn behind(end: u64) -> Self {
        Self(end)
    }

    /// Has the disk begin with what was written up to here, if that is enough. It is a hint: whatever comes of it, the
    /// file is the same.
    pub(super) fn begin(&mut self, file: &File, end: u64) {
        let length = end.checked_sub(self.0).filter(|length| *length >= STEP);
        if let Some(length) = length.and_then(NonZeroU64::new) {
            begin(file, self.0, length);
            self.0 = end;
        }
    }
}

/// Has the disk begin with a part of a file. Linux begins to write the dirty pages of a range that it is advised to
/// forget, as `sync_file_range` would, and forgets none of them before they are clean.
pub(super) fn begin(file: &File, from: u64, length: NonZeroU64) {
    let _ = fadvise(file, from, Some(length), Advice::DontNeed);
}

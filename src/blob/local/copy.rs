//! Copying a part of one file into another, by the kernel where it can.
//!
//! A file that is joined of pieces is as large as they are. A file system that can share blocks then needs no room
//! and no time for it; others copy within the kernel. Where neither is possible, the bytes pass through here.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use bytes::Bytes;
use rustix::fs::copy_file_range;
use rustix::io::Errno;

use crate::blob::gather::write_all_at;

/// As much as passes through here at a time.
const PIECE: u64 = 1024 * 1024;

/// What a kernel says that can't copy between these two files.
const CAN_NOT: [Errno; 5] =
    [Errno::NOSYS, Errno::XDEV, Errno::OPNOTSUPP, Errno::INVAL, Errno::PERM];

/// Writes a part of one file into another one. A source that has less is `UnexpectedEof`.
pub(super) fn copy(from: &File, part: &Range<u64>, to: &File, offset: u64) -> io::Result<()> {
    copy_with(
        part,
        offset,
        |at, to_at, length| {
            let (mut at, mut to_at) = (at, to_at);
            copy_file_range(from, Some(&mut at), to, Some(&mut to_at), length)
        },
        |at, to_at, length| {
            let mut bytes = vec![0; length];
            from.read_exact_at(&mut bytes, at)?;
            write_all_at(to, to_at, &[Bytes::from(bytes)])
        },
    )
}

fn copy_with(
    part: &Range<u64>,
    offset: u64,
    mut by_kernel: impl FnMut(u64, u64, usize) -> Result<usize, Errno>,
    mut by_hand: impl FnMut(u64, u64, usize) -> io::Result<()>,
) -> io::Result<()> {
    let (mut at, mut able) = (part.start, true);
    while at < part.end {
        let (rest, to_at) = (part.end - at, offset + (at - part.start));
        if able {
            let length = usize::try_from(rest).unwrap_or(usize::MAX);
            match by_kernel(at, to_at, length) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(copied) => at += copied as u64,
                Err(Errno::INTR) => {}
                Err(errno) if CAN_NOT.contains(&errno) => able = false,
                Err(errno) => return Err(errno.into()),
            }
        } else {
            let length = rest.min(PIECE);
            by_hand(at, to_at, usize::try_from(length).unwrap_or_default())?;
            at += length;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// What lands of ten bytes of a source, if the kernel answers as the list says and takes all behind it.
    fn copied(answers: &[Result<usize, Errno>]) -> (io::Result<()>, Vec<u8>) {
        let (source, target) = (b"0123456789abcdef", RefCell::new(Vec::new()));
        let mut answers = answers.iter();
        let put = |at: u64, to_at: u64, length: usize| {
            let mut target = target.borrow_mut();
            assert_eq!(to_at, 100 + target.len() as u64, "the next byte goes behind the last one");
            let at = usize::try_from(at).unwrap();
            target.extend_from_slice(&source[at..at + length]);
        };
        let outcome = copy_with(
            &(3..13),
            100,
            |at, to_at, length| {
                let copied = answers.next().copied().unwrap_or(Ok(length))?.min(length);
                put(at, to_at, copied);
                Ok(copied)
            },
            |at, to_at, length| {
                put(at, to_at, length);
                Ok(())
            },
        );
        (outcome, target.into_inner())
    }

    #[test]
    fn all_of_a_part_arrives_whatever_the_kernel_is_able_to() {
        for answers in [
            &[][..],
            &[Ok(1), Ok(3)],
            &[Err(Errno::INTR), Ok(2), Err(Errno::INTR)],
            &[Err(Errno::XDEV)],
            &[Ok(4), Err(Errno::OPNOTSUPP)],
        ] {
            let (outcome, bytes) = copied(answers);
            outcome.unwrap();
            assert_eq!(bytes, b"3456789abc", "{answers:?}");
        }
    }

    #[test]
    fn a_source_that_ends_too_soon_and_a_full_disk_are_errors() {
        let (outcome, _) = copied(&[Ok(2), Ok(0)]);
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let (outcome, _) = copied(&[Ok(2), Err(Errno::NOSPC)]);
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_part_of_a_file_is_copied_into_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> =
            (0..3_000_000_u32).map(|n| n.wrapping_mul(7).to_be_bytes()[2]).collect();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        std::fs::write(&from, &bytes).unwrap();
        std::fs::write(&to, b"head").unwrap();
        let (source, target) =
            (File::open(&from).unwrap(), File::options().write(true).open(&to).unwrap());
        copy(&source, &(1_000..2_900_001), &target, 4).unwrap();
        let written = std::fs::read(&to).unwrap();
        assert!(written[4..] == bytes[1_000..2_900_001]);
        let ended = copy(&source, &(0..3_000_001), &target, 4).unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::UnexpectedEof);
    }
}

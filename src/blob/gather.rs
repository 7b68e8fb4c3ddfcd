//! Gathered writing: many pieces, one system call, no copy.
//!
//! A socket hands out pieces of some ten KiB; one system call for each would cost more than the
//! copy into the page cache. The kernel may write less than it was given, so what remains is
//! offered again until nothing is left.
//!
//! INVARIANT: when this answers `Ok`, every byte of every piece was taken by the kernel.

use std::io::{self, IoSlice};
use std::os::fd::AsFd;

use bytes::Bytes;
use rustix::io::{Errno, pwritev};

/// Linux refuses a call with more pieces than this (`UIO_MAXIOV`).
const MOST_PIECES: usize = 1_024;

/// Writes all pieces one after another, the first one at `offset`.
pub(super) fn write_all_at(file: impl AsFd, offset: u64, pieces: &[Bytes]) -> io::Result<()> {
    write_all_with(offset, pieces, |slices, at| pwritev(&file, slices, at))
}

fn write_all_with(
    mut offset: u64,
    pieces: &[Bytes],
    mut write: impl FnMut(&[IoSlice<'_>], u64) -> Result<usize, Errno>,
) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> =
        pieces.iter().filter(|piece| !piece.is_empty()).map(|piece| IoSlice::new(piece)).collect();
    let mut rest = slices.as_mut_slice();
    while !rest.is_empty() {
        let offered = rest.len().min(MOST_PIECES);
        match write(&rest[..offered], offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                IoSlice::advance_slices(&mut rest, written);
            }
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    /// A file that takes what the list of appetites says, one number for each call.
    fn written(
        pieces: &[Bytes],
        appetites: &[Result<usize, Errno>],
    ) -> (io::Result<()>, Vec<u8>, usize) {
        let mut file = Vec::new();
        let mut calls = 0;
        let outcome = write_all_with(0, pieces, |slices, at| {
            assert_eq!(at, file.len() as u64, "the next byte goes where the last one ended");
            assert!(slices.len() <= MOST_PIECES);
            calls += 1;
            let appetite = appetites.get(calls - 1).copied().unwrap_or(Ok(usize::MAX))?;
            let before = file.len();
            for byte in slices.iter().flat_map(|slice| slice.iter()).take(appetite) {
                file.push(*byte);
            }
            Ok(file.len() - before)
        });
        (outcome, file, calls)
    }

    proptest! {
        #[test]
        fn a_kernel_that_takes_little_gets_everything_in_the_end(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..9),
            appetites in prop::collection::vec(
                prop_oneof![(1_usize..20).prop_map(Ok), Just(Err(Errno::INTR))], 0..9),
        ) {
            let whole = pieces.concat();
            let pieces: Vec<Bytes> = pieces.into_iter().map(Bytes::from).collect();
            let (outcome, file, _) = written(&pieces, &appetites);
            prop_assert!(outcome.is_ok());
            prop_assert_eq!(file, whole);
        }
    }

    #[test]
    fn no_call_carries_more_pieces_than_the_kernel_takes() {
        let pieces = vec![Bytes::from_static(b"x"); 2 * MOST_PIECES + 1];
        let (outcome, file, calls) = written(&pieces, &[]);
        assert!(outcome.is_ok());
        assert_eq!((file.len(), calls), (pieces.len(), 3));
    }

    #[test]
    fn a_kernel_that_takes_nothing_is_an_error_and_not_an_endless_loop() {
        let (outcome, _, _) = written(&[Bytes::from_static(b"x")], &[Ok(0)]);
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::WriteZero);
    }

    #[test]
    fn nothing_to_write_needs_no_call() {
        let (outcome, _, calls) = written(&[Bytes::new(), Bytes::new()], &[]);
        assert!(outcome.is_ok());
        assert_eq!(calls, 0);
    }
}

use futures_util::FutureExt;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Builder;

use super::*;
use crate::domain::{Blake3Digest, Digest, Sha256Digest};
use crate::engine::digests::Digests;

fn sha256_of(bytes: &[u8]) -> Sha256Digest {
    <[u8; 32]>::from(Sha256::digest(bytes)).into()
}

fn is_of(told: &Digests, needs: Needs, bytes: &[u8]) -> bool {
    let blake3 = Blake3Digest::from(*blake3::hash(bytes).as_bytes());
    let kept = match (needs.sha256, needs.blake3) {
        (_, true) => Some(Digest::from(blake3)),
        (true, false) => Some(Digest::from(sha256_of(bytes))),
        (false, false) => None,
    };
    told.kept() == kept && told.confirm(Some(sha256_of(bytes))) == needs.sha256
}

fn needs() -> impl Strategy<Value = Needs> {
    (any::<bool>(), any::<bool>()).prop_map(|(sha256, blake3)| Needs { sha256, blake3 })
}

const SHA256: Needs = Needs { sha256: true, blake3: false };
const NOTHING: Needs = Needs { sha256: false, blake3: false };

fn runtime() -> tokio::runtime::Runtime {
    Builder::new_current_thread().build().unwrap()
}

proptest! {
    #[test]
    fn whatever_the_pieces_the_digest_is_that_of_all_bytes_before_the_question(
        lengths in prop::collection::vec(
            prop::collection::vec(prop_oneof![0_usize..9, 1_000_usize..200_000], 0..4), 0..9),
        needs in needs(),
    ) {
        runtime().block_on(async {
            let (mut hashing, mut whole) = (Hashing::from(needs), Vec::new());
            let mut answers = Vec::new();
            for (seed, lengths) in lengths.iter().enumerate() {
                let pieces: Vec<Bytes> =
                    lengths.iter().map(|length| vec![seed as u8; *length].into()).collect();
                hashing.room().await.unwrap();
                hashing.feed(&pieces);
                pieces.iter().for_each(|piece| whole.extend_from_slice(piece));
                // Asked for now, looked at when more has been handed over.
                answers.push((hashing.so_far(), whole.len()));
            }
            for (answer, length) in answers {
                assert!(is_of(&answer.await.unwrap().finish(), needs, &whole[..length]));
            }
        });
    }
}

#[test]
fn little_is_hashed_at_once_and_needs_no_runtime() {
    let mut hashing = Hashing::from(SHA256);
    hashing.feed(&[vec![7; INLINE].into()]);
    let told = hashing.so_far().now_or_never().expect("nobody has to be waited for").unwrap();
    assert!(is_of(&told.finish(), SHA256, &[7; INLINE]));
}

#[test]
fn what_nobody_needs_goes_to_no_other_thread() {
    let mut hashing = Hashing::from(NOTHING);
    assert!(hashing.is_nothing());
    // Without a runtime, another thread could not be asked.
    for _ in 0..3 {
        hashing.feed(&[vec![7; INLINE * 4].into()]);
        assert!(!hashing.is_full());
    }
    let told = hashing.so_far().now_or_never().expect("nobody has to be waited for").unwrap();
    assert!(told.is_nothing() && told.finish().kept().is_none());
}

/// Two batches handed over while the only thread for blocking work is taken, until somebody lets it go.
fn behind(play: impl AsyncFnOnce(Hashing, Vec<u8>, std::sync::mpsc::Sender<()>)) {
    let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let taken = tokio::task::spawn_blocking(move || wait.recv());
        let mut hashing = Hashing::on(Some(Lane::of(SHA256.start())));
        let batches: [Bytes; 2] = [1, 2].map(|seed| vec![seed; INLINE + 1].into());
        for batch in &batches {
            assert!(hashing.room().now_or_never().is_some(), "one may wait to be hashed");
            hashing.feed(std::slice::from_ref(batch));
        }
        play(hashing, batches.concat(), go).await;
        taken.await.unwrap().unwrap();
    });
}

#[test]
fn whoever_brings_more_waits_as_long_as_two_batches_wait() {
    behind(async |mut hashing, all, go| {
        assert!(hashing.is_full() && hashing.room().now_or_never().is_none());
        let asked = hashing.so_far();
        go.send(()).unwrap();
        hashing.room().await.unwrap();
        assert!(is_of(&asked.await.unwrap().finish(), SHA256, &all));
    });
}

#[test]
fn whoever_catches_up_waits_until_nothing_waits_to_be_hashed() {
    behind(async |mut hashing, _, go| {
        hashing.catch_up();
        assert!(hashing.is_catching_up() && hashing.is_full());
        assert!(hashing.room().now_or_never().is_none());
        assert!(hashing.is_catching_up(), "a wait that was given up forgets nothing");
        go.send(()).unwrap();
        hashing.room().await.unwrap();
        assert!(hashing.behind.is_empty() && !hashing.is_catching_up() && !hashing.is_full());
        hashing.feed(&[vec![3; INLINE + 1].into()]);
        assert!(!hashing.is_catching_up(), "it was about what was behind then");
    });
}

#[test]
fn nobody_waits_for_what_is_hashed_already() {
    let mut hashing = Hashing::from(SHA256);
    hashing.feed(&[vec![7; INLINE].into()]);
    hashing.catch_up();
    assert!(!hashing.is_catching_up() && !hashing.is_full());
}

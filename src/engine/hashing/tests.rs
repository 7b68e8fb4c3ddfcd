use futures_util::FutureExt;
use proptest::prelude::*;
use tokio::runtime::Builder;

use super::*;

fn runtime() -> tokio::runtime::Runtime {
    Builder::new_current_thread().build().unwrap()
}

proptest! {
    #[test]
    fn whatever_the_pieces_the_digest_is_that_of_all_bytes_before_the_question(
        lengths in prop::collection::vec(
            prop::collection::vec(prop_oneof![0_usize..9, 1_000_usize..200_000], 0..4), 0..9),
    ) {
        runtime().block_on(async {
            let (mut hashing, mut whole) = (Hashing::default(), Sha256::default());
            let mut answers = Vec::new();
            for (seed, lengths) in lengths.iter().enumerate() {
                let pieces: Vec<Bytes> =
                    lengths.iter().map(|length| vec![seed as u8; *length].into()).collect();
                hashing.feed(&pieces).await.unwrap();
                pieces.iter().for_each(|piece| whole.update(piece));
                // Asked for now, looked at when more has been handed over.
                answers.push((hashing.so_far(), whole.clone()));
            }
            for (answer, expected) in answers {
                assert_eq!(answer.await.unwrap().finalize(), expected.finalize());
            }
        });
    }
}

#[test]
fn little_is_hashed_at_once_and_needs_no_runtime() {
    let mut hashing = Hashing::default();
    assert!(hashing.feed(&[vec![7; INLINE].into()]).now_or_never().is_some());
    let told = hashing.so_far().now_or_never().expect("nobody has to be waited for").unwrap();
    assert_eq!(told.finalize(), Sha256::digest(vec![7; INLINE]));
}

#[test]
fn whoever_brings_more_waits_for_the_batch_before_the_last() {
    // No thread for blocking work but one, which is taken.
    let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let taken = tokio::task::spawn_blocking(move || wait.recv());
        let mut hashing = Hashing::default();
        let [first, second]: [Bytes; 2] = [1, 2].map(|seed| vec![seed; INLINE + 1].into());
        let fed = hashing.feed(std::slice::from_ref(&first)).now_or_never();
        assert!(fed.is_some_and(|fed| fed.is_ok()), "one may wait to be hashed");
        let both = [first.clone(), second.clone()].concat();
        let asked = {
            let mut feeding = Box::pin(hashing.feed(std::slice::from_ref(&second)));
            assert!(futures_util::poll!(&mut feeding).is_pending());
            go.send(()).unwrap();
            feeding.await.unwrap();
            hashing.so_far()
        };
        taken.await.unwrap().unwrap();
        assert_eq!(asked.await.unwrap().finalize(), Sha256::digest(both));
    });
}

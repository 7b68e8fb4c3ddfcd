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
            let (hashing, mut whole) = (Hashing::default(), Sha256::default());
            let mut answers = Vec::new();
            for (seed, lengths) in lengths.iter().enumerate() {
                let pieces: Vec<Bytes> =
                    lengths.iter().map(|length| vec![seed as u8; *length].into()).collect();
                hashing.feed(&pieces).await;
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
    let hashing = Hashing::default();
    assert!(hashing.feed(&[vec![7; INLINE].into()]).now_or_never().is_some());
    let told = hashing.so_far().now_or_never().expect("nobody has to be waited for").unwrap();
    assert_eq!(told.finalize(), Sha256::digest(vec![7; INLINE]));
}

#[test]
fn whoever_brings_too_much_waits_until_it_is_hashed() {
    // No thread of its own but one for blocking work, which is taken.
    let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let taken = tokio::task::spawn_blocking(move || wait.recv());
        let hashing = Hashing::default();
        let first: Bytes = vec![1; MOST].into();
        assert!(hashing.feed(std::slice::from_ref(&first)).now_or_never().is_some());
        let second: Bytes = vec![2; INLINE + 1].into();
        let mut feeding = Box::pin(hashing.feed(std::slice::from_ref(&second)));
        assert!(futures_util::poll!(&mut feeding).is_pending());
        go.send(()).unwrap();
        feeding.await;
        taken.await.unwrap().unwrap();
        let expected = Sha256::digest([first, second].concat());
        assert_eq!(hashing.so_far().await.unwrap().finalize(), expected);
    });
}

#[test]
fn nobody_waits_for_a_digest_whose_job_was_never_run() {
    let hashing = Hashing::default();
    let big: Bytes = vec![1; 2 * MOST].into();
    let told = {
        let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let told = runtime.block_on(async {
            drop(tokio::task::spawn_blocking(move || wait.recv()));
            assert!(hashing.feed(std::slice::from_ref(&big)).now_or_never().is_none());
            hashing.so_far()
        });
        runtime.shutdown_background();
        drop(go);
        told
    };
    let runtime = runtime();
    assert!(runtime.block_on(told).is_err());
    assert!(runtime.block_on(hashing.so_far()).is_err());
    runtime.block_on(hashing.feed(&[big]));
}

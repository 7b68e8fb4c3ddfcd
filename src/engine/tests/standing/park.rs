//! Uploads that nobody goes on with: put down, taken up, counted and swept.

use super::*;
use crate::blob::{Durability, LocalStore};

#[tokio::test]
async fn what_is_put_down_is_taken_up_with_its_bytes_and_digest() {
    let rig = Rig::standing_files();
    let bytes = noise(300_000);
    let id = rig.register("a.bin", bytes.len()).await;
    for (at, end) in [(0, 1), (1, 9_000), (9_000, 299_999)] {
        assert_eq!(rig.step(id, &bytes[at..end]).await.unwrap(), end as u64);
        rig.park();
        assert!(rig.engine.entries(rig.to.session).is_empty(), "nothing is in memory");
        assert_eq!(rig.engine.get(id, &rig.caller).await.unwrap().offset, end as u64);
    }
    rig.step(id, &bytes[299_999..]).await.unwrap();
    assert_eq!(rig.finish(id).await.unwrap().digest, Some(digest(&bytes)));
}

#[tokio::test]
async fn what_somebody_writes_or_has_just_touched_is_not_put_down() {
    let rig = Rig::standing_files();
    let id = rig.register("a.bin", 20_000).await;
    rig.engine.park(Duration::ZERO);
    assert_eq!(rig.engine.entries(rig.to.session).len(), 1, "it was registered just now");
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    rig.park();
    lease.write(chunk(0, &noise(20_000))).await.unwrap();
    assert_eq!(lease.finish().await.unwrap().digest, Some(digest(&noise(20_000))));
    rig.park();
    assert!(rig.engine.entries(rig.to.session).is_empty(), "what is complete waits in its row");

    let page = Rig::files();
    page.register("a.bin", 20_000).await;
    page.park();
    assert_eq!(page.engine.entries(page.to.session).len(), 1, "a live page is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_takes_up_what_is_being_put_down_writes_beside_nobody() {
    let rig = Arc::new(Rig::standing_files());
    let bytes = noise(200 * 300);
    let id = rig.register("a.bin", bytes.len()).await;
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let parking = tokio::spawn({
        let (rig, stop) = (Arc::clone(&rig), Arc::clone(&stop));
        async move {
            while !stop.load(Ordering::SeqCst) {
                rig.park();
                tokio::task::yield_now().await;
            }
        }
    });
    for (at, piece) in (0..).step_by(300).zip(bytes.chunks(300)) {
        // It may be put down between being taken up and being claimed; a door answers that as it does any loss.
        let mut tries = 0;
        while rig.engine.get(id, &rig.caller).await.unwrap().offset == at {
            let sent = rig.step(id, piece).await;
            let lost = matches!(sent, Err(UploadError::NotFound | UploadError::Superseded));
            assert!(sent.is_ok() || lost, "{sent:?}");
            tries += 1;
            assert!(tries < 10_000, "it never got through");
        }
    }
    stop.store(true, Ordering::SeqCst);
    parking.await.unwrap();
    assert_eq!(rig.finish(id).await.unwrap().digest, Some(digest(&bytes)));
    assert_eq!(rig.read(id).await, bytes);
}

#[tokio::test]
async fn what_is_put_down_does_not_count_and_counts_again_when_it_is_taken_up() {
    let rig = Rig::standing(Declaration::new().max_entries(2).max_file_size(10_000));
    let mut first = Vec::new();
    for _ in 0..2 {
        let id = rig.register("a.bin", 9_000).await;
        rig.step(id, &noise(100)).await.unwrap();
        first.push(id);
    }
    let full = rig.offer(facts("b.bin", 5)).await.unwrap_err();
    assert_eq!(full.code(), Code::TooManyFiles);
    rig.park();
    for _ in 0..2 {
        rig.register("b.bin", 5).await;
    }
    let full = rig.offer(facts("c.bin", 5)).await.unwrap_err();
    assert_eq!(full.code(), Code::TooManyFiles);
    // It was admitted already: going on with it is not refused.
    assert_eq!(rig.take_up(first[0]).await.unwrap(), 100);
    rig.send_rest(first[0], &noise(9_000)).await;
}

#[tokio::test]
async fn of_a_crowd_in_one_session_as_many_are_admitted_as_its_slot_takes() {
    let rig = Rig::standing(Declaration::new().max_entries(5));
    let offers = (0..40).map(|_| rig.offer(facts("a.bin", 5)));
    let answers = futures_util::future::join_all(offers).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
    for refused in answers.into_iter().filter_map(Result::err) {
        assert_eq!(refused.code(), Code::TooManyFiles);
    }
}

/// A rig on a disk, and its folder of unfinished files.
fn on_disk() -> (Rig, tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::standing_files();
    let store = Arc::new(LocalStore::open(folder.path(), Durability::Os).unwrap());
    rig.engine = Engine::new(Parts {
        blobs: Arc::<LocalStore>::clone(&store),
        spool: Some(store),
        room: None,
        catalogue: Arc::<Memory>::clone(&rig.catalogue),
        checks: vec![Arc::new(MagicBytes)],
        jobs: Jobs::default(),
        clock: Arc::<HandClock>::clone(&rig.clock),
    });
    let place = folder.path().join("spool").join(rig.to.session.to_string());
    (rig, folder, place)
}

#[tokio::test]
async fn the_place_of_a_standing_session_goes_with_its_last_upload_however_that_ends() {
    for end in ["finish", "cancel", "sweep", "sweep of a row", "fail"] {
        let (rig, _folder, place) = on_disk();
        let [other, id] = [rig.register("b.txt", 100).await, rig.register("a.txt", 100).await];
        rig.step(other, b"other").await.unwrap();
        rig.step(id, b"some bytes").await.unwrap();
        rig.engine.cancel(other, &rig.caller).await.unwrap();
        assert!(place.exists(), "{end}");
        match end {
            "finish" => {
                rig.step(id, &[b'a'; 90]).await.unwrap();
                rig.finish(id).await.unwrap();
            }
            "cancel" => drop(rig.engine.cancel(id, &rig.caller).await.unwrap()),
            "fail" => assert!(rig.finish(id).await.is_err()),
            sweep => {
                rig.clock.0.fetch_add(7_200_000, Ordering::SeqCst);
                if sweep == "sweep of a row" {
                    rig.park();
                }
                let swept = rig.engine.sweep(Duration::from_secs(3_600)).await.unwrap();
                assert_eq!(swept.unfinished, 1, "{end}");
                assert!(rig.catalogue.load(id).await.unwrap().is_none());
            }
        }
        assert!(!place.exists(), "{end}");
        let again = rig.register("c.txt", 3).await;
        rig.step(again, b"abc").await.unwrap();
        assert!(place.exists(), "and it is made again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn uploads_that_begin_while_others_end_keep_their_bytes() {
    let (rig, _folder, place) = on_disk();
    let rig = Arc::new(rig);
    let all = (0..8).map(|seed: usize| {
        let rig = Arc::clone(&rig);
        tokio::spawn(async move {
            for round in 0..25 {
                let bytes = noise(50 + seed * 25 + round);
                let id = rig.register("a.bin", bytes.len()).await;
                rig.step(id, &bytes[..20]).await.unwrap();
                rig.step(id, &bytes[20..]).await.unwrap();
                assert_eq!(rig.finish(id).await.unwrap().digest, Some(digest(&bytes)));
                rig.engine.consume(id, &rig.caller, Keep::No).await.unwrap();
            }
        })
    });
    for ended in futures_util::future::join_all(all).await {
        ended.unwrap();
    }
    assert!(!place.exists());
}

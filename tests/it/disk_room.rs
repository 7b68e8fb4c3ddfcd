//! Room on the disk: what won't fit is refused before its bytes are sent, through every door, and what mends
//! itself is used again.

use std::time::Duration;

use longshore::NotReady;
use longshore::testing::{
    FakeRoom, Fault, FaultyStore, MemoryCatalogue, MemoryStore, Operation, PATIENCE,
};

use crate::support::doors::{Outcome, every_door, sent};
use crate::support::{Form, TestApp, Upload};

const MB: u64 = 1_000_000;

/// A server on a disk of 100 MB, ten of which are left alone.
async fn on_a_small_disk() -> (TestApp, FakeRoom) {
    let room = FakeRoom::of(100 * MB);
    let app = {
        let room = room.clone();
        TestApp::with(move |builder| builder.room(room).min_free(10 * MB)).await
    };
    (app, room)
}

fn claiming(name: &str, size: u64) -> Upload {
    Upload::bytes(name, "").claiming("size", size)
}

async fn readiness_becomes(app: &TestApp, wanted: &[NotReady]) {
    let end = std::time::Instant::now() + PATIENCE;
    loop {
        let reasons = app.uploads().not_ready().await;
        if reasons == wanted {
            return;
        }
        assert!(std::time::Instant::now() < end, "{reasons:?} and not {wanted:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Every door takes or refuses a small file, with this word.
async fn every_door_says(app: &TestApp, word: &str) {
    for door in every_door() {
        let outcomes = door.send(&app.visitor(), "inbox", "any", &[sent("a.txt", b"hello")]).await;
        assert_eq!(outcomes[0].word(), word, "{}", door.name());
    }
}

#[actix_web::test]
async fn of_two_files_that_take_sixty_percent_each_the_second_is_refused_until_the_first_is_gone() {
    let (app, _) = on_a_small_disk().await;
    let (mut one, mut other) = (app.live().await, app.live().await);
    let first = one.select("large", claiming("a.bin", 54 * MB)).await.unwrap();
    let refused = other.select("large", claiming("b.bin", 54 * MB)).await.unwrap_err();
    assert_eq!(refused.code(), "disk_full");
    // Its own size back, and nothing of how much there is.
    assert_eq!(*refused.params(), serde_json::json!({ "size": 54 * MB }));
    assert!(refused.message().contains("of this size"), "{}", refused.message());
    other.select("large", claiming("c.bin", 36 * MB)).await.unwrap();
    one.cancel(&first).await;
    other.select("large", claiming("b.bin", 54 * MB)).await.unwrap();
    one.disconnect();
    other.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn a_batch_is_measured_by_one_look_and_each_file_refused_by_itself() {
    let (app, room) = on_a_small_disk().await;
    let mut live = app.live().await;
    let before = room.looks();
    let sizes = [54, 54, 30, 7, 6];
    let files = sizes.map(|size| claiming(&format!("{size}.bin"), size * MB));
    let answers = live.select_all("large", files.to_vec()).await;
    let taken: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(taken, [true, false, true, false, true]);
    assert_eq!(room.looks() - before, 1);
    live.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn below_the_watermark_every_door_refuses_and_above_it_every_door_takes_again() {
    let (app, room) = on_a_small_disk().await;
    every_door_says(&app, "stored").await;
    readiness_becomes(&app, &[]).await;
    room.set_bytes(10 * MB - 1);
    every_door_says(&app, "disk_full").await;
    readiness_becomes(&app, &[NotReady::LowSpace]).await;
    let form = || Form::new().file("any", "a.txt", b"hello");
    let answer = app.visitor().post("inbox", form()).await;
    assert_eq!((answer.status, answer.json()["success"].as_bool()), (507, Some(false)));
    let visitor = app.visitor();
    let answer = visitor.submit("inbox", form()).await;
    let page = visitor.get(answer.header("location").unwrap()).await.text();
    assert!(page.contains("The server has no space left."), "{page}");
    room.set_bytes(100 * MB);
    every_door_says(&app, "stored").await;
    readiness_becomes(&app, &[]).await;
    app.end().await;
}

#[actix_web::test]
async fn without_inodes_every_door_refuses() {
    let (app, room) = on_a_small_disk().await;
    room.set_files(100, 3_200);
    every_door_says(&app, "disk_full").await;
    readiness_becomes(&app, &[NotReady::LowInodes]).await;
    room.set_files(203, 3_200);
    every_door_says(&app, "stored").await;
    // One file needs two of the three: its own, and its session's folder.
    let mut live = app.live().await;
    let files = vec![claiming("a.bin", 1), claiming("b.bin", 1)];
    let answers = live.select_all("large", files).await;
    assert!(answers[0].is_ok());
    assert_eq!(answers[1].as_ref().unwrap_err().code(), "disk_full");
    live.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn a_read_only_disk_is_a_fault_of_ours_and_is_used_again_when_it_is_none() {
    let (app, room) = on_a_small_disk().await;
    room.set_read_only(true);
    every_door_says(&app, "storage_error").await;
    readiness_becomes(&app, &[NotReady::ReadOnly]).await;
    room.set_read_only(false);
    every_door_says(&app, "stored").await;
    readiness_becomes(&app, &[]).await;
    app.end().await;
}

#[actix_web::test]
async fn a_broken_disk_is_found_without_an_upload() {
    let (app, room) = on_a_small_disk().await;
    for (errno, reason) in
        [(5, NotReady::Store), (30, NotReady::ReadOnly), (28, NotReady::LowSpace)]
    {
        room.fail_with(Some(errno));
        readiness_becomes(&app, &[reason]).await;
        room.fail_with(None);
        readiness_becomes(&app, &[]).await;
    }
    app.end().await;
}

#[actix_web::test]
async fn whoever_asks_often_is_answered_by_one_trial() {
    let (app, room) = on_a_small_disk().await;
    let before = room.looks();
    for _ in 0..200 {
        assert!(app.uploads().is_ready().await);
    }
    assert!(room.looks() - before < 100, "{} looks", room.looks() - before);
    app.end().await;
}

#[actix_web::test]
async fn a_form_whose_file_may_be_of_any_length_is_stopped_at_the_watermark() {
    let (app, room) = on_a_small_disk().await;
    // Enough for it to begin, and less than the first half MiB that is written of it.
    room.set_bytes(10 * MB + 100_000);
    let large = sent("large.bin", vec![7; 3_000_000]);
    let door = &every_door()[1];
    let outcomes = door.send(&app.visitor(), "inbox", "large", std::slice::from_ref(&large)).await;
    assert_eq!(outcomes[0].word(), "disk_full");
    let small = sent("small.bin", vec![7; 90_000]);
    let outcomes = door.send(&app.visitor(), "inbox", "large", &[small]).await;
    assert!(matches!(outcomes[0], Outcome::Stored(_)));
    // What is promised to others is not for it either.
    room.set_bytes(60 * MB);
    let mut live = app.live().await;
    live.select("large", claiming("promised.bin", 50 * MB - 100_000)).await.unwrap();
    let outcomes = door.send(&app.visitor(), "inbox", "large", std::slice::from_ref(&large)).await;
    assert_eq!(outcomes[0].word(), "disk_full");
    room.set_bytes(100 * MB);
    let outcomes = door.send(&app.visitor(), "inbox", "large", &[large]).await;
    assert!(matches!(outcomes[0], Outcome::Stored(_)));
    live.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn a_disk_that_fills_up_or_breaks_under_a_file_fails_that_file_alone_by_every_door() {
    let store = FaultyStore::new(MemoryStore::new());
    let app = {
        let store = store.clone();
        TestApp::with(|builder| builder.store(store).catalogue(MemoryCatalogue::new())).await
    };
    for (fault, word) in [(Fault::NoSpace, "disk_full"), (Fault::Broken, "storage_error")] {
        for operation in [Operation::Write, Operation::Publish] {
            for door in every_door() {
                store.next(operation, fault);
                let files = [sent("a.bin", vec![7; 20_000]), sent("b.bin", vec![8; 20_000])];
                let outcomes = door.send(&app.visitor(), "inbox", "any", &files).await;
                let words: Vec<&str> = outcomes.iter().map(Outcome::word).collect();
                let case = format!("{} {operation:?} {fault:?}: {words:?}", door.name());
                assert!(words.contains(&word) && words.contains(&"stored"), "{case}");
            }
        }
    }
    app.stop().await;
}

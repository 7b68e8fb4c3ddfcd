//! RES-13: checks that ask somebody else, and what a scanner's silence means.

mod given_up;

use std::time::Duration;

use longshore::checks::{Clamd, CommandCheck, OnFailure};
use longshore::testing::samples::text;
use longshore::testing::{FakeClamd, LivePage, Mood, Settled, Upload, until};

use super::oracle::Target;
use crate::support::doors::{doors_of_few_words, every_door, sent};

/// Longer than any test waits for a scanner that is asked and answers.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

async fn guarded(limit: Duration, on_failure: OnFailure) -> (FakeClamd, Target) {
    let daemon = FakeClamd::start().await;
    let clamd = Clamd::at(&daemon.address()).unwrap().time_limit(limit).on_failure(on_failure);
    let target = Target::with(|builder| builder.check(clamd)).await;
    (daemon, target)
}

fn eicar() -> Upload {
    sent("letter.txt", FakeClamd::eicar())
}

/// How a file ends that is sent by a live page.
async fn end_of(live: &mut LivePage, file: Upload) -> Settled {
    let file = live.select("any", file).await.unwrap();
    live.send_all(&file).await;
    live.settled(&file).await
}

#[actix_web::test]
async fn res_13_what_is_infected_comes_in_by_no_door_however_late_the_scanner_says_so() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let (daemon, target) = guarded(LONG, OnFailure::Refuse).await;
        let visitor = target.visitor();
        daemon.mood(Mood::Waits);
        let before = daemon.asked();
        let files = [eicar()];
        let sending = door.send(&visitor, "inbox", "any", &files);
        let watching = async {
            until("the scanner has the file", || daemon.asked() > before).await;
            // All bytes are here, and nobody may have them.
            assert_eq!(target.blobs(), Vec::<std::path::PathBuf>::new(), "{}", door.name());
            let other = visitor.clone();
            assert!(other.listed().await.is_empty(), "{}", door.name());
            assert!(target.uploads().not_ready().await.is_empty());
            daemon.mood(Mood::Scans);
        };
        let (outcomes, ()) = tokio::join!(sending, watching);
        assert_eq!(outcomes[0].word(), "infected", "{}", door.name());
        // Somebody else: a Dropzone sends its next file under another id.
        let clean = door.send(&target.visitor(), "inbox", "any", &[sent("b.txt", "hello")]).await;
        assert_eq!(clean[0].word(), "stored", "{}", door.name());
        assert_eq!(target.blobs().len(), 1, "{}", door.name());
        target.end().await;
    }
}

#[actix_web::test]
async fn res_13_a_scanner_that_hangs_dies_or_babbles_lets_nothing_in() {
    let moods = [
        Mood::Waits,
        Mood::Sleeps,
        Mood::HangsUp,
        Mood::Says(b"220 mail.example ESMTP\r\n\0"),
        Mood::Says(b"INSTREAM size limit exceeded. ERROR\0"),
    ];
    for (door, mood) in
        every_door().into_iter().chain(doors_of_few_words()).zip(moods.into_iter().cycle())
    {
        let (daemon, target) = guarded(SHORT, OnFailure::Refuse).await;
        daemon.mood(mood);
        for file in [eicar(), sent("b.txt", "hello")] {
            let visitor = target.visitor();
            let outcomes = door.send(&visitor, "inbox", "any", &[file]).await;
            assert_eq!(outcomes[0].word(), "check_failed", "{} {mood:?}", door.name());
            assert!(visitor.listed().await.is_empty(), "{}", door.name());
        }
        assert_eq!(target.blobs(), Vec::<std::path::PathBuf>::new(), "{}", door.name());
        // Nothing has to be started again when it is back.
        daemon.mood(Mood::Scans);
        let good = [sent("b.txt", "hello")];
        let outcomes = door.send(&target.visitor(), "inbox", "any", &good).await;
        assert_eq!(outcomes[0].word(), "stored", "{}", door.name());
        target.end().await;
    }
}

#[actix_web::test]
async fn res_13_every_mood_of_a_scanner_on_one_door() {
    let (daemon, target) = guarded(SHORT, OnFailure::Refuse).await;
    let mut live = target.live().await;
    for mood in [
        Mood::Waits,
        Mood::Sleeps,
        Mood::HangsUp,
        Mood::Says(b""),
        Mood::Says(b"stream: OK"),
        Mood::Says(b"PONG\0"),
        Mood::Says(b"INSTREAM size limit exceeded. ERROR\0"),
        Mood::Blurts(b"nonsense\0"),
    ] {
        daemon.mood(mood);
        let end = end_of(&mut live, sent("a.txt", "hello")).await;
        assert_eq!(end.code(), Some("check_failed"), "{mood:?}");
        assert_eq!(end.message(), Some("This file couldn't be checked. Try again later."));
    }
    daemon.mood(Mood::Scans);
    live.disconnect();
    target.end().await;
}

#[actix_web::test]
async fn res_13_an_entry_is_verifying_until_it_is_scanned_and_nobody_can_have_it() {
    let (daemon, target) = guarded(LONG, OnFailure::Refuse).await;
    let visitor = target.visitor();
    daemon.mood(Mood::Waits);
    let mut live = visitor.live("inbox").await;
    // Of a smaller one the page isn't told.
    let file = live.select("large", sent("a.txt", text(1_500_000))).await.unwrap();
    live.send_all(&file).await;
    let verifying = |message: &serde_json::Value| message["status"] == "verifying";
    let told = live.hear_where("that it is being verified", verifying).await;
    until("the scanner has it", || daemon.asked() == 1).await;
    let id = told["id"].as_str().unwrap();
    let entry = visitor.get(&format!("api/entries/{id}")).await.json();
    assert_eq!(entry["state"], "verifying", "{entry}");
    for path in ["a.txt", "thumbnail"] {
        visitor.get(&format!("/_upload/{id}/{path}")).await.is_problem(404, "unknown_entry");
    }
    visitor.get(&format!("/api/files/{id}")).await.is_problem(404, "unknown_entry");
    daemon.mood(Mood::Says(b"stream: Late.Signature FOUND\0"));
    let end = live.settled(&file).await;
    assert_eq!(end.code(), Some("infected"));
    assert_eq!(end.message(), Some("This file contains a virus or other malware."));
    visitor.get(&format!("/_upload/{id}/a.txt")).await.is_problem(404, "unknown_entry");
    daemon.mood(Mood::Scans);
    live.disconnect();
    target.end().await;
}

#[actix_web::test]
async fn res_13_who_prefers_uploads_to_certainty_gets_them_and_still_nothing_infected() {
    let (daemon, target) = guarded(SHORT, OnFailure::Accept).await;
    let visitor = target.visitor();
    let mut live = visitor.live("inbox").await;
    for mood in [Mood::Waits, Mood::HangsUp, Mood::Says(b"nonsense\0")] {
        daemon.mood(mood);
        assert!(end_of(&mut live, sent("a.txt", "hello")).await.is_complete(), "{mood:?}");
    }
    daemon.mood(Mood::Scans);
    assert_eq!(end_of(&mut live, eicar()).await.code(), Some("infected"));
    assert_eq!(visitor.listed().await.len(), 3);
    live.disconnect();
    target.end().await;
}

#[actix_web::test]
async fn res_13_a_program_is_asked_by_every_door_and_killed_when_it_does_not_end() {
    let strict = "grep -q EICAR && { echo No test files, please.; exit 1; }; exit 0";
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let check = CommandCheck::run("/bin/sh").arguments(["-c", strict]).time_limit(LONG);
        let target = Target::with(|builder| builder.check(check)).await;
        let files = [eicar(), sent("b.txt", "hello")];
        for (file, word) in files.into_iter().zip(["not_accepted", "stored"]) {
            let outcomes = door.send(&target.visitor(), "inbox", "any", &[file]).await;
            assert_eq!(outcomes[0].word(), word, "{}", door.name());
        }
        target.end().await;
    }
    let check = CommandCheck::run("/bin/sh").arguments(["-c", "sleep 1000"]).time_limit(SHORT);
    // The good file of the oracles is refused too by a program that never ends, so there is none here.
    let app = crate::support::TestApp::with(|builder| builder.check(check)).await;
    let mut live = app.live().await;
    let end = end_of(&mut live, sent("a.txt", "hello")).await;
    assert_eq!(end.code(), Some("check_failed"));
    live.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn res_13_the_first_line_of_a_program_is_what_people_read() {
    let check = CommandCheck::run("/bin/sh").arguments([
        "-c",
        "test $LONGSHORE_SIZE = 3 && exit 0; printf 'No \\033[31mcats.\\nSecret'; exit 1",
    ]);
    let target = Target::with(|builder| builder.check(check)).await;
    let mut live = target.live().await;
    let end = end_of(&mut live, sent("a.txt", "hello")).await;
    assert_eq!((end.code(), end.message()), (Some("not_accepted"), Some("No  [31mcats.")));
    live.disconnect();
    target.end().await;
}

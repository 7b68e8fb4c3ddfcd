//! RES-13: a file is given up while a scanner has it.

use std::time::Duration;

use actix_web::http::Method;
use longshore::NotReady;
use longshore::checks::{Clamd, CommandCheck, OnFailure};
use longshore::testing::samples::text;
use longshore::testing::{FakeClamd, Mood, until};

use super::super::oracle::Target;
use super::{LONG, guarded};
use crate::filepond::pond::Pond;
use crate::support::doors::sent;
use crate::support::tus::{TUS, Tus};

/// A scan that began is broken off: whoever gives the file up doesn't wait for it, and neither does its sender.
#[actix_web::test]
async fn res_13_who_gives_a_file_up_does_not_wait_for_its_scan() {
    let (daemon, target) = guarded(LONG, OnFailure::Refuse).await;
    let bytes = text(20_000);
    let tus = Tus::of(&target).await;
    let scanned = || daemon.asked();

    // By tus: another request ends it.
    daemon.mood(Mood::Waits);
    let url = tus.create("any", 20_000).await;
    let before = scanned();
    let (last, ended) = futures_util::join!(tus.patch(&url, 0, &bytes), async {
        until("the scanner has it", || scanned() > before).await;
        tus.send("DELETE", &url, &[TUS], "").await
    });
    assert_eq!(ended.status, 204, "{}", ended.text());
    assert_eq!((last.status, &*last.code()), (410, "cancelled"), "{}", last.text());
    assert!([404, 410].contains(&tus.head(&url).await.status));

    // By FilePond.
    let visitor = target.visitor();
    visitor.get("inbox").await;
    let pond = Pond::new(&visitor, "inbox", "any");
    let file = sent("a.txt", &bytes);
    let id = pond.place(20_000).await;
    let before = scanned();
    let (last, ended) = futures_util::join!(pond.chunk(&id, &file, 0, 20_000), async {
        until("the scanner has it", || scanned() > before).await;
        pond.revert(&id).await
    });
    assert_eq!(ended.status, 204, "{}", ended.text());
    assert_eq!(last.code(), "cancelled", "{}", last.text());

    // By the live page.
    let mut live = target.live().await;
    let file = live.select("any", sent("a.txt", &bytes)).await.unwrap();
    let before = scanned();
    live.send_all(&file).await;
    until("the scanner has it", || scanned() > before).await;
    live.cancel(&file).await;
    live.disconnect();

    target.spool_empties().await;
    daemon.mood(Mood::Scans);
    assert!(target.blobs().is_empty());
    target.end().await;
}

/// The number of a program's process, once it has noted it.
async fn number_in(file: &std::path::Path) -> i32 {
    let read = || std::fs::read_to_string(file).ok()?.trim().parse().ok();
    until("the program runs", || read().is_some()).await;
    read().unwrap()
}

#[actix_web::test]
async fn res_13_a_program_that_looks_at_a_file_that_is_given_up_is_killed_and_leaves_no_zombie() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("number");
    let script =
        format!("test $LONGSHORE_SIZE = 3 && exit 0; echo $$ > {}; sleep 1000", note.display());
    let check = CommandCheck::run("/bin/sh").arguments(["-c", &script]).time_limit(LONG);
    let target = Target::with(|builder| builder.check(check)).await;
    let visitor = target.visitor();
    let mut live = visitor.live("inbox").await;
    let file = live.select("any", sent("a.txt", text(20_000))).await.unwrap();
    live.send_all(&file).await;
    let number = number_in(&note).await;
    // Somebody's other page, by the API.
    let answer =
        visitor.send(Method::DELETE, &format!("/api/entries/{}", file.id), &[], Vec::new()).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(live.settled(&file).await.status(), "cancelled");
    let process = format!("/proc/{number}");
    until("its process is gone", || !std::path::Path::new(&process).exists()).await;
    live.disconnect();
    target.end().await;
}

#[actix_web::test]
async fn res_13_a_scanner_that_is_not_there_is_told_to_whoever_asks_if_we_are_ready() {
    let daemon = FakeClamd::start().await;
    for on_failure in [OnFailure::Refuse, OnFailure::Accept] {
        let clamd = Clamd::at(&daemon.address()).unwrap().on_failure(on_failure);
        let target = Target::with(|builder| builder.check(clamd)).await;
        assert_eq!(target.uploads().not_ready().await, []);
        daemon.mood(Mood::HangsUp);
        let told = match on_failure {
            OnFailure::Refuse => vec![NotReady::Scanner],
            OnFailure::Accept => Vec::new(),
        };
        says(&target, &told).await;
        daemon.mood(Mood::Scans);
        says(&target, &[]).await;
        target.end().await;
    }
}

/// An answer holds for a second, so it is asked until it is another.
async fn says(target: &Target, wanted: &[NotReady]) {
    for _ in 0..200 {
        if target.uploads().not_ready().await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not {wanted:?} but {:?}", target.uploads().not_ready().await);
}

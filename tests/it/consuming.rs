//! Consuming: what an application does with complete files, and what becomes of those that it fails on.

mod cancelled;
mod offered;

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use longshore::checks::{Check, Stage, Subject, Verdict};
use longshore::testing::Upload;
use longshore::{Consumed, Entry, Rejection, SlotOptions, UploadSession, UploadedFile, ViewError};
use serde_json::json;

use crate::room::{Gate, Notes, Room, event};
use crate::support::live::OthersGoOn;
use crate::support::pages;
use crate::support::{Form, TestApp};
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;

fn many() -> SlotOptions {
    SlotOptions::new().max_entries(20).max_file_size(10_000_000)
}

/// Takes a file as its name says, and notes what it saw.
async fn take(
    entry: &Entry,
    session: &UploadSession,
    shelf: &Path,
    seen: &Notes,
) -> Result<(), ViewError> {
    if !entry.done() {
        return Ok(());
    }
    let name = entry.name.as_str();
    session
        .consume_uploaded_entry(entry, async |file: &UploadedFile<'_>, entry: &Entry| {
            let bytes = text(usize::try_from(entry.offset).unwrap());
            let target = shelf.join(name);
            match name.split(' ').next().unwrap() {
                "move" => {
                    let blob = file.open().await?;
                    let inode = std::fs::metadata(blob.path().unwrap()).unwrap().ino();
                    assert_eq!(file.move_to(&target).await?, entry.offset);
                    let moved = std::fs::metadata(&target).unwrap();
                    assert_eq!(moved.ino(), inode, "not copied");
                }
                "copy" => assert_eq!(file.copy_to(&target).await?, entry.offset),
                "read" => assert!(file.read().await? == bytes),
                "stream" => {
                    let pieces: Vec<_> = file.stream().await?.try_collect().await.unwrap();
                    assert!(pieces.concat() == bytes);
                }
                _ => {
                    // A target that exists is left alone.
                    let error = file.copy_to(shelf.join("taken")).await.unwrap_err();
                    let moved = file.move_to(shelf.join("taken")).await.unwrap_err();
                    seen.note(format!("{error}, {moved}"));
                }
            }
            seen.note(name);
            Ok::<_, ViewError>(Consumed::Done(()))
        })
        .await
}

#[actix_web::test]
async fn a_file_is_moved_copied_streamed_or_read_and_then_it_is_gone() {
    let (shelf, seen) = (tempfile::tempdir().unwrap(), Notes::default());
    std::fs::write(shelf.path().join("taken"), b"mine").unwrap();
    // Beside the store, so on its file system.
    let (path, notes) = (shelf.path().to_owned(), seen.clone());
    let room = Room::new(vec![("files", many())]).on_progress(move |entry, session| {
        let (path, notes) = (path.clone(), notes.clone());
        async move { take(&entry, &session, &path, &notes).await }
    });
    let app = room.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for how in ["move", "copy", "stream", "read", "exists"] {
        for size in [0, 700_000] {
            let (by_socket, by_form) =
                (format!("{how} live{size}.txt"), format!("{how} form{size}.txt"));
            live.upload("files", Upload::bytes(&by_socket, text(size))).await;
            let form = Form::new().file("files", &by_form, text(size));
            let json = visitor.post("/room", form).await.json();
            assert_eq!(json["success"], true, "{json}");
            for name in [by_socket, by_form] {
                assert!(seen.has(&name), "{name}");
                if ["move", "copy"].contains(&how) {
                    assert!(
                        std::fs::read(shelf.path().join(&name)).unwrap() == text(size),
                        "{name}"
                    );
                }
            }
            assert!(app.blobs().is_empty() && visitor.listed().await.is_empty(), "{how}");
        }
    }
    assert_eq!(std::fs::read(shelf.path().join("taken")).unwrap(), b"mine");
    assert!(seen.has("could not copy the uploaded file, could not move the uploaded file"));
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_slots_own_handler_runs_in_place_of_the_views() {
    let seen = Notes::default();
    let (own, views) = (seen.clone(), seen.clone());
    let slot = many().on_progress(move |entry, _| {
        let own = own.clone();
        async move {
            own.note(format!("slot {}", entry.done()));
            Ok(())
        }
    });
    let room = Room::new(vec![("own", slot), ("other", many())]).on_progress(move |entry, _| {
        views.note(format!("view {}", entry.done()));
        async { Ok(()) }
    });
    let app = room.open().await;
    let visitor = app.visitor();
    for slot in ["own", "other"] {
        let mut live = visitor.live("room").await;
        live.upload(slot, Upload::bytes("a.txt", b"1")).await;
        visitor.post("/room", Form::new().file(slot, "a.txt", b"1")).await;
    }
    assert_eq!(seen.all(), ["slot true", "slot true", "view true", "view true"]);
    app.spool_empties().await;
    app.end().await;
}

#[actix_web::test]
async fn a_handler_that_has_enough_ends_the_upload_on_its_way() {
    let enough = || Err(Rejection::because("That is enough.").into());
    // An error, and a panic where the handler is called and not when it runs.
    let picky = many()
        .on_progress(move |entry, _| async move { if entry.done() { Ok(()) } else { enough() } });
    let rash = many().on_progress(|entry, _| {
        assert!(entry.done(), "on purpose");
        async { Ok(()) }
    });
    let app = Room::new(vec![("picky", picky), ("rash", rash)]).open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for (slot, code) in [("picky", "not_accepted"), ("rash", "storage_error")] {
        let entry = live.register(slot, slot, "a.txt", 100_000).await.unwrap();
        live.data(entry.stream, 0, &text(50_000)).await;
        let end = live.settled(slot).await;
        assert_eq!((&end["status"], &end["error"]["code"]), (&"error".into(), &code.into()));
        assert_eq!(end["error"]["message"] == "That is enough.", slot == "picky", "{end}");
        let state = visitor.get(&format!("/api/entries/{}", entry.id)).await.json();
        assert_eq!((&state["state"], &state["error"]["code"]), (&"failed".into(), &code.into()));
        // What was on its way hurts nobody.
        live.data(entry.stream, 50_000, &text(50_000)).await;
        live.others_go_on().await;
    }
    drop(live);
    app.end().await;
}

/// A page that takes a file when a gate opens, and keeps it.
async fn patient(gate: &Gate, seen: &Notes) -> TestApp {
    let (gate, seen) = (gate.clone(), seen.clone());
    let room = Room::new(vec![("files", many())]).on_progress(move |entry, session| {
        let (gate, seen) = (gate.clone(), seen.clone());
        async move {
            if entry.done() {
                seen.note("begun");
                gate.passed().await;
                pages::keep(&entry, &session).await?;
                seen.note("done");
            }
            Ok(())
        }
    });
    room.open().await
}

#[actix_web::test]
async fn a_handler_whose_page_is_gone_runs_to_its_end() {
    let (gate, seen) = (Gate::closed(), Notes::default());
    let app = patient(&gate, &seen).await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let entry = live.register("files", "c1", "a.txt", 5).await.unwrap();
    live.write(&entry, b"bytes").await;
    seen.until("begun").await;
    drop(live);
    let state = visitor.get(&format!("/api/entries/{}", entry.id)).await.json();
    assert_eq!(state["state"], "complete");
    gate.open();
    seen.until("done").await;
    let files = visitor.listed().await;
    assert_eq!((files.len(), &files[0]["name"]), (1, &"a.txt".into()));
    app.end().await;
}

#[actix_web::test]
async fn a_handler_whose_form_is_gone_runs_to_its_end() {
    let (gate, seen) = (Gate::closed(), Notes::default());
    let app = patient(&gate, &seen).await;
    let mut connection = RawConnection::to(&app).await;
    let body = Form::new().file("files", "a.txt", b"bytes").body();
    let kind = Form::content_type();
    let head = format!(
        "POST /room HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        app.address(),
        body.len()
    );
    connection.send(head.as_bytes()).await;
    connection.send(&body).await;
    seen.until("begun").await;
    drop(connection);
    gate.open();
    seen.until("done").await;
    assert_eq!(app.blobs().len(), 1, "kept");
    app.end().await;
}

#[actix_web::test]
async fn a_file_that_is_taken_while_its_news_waits_is_not_offered_twice() {
    let (gate, seen) = (Gate::closed(), Notes::default());
    let (told, notes) = (seen.clone(), seen.clone());
    let waits = gate.clone();
    let room = Room::new(vec![("files", many())])
        .on_progress(move |entry, _| {
            told.note(format!("told {}", entry.progress()));
            async { Ok(()) }
        })
        .on_event(move |_, session| {
            let (gate, notes) = (waits.clone(), notes.clone());
            async move {
                notes.note("handling");
                gate.passed().await;
                let take = async |_: &UploadedFile<'_>, entry: &Entry| {
                    notes.note(format!("took {}", entry.name));
                    Ok::<_, ViewError>(Consumed::Done(()))
                };
                session.consume_uploaded_entries("files", take).await.map(|_| ())
            }
        });
    let app = room.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    live.say(&json!({ "type": "event", "name": "take", "seq": 1 })).await;
    seen.until("handling").await;
    let entry = live.register("files", "c1", "a.txt", 5).await.unwrap();
    live.write(&entry, b"bytes").await;
    // It becomes complete while the handler of the event still runs, and that takes it.
    let path = format!("/api/entries/{}", entry.id);
    while visitor.get(&path).await.json()["state"] != "complete" {
        tokio::task::yield_now().await;
    }
    gate.open();
    assert_eq!(live.settled("c1").await["status"], "complete");
    assert_eq!(live.hear("reply").await["ok"], true);
    assert_eq!(seen.all(), ["handling", "took a.txt"]);
    assert_eq!(event(&mut live, "nothing", json!({})).await["ok"], true);
    drop(live);
    app.end().await;
}

/// Accepts every file, once a gate is open.
#[derive(Debug)]
struct Slow(Gate, Notes);

#[async_trait]
impl Check for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn stage(&self) -> Stage {
        Stage::Complete
    }

    async fn check(&self, _: Subject<'_>) -> Verdict {
        self.1.note("checking");
        self.0.passed().await;
        Verdict::Accept
    }
}

#[actix_web::test]
async fn a_file_that_is_here_is_shown_to_its_page_also_when_that_is_closed_at_once() {
    let (gate, seen) = (Gate::closed(), Notes::default());
    let slot = many().check(Slow(gate.clone(), seen.clone()));
    let room = Room::new(vec![("files", slot)]).on_progress(|entry, session| async move {
        if entry.done() { pages::keep(&entry, &session).await } else { Ok(()) }
    });
    let app = room.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let entry = live.register("files", "c1", "a.txt", 5).await.unwrap();
    live.write(&entry, b"bytes").await;
    seen.until("checking").await;
    drop(live);
    let state = visitor.get(&format!("/api/entries/{}", entry.id)).await.json();
    assert_eq!(state["state"], "verifying");
    gate.open();
    let kept = async {
        while visitor.listed().await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    longshore::testing::within("the file", kept).await;
    assert_eq!(visitor.listed().await.len(), 1, "kept by its page");
    app.spool_empties().await;
    app.end().await;
}

//! Slots that keep their files by themselves.

use longshore::testing::samples::{sha256, text};
use longshore::testing::{
    Fault, Faults, FaultyCatalogue, MemoryCatalogue, Operation, Upload, until,
};
use longshore::{Rejection, SlotOptions};

use crate::room::{Gate, Notes, Room};
use crate::support::doors::{Outcome, doors_of_few_words, every_door, sent};

fn kept() -> Vec<(&'static str, SlotOptions)> {
    vec![("own", SlotOptions::new().max_entries(5).kept())]
}

#[actix_web::test]
async fn a_file_is_kept_by_every_door_before_its_view_hears_of_it() {
    // One that is stored in one step, and one that is not.
    for size in [30_000, 300_000] {
        let bytes = text(size);
        for door in every_door().into_iter().chain(doors_of_few_words()) {
            let notes = Notes::default();
            let heard = notes.clone();
            let room = Room::new(kept()).on_progress(move |entry, session| {
                let notes = heard.clone();
                async move {
                    if entry.done() {
                        let stored = session.stored_files("own", 10).await?;
                        let there = stored.iter().any(|file| file.id == entry.id);
                        notes.note(format!("{} {}: {there}", entry.name, entry.state().as_str()));
                    }
                    Ok(())
                }
            });
            let app = room.open().await;
            let visitor = app.visitor();
            let outcomes = door.send(&visitor, "room", "own", &[sent("a.txt", &bytes)]).await;
            assert!(matches!(outcomes[..], [Outcome::Stored(_)]), "{}: {outcomes:?}", door.name());
            assert_eq!(notes.all(), ["a.txt consumed: true"], "{}", door.name());
            let listed = visitor.listed().await;
            assert_eq!(listed.len(), 1, "{}", door.name());
            assert_eq!(listed[0]["sha256"], *sha256(&bytes));
            app.end().await;
        }
    }
}

#[actix_web::test]
async fn a_handler_that_takes_its_time_keeps_no_other_file_waiting() {
    let (gate, notes) = (Gate::closed(), Notes::default());
    let (held, heard) = (gate.clone(), notes.clone());
    let room = Room::new(kept()).on_progress(move |entry, _| {
        let (gate, notes) = (held.clone(), heard.clone());
        async move {
            if entry.done() {
                notes.note("begun");
                gate.passed().await;
            }
            Ok(())
        }
    });
    let app = room.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let uploads = (0..4).map(|n| Upload::bytes(format!("{n}.txt"), text(10_000))).collect();
    let files: Vec<_> =
        live.select_all("own", uploads).await.into_iter().map(Result::unwrap).collect();
    for file in &files {
        live.send_all(file).await;
    }
    notes.until("begun").await;
    let mut stored = 0;
    for _ in 0..1_000 {
        stored = visitor.listed().await.len();
        if stored == 4 {
            break;
        }
    }
    assert_eq!((stored, notes.all().len()), (4, 1), "all are kept, and one handler has begun");
    gate.open();
    for file in &files {
        assert!(live.settled(file).await.is_complete());
    }
    assert_eq!(notes.all().len(), 4);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn what_was_kept_stays_whatever_its_handler_says() {
    let room = Room::new(kept()).on_progress(|entry, _| async move {
        match entry.done() {
            true => Err(Rejection::because("I had rather not").into()),
            false => Ok(()),
        }
    });
    let app = room.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let file = live.select("own", Upload::bytes("a.txt", text(10_000))).await.unwrap();
    live.send_all(&file).await;
    let settled = live.settled(&file).await;
    assert_eq!(settled.message(), Some("I had rather not"));
    assert_eq!(visitor.listed().await.len(), 1);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn what_cannot_be_kept_ends_and_its_client_is_told() {
    for size in [10_000, 300_000] {
        let faults = Faults::none();
        let catalogue = FaultyCatalogue::sharing(MemoryCatalogue::new(), faults.clone());
        let notes = Notes::default();
        let heard = notes.clone();
        let room = Room::new(kept()).on_progress(move |entry, _| {
            if entry.done() {
                heard.note("done");
            }
            async { Ok(()) }
        });
        let app = room.open_on(catalogue).await;
        let visitor = app.visitor();
        let mut live = visitor.live("room").await;
        let file = live.select("own", Upload::bytes("a.txt", text(size))).await.unwrap();
        // The row that says that it is complete is one of its own where a file is not little.
        let last = faults.seen(Operation::Settle) + if size > 64 * 1024 { 2 } else { 1 };
        faults.of(Operation::Settle, last, Fault::Broken);
        live.send_all(&file).await;
        let settled = live.settled(&file).await;
        assert_eq!(settled.code(), Some("storage_error"), "{size}");
        assert!(notes.all().is_empty() && visitor.listed().await.is_empty(), "{size}");
        until("nothing is left of it", || app.blobs().is_empty()).await;
        drop(live);
        app.end().await;
    }
}

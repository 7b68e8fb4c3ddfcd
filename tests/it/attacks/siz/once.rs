//! What is consumed is consumed once, by whoever it belongs to.

use std::sync::{Arc, Mutex};

use longshore::testing::samples::text;
use longshore::{Consumed, Entry, SlotOptions, UploadSession, ViewError};
use serde_json::json;

use super::super::oracle::Target;
use crate::room::{Notes, Room, event, says};

async fn take(entry: &Entry, session: &UploadSession, notes: &Notes) -> Result<(), ViewError> {
    session
        .consume_uploaded_entry(entry, async |file, entry| {
            notes.note(entry.name.as_str());
            file.keep();
            Ok::<_, ViewError>(Consumed::Done(()))
        })
        .await
}

async fn postpone(entry: &Entry, session: &UploadSession, notes: &Notes) -> Result<(), ViewError> {
    session
        .consume_uploaded_entry(entry, async |_, entry| {
            notes.note(format!("not yet {}", entry.name));
            Ok::<_, ViewError>(Consumed::Postpone(()))
        })
        .await
}

/// A page that takes what it is told to take as often as it is told to, and shows entries to every session.
async fn greedy(notes: &Notes) -> Target {
    let (notes, known) = (notes.clone(), Arc::new(Mutex::new(Vec::<Entry>::new())));
    let room = Room::new(vec![("files", SlotOptions::new().max_entries(5))]);
    let room = room.on_event(move |event, session| {
        let (notes, known) = (notes.clone(), Arc::clone(&known));
        async move {
            match event.name.as_str() {
                "show" => known.lock().unwrap().extend(session.uploaded_entries("files").0),
                _ => {
                    let entries = known.lock().unwrap().clone();
                    let mut told = Vec::new();
                    for entry in entries {
                        let end = match event.name.as_str() {
                            "take" => take(&entry, &session, &notes).await,
                            _ => postpone(&entry, &session, &notes).await,
                        };
                        told.push(end.err().map_or("fine".to_owned(), |error| error.to_string()));
                    }
                    return says(told.join("; "));
                }
            }
            Ok(())
        }
    });
    Target::around(room.open().await)
}

#[actix_web::test]
async fn siz_22_what_is_consumed_is_consumed_once() {
    let notes = Notes::default();
    let target = greedy(&notes).await;
    let visitor = target.visitor();
    let (mut live, mut other) = (visitor.live("room").await, target.visitor().live("room").await);
    let file = live.register("files", "c1", "a.txt", 20_000).await.unwrap();
    live.write(&file, &text(20_000)).await;
    assert!(live.settled("c1").await.is_complete());
    event(&mut live, "show", json!({})).await;
    // Somebody else's page takes nothing, whoever told it of the entry.
    let told = event(&mut other, "take", json!({})).await;
    assert_ne!(told["error"]["message"], "fine", "{told}");
    assert_eq!(notes.all(), [""; 0]);
    for _ in 0..2 {
        event(&mut live, "postpone", json!({})).await;
    }
    assert_eq!(notes.all(), ["not yet a.txt"; 2], "what is put off is offered again");
    let mut ends = Vec::new();
    for name in ["take", "take", "postpone", "take"] {
        let told = event(&mut live, name, json!({})).await;
        ends.push(told["error"]["message"] == "fine");
    }
    assert_eq!(ends, [true, false, false, false]);
    let taken = notes.all().into_iter().filter(|note| note == "a.txt").count();
    assert_eq!((taken, visitor.listed().await.len()), (1, 1));
    // A cancel comes too late.
    live.say(&json!({ "type": "cancel", "ref": "c1" })).await;
    assert_eq!(live.error_code().await, "unknown_entry");
    assert_eq!(target.blob(&file.id), text(20_000));
    drop((live, other));
    target.end().await;
}

//! Uploads that somebody else than their own client cancels: the page is told, once.

use longshore::{Entry, UploadSession, ViewError};
use serde_json::{Value, json};

use super::{many, patient};
use crate::room::{Gate, Notes, Room, event};
use crate::support::live::OthersGoOn;
use crate::support::{Form, LivePage, TestApp, Visitor};
use longshore::testing::Selected;
use longshore::testing::samples::text;
use longshore::testing::until;

async fn cancel_it(entry: Entry, session: UploadSession) -> Result<(), ViewError> {
    if entry.done() && entry.name.as_str() == "unwanted.txt" {
        session.cancel_upload("files", entry.reference.as_str()).await?;
    }
    Ok(())
}

async fn cancelling() -> TestApp {
    let room = Room::new(vec![("files", many())]).on_progress(cancel_it);
    room.on_event(|event, session| async move {
        session.cancel_upload("files", event.text("ref").unwrap()).await?;
        Ok(())
    })
    .open()
    .await
}

/// An upload of 100,000 bytes of which the server has this many.
async fn brought(live: &mut LivePage, reference: &str, bytes: usize) -> Selected {
    let entry = live.register("files", reference, "a.txt", 100_000).await.unwrap();
    live.write(&entry, &text(bytes)).await;
    match bytes {
        0 => {}
        100_000 => assert_eq!(live.settled(reference).await["status"], "complete"),
        _ => {
            let all_of_it = |m: &Value| m["ref"] == reference && m["loaded"] == bytes;
            live.hear_where("progress", all_of_it).await;
        }
    }
    // What was said of it on its way is not asked about.
    live.said_until_now().await;
    entry
}

/// The page has been told that an entry is cancelled, once, and nothing is left of it.
async fn is_over(app: &TestApp, visitor: &Visitor, live: &mut LivePage, entry: &Selected) {
    let end: Value = live.settled(&entry.reference).await.into_json();
    assert_eq!((&end["status"], end.get("error")), (&"cancelled".into(), None), "{end}");
    // Its client may not have noticed yet.
    live.data(entry.stream, 50_000, &text(10)).await;
    let said = live.said_until_now().await;
    let about =
        |message: &&Value| message["ref"] == entry.reference.as_str() || message["type"] == "error";
    assert_eq!(said.iter().find(about), None);
    assert_eq!(visitor.get(&format!("/api/entries/{}", entry.id)).await.status, 404);
    let files = || app.spool().into_iter().filter(|path| path.is_file()).count();
    until("nothing is left of it", || files() + app.blobs().len() == 0).await;
}

#[actix_web::test]
async fn an_upload_is_cancelled_by_its_application_before_while_and_after_it_runs() {
    let app = cancelling().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for (reference, bytes) in [("none", 0), ("half", 50_000), ("all", 100_000)] {
        let entry = brought(&mut live, reference, bytes).await;
        let reply = event(&mut live, "cancel", json!({ "ref": reference })).await;
        assert_eq!(reply["ok"], true, "{reply}");
        is_over(&app, &visitor, &mut live, &entry).await;
    }
    let reply = event(&mut live, "cancel", json!({ "ref": "all" })).await;
    assert_eq!(reply["error"]["code"], "unknown_entry", "it is over");
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn an_upload_is_cancelled_by_the_api_before_while_and_after_it_runs() {
    let app = cancelling().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for (reference, bytes) in [("none", 0), ("half", 50_000), ("all", 100_000)] {
        let entry = brought(&mut live, reference, bytes).await;
        assert_eq!(visitor.delete(&format!("/api/entries/{}", entry.id)).await.status, 204);
        is_over(&app, &visitor, &mut live, &entry).await;
    }
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_client_that_goes_on_sending_is_told_that_it_was_cancelled_and_nothing_else() {
    let app = cancelling().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let bytes = text(4_000_000);
    for round in 0..10 {
        let reference = format!("c{round}");
        let entry = live.register("files", &reference, "a.txt", 4_000_000).await.unwrap();
        live.data(entry.stream, 0, &bytes[..400_000]).await;
        live.say(&json!({ "type": "event", "name": "cancel", "payload": { "ref": reference } }))
            .await;
        // All but the last piece: it never becomes complete.
        for piece in 1..9_usize {
            let at = piece * 400_000;
            live.data(entry.stream, at as u64, &bytes[at..at + 400_000]).await;
        }
        let end = live.settled(&reference).await;
        assert_eq!(end["status"], "cancelled", "{end}");
        live.said_until_now().await;
    }
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_file_that_its_page_cancels_at_the_end_is_no_success_in_any_door() {
    let app = cancelling().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let entry = live.register("files", "c1", "unwanted.txt", 5).await.unwrap();
    live.write(&entry, b"bytes").await;
    assert_eq!(live.settled("c1").await["status"], "cancelled");
    let json =
        visitor.post("/room", Form::new().file("files", "unwanted.txt", b"bytes")).await.json();
    assert_eq!(
        (&json["success"], &json["errors"][0]["code"]),
        (&false.into(), &"cancelled".into())
    );
    assert_eq!(json["files"], json!([]));
    assert!(app.blobs().is_empty());
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_client_that_cancels_while_its_page_takes_the_file_gets_its_way_and_hears_of_it_once() {
    let (gate, seen) = (Gate::closed(), Notes::default());
    let app = patient(&gate, &seen).await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let entry = live.register("files", "c1", "a.txt", 5).await.unwrap();
    live.write(&entry, b"bytes").await;
    seen.until("begun").await;
    live.say(&json!({ "type": "cancel", "ref": "c1" })).await;
    assert_eq!(live.settled("c1").await["status"], "cancelled");
    gate.open();
    live.others_go_on().await;
    let said = live.said_until_now().await;
    assert!(!said.iter().any(|message| message["ref"] == "c1"), "{said:?}");
    assert!(!seen.has("done"), "the page learns that there is nothing to keep");
    assert_eq!(visitor.listed().await.len(), 1, "the other one");
    drop(live);
    app.end().await;
}

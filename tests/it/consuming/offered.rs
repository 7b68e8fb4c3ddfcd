//! Several files offered to one handler, which fails half-way.

use longshore::{Consumed, Entry, Rejection, UploadSession, UploadedFile, ViewError};
use serde_json::json;

use super::many;
use crate::room::{Notes, Room, event, says, told};
use crate::support::{Form, LivePage, TestApp};

/// A page whose event `take` takes all files, and fails on those with such a name.
async fn offering(taken: &Notes) -> TestApp {
    let taken = taken.clone();
    let room = Room::new(vec![("files", many().manual()), ("other", many().manual())]);
    room.on_event(move |event, session| {
        let taken = taken.clone();
        async move {
            match event.name.as_str() {
                "take" => take_all(&session, &taken).await,
                "unknown" => match session
                    .consume_uploaded_entries("fotos", async |_, _| {
                        Ok::<_, ViewError>(Consumed::Done(()))
                    })
                    .await
                {
                    Err(ViewError::Upload(error)) => says(error),
                    other => panic!("{other:?}"),
                },
                _ => {
                    let names = |entries: Vec<Entry>| {
                        entries.iter().map(|entry| entry.name.to_string()).collect::<Vec<_>>()
                    };
                    let (complete, open) = session.uploaded_entries("files");
                    let all = names(session.get_uploads("files"));
                    says(json!([all, names(complete), names(open)]))
                }
            }
        }
    })
    .open()
    .await
}

async fn take_all(session: &UploadSession, taken: &Notes) -> Result<(), ViewError> {
    let take = async |file: &UploadedFile<'_>, entry: &Entry| {
        assert_eq!(file.read().await?, b"bytes"[..]);
        match entry.name.as_str() {
            "refused.txt" => return Err(Rejection::because("Not this one.").into()),
            "broken.txt" => return Err(ViewError::failed("the secret reason")),
            "panics.txt" => panic!("the secret reason"),
            "later.txt" => return Ok(Consumed::Postpone(())),
            "kept.txt" => file.keep(),
            _ => {}
        }
        taken.note(&entry.name);
        Ok(Consumed::Done(()))
    };
    session.consume_uploaded_entries("files", take).await.map(|_| ())
}

async fn brought(live: &mut LivePage, name: &str) -> String {
    let entry = live.register("files", name, name, 5).await.unwrap();
    live.write(&entry, b"bytes").await;
    assert_eq!(live.settled(name).await["status"], "complete");
    format!("/api/entries/{}", entry.id)
}

#[actix_web::test]
async fn an_error_half_way_ends_the_offered_file_and_leaves_those_behind_it() {
    for (bad, code, message) in [
        ("refused.txt", "not_accepted", "Not this one."),
        ("broken.txt", "storage_error", "Something went wrong on our side. Please try again."),
        ("panics.txt", "storage_error", "Something went wrong on our side. Please try again."),
    ] {
        let taken = Notes::default();
        let app = offering(&taken).await;
        let visitor = app.visitor();
        let mut live = visitor.live("room").await;
        brought(&mut live, "first.txt").await;
        let offered = brought(&mut live, bad).await;
        let behind = brought(&mut live, "behind.txt").await;
        assert_eq!(app.blobs().len(), 3);

        let reply = event(&mut live, "take", json!({})).await;
        assert_eq!((&reply["ok"], &reply["error"]["code"]), (&false.into(), &code.into()));
        assert_eq!(live.settled("first.txt").await["status"], "complete");
        let end = live.settled(bad).await;
        let error = &end["error"];
        assert_eq!((&error["code"], &error["message"]), (&code.into(), &message.into()), "{end}");
        assert_eq!(visitor.get(&offered).await.json()["state"], "failed");
        assert_eq!(visitor.get(&behind).await.json()["state"], "complete");
        assert_eq!((taken.all(), app.blobs().len()), (vec!["first.txt".to_owned()], 1));

        // What is left is offered again, the bad one is not.
        assert_eq!(event(&mut live, "take", json!({})).await["ok"], true);
        assert_eq!(live.settled("behind.txt").await["status"], "complete");
        assert_eq!(taken.all(), ["first.txt", "behind.txt"]);
        assert!(app.blobs().is_empty());
        drop(live);
        app.end().await;
    }
}

#[actix_web::test]
async fn a_form_tells_the_words_beside_the_file_and_once() {
    for (bad, message) in [
        ("refused.txt", "Not this one."),
        ("broken.txt", "Something went wrong on our side. Please try again."),
        ("panics.txt", "Something went wrong on our side. Please try again."),
    ] {
        let taken = Notes::default();
        let app = offering(&taken).await;
        let visitor = app.visitor();
        let form = ["first.txt", bad, "behind.txt"]
            .iter()
            .fold(Form::new().text("_event", "take"), |form, name| {
                form.file("files", name, b"bytes")
            });
        let json = visitor.post("/room", form).await.json();
        let errors = json["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{json}");
        assert_eq!((&errors[0]["name"], &errors[0]["message"]), (&bad.into(), &message.into()));
        let names: Vec<_> = json["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["first.txt", "behind.txt"], "taken, and not offered");
        assert_eq!((taken.all(), app.blobs().len()), (vec!["first.txt".to_owned()], 1));
        app.end().await;
    }
}

#[actix_web::test]
async fn a_postponed_file_is_offered_again_and_a_kept_one_is_stored() {
    let taken = Notes::default();
    let app = offering(&taken).await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let later = brought(&mut live, "later.txt").await;
    brought(&mut live, "kept.txt").await;
    for _ in 0..2 {
        assert_eq!(event(&mut live, "take", json!({})).await["ok"], true);
        assert_eq!(visitor.get(&later).await.json()["state"], "complete");
    }
    assert!(live.settled("kept.txt").await["url"].is_string());
    assert_eq!((taken.all(), visitor.listed().await.len()), (vec!["kept.txt".to_owned()], 1));
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_page_knows_what_was_brought_and_how_far_it_is() {
    let app = offering(&Notes::default()).await;
    let mut live = app.visitor().live("room").await;
    assert_eq!(told(&mut live, "look", json!({})).await, "[[],[],[]]");
    brought(&mut live, "a.txt").await;
    live.register("files", "c2", "b.txt", 5).await.unwrap();
    live.register("other", "c3", "elsewhere.txt", 5).await.unwrap();
    live.register("files", "c4", "c.txt", 5).await.unwrap();
    let all = r#"[["a.txt","b.txt","c.txt"],["a.txt"],["b.txt","c.txt"]]"#;
    assert_eq!(told(&mut live, "look", json!({})).await, all);
    live.say(&json!({ "type": "cancel", "ref": "c2" })).await;
    live.settled("c2").await;
    let left = r#"[["a.txt","c.txt"],["a.txt"],["c.txt"]]"#;
    assert_eq!(told(&mut live, "look", json!({})).await, left);
    assert_eq!(event(&mut live, "take", json!({})).await["ok"], true);
    assert_eq!(told(&mut live, "look", json!({})).await, r#"[["c.txt"],[],["c.txt"]]"#);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn an_unknown_slot_is_named_with_those_that_there_are() {
    let app = offering(&Notes::default()).await;
    let visitor = app.visitor();
    let said = "there is no slot `fotos`; declared are: any, files, other";
    let mut live = visitor.live("room").await;
    assert_eq!(told(&mut live, "unknown", json!({})).await, said);
    let json = visitor.post("/room", Form::new().text("_event", "unknown")).await.json();
    assert_eq!(json["errors"][0]["message"], said);
    drop(live);
    app.end().await;
}

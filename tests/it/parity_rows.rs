//! What other upload systems do, or fail to do, and no other file of these tests proves: rows of `docs/parity.md`.

use longshore::testing::samples::{jpeg, text};
use longshore::{Entry, Rejection, SlotOptions, UploadSession, View, ViewError};
use serde_json::{Value, json};

use crate::support::pages::{self, Inbox};
use crate::support::{Form, LivePage, TestApp, Upload};

/// Offers files of one byte, and answers what the server says of all of them.
async fn offer(live: &mut LivePage, slot: &str, references: &[&str]) -> Value {
    let entries: Vec<Value> = references
        .iter()
        .map(|reference| json!({ "ref": reference, "name": format!("{reference}.txt"), "size": 1 }))
        .collect();
    live.say(&json!({ "type": "register", "slot": slot, "entries": entries })).await;
    live.hear("registered").await
}

#[actix_web::test]
async fn the_plain_way_in_answers_success_and_a_wrong_field_is_the_clients_mistake() {
    let app = TestApp::with(|builder| builder.page("files", || Inbox)).await;
    let visitor = app.visitor();
    let answer = visitor.post("/upload", Form::new().file("file", "IMG_1.JPG", jpeg(900))).await;
    let json = answer.json();
    assert_eq!((answer.status, &json["success"]), (200, &true.into()), "{json}");
    let url = json["files"][0]["url"].as_str().expect("a URL");
    assert_eq!(visitor.get(url).await.body, jpeg(900));
    for field in ["photo", "../file", ""] {
        let answer = visitor.post("/upload", Form::new().file(field, "a.txt", b"x")).await;
        assert!((400..500).contains(&answer.status), "{field:?}: {}", answer.status);
        assert_eq!(answer.json()["success"], false, "{field:?}");
    }
    assert_eq!(visitor.listed().await.len(), 1);
    app.end().await;
}

#[actix_web::test]
async fn what_is_not_wanted_is_refused_by_its_kind_and_by_its_size() {
    let app = TestApp::with(|builder| builder.page("files", || Inbox)).await;
    for (field, name, status, code) in [
        ("pictures", "a.gif", 415, "not_accepted"),
        ("pictures", "a", 415, "not_accepted"),
        ("sized", "a.txt", 413, "too_large"),
    ] {
        let form = Form::new().file(field, name, text(101));
        let answer = app.visitor().post("/upload", form).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{name}");
        assert_eq!(answer.json()["success"], false, "{name}");
    }
    let form = Form::new().file("pictures", "A.JPG", jpeg(900));
    assert_eq!(app.visitor().post("/upload", form).await.json()["success"], true);
    app.end().await;
}

#[actix_web::test]
async fn equal_names_lie_side_by_side_under_names_of_ours() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("inbox").await;
    let pictures = [jpeg(800), jpeg(900)];
    for picture in &pictures {
        live.upload("pictures", Upload::bytes("IMG_1.JPG", picture)).await;
    }
    let listed = visitor.listed().await;
    let mut sizes = Vec::new();
    for file in &listed {
        assert_eq!(file["name"], "IMG_1.JPG", "the name that people know");
        assert_eq!(app.blob(file["id"].as_str().unwrap()).len() as u64, file["size"]);
        sizes.push(visitor.get(file["url"].as_str().unwrap()).await.body.len());
    }
    sizes.sort_unstable();
    assert_eq!(sizes, pictures.map(|picture| picture.len()));
    drop(live);
    // The end looks at every name in the folder: each is an id.
    app.end().await;
}

#[actix_web::test]
async fn each_refused_file_is_named_by_its_reference() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let entries = json!([
        { "ref": "good", "name": "a.jpg", "size": 900 },
        { "ref": "kind", "name": "b.txt", "size": 900 },
        { "ref": "size", "name": "c.png", "size": 100_001 },
        { "ref": "name", "name": "..", "size": 900 },
    ]);
    live.say(&json!({ "type": "register", "slot": "pictures", "entries": entries })).await;
    let answer = live.hear("registered").await;
    assert_eq!(answer["entries"][0]["ref"], "good");
    let told: Vec<(&str, &str)> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["ref"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("kind", "not_accepted"), ("size", "too_large"), ("name", "invalid_name")]);
    for error in answer["errors"].as_array().unwrap() {
        assert!(error["message"].as_str().unwrap().ends_with('.'), "a sentence: {error}");
    }
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn complete_files_take_places_until_their_page_has_taken_them() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("desk").await;
    for name in ["1.txt", "2.txt"] {
        assert!(live.upload("pair", Upload::text(name, "x")).await.is_complete());
    }
    let answer = offer(&mut live, "pair", &["third"]).await;
    assert_eq!(answer["errors"][0]["code"], "too_many_files", "{answer}");
    live.event("save", json!({})).await.unwrap();
    let answer = offer(&mut live, "pair", &["third"]).await;
    assert_eq!(answer["entries"][0]["ref"], "third", "{answer}");
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_place_that_is_free_again_goes_to_the_file_that_had_none() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let answer = offer(&mut live, "pair", &["first", "second", "third"]).await;
    assert_eq!(answer["errors"][0]["ref"], "third", "{answer}");
    live.say(&json!({ "type": "cancel", "ref": "first" })).await;
    assert_eq!(live.settled("first").await.status(), "cancelled");
    // Under the reference that it had: a refused file has taken nothing.
    let answer = offer(&mut live, "pair", &["third"]).await;
    assert_eq!(answer["entries"][0]["ref"], "third", "{answer}");
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_frame_as_long_as_the_welcome_allows_is_taken() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let longest = usize::try_from(live.welcome()["max_frame"].as_u64().unwrap()).unwrap() - 16;
    let bytes = text(longest + 1);
    let entry = live.register("large", "c1", "a.txt", bytes.len() as u64).await.unwrap();
    live.data(entry.stream, 0, &bytes[..longest]).await;
    live.data(entry.stream, longest as u64, &bytes[longest..]).await;
    assert!(live.settled("c1").await.is_complete());
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn what_a_page_left_unfinished_goes_with_its_folder() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    for reference in ["c1", "c2", "c3"] {
        let name = format!("{reference}.txt");
        let entry = live.register("large", reference, &name, 1_000_000).await.unwrap();
        live.data(entry.stream, 0, &text(500_000)).await;
        live.hear_where("its bytes are on the disk", |message| {
            message["ref"] == reference && message["loaded"] == 500_000
        })
        .await;
    }
    let (files, folders): (Vec<_>, Vec<_>) = app.spool().into_iter().partition(|p| p.is_file());
    assert_eq!((files.len(), folders.len()), (3, 1), "{files:?} {folders:?}");
    live.disconnect();
    app.spool_empties().await;
    app.end().await;
}

/// Tells in its refusal what it was told of a file.
#[derive(Debug)]
struct Curious;

impl View for Curious {
    fn template(&self) -> &str {
        "inbox.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        Ok(session.allow_upload("any", SlotOptions::new())?)
    }

    async fn on_progress(&mut self, entry: &Entry, _: &UploadSession) -> Result<(), ViewError> {
        let (facts, id) = (serde_json::to_value(&entry.facts).unwrap_or_default(), entry.id);
        let (name, done) = (entry.name.as_str(), entry.done());
        let told = json!([entry.reference.as_str(), id.to_string(), name, done, facts]);
        Err(Rejection::because(told.to_string()).into())
    }
}

#[actix_web::test]
async fn a_handler_knows_the_entry_and_what_was_only_claimed_of_it() {
    let app = TestApp::with(|builder| {
        builder.templates(pages::templates(&[])).page("curious", || Curious)
    })
    .await;
    let mut live = app.visitor().live("curious").await;
    let offer = json!({ "ref": "c1", "name": "../a b.txt", "size": 5, "mime": "image/png",
        "last_modified": 1_700_000_000_000_u64 });
    let entry = live.register_as("any", offer).await.unwrap();
    live.write(&entry, b"bytes").await;
    let end = live.settled("c1").await;
    let told: Value = serde_json::from_str(end.message().expect("what the page was told")).unwrap();
    assert_eq!(told[0], "c1");
    assert_eq!(told[1], entry.id.as_str());
    assert_eq!((&told[2], &told[3]), (&"a b.txt".into(), &true.into()));
    let facts = &told[4];
    assert_eq!((&facts["client_name"], &facts["client_size"]), (&"../a b.txt".into(), &5.into()));
    assert_eq!(facts["client_type"], "image/png");
    assert_eq!(facts["client_last_modified"], 1_700_000_000_000_u64);
    drop(live);
    app.spool_empties().await;
}

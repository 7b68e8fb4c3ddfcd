//! What a developer may get wrong about slots: at the start, or at the call, with what was given and what
//! is allowed.

use async_trait::async_trait;
use longshore::checks::{Check, Stage, Subject, Verdict};
use longshore::testing::Upload;
use longshore::{
    BufferedWriter, Chunk, PartWriter, Rejection, SlotOptions, Templates, UploadSession,
    UploadWriter, Uploads, View, ViewError, WriterError,
};
use serde_json::{Value, json};

use crate::room::{Room, event, says, told};
use crate::support::Form;
use crate::support::live::OthersGoOn;

/// A writer to which nothing ever goes.
struct Nowhere;

#[async_trait]
impl UploadWriter for Nowhere {
    async fn open(&mut self) -> Result<(), WriterError> {
        Ok(())
    }

    async fn write_chunk(&mut self, _: Chunk) -> Result<(), WriterError> {
        Ok(())
    }

    async fn close(&mut self) -> Result<Value, WriterError> {
        Ok(Value::Null)
    }

    async fn abort(&mut self, _: &Rejection) {}
}

#[async_trait]
impl PartWriter for Nowhere {
    async fn open(&mut self) -> Result<(), WriterError> {
        Ok(())
    }

    async fn write_part(&mut self, _: u32, _: actix_web::web::Bytes) -> Result<(), WriterError> {
        Ok(())
    }

    async fn complete(&mut self, _: u32) -> Result<Value, WriterError> {
        Ok(Value::Null)
    }

    async fn abort(&mut self, _: &Rejection) {}
}

#[derive(Debug)]
struct Looks(Stage);

#[async_trait]
impl Check for Looks {
    fn name(&self) -> &'static str {
        "looks"
    }

    fn stage(&self) -> Stage {
        self.0
    }

    async fn check(&self, _: Subject<'_>) -> Verdict {
        Verdict::Accept
    }
}

#[derive(Debug)]
struct Declares(Vec<(&'static str, SlotOptions)>);

impl View for Declares {
    fn template(&self) -> &str {
        "page.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        for (name, options) in std::mem::take(&mut self.0) {
            session.allow_upload(name, options)?;
        }
        Ok(())
    }
}

/// Starts a service with these slots, and answers why it does not start.
async fn start(slots: Vec<(&'static str, SlotOptions)>) -> Option<String> {
    let started = Uploads::builder()
        .templates(Templates::from_texts([("page.html", "")]).unwrap())
        .page("page", move || Declares(slots.clone()))
        .start()
        .await;
    let error = started.err()?;
    assert_eq!(error.to_string(), "page `page` does not mount");
    Some(std::error::Error::source(&error).unwrap().to_string())
}

#[actix_web::test]
async fn a_wrong_slot_stops_the_start() {
    let new = SlotOptions::new;
    let writer = || new().writer(|_| Nowhere);
    let chunks = |options: SlotOptions| options.chunks(async |_, _| Ok(Value::Null));
    for (slots, expected) in [
        (
            vec![("a", new()), ("b", new()), ("a", new())],
            "slot `a` is declared already; disallow it first",
        ),
        (
            vec![("a", chunks(writer()))],
            "slot `a` has 2 writers; one of `writer` and `chunks` is allowed, once",
        ),
        (
            vec![("a", chunks(writer().writer(|_| BufferedWriter::new(Nowhere))))],
            "slot `a` has 3 writers; one of `writer` and `chunks` is allowed, once",
        ),
        (
            vec![("a", writer().check(Looks(Stage::Complete)))],
            "slot `a` has a writer and the check `looks` of complete files; a writer's files can \
             only be checked by their first bytes",
        ),
        (
            vec![("a", chunks(new().check(Looks(Stage::Head(1))).check(Looks(Stage::Complete))))],
            "slot `a` has a writer and the check `looks` of complete files; a writer's files can \
             only be checked by their first bytes",
        ),
        (
            vec![("a", writer().kept())],
            "the files of slot `a` can't be kept at once: they go to its writer",
        ),
        (
            vec![("a", new().kept().manual())],
            "the files of slot `a` can't be kept at once: they wait for their form",
        ),
        (
            vec![("a", new().max_entries(10_001))],
            "slot a: max_entries is 10001, allowed is 1 to 10000",
        ),
    ] {
        assert_eq!(start(slots).await.as_deref(), Some(expected));
    }
    for (accept, given, allowed) in
        [("jpg", "\"jpg\"", ".jpg"), ("image/", "\"image/\"", "image/*")]
    {
        let said = start(vec![("a", new().accept(accept))]).await.unwrap();
        assert!(said.starts_with("slot a: ") && said.contains(given), "{said}");
        assert!(said.contains(allowed), "{said}");
    }
    // What a writer may have.
    let fine = writer().check(Looks(Stage::Head(16))).validate(async |_| Ok(()));
    assert_eq!(start(vec![("a", fine), ("b", chunks(new()))]).await, None);
}

async fn page_of_mistakes() -> crate::support::TestApp {
    let slots = vec![("files", SlotOptions::new().max_entries(5))];
    Room::new(slots)
        .on_event(|event, session| async move {
            let slot = event.text("slot").unwrap_or("files");
            match event.name.as_str() {
                "allow" => session.allow_upload(slot, SlotOptions::new()).or_else(says),
                "disallow" => session.disallow_upload(slot).or_else(says),
                "cancel" => {
                    let reference = event.text("ref").unwrap_or_default();
                    session.cancel_upload(slot, reference).await.map(|_| ()).or_else(says)
                }
                other => Err(ViewError::unknown_event(other)),
            }
        })
        .open()
        .await
}

#[actix_web::test]
async fn a_wrong_call_is_answered_with_what_was_given_and_what_is_allowed() {
    let app = page_of_mistakes().await;
    let mut live = app.visitor().live("room").await;
    let unknown = "there is no slot `fotos`; declared are: any, files";
    let active = "slot `files` has entries that are neither consumed nor cancelled; consume or cancel them first";
    let call = async |live: &mut _, name: &str, payload| told(live, name, payload).await;
    assert_eq!(
        call(&mut live, "allow", json!({})).await,
        "slot `files` is declared already; disallow it first"
    );
    assert_eq!(call(&mut live, "disallow", json!({ "slot": "fotos" })).await, unknown);
    assert_eq!(call(&mut live, "cancel", json!({ "slot": "fotos" })).await, unknown);
    assert_eq!(call(&mut live, "cancel", json!({ "ref": "c9" })).await, "there is no such entry");

    for reference in ["waiting", "complete"] {
        let entry = live.register("files", reference, "a.txt", 5).await.unwrap();
        if reference == "complete" {
            live.write(&entry, b"bytes").await;
            live.settled(reference).await;
        }
        for name in ["allow", "disallow"] {
            assert_eq!(call(&mut live, name, json!({})).await, active);
        }
        assert_eq!(event(&mut live, "cancel", json!({ "ref": reference })).await["ok"], true);
        live.settled(reference).await;
    }

    // Taken back, it is gone; and it may be declared anew.
    assert_eq!(event(&mut live, "disallow", json!({})).await["ok"], true);
    assert_eq!(live.register("files", "c1", "a.txt", 5).await.unwrap_err(), "unknown_slot");
    assert_eq!(event(&mut live, "allow", json!({})).await["ok"], true);
    live.upload("files", Upload::bytes("a.txt", b"bytes")).await;
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_slot_that_a_page_does_not_have_is_an_error_to_its_caller_and_nothing_else() {
    let app = page_of_mistakes().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    assert_eq!(live.register("fotos", "c1", "a.txt", 5).await.unwrap_err(), "unknown_slot");
    let form = Form::new().file("fotos", "a.txt", b"1").file("any", "b.txt", b"2");
    let json = visitor.post("/room", form).await.json();
    assert_eq!(
        (&json["errors"][0]["code"], &json["files"][0]["name"]),
        (&"unknown_slot".into(), &"b.txt".into())
    );
    live.others_go_on().await;
    drop(live);
    app.end().await;
}

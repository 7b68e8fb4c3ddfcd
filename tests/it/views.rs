//! What an application's own pages can do: the same handlers, whoever brings the files.

use longshore::testing::samples::text;
use longshore::{
    Code, Consumed, Entry, Event, Rejection, SlotOptions, UploadSession, View, ViewError,
};
use serde_json::json;

use crate::support::pages::{self, LIST, PAGE};
use crate::support::{Form, LivePage, TestApp, Upload};

/// A page with one slot, which treats complete files as its slot's name says.
#[derive(Debug)]
struct Moody {
    seen: Vec<String>,
}

const MOODS: [&str; 6] = ["keeps", "takes", "postpones", "refuses", "fails", "panics"];

impl View for Moody {
    fn template(&self) -> &str {
        "moody.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        for mood in MOODS {
            session.allow_upload(mood, SlotOptions::new().max_entries(5))?;
        }
        Ok(())
    }

    async fn handle_event(
        &mut self,
        event: &Event,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        match event.name.as_str() {
            "refuse" => Err(Rejection::new(Code::QuotaExceeded).with_message("No.").into()),
            "fail" => Err(ViewError::failed("the secret reason")),
            "panic" => panic!("the secret reason"),
            "echo" => {
                let word = event.text("word").unwrap_or("nothing").to_owned();
                Err(Rejection::new(Code::CheckFailed).with_message(format!("said {word}")).into())
            }
            "postponed" => pages::keep_all("postpones", session).await.map(|_| ()),
            "seen" => {
                let seen = self.seen.join(" ");
                Err(Rejection::new(Code::CheckFailed).with_message(seen).into())
            }
            other => Err(ViewError::unknown_event(other)),
        }
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        self.seen.push(format!("{}:{}%", entry.reference, entry.progress()));
        if !entry.done() {
            return Ok(());
        }
        session.push_region("list");
        match entry.slot.as_str() {
            "keeps" => pages::keep(entry, session).await,
            "takes" => {
                let take = async |file: &longshore::UploadedFile<'_>, entry: &Entry| {
                    let blob = file.open().await?;
                    assert_eq!(blob.len(), entry.offset);
                    Ok::<_, ViewError>(Consumed::Done(()))
                };
                session.consume_uploaded_entry(entry, take).await
            }
            "postpones" => {
                let take = async |_: &longshore::UploadedFile<'_>, _: &Entry| {
                    Ok::<_, ViewError>(Consumed::Postpone(()))
                };
                session.consume_uploaded_entry(entry, take).await
            }
            "refuses" => Err(Rejection::new(Code::Infected).with_message("Not this one.").into()),
            "fails" => Err(ViewError::failed("the secret reason")),
            _ => panic!("the secret reason"),
        }
    }

    async fn context(
        &mut self,
        session: &UploadSession,
        context: &mut longshore::Context,
    ) -> Result<(), ViewError> {
        let files = session.stored_files("keeps", 100).await?;
        let facts: Vec<_> = files.iter().map(|file| session.facts(file)).collect();
        context.insert("files", &facts);
        Ok(())
    }
}

async fn moody() -> TestApp {
    let templates = pages::templates(&[("moody.html", PAGE), ("moody/list.html", LIST)]);
    TestApp::with(|builder| {
        builder.templates(templates).page("moody", || Moody { seen: Vec::new() })
    })
    .await
}

async fn event(live: &mut LivePage, name: &str, payload: serde_json::Value) -> serde_json::Value {
    live.say(&json!({ "type": "event", "name": name, "payload": payload, "seq": 5 })).await;
    live.hear_where("the reply", |message| message["type"] == "reply" && message["seq"] == 5).await
}

#[actix_web::test]
async fn a_page_keeps_a_file_and_pushes_the_region_that_shows_it() {
    let app = moody().await;
    let visitor = app.visitor();
    let mut live = visitor.live("moody").await;
    let end = live.upload("keeps", Upload::bytes("<kept>.txt", b"bytes")).await;
    let url = end["url"].as_str().expect("a URL, because the page kept it");
    assert_eq!(end["taken"], true);
    let region = live.hear("region").await;
    assert_eq!(region["name"], "list");
    assert_eq!(region["html"], "<li>_kept_.txt</li>");
    assert_eq!(&visitor.get(url).await.body[..], b"bytes");
    drop(live);
    app.end().await;
}

/// A page whose region changes long after its handler is done.
#[derive(Debug)]
struct Slow {
    finish: std::sync::Arc<tokio::sync::Notify>,
}

impl View for Slow {
    fn template(&self) -> &str {
        "moody.html"
    }

    async fn mount(&mut self, _: &UploadSession) -> Result<(), ViewError> {
        Ok(())
    }

    async fn handle_event(&mut self, _: &Event, session: &UploadSession) -> Result<(), ViewError> {
        let (session, finish) = (session.clone(), self.finish.clone());
        actix_web::rt::spawn(async move {
            finish.notified().await;
            session.push_region("list");
        });
        Ok(())
    }
}

#[actix_web::test]
async fn a_task_in_the_background_pushes_a_region_when_its_handler_is_long_done() {
    let finish = std::sync::Arc::new(tokio::sync::Notify::new());
    let templates = pages::templates(&[("moody.html", PAGE), ("slow/list.html", "done")]);
    let app = TestApp::with(|builder| {
        let finish = finish.clone();
        builder.templates(templates).page("slow", move || Slow { finish: finish.clone() })
    })
    .await;
    let mut live = app.visitor().live("slow").await;
    assert_eq!(event(&mut live, "start", json!({})).await["ok"], true);
    assert!(live.said_until_now().await.iter().all(|message| message["type"] != "region"));
    finish.notify_one();
    let region = live.hear("region").await;
    assert_eq!((&region["name"], &region["html"]), (&"list".into(), &"done".into()));
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_region_that_does_not_render_is_an_error_on_its_page_and_leaves_the_session_alive() {
    let finish = std::sync::Arc::new(tokio::sync::Notify::new());
    let templates =
        pages::templates(&[("moody.html", PAGE), ("slow/list.html", "{{ nobody.knows }}")]);
    let app = TestApp::with(|builder| {
        let finish = finish.clone();
        builder.templates(templates).page("slow", move || Slow { finish: finish.clone() })
    })
    .await;
    let mut live = app.visitor().live("slow").await;
    assert_eq!(event(&mut live, "start", json!({})).await["ok"], true);
    finish.notify_one();
    let error = live.hear("error").await;
    assert_eq!(error["code"], "storage_error");
    assert_eq!(error["message"], "Something went wrong on our side. Please try again.");
    assert_eq!(event(&mut live, "again", json!({})).await["ok"], true);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn progress_is_reported_on_the_way_and_at_the_end() {
    let app = moody().await;
    let mut live = app.visitor().live("moody").await;
    let bytes = text(100_000);
    let entry = live.register("keeps", "c1", "a.txt", 100_000).await.unwrap();
    for (from, to, percent) in [(0, 25_000, 25), (25_000, 50_000, 50), (50_000, 99_999, 99)] {
        live.data(entry.stream, from as u64, &bytes[from..to]).await;
        let progress =
            live.hear_where("progress", |m| m["type"] == "progress" && m["loaded"] == to).await;
        assert_eq!((&progress["progress"], &progress["total"]), (&percent.into(), &100_000.into()));
        assert_eq!((&progress["ref"], &progress["slot"]), (&"c1".into(), &"keeps".into()));
    }
    live.data(entry.stream, 99_999, &bytes[99_999..]).await;
    let end = live.settled("c1").await;
    assert_eq!((&end["status"], &end["progress"]), (&"complete".into(), &100.into()));
    let seen =
        event(&mut live, "seen", json!({})).await["error"]["message"].as_str().unwrap().to_owned();
    for percent in ["c1:25%", "c1:50%", "c1:99%", "c1:100%"] {
        assert!(seen.contains(percent), "the view saw {seen}");
    }
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_file_that_the_page_took_and_did_not_keep_is_gone() {
    let app = moody().await;
    let visitor = app.visitor();
    let mut live = visitor.live("moody").await;
    let end = live.upload("takes", Upload::bytes("a.txt", text(20_000))).await;
    assert!(end.url().is_none() && end["taken"] == true, "{end}");
    let json = visitor.post("/moody", Form::new().file("takes", "b.txt", b"x")).await.json();
    assert_eq!(
        (&json["success"], &json["files"][0]["url"]),
        (&true.into(), &json!(null)),
        "{json}"
    );
    assert!(app.blobs().is_empty() && visitor.listed().await.is_empty());
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_postponed_file_stays_and_can_be_taken_later() {
    let app = moody().await;
    let visitor = app.visitor();
    let mut live = visitor.live("moody").await;
    let entry = live.register("postpones", "c1", "a.txt", 5).await.unwrap();
    live.write(&entry, b"bytes").await;
    let end = live.settled("c1").await;
    assert_eq!((end.status(), end.url(), &end["taken"]), ("complete", None, &json!(null)));
    assert!(visitor.listed().await.is_empty(), "nobody kept it yet");
    let state = visitor.get(&format!("/api/entries/{}", entry.id)).await.json();
    assert_eq!((&state["state"], app.blobs().len()), (&"complete".into(), 1));
    assert_eq!(event(&mut live, "postponed", json!({})).await["ok"], true);
    let end = live.settled("c1").await;
    assert!(end["url"].is_string(), "{end}");
    assert_eq!(visitor.listed().await.len(), 1);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_page_that_refuses_says_why_and_one_that_breaks_says_nothing() {
    let app = moody().await;
    let visitor = app.visitor();
    let mut live = visitor.live("moody").await;
    for (slot, code) in
        [("refuses", "infected"), ("fails", "storage_error"), ("panics", "storage_error")]
    {
        let entry = live.register(slot, slot, "a.txt", 5).await.unwrap();
        live.write(&entry, b"bytes").await;
        let end = live.settled(slot).await;
        assert_eq!((&end["status"], &end["error"]["code"]), (&"error".into(), &code.into()));
        assert!(!end.to_string().contains("secret"), "{end}");
        assert_eq!(end["error"]["message"] == "Not this one.", slot == "refuses", "{end}");

        let answer = visitor.post("/moody", Form::new().file(slot, "b.txt", b"bytes")).await;
        assert_eq!(answer.code(), code, "the form says the same: {}", answer.text());
        assert_eq!(answer.json()["success"], false);
        assert!(!answer.text().contains("secret"), "{}", answer.text());
    }
    assert!(visitor.listed().await.is_empty());
    live.upload("keeps", Upload::bytes("after.txt", b"the session lives on")).await;
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn events_are_answered_by_their_number_in_both_doors() {
    let app = moody().await;
    let visitor = app.visitor();
    let mut live = visitor.live("moody").await;
    for (name, code) in [
        ("refuse", "quota_exceeded"),
        ("fail", "storage_error"),
        ("panic", "storage_error"),
        ("dance", "invalid_message"),
    ] {
        let reply = event(&mut live, name, json!({})).await;
        assert_eq!(
            (&reply["ok"], &reply["error"]["code"]),
            (&false.into(), &code.into()),
            "{name}"
        );
        assert!(!reply.to_string().contains("secret"), "{reply}");
        // Without a number the answer is an error of the session.
        live.say(&json!({ "type": "event", "name": name })).await;
        assert_eq!(live.error_code().await, code);
        let answer = visitor.post("/moody", Form::new().text("_event", name)).await;
        assert_eq!(answer.code(), code, "{}", answer.text());
        assert!(!answer.text().contains("secret"), "{}", answer.text());
    }
    let reply = event(&mut live, "echo", json!({ "word": "ahoy" })).await;
    assert_eq!(reply["error"]["message"], "said ahoy");
    let form = Form::new().text("_event", "echo").text("word", "ahoy");
    let json = visitor.post("/moody", form).await.json();
    assert_eq!(json["errors"][0]["message"], "said ahoy");
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_manual_slot_is_saved_by_the_event_in_both_doors() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("desk").await;
    assert_eq!(live.welcome()["slots"]["any"]["auto_upload"], false);
    let end = live.upload("any", Upload::bytes("live.txt", b"1")).await;
    assert!(end.url().is_none(), "complete, and not saved yet: {end}");
    assert!(visitor.listed().await.is_empty());
    assert_eq!(event(&mut live, "save", json!({})).await["ok"], true);
    let saved = live.hear_where("the URL", |message| message["url"].is_string()).await;
    assert_eq!(saved["status"], "complete");
    assert_eq!(live.hear("region").await["html"], "<li>live.txt</li>");
    // The form says "save" by being submitted.
    for form in [Form::new().text("_event", "save"), Form::new()] {
        let json = visitor.post("/desk", form.file("any", "form.txt", b"2")).await.json();
        assert!(json["files"][0]["url"].is_string(), "{json}");
    }
    assert_eq!(visitor.listed().await.len(), 3);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn what_nobody_saved_is_not_listed_after_the_session() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("desk").await;
    live.upload("any", Upload::bytes("forgotten.txt", b"1")).await;
    drop(live);
    app.spool_empties().await;
    assert!(visitor.listed().await.is_empty());
    app.end().await;
}

#[actix_web::test]
async fn hello_tells_the_rules_of_every_slot() {
    let app = TestApp::start().await;
    let live = app.live().await;
    let slots = &live.welcome()["slots"];
    assert_eq!(slots["pictures"]["accept"], ".jpg,.png");
    assert_eq!(slots["pictures"]["max_entries"], 5);
    assert_eq!(
        (&slots["sized"]["min_file_size"], &slots["sized"]["max_file_size"]),
        (&10.into(), &100.into())
    );
    assert_eq!(slots["total"]["max_total_size"], 150);
    assert_eq!(slots["any"]["chunk_size"], 65_536);
    assert_eq!(slots["any"]["auto_upload"], true);
    assert_eq!((&live.welcome()["version"], &live.welcome()["entries"]), (&1.into(), &json!([])));
    assert!(live.welcome()["resume"].as_str().unwrap().len() >= 32);
    drop(live);
    app.end().await;
}

//! What the log says: a fault of the server's own once, with its cause; a mistake of a page's as a warning;
//! what users do wrong not at all.

use longshore::{Consumed, Rejection, SlotOptions, ViewError, WriterError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::room::{Room, event};
use crate::support::live::OthersGoOn;
use crate::support::log::Log;
use crate::support::{Form, LivePage, TestApp, Visitor};
use longshore::testing::until;

#[derive(Deserialize)]
struct Order {
    amount: u32,
}

/// A page on which everything goes wrong, in words that begin with `tag`.
async fn clumsy(tag: &'static str) -> TestApp {
    let secret = move |what: &str| format!("{tag}-{what}");
    let many = || SlotOptions::new().max_entries(50);
    let slots = vec![
        ("files", many()),
        ("manual", many().manual()),
        (
            "writer",
            many().chunks(move |_, _| async move { Err(WriterError::failed(secret("writer"))) }),
        ),
        (
            "asks",
            many().validate(move |entry| async move {
                match entry.name.as_str() {
                    "fine.txt" => Ok(()),
                    _ => panic!("{}", secret("validator")),
                }
            }),
        ),
    ];
    Room::new(slots)
        .on_progress(move |entry, _| async move {
            match entry.name.as_str() {
                "fails.txt" => Err(ViewError::failed(secret("progress"))),
                "panics.txt" => panic!("{}", secret("progress-panic")),
                "refuses.txt" => Err(Rejection::because(secret("progress-refused")).into()),
                _ => Ok(()),
            }
        })
        .on_event(move |event, session| async move {
            match event.name.as_str() {
                "fail" => Err(ViewError::failed(secret("event"))),
                "panic" => panic!("{}", secret("event-panic")),
                "refuse" => Err(Rejection::because(secret("event-refused")).into()),
                "order" => {
                    let order: Order = event.parse()?;
                    assert_eq!(order.amount, 3);
                    Ok(())
                }
                "save" => {
                    let take = async |_: &longshore::UploadedFile<'_>, _: &longshore::Entry| {
                        Err::<Consumed<()>, _>(ViewError::failed(secret("consumer")))
                    };
                    session.consume_uploaded_entries("manual", take).await.map(|_| ())
                }
                "lost" => {
                    let slot = secret("slot");
                    let take = async |_: &longshore::UploadedFile<'_>, _: &longshore::Entry| {
                        Ok::<_, ViewError>(Consumed::Done(()))
                    };
                    session.consume_uploaded_entries(&slot, take).await.map(|_| ())
                }
                other => Err(ViewError::unknown_event(other)),
            }
        })
        .open()
        .await
}

async fn by_socket(live: &mut LivePage, name: &str, payload: Value) {
    assert_eq!(event(live, name, payload).await["ok"], false, "{name}");
}

async fn by_form(visitor: &Visitor, form: Form) {
    let json = visitor.post("/room", form).await.json();
    assert_eq!(json["success"], false, "{json}");
}

#[actix_web::test]
async fn a_handler_that_fails_is_logged_once_and_the_session_lives_on() {
    let log = Log::start();
    let app = clumsy("handlers").await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for (name, word, level) in [
        ("fail", "handlers-event", Some("ERROR")),
        ("panic", "handlers-event-panic", Some("ERROR")),
        ("refuse", "handlers-event-refused", None),
        ("lost", "handlers-slot", Some("ERROR")),
    ] {
        // The first word is the beginning of others.
        let exact = |log: &Log| match name {
            "fail" => log.lines("the view failed: handlers-event"),
            _ => log.lines(word),
        };
        by_socket(&mut live, name, json!({})).await;
        assert_eq!(exact(&log), Vec::from_iter(level), "{name} by socket");
        by_form(&visitor, Form::new().text("_event", name)).await;
        assert_eq!(exact(&log).len(), 2 * Vec::from_iter(level).len(), "{name} by form");
        live.others_go_on().await;
    }
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_file_that_fails_is_logged_once() {
    let log = Log::start();
    let app = clumsy("files").await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for (slot, name, word, count) in [
        ("files", "fails.txt", "view failed: files-progress", 1),
        ("files", "panics.txt", "files-progress-panic", 1),
        ("files", "refuses.txt", "files-progress-refused", 0),
        ("writer", "a.txt", "files-writer", 1),
        ("asks", "a.txt", "files-validator", 1),
    ] {
        match live.register(slot, &format!("{slot}-{name}"), name, 5).await {
            Ok(entry) => {
                live.write(&entry, b"bytes").await;
                assert_eq!(live.settled(&entry.reference).await["status"], "error");
            }
            Err(code) => assert_eq!(code, "check_failed"),
        }
        // A page is told that its file has ended a moment before the log is.
        until(word, || log.lines(word).len() >= count).await;
        live.said_until_now().await;
        assert_eq!(log.lines(word).len(), count, "{word} by socket");
        by_form(&visitor, Form::new().file(slot, name, b"bytes")).await;
        assert_eq!(log.lines(word).len(), 2 * count, "{word} by form");
    }
    let entry = live.register("manual", "c1", "a.txt", 5).await.unwrap();
    live.write(&entry, b"bytes").await;
    live.settled("c1").await;
    by_socket(&mut live, "save", json!({})).await;
    assert_eq!(log.lines("files-consumer"), ["ERROR"]);
    by_form(&visitor, Form::new().file("manual", "b.txt", b"bytes").text("_event", "save")).await;
    assert_eq!(log.lines("files-consumer"), ["ERROR", "ERROR"]);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn what_no_page_of_ours_asks_for_is_a_warning() {
    let log = Log::start();
    let app = clumsy("odd").await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    // Words that would be a line of their own in a log that believes them.
    by_socket(&mut live, "odd-dance\n WARN odd-forged", json!({})).await;
    assert_eq!(log.lines("odd-dance"), ["WARN"]);
    by_form(&visitor, Form::new().text("_event", "odd-dance")).await;
    assert_eq!(log.lines("odd-dance"), ["WARN", "WARN"]);

    for payload in [json!({}), json!({ "amount": "odd-many" }), json!(null), json!("text")] {
        by_socket(&mut live, "order", payload).await;
    }
    by_form(&visitor, Form::new().text("_event", "order").text("amount", "odd-many")).await;
    let shape = "the payload of the event \"order\" has the wrong shape";
    assert_eq!(log.lines(shape), ["WARN"; 5]);
    assert_eq!(log.lines("odd-many").len(), 2, "and what is wrong with it");
    assert_eq!(event(&mut live, "order", json!({ "amount": 3 })).await["ok"], true);

    assert_eq!(live.register("odd-slot", "c1", "a.txt", 5).await.unwrap_err(), "unknown_slot");
    assert_eq!(log.lines("odd-slot"), ["WARN"]);
    by_form(&visitor, Form::new().file("odd-slot", "a.txt", b"1")).await;
    assert_eq!(log.lines("odd-slot"), ["WARN", "WARN"]);
    drop(live);
    app.end().await;
}

//! Writers of an application's own: what they are told, in which order, and what of their faults the user
//! sees. The store never has a byte of these files.

mod aborted;
mod depot;
mod streams;

use longshore::Limits;
use longshore::testing::Upload;
use serde_json::json;

use self::depot::{Depot, sizes};
use crate::support::live::OthersGoOn;
use crate::support::{Form, LivePage, TestApp};
use longshore::testing::samples::{sha256, text};
use longshore::testing::within;

/// Neither a finished nor an unfinished file lies in the store.
fn store_is_empty(app: &TestApp) {
    assert!(
        app.blobs().is_empty() && app.spool().is_empty(),
        "{:?} {:?}",
        app.blobs(),
        app.spool()
    );
}

#[actix_web::test]
async fn a_writer_gets_every_byte_in_order_and_its_answer_is_the_entrys() {
    let depot = Depot::default();
    let app = depot.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for size in [0, 1, 8_191, 8_192, 8_193, 100_000, 3_000_000] {
        let bytes = text(size);
        let (by_socket, by_form) = (format!("live{size}.txt"), format!("form{size}.txt"));
        live.upload("bytes", Upload::bytes(&by_socket, &bytes)).await;
        let form = Form::new().file("bytes", &by_form, &bytes);
        let json = visitor.post("/room", form).await.json();
        assert_eq!((&json["success"], &json["files"][0]["url"]), (&true.into(), &json!(null)));
        for name in [by_socket, by_form] {
            let seen = depot.seen(&name);
            assert_eq!(sha256(&seen.bytes), sha256(&bytes), "{name}");
            let calls = seen.calls();
            assert_eq!((calls.first(), calls.last()), (Some(&"open"), Some(&"close")), "{name}");
            assert_eq!(calls.len(), 2 + usize::from(size > 0), "{name}: {calls:?}");
            let result = json!({ "place": name, "size": size }).to_string();
            assert!(depot.notes.has(&result), "{name}: the page is told the answer");
            // The page has consumed it: nothing remembers it when the form's session is over. Of the live one its
            // page may not have heard, so a row remembers that it was taken.
            let path = format!("/api/entries/{}", seen.id.expect("an id"));
            within("its session is over", async {
                loop {
                    let answer = visitor.get(&path).await;
                    if answer.status == 404 || answer.json()["state"] == "consumed" {
                        break;
                    }
                }
            })
            .await;
        }
    }
    store_is_empty(&app);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn each_fault_of_a_writer_ends_its_upload_and_no_other() {
    let depot = Depot::default();
    let app = depot.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for (fault, code, message) in [
        ("fails", "storage_error", "The file couldn't be stored. Try again."),
        ("panics", "storage_error", "The file couldn't be stored. Try again."),
        ("refuses", "not_accepted", "The depot is full."),
    ] {
        for step in ["make", "open", "chunk", "close"] {
            if (step, fault) == ("make", "fails") || (step, fault) == ("make", "refuses") {
                continue; // Making a writer can only panic.
            }
            let name = format!("{step} {fault} live.txt");
            let entry =
                live.register("bytes", &name.replace(' ', "-"), &name, 20_000).await.unwrap();
            live.write(&entry, &text(20_000)).await;
            let end = live.settled(&entry.reference).await;
            let error = &end["error"];
            assert_eq!((&end["status"], &error["code"]), (&"error".into(), &code.into()), "{name}");
            assert_eq!(error["message"], message, "{name}");
            is_aborted(&depot, &name, step, code);

            let name = format!("{step} {fault} form.txt");
            let form = Form::new().file("bytes", &name, text(20_000)).file("any", "good.txt", b"1");
            let json = visitor.post("/room", form).await.json();
            let error = &json["errors"][0];
            assert_eq!((&error["name"], &error["code"]), (&name.as_str().into(), &code.into()));
            assert_eq!(
                (&error["message"], json["errors"].as_array().unwrap().len()),
                (&message.into(), 1)
            );
            assert_eq!(
                json["files"][0]["name"], "good.txt",
                "one bad file doesn't fail the good ones"
            );
            is_aborted(&depot, &name, step, code);
            live.others_go_on().await;
        }
    }
    drop(live);
    app.end().await;
}

/// The writer was aborted once, as its last call, and not closed for good.
fn is_aborted(depot: &Depot, name: &str, step: &str, code: &str) {
    let (seen, abort) = (depot.seen(name), format!("abort {code}"));
    let expected: &[&str] = match step {
        "make" => &[],
        "open" => &["open", &abort],
        "chunk" => &["open", "chunk", &abort],
        _ => &["open", "chunk", "close", &abort],
    };
    assert_eq!(seen.calls(), expected, "{name}");
}

#[actix_web::test]
async fn a_slow_writer_holds_its_browser_back_and_nobody_else() {
    const WINDOW: u64 = 256 * 1024;
    let depot = Depot::default();
    let limits =
        Limits { window: WINDOW, far_window: 0, session_bytes: 1024 * 1024, ..Limits::default() };
    let app = depot.room().open_with(limits).await;
    let mut live = app.visitor().live("room").await;
    let bytes = text(1_000_000);
    let entry = live.register("bytes", "c1", "slow.txt", 1_000_000).await.unwrap();
    let window = usize::try_from(WINDOW).unwrap();
    for at in (0..window).step_by(32 * 1024) {
        live.data(entry.stream, at as u64, &bytes[at..at + 32 * 1024]).await;
    }
    depot.notes.until("waits").await;
    live.others_go_on().await;
    let said = live.said_until_now().await;
    let own = |message: &&serde_json::Value| {
        message["type"] == "ack" && message["stream"] == entry.stream
    };
    assert_eq!(said.iter().find(own), None, "nothing is written");
    // Whoever sends more all the same is sent back: no more than the window is ever in memory.
    live.data(entry.stream, WINDOW, &bytes[window..window + 1]).await;
    let nack = live.hear("nack").await;
    assert_eq!((&nack["code"], &nack["offset"]), (&"rate_limited".into(), &WINDOW.into()));
    depot.gate.open();
    let mut at = window;
    while at < bytes.len() {
        let acked = acked(&mut live, entry.stream, at as u64).await;
        assert_eq!(acked, at as u64, "an acknowledgement is of what the writer has taken");
        let end = (at + window).min(bytes.len());
        for (number, piece) in bytes[at..end].chunks(32 * 1024).enumerate() {
            live.data(entry.stream, (at + number * 32 * 1024) as u64, piece).await;
        }
        at = end;
    }
    assert_eq!(live.settled("c1").await["status"], "complete");
    assert_eq!(sha256(&depot.seen("slow.txt").bytes), sha256(&bytes));
    drop(live);
    app.end().await;
}

/// Waits until everything below an offset is acknowledged.
async fn acked(live: &mut LivePage, stream: u32, offset: u64) -> u64 {
    let ack = live
        .hear_where("the acknowledgement", |m| {
            m["type"] == "ack" && m["stream"] == stream && m["offset"].as_u64() >= Some(offset)
        })
        .await;
    ack["offset"].as_u64().unwrap()
}

#[actix_web::test]
async fn parts_have_the_size_that_the_application_asked_for() {
    let depot = Depot::default();
    let app = depot.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for (size, expected) in
        [(0, vec![]), (100_000, vec![100_000]), (250_000, vec![100_000, 100_000, 50_000])]
    {
        let bytes = text(size);
        let (by_socket, by_form) = (format!("live{size}.txt"), format!("form{size}.txt"));
        live.upload("parts", Upload::bytes(&by_socket, &bytes)).await;
        let form = Form::new().file("parts", &by_form, &bytes);
        assert_eq!(visitor.post("/room", form).await.json()["success"], true);
        for name in [by_socket, by_form] {
            assert_eq!(sizes(&depot.seen(&name)), expected, "{name}");
            assert_eq!(depot.seen(&name).bytes, bytes, "{name}");
            assert!(depot.notes.has(&json!({ "parts": expected.len() }).to_string()), "{name}");
        }
    }
    store_is_empty(&app);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_writers_file_cannot_be_read_back_or_kept_and_says_so() {
    let depot = Depot::default();
    let app = depot.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    for how in ["read", "keep"] {
        let name = format!("{how}.txt");
        let entry = live.register("bytes", how, &name, 5).await.unwrap();
        live.write(&entry, b"bytes").await;
        live.fails(how, "storage_error").await;
        let answer = visitor.post("/room", Form::new().file("bytes", &name, b"bytes")).await;
        assert_eq!(answer.code(), "storage_error", "{}", answer.text());
        // It was neither taken nor postponed.
        assert_eq!(
            visitor.get(&format!("/api/entries/{}", entry.id)).await.json()["state"],
            "failed"
        );
    }
    let said = "the bytes of this entry went to its slot's writer and are not in the store";
    assert_eq!(depot.notes.all().iter().filter(|note| *note == said).count(), 2);
    assert!(visitor.listed().await.is_empty());
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn what_a_writer_answered_is_remembered_until_the_entry_is_consumed() {
    let depot = Depot::default();
    let app = depot.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let entry = live.register("bytes", "c1", "later.txt", 5).await.unwrap();
    live.write(&entry, b"bytes").await;
    assert_eq!(live.settled("c1").await["status"], "complete");
    drop(live);
    app.spool_empties().await;
    // Another session of the same person finds it in the catalogue.
    let mut live = visitor.live("room").await;
    let result = crate::room::told(&mut live, "result", json!({ "id": entry.id })).await;
    assert_eq!(result, json!({ "place": "later.txt", "size": 5 }).to_string());
    assert_eq!(visitor.delete(&format!("/api/entries/{}", entry.id)).await.status, 204);
    assert_eq!(visitor.get(&format!("/api/entries/{}", entry.id)).await.status, 404);
    drop(live);
    app.end().await;
}

//! Which digest a file gets, by every door, and what is told of it.

mod restarts;

use actix_web::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use longshore::testing::samples::{blake3, sha256, text};
use longshore::{DigestKind, SlotOptions};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::room::Room;
use crate::support::doors::{Outcome, doors_of_few_words, every_door, sent};
use crate::support::{Answer, Form, TestApp, Visitor};

/// Asserts that JSON tells the digest of this kind and no other.
fn tells(json: &Value, kind: DigestKind, bytes: &[u8]) {
    let whole = (kind == DigestKind::Sha256).then(|| sha256(bytes));
    let other = (kind == DigestKind::Blake3).then(|| json!(blake3(bytes)));
    assert_eq!(json["sha256"], json!(whole), "{kind}: {json}");
    assert_eq!(json.get("blake3"), other.as_ref(), "{kind}: {json}");
}

/// The kind whose digest a file gets, if perhaps a SHA-256 was declared.
fn told(kind: DigestKind, is_declared: bool) -> DigestKind {
    match kind {
        DigestKind::None if is_declared => DigestKind::Sha256,
        kind => kind,
    }
}

fn repr_digest(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes)))
}

/// Sends a file in one go to the door of the draft.
async fn put(visitor: &Visitor, headers: &[(&str, &str)], bytes: &[u8]) -> Answer {
    visitor.send(Method::PUT, "/resumable/inbox/any/a.txt", headers, bytes.to_vec()).await
}

#[actix_web::test]
async fn a_file_has_the_digest_of_its_slot_whichever_way_it_came() {
    for kind in [DigestKind::Blake3, DigestKind::None] {
        let app = TestApp::with(|builder| builder.digest(kind)).await;
        for door in every_door().into_iter().chain(doors_of_few_words()) {
            for bytes in [text(300), text(300_000)] {
                let visitor = app.visitor();
                let outcomes = door.send(&visitor, "inbox", "any", &[sent("a.txt", &bytes)]).await;
                assert!(matches!(outcomes[..], [Outcome::Stored(_)]), "{}", door.name());
                let listed = visitor.listed().await;
                assert_eq!(listed.len(), 1, "{}", door.name());
                tells(&listed[0], kind, &bytes);
                let stored = visitor.get(listed[0]["url"].as_str().unwrap()).await;
                assert_eq!(stored.body, bytes, "{}", door.name());
                let entry = format!("api/entries/{}", listed[0]["id"].as_str().unwrap());
                let entry = visitor.get(&entry).await;
                if entry.status == 200 {
                    tells(&entry.json(), kind, &bytes);
                }
            }
        }
        app.end().await;
    }
}

#[actix_web::test]
async fn a_form_and_a_live_page_are_told_the_digest_that_there_is() {
    for kind in DigestKind::ALL {
        let app = TestApp::with(|builder| builder.digest(kind)).await;
        let form = Form::new().file("any", "a.txt", b"by form");
        let answer = app.visitor().post("inbox", form).await;
        tells(&answer.json()["files"][0], kind, b"by form");
        let mut live = app.live().await;
        let end = live.upload("any", sent("a.txt", b"live")).await;
        assert_eq!(end.sha256().is_some(), kind == DigestKind::Sha256, "{end}");
        assert_eq!(end.blake3().is_some(), kind == DigestKind::Blake3, "{end}");
        drop(live);
        app.end().await;
    }
}

#[actix_web::test]
async fn what_a_slot_says_wins_over_what_is_said_for_all() {
    let kinds =
        [("whole", DigestKind::Sha256), ("fast", DigestKind::Blake3), ("bare", DigestKind::None)];
    let slots = kinds.map(|(name, kind)| (name, SlotOptions::new().max_entries(3).digest(kind)));
    let room = Room::new(slots.to_vec());
    let templates = crate::support::pages::templates(&[("room.html", "{{ page }}")]);
    let app = TestApp::with(|builder| {
        let builder = builder.templates(templates).page("room", move || room.clone());
        builder.digest(DigestKind::Blake3)
    })
    .await;
    let visitor = app.visitor();
    for (slot, kind) in kinds.into_iter().chain([("any", DigestKind::Blake3)]) {
        let form = Form::new().file(slot, "a.txt", b"bytes");
        let answer = visitor.post("room", form).await;
        tells(&answer.json()["files"][0], kind, b"bytes");
    }
    app.abandon().await;
}

#[actix_web::test]
async fn what_is_declared_is_compared_under_every_kind() {
    for kind in DigestKind::ALL {
        let app = TestApp::with(|builder| builder.digest(kind)).await;
        let mut live = app.live().await;
        for (reference, declared) in [("right", sha256(b"bytes")), ("wrong", sha256(b"other"))] {
            let facts = json!({ "ref": reference, "name": "a.txt", "size": 5, "sha256": declared });
            let entry = live.register_as("any", facts).await.unwrap();
            live.write(&entry, b"bytes").await;
            if reference == "wrong" {
                live.fails(reference, "checksum_mismatch").await;
            } else {
                tells(&live.settled(reference).await.into_json(), told(kind, true), b"bytes");
            }
        }
        drop(live);
        let visitor = app.visitor();
        let (right, wrong) = (repr_digest(b"bytes"), repr_digest(b"other"));
        let answer = put(&visitor, &[("repr-digest", &wrong)], b"bytes").await;
        assert_eq!((answer.status, &*answer.code()), (422, "checksum_mismatch"), "{kind}");
        let answer = put(&visitor, &[("repr-digest", &right)], b"bytes").await;
        tells(&answer.json()["files"][0], told(kind, true), b"bytes");
        assert_eq!(visitor.listed().await.len(), 1, "{kind}");
        app.end().await;
    }
}

#[actix_web::test]
async fn a_sha_256_is_offered_only_where_there_is_one() {
    for kind in DigestKind::ALL {
        let app = TestApp::with(|builder| builder.digest(kind)).await;
        let visitor = app.visitor();
        let want = ("want-repr-digest", "sha-256=1");
        let right = repr_digest(b"bytes");
        let answer = put(&visitor, &[want], b"bytes").await;
        let offered = (kind == DigestKind::Sha256).then_some(&*right);
        assert_eq!((answer.status, answer.header("repr-digest")), (200, offered), "{kind}");
        let answer = put(&visitor, &[want, ("repr-digest", &right)], b"bytes").await;
        let offered = (kind != DigestKind::Blake3).then_some(&*right);
        assert_eq!((answer.status, answer.header("repr-digest")), (200, offered), "{kind}");
        app.end().await;
    }
}

/// As a program of before knows it: no new field where nobody asked for another digest.
#[actix_web::test]
async fn who_says_nothing_has_the_answers_of_before() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let form = Form::new().file("any", "a.txt", b"bytes");
    let answer = visitor.post("inbox", form).await;
    tells(&answer.json()["files"][0], DigestKind::Sha256, b"bytes");
    tells(&visitor.listed().await[0], DigestKind::Sha256, b"bytes");
    app.end().await;
}

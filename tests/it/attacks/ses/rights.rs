//! What may be done with what is one's own: rights of tokens, an application's rule, and when either changes.

use std::sync::{Arc, Mutex};

use actix_web::http::Method;
use longshore::{Act, Ask, Authorizer, BearerToken, Rights, UploadsBuilder, async_trait};
use serde_json::json;

use crate::filepond::pond::Pond;
use crate::support::doors::{Door, doors_of_few_words, every_door};
use crate::support::tus::Tus;
use crate::support::{TestApp, Upload, Visitor};

/// A rule that forbids some acts, and can be changed while a server runs.
#[derive(Debug, Clone, Default)]
struct Forbidding(Arc<Mutex<Vec<Act>>>);

impl Forbidding {
    fn forbid(&self, acts: &[Act]) {
        *self.0.lock().unwrap() = acts.to_vec();
    }
}

#[async_trait]
impl Authorizer for Forbidding {
    async fn may(&self, ask: Ask<'_>) -> bool {
        !self.0.lock().unwrap().contains(&ask.act)
    }
}

fn doors() -> impl Iterator<Item = Box<dyn Door>> {
    every_door().into_iter().chain(doors_of_few_words())
}

async fn with_rule() -> (TestApp, Forbidding) {
    let rule = Forbidding::default();
    let app = TestApp::with(|builder| builder.authorizer(rule.clone())).await;
    (app, rule)
}

#[actix_web::test]
async fn ses_13_whoever_may_no_longer_upload_is_refused_at_the_end_by_every_door() {
    for act in [Act::Register, Act::Write, Act::Complete] {
        let (app, rule) = with_rule().await;
        for door in doors() {
            rule.forbid(&[act]);
            let alice = app.visitor();
            alice.get("/inbox").await;
            let file = [Upload::text("a.txt", "hello")];
            let outcomes = door.send(&alice, "inbox", "any", &file).await;
            assert_eq!(outcomes[0].word(), "forbidden", "{act:?} by {}", door.name());
            rule.forbid(&[]);
            assert!(alice.listed().await.is_empty(), "{act:?} by {}", door.name());
            assert!(app.blobs().is_empty(), "{act:?} by {}", door.name());
        }
        app.stop().await;
    }
}

#[actix_web::test]
async fn ses_13_what_may_no_longer_be_read_is_unknown() {
    let (app, rule) = with_rule().await;
    let alice = app.visitor();
    let file = alice.store("inbox", "any", Upload::text("a.txt", "hello")).await;
    let (id, url) = (file["id"].as_str().unwrap(), file["url"].as_str().unwrap());
    assert_eq!(alice.get(url).await.status, 200);
    rule.forbid(&[Act::Read, Act::List, Act::Look]);
    for path in [url, &format!("/api/files/{id}"), &format!("/api/entries/{id}")] {
        alice.get(path).await.is_problem(404, "unknown_entry");
    }
    alice.get(&format!("/filepond/inbox/any?load={id}")).await.is_problem(404, "unknown_entry");
    alice.get("/api/files").await.is_problem(403, "forbidden");
    assert!(!alice.get("/inbox").await.text().contains("a.txt"));
    rule.forbid(&[]);
    assert_eq!(alice.get(url).await.status, 200);
    app.end().await;
}

#[actix_web::test]
async fn ses_10_whoever_may_only_create_ends_and_removes_nothing() {
    let (app, rule) = with_rule().await;
    let alice = app.visitor();
    let file = alice.store("inbox", "any", Upload::text("a.txt", "hello")).await;
    let stored = file["id"].as_str().unwrap();
    let tus = Tus::by(&alice);
    let upload = tus.create("any", 10).await;
    let id = upload.rsplit('/').next().unwrap();
    let place = Pond::new(&alice, "inbox", "any").place(10).await;
    rule.forbid(&[Act::Cancel, Act::Delete]);
    let tus_resumable = [("tus-resumable", "1.0.0")];
    for (path, headers) in [
        (format!("/api/files/{stored}"), &[][..]),
        (format!("/api/entries/{id}"), &[]),
        (upload.clone(), &tus_resumable[..]),
        (format!("/resumable/inbox/any/{id}"), &[]),
        (format!("/filepond/inbox/any?load={place}"), &[]),
        (format!("/filepond/inbox/any?load={stored}"), &[]),
    ] {
        let answer = alice.send(Method::DELETE, &path, headers, vec![]).await;
        assert!([403, 404].contains(&answer.status), "{path}: {} {}", answer.status, answer.text());
    }
    let mut live = alice.live("inbox").await;
    let sending = live.select("any", Upload::bytes("b.txt", vec![b'b'; 1_000])).await.unwrap();
    live.say(&json!({ "type": "cancel", "ref": sending.reference })).await;
    assert_eq!(live.error_code().await, "forbidden");
    rule.forbid(&[Act::Write]);
    assert_eq!(tus.patch(&upload, 0, b"0123456789").await.status, 403);
    rule.forbid(&[]);
    assert_eq!(tus.patch(&upload, 0, b"0123456789").await.status, 204);
    assert_eq!(alice.listed().await.len(), 2);
    drop(live);
    app.stop().await;
}

fn tokens(builder: UploadsBuilder) -> (UploadsBuilder, [String; 3]) {
    let mut texts = Vec::new();
    let builder =
        [Rights::ALL, Rights::UPLOAD, Rights::READ].into_iter().fold(builder, |builder, rights| {
            let (token, text) = BearerToken::random("camera", rights).unwrap();
            texts.push(text);
            builder.token(token)
        });
    (builder, texts.try_into().unwrap())
}

async fn with_tokens() -> (TestApp, [Visitor; 3]) {
    let mut texts = None;
    let app = TestApp::with(|builder| {
        let (builder, made) = tokens(builder);
        texts = Some(made);
        builder
    })
    .await;
    let visitors = texts.unwrap().map(|text| app.visitor().with_bearer(&text));
    (app, visitors)
}

#[actix_web::test]
async fn ses_10_a_token_does_what_its_rights_say_by_every_door() {
    let (app, [all, uploads, reads]) = with_tokens().await;
    for door in doors() {
        let file = [Upload::text("a.txt", format!("by {}", door.name()))];
        let outcomes = door.send(&reads, "inbox", "any", &file).await;
        assert_eq!(outcomes[0].word(), "forbidden", "{}", door.name());
        let before = reads.listed().await.len();
        for visitor in [&uploads, &all] {
            let outcomes = door.send(visitor, "inbox", "any", &file).await;
            assert_eq!(outcomes[0].word(), "stored", "{}", door.name());
            assert!(reads.listed().await.len() > before, "{}", door.name());
        }
    }
    // All three are one: what one has sent, another reads.
    let listed = reads.listed().await;
    assert_eq!(listed.len(), all.listed().await.len());
    uploads.get("/api/files").await.is_problem(403, "forbidden");
    let path = format!("/api/files/{}", listed[0]["id"].as_str().unwrap());
    for visitor in [&uploads, &reads] {
        visitor.delete(&path).await.is_problem(403, "forbidden");
    }
    uploads.get(listed[0]["url"].as_str().unwrap()).await.is_problem(404, "unknown_entry");
    assert_eq!(all.delete(&path).await.status, 204);
    assert!(app.visitor().listed().await.is_empty(), "a stranger has none of it");
    app.stop().await;
}

#[actix_web::test]
async fn ses_10_whoever_is_allowed_what_is_anothers_sees_and_removes_it_and_never_writes_into_it() {
    /// A caretaker.
    #[derive(Debug)]
    struct Caretaker(longshore::OwnerId);
    #[async_trait]
    impl Authorizer for Caretaker {
        async fn may(&self, _: Ask<'_>) -> bool {
            true
        }
        async fn may_with_anothers(&self, ask: Ask<'_>) -> bool {
            ask.caller.owner() == self.0
        }
    }
    let (token, text) = BearerToken::random("caretaker", Rights::ALL).unwrap();
    let rule = Caretaker(token.owner());
    let app = TestApp::with(|builder| builder.token(token).authorizer(rule)).await;
    let (alice, caretaker) = (app.visitor(), app.visitor().with_bearer(&text));
    let file = alice.store("inbox", "any", Upload::text("a.txt", "hello")).await;
    let (id, url) = (file["id"].as_str().unwrap(), file["url"].as_str().unwrap());
    let upload = Tus::by(&alice).create("any", 5).await;
    let upload_id = upload.rsplit('/').next().unwrap();
    assert_eq!(&caretaker.get(url).await.body[..], b"hello");
    assert_eq!(caretaker.get(&format!("/api/entries/{upload_id}")).await.status, 200);
    assert_eq!(Tus::by(&caretaker).patch(&upload, 0, b"evils").await.status, 404);
    app.visitor().get(url).await.is_problem(404, "unknown_entry");
    assert_eq!(caretaker.delete(&format!("/api/entries/{upload_id}")).await.status, 204);
    assert_eq!(caretaker.delete(&format!("/api/files/{id}")).await.status, 204);
    assert!(alice.listed().await.is_empty());
    app.end().await;
}

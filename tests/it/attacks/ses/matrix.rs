//! SES-01: verbs × doors × whatever can be somebody else's.

use actix_web::http::Method;
use longshore::testing::samples::text;
use longshore::testing::{Answer, LivePage, Selected};
use longshore::{BearerToken, Rights};
use serde_json::json;

use crate::filepond::pond::Pond;
use crate::support::tus::Tus;
use crate::support::{Form, TestApp, Upload, Visitor};

/// What a victim has: an id, and where it lies.
struct Target {
    what: &'static str,
    page: &'static str,
    id: String,
}

/// What somebody has on their way and in store.
struct Victim {
    visitor: Visitor,
    live: LivePage,
    sending: Selected,
    tus: String,
    targets: Vec<Target>,
}

impl Victim {
    async fn of(app: &TestApp) -> Self {
        let visitor = app.visitor();
        let mut targets = Vec::new();
        let mut target = |what, page, id: &str| {
            let id = id.rsplit('/').next().unwrap().to_owned();
            targets.push(Target { what, page, id });
        };
        let file = visitor.store("inbox", "any", Upload::bytes("secret.txt", b"mine")).await;
        target("stored", "inbox", file["id"].as_str().unwrap());
        let mut live = visitor.live("inbox").await;
        let sending = live.select("any", Upload::bytes("half.txt", text(100_000))).await.unwrap();
        live.send(&sending, 50).await;
        live.progressed(&sending, 50).await;
        target("on a live page", "inbox", &sending.id);
        let tus = Tus::by(&visitor);
        let address = tus.create("any", 10).await;
        assert_eq!(tus.patch(&address, 0, b"01234").await.status, 204);
        target("by tus", "inbox", &address);
        let named = ("content-disposition", "inline; filename=\"d.txt\"");
        let draft = [("upload-complete", "?0"), ("upload-length", "10"), named];
        let draft = visitor.send(Method::POST, "/resumable/inbox/any", &draft, b"01234".to_vec());
        target("by the draft", "inbox", draft.await.header("location").unwrap());
        let place = Pond::new(&visitor, "inbox", "any").place(10).await;
        target("FilePond's place", "inbox", &place);
        let waits = Upload::bytes("waits.txt", b"for its form");
        target(
            "waits for its form",
            "desk",
            &Pond::new(&visitor, "desk", "any").store(&waits).await,
        );
        Self { visitor, live, sending, tus: address, targets }
    }

    /// Nothing has happened to any of it.
    async fn goes_on(mut self) {
        let listed = self.visitor.listed().await;
        assert_eq!(listed.len(), 1);
        let url = listed[0]["url"].as_str().unwrap();
        assert_eq!(&self.visitor.get(url).await.body[..], b"mine");
        self.live.send_all(&self.sending).await;
        assert!(self.live.settled(&self.sending).await.is_complete());
        let tus = Tus::by(&self.visitor);
        assert_eq!(tus.patch(&self.tus, 5, b"56789").await.status, 204);
        for target in &self.targets[3..] {
            let entry = self.visitor.get(&format!("/api/entries/{}", target.id)).await.json();
            let expected = if target.page == "desk" { "complete" } else { "registered" };
            let state = entry["state"].as_str().unwrap();
            assert!(state == expected || state == "receiving", "{}: {entry}", target.what);
        }
    }
}

/// Method, path, headers, body.
type Request<'a> = (Method, String, Vec<(&'a str, &'a str)>, Vec<u8>);

/// Every verb of every door that names an upload, on this one.
async fn every_verb(visitor: &Visitor, page: &str, id: &str) -> Vec<(String, Answer)> {
    const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
    let bytes = ("content-type", "application/offset+octet-stream");
    let (at, draft_at) = (("upload-offset", "5"), ("upload-complete", "?1"));
    let part = ("content-type", "application/partial-upload");
    let urlencoded = ("content-type", "application/x-www-form-urlencoded");
    let concat = format!("final;/tus/{page}/any/{id}");
    let (tus, draft) = (format!("/tus/{page}/any/{id}"), format!("/resumable/{page}/any/{id}"));
    let pond = format!("/filepond/{page}/any");
    let asked = |what: &str| format!("{pond}?{what}={id}");
    let api = |kind: &str| format!("/api/{kind}/{id}");
    let (get, head, delete, patch) = (Method::GET, Method::HEAD, Method::DELETE, Method::PATCH);
    let multipart = Form::content_type();
    let claim = Form::new().text("any", id).text("_event", "save").body();
    let rest = b"56789".to_vec();
    let all: Vec<Request<'_>> = vec![
        (get.clone(), api("entries"), vec![], vec![]),
        (delete.clone(), api("entries"), vec![], vec![]),
        (get.clone(), format!("/api/entries/{id}/events"), vec![], vec![]),
        (get.clone(), api("files"), vec![], vec![]),
        (delete.clone(), api("files"), vec![], vec![]),
        (get.clone(), format!("/_upload/{id}/secret.txt"), vec![], vec![]),
        (head.clone(), format!("/_upload/{id}/secret.txt"), vec![], vec![]),
        (get.clone(), format!("/_upload/{id}/thumbnail"), vec![], vec![]),
        (head.clone(), tus.clone(), vec![TUS], vec![]),
        (patch.clone(), tus.clone(), vec![TUS, bytes, at], rest.clone()),
        (delete.clone(), tus.clone(), vec![TUS], vec![]),
        (
            Method::POST,
            tus,
            vec![TUS, bytes, at, ("x-http-method-override", "PATCH")],
            rest.clone(),
        ),
        (Method::POST, format!("/tus/{page}/any"), vec![TUS, ("upload-concat", &concat)], vec![]),
        (head.clone(), draft.clone(), vec![], vec![]),
        (get.clone(), draft.clone(), vec![], vec![]),
        (patch.clone(), draft.clone(), vec![part, at, draft_at], rest.clone()),
        (delete.clone(), draft, vec![], vec![]),
        (head.clone(), asked("patch"), vec![], vec![]),
        (patch, asked("patch"), vec![bytes, at, ("upload-length", "10")], rest),
        (get.clone(), asked("load"), vec![], vec![]),
        (head, asked("load"), vec![], vec![]),
        (get, asked("restore"), vec![], vec![]),
        (delete.clone(), pond.clone(), vec![], id.as_bytes().to_vec()),
        (delete, asked("load"), vec![], vec![]),
        (Method::POST, format!("/{page}"), vec![("content-type", &multipart)], claim),
        (
            Method::POST,
            format!("/{page}"),
            vec![urlencoded],
            format!("any={id}&_event=save").into_bytes(),
        ),
    ];
    let mut answers = Vec::new();
    for (method, path, headers, body) in all {
        let answer = visitor.send(method.clone(), &path, &headers, body).await;
        answers.push((format!("{method} {}", path.replace(id, "ID")), answer));
    }
    answers
}

/// Somebody else's id is answered as one that never was, verb by verb.
async fn is_unknown(mallory: &Visitor, target: &Target) {
    let theirs = every_verb(mallory, target.page, &target.id).await;
    let never = uuid::Uuid::now_v7().to_string();
    let nobodys = every_verb(mallory, target.page, &never).await;
    for ((verb, theirs), (_, nobodys)) in theirs.iter().zip(&nobodys) {
        let what = format!("{verb}, {}", target.what);
        assert_eq!(theirs.status, nobodys.status, "{what}: {}", theirs.text());
        let text = theirs.text().replace(&target.id, &never);
        assert_eq!(text, nobodys.text(), "{what}");
        if !verb.starts_with("POST /inbox") && !verb.starts_with("POST /desk") {
            assert_eq!(theirs.status, 404, "{what}: {}", theirs.text());
        }
        assert!(!text.contains("secret") && !text.contains("mine"), "{what}: {text}");
    }
}

#[actix_web::test]
async fn ses_01_what_is_anothers_is_unknown_to_every_verb_of_every_door() {
    let (token, text) = BearerToken::random("mallory", Rights::ALL).unwrap();
    let app = TestApp::with(|builder| builder.token(token)).await;
    let victim = Victim::of(&app).await;
    let mallory = app.visitor();
    mallory.get("/inbox").await;
    for target in &victim.targets {
        is_unknown(&mallory, target).await;
        is_unknown(&app.visitor().with_bearer(&text), target).await;
    }
    victim.goes_on().await;
    app.stop().await;
}

#[actix_web::test]
async fn ses_01_a_live_page_takes_nothing_up_that_is_anothers() {
    let app = TestApp::start().await;
    let victim = Victim::of(&app).await;
    let mallory = app.visitor();
    let mut live = mallory.live_again("inbox", &victim.live.token()).await;
    assert_ne!(live.welcome()["session"], victim.live.welcome()["session"]);
    assert_eq!(live.welcome()["entries"], json!([]));
    let mut known = Vec::new();
    let never = uuid::Uuid::now_v7().to_string();
    for id in victim.targets.iter().map(|target| &target.id).chain([&never]) {
        live.say(&json!({ "type": "attach", "ref": "x", "id": id, "size": 10 })).await;
        known.push(live.hear("registered").await["errors"][0].clone());
    }
    assert_eq!(known[0]["code"], "unknown_entry");
    assert!(known.iter().all(|error| *error == known[0]), "{known:?}");
    live.say(&json!({ "type": "cancel", "ref": victim.sending.reference })).await;
    assert_eq!(live.error_code().await, "unknown_entry");
    live.write_into_a_foreign_stream(victim.sending.stream).await;
    assert_eq!(live.error_code().await, "unknown_entry");
    drop(live);
    victim.goes_on().await;
    app.stop().await;
}

#[actix_web::test]
async fn ses_02_an_id_next_to_a_known_one_opens_nothing() {
    let app = TestApp::start().await;
    let (alice, mallory) = (app.visitor(), app.visitor());
    let file = alice.store("inbox", "any", Upload::bytes("secret.txt", b"mine")).await;
    let id: uuid::Uuid = file["id"].as_str().unwrap().parse().unwrap();
    mallory.store("inbox", "any", Upload::bytes("near.txt", b"x")).await;
    for near in [-2_i128, -1, 0, 1, 2, 1 << 64] {
        let id = uuid::Uuid::from_u128(id.as_u128().wrapping_add_signed(near));
        for path in [format!("/api/files/{id}"), format!("/_upload/{id}/secret.txt")] {
            mallory.get(&path).await.is_problem(404, "unknown_entry");
        }
    }
    // What opens an upload without a cookie are 256 bits besides its id.
    let address = Tus::without_cookies(&app).create("any", 5).await;
    let pass = address.split_once("?pass=").expect("a pass").1;
    assert_eq!(pass.rsplit('.').next().unwrap().len(), 64);
    app.stop().await;
}

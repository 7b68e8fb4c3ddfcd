//! Proofs that are wrong, old, or of something else: tokens, passes, tokens of forms and sessions, headers.

use std::time::Duration;

use actix_web::http::Method;
use longshore::testing::samples::text;
use longshore::{BearerToken, Rights, TicketOptions};
use serde_json::json;

use crate::filepond::pond::Pond;
use crate::support::tus::Tus;
use crate::support::{Form, TestApp, Upload};

#[actix_web::test]
async fn ses_03_of_two_pages_with_one_token_the_newer_has_the_upload() {
    let app = TestApp::with(|builder| builder.session_grace(Duration::from_secs(600))).await;
    let alice = app.visitor();
    let bytes = text(200_000);
    let mut old = alice.live("inbox").await;
    let file = old.select("any", Upload::bytes("a.txt", &bytes)).await.unwrap();
    old.send(&file, 50).await;
    old.progressed(&file, 50).await;
    let mut new = alice.live_again("inbox", &old.token()).await;
    let (again, _) = new.adopted(&file.reference, Upload::bytes("a.txt", &bytes));
    old.data(file.stream, 100_000, &[0; 1_000]).await;
    assert_eq!(old.close_code().await, 4001);
    new.send_all(&again).await;
    assert!(new.settled(&again).await.is_complete());
    assert_eq!(app.blob(&file.id), bytes);
    drop((old, new));
    app.stop().await;
}

#[actix_web::test]
async fn ses_07_a_forms_token_of_anybody_else_or_of_nobody_proves_nothing() {
    let app = TestApp::start().await;
    let (alice, mallory) = (app.visitor(), app.visitor());
    let token = crate::access::token(&alice).await;
    let other = crate::access::token(&mallory).await;
    let form = |token: &str| Form::new().text("_token", token).file("any", "a.txt", b"x");
    let silent = alice.coming_from(None);
    for wrong in [&*other, "", &token[1..], &format!("{token}0")] {
        let answer = silent.post("inbox", form(wrong)).await;
        assert_eq!((answer.status, &*answer.code()), (403, "forbidden"), "{wrong}");
    }
    // After a logout the same browser is somebody else, and her old form is worth nothing.
    let after = silent.with_cookie(&mallory.cookie().unwrap());
    assert_eq!(after.post("inbox", form(&token)).await.status, 403);
    assert!(app.blobs().is_empty() && app.spool().is_empty());
    assert_eq!(silent.post("inbox", form(&token)).await.status, 200);
    app.end().await;
}

#[actix_web::test]
async fn ses_09_a_session_token_that_is_not_ours_begins_a_new_session_whatever_is_wrong_with_it() {
    let app = TestApp::with(|builder| builder.session_grace(Duration::from_secs(600))).await;
    let (alice, mallory) = (app.visitor(), app.visitor());
    let mut live = alice.live("inbox").await;
    let file = live.select("any", Upload::bytes("a.txt", text(100_000))).await.unwrap();
    live.send(&file, 50).await;
    live.progressed(&file, 50).await;
    let (token, session) = (live.token(), live.welcome()["session"].clone());
    let (id, tag) = token.split_once('.').unwrap();
    let flipped = format!("{id}.{}", tag.chars().rev().collect::<String>());
    let never = format!("{}.{tag}", uuid::Uuid::now_v7());
    let wrong =
        [&*token, &flipped, &never, &token[..token.len() - 1], id, "", ".", &"x".repeat(9_000)];
    for (number, wrong) in wrong.into_iter().enumerate() {
        // The right one is right for Alice alone.
        let visitor = if number == 0 { &mallory } else { &alice };
        let page = visitor.live_again("inbox", wrong).await;
        assert_ne!(page.welcome()["session"], session, "{wrong:.80}");
        assert_eq!(page.welcome()["entries"], json!([]), "{wrong:.80}");
    }
    let mut page = alice.live_again("inbox", &token).await;
    let (again, _) = page.adopted(&file.reference, Upload::bytes("a.txt", text(100_000)));
    page.send_all(&again).await;
    assert!(page.settled(&again).await.is_complete());
    drop((live, page));
    app.stop().await;
}

#[actix_web::test]
async fn ses_12_a_token_is_looked_up_by_its_hash_however_much_of_it_is_right() {
    let (token, text) = BearerToken::random("camera", Rights::ALL).unwrap();
    // What is kept can't be compared but in constant time: its type has no `==`, and says so.
    let source = include_str!("../../../../src/uploads/token.rs");
    let kept = source.split("struct Hash(Sha256Digest);").next().unwrap();
    let derived = kept.rsplit("#[derive(").next().unwrap().split(')').next().unwrap();
    assert_eq!(derived, "Clone");
    assert!(source.contains("impl ConstantTimeEq for Hash"));
    for compared in ["impl PartialEq", ".0 ==", "digest =="] {
        assert!(!source.contains(compared), "{compared}");
    }
    // All other tags are checked by their MAC's own comparison, which is constant in time.
    let secret = include_str!("../../../../src/uploads/secret.rs");
    assert!(secret.contains("verify_slice") && !secret.contains("tag =="));
    let app = TestApp::with(|builder| builder.token(token)).await;
    let random = text.len() - 64;
    for right in [0, 1, 31, 63] {
        let wrong: String =
            text[random + right..].chars().map(|c| if c == '0' { '1' } else { '0' }).collect();
        let wrong = format!("{}{wrong}", &text[..random + right]);
        let answer = app.visitor().with_bearer(&wrong).get("/api/files").await;
        answer.is_problem(401, "unauthenticated");
    }
    assert!(app.visitor().with_bearer(&text).listed().await.is_empty());
    app.end().await;
}

#[actix_web::test]
async fn ses_12_a_wrong_bearer_token_is_refused_at_every_door_and_never_taken_for_somebody_new() {
    let app = TestApp::start().await;
    let wrong = app.visitor().with_bearer("wrong");
    assert_eq!(wrong.connect("inbox").await.err(), Some(401));
    let id = uuid::Uuid::now_v7();
    for (method, path) in [
        ("GET", "/inbox".to_owned()),
        ("POST", "/inbox".to_owned()),
        ("POST", "/upload".to_owned()),
        ("POST", "/tus/inbox/any".to_owned()),
        ("OPTIONS", "/tus/inbox/any".to_owned()),
        ("PATCH", format!("/tus/inbox/any/{id}")),
        ("POST", "/resumable/inbox/any".to_owned()),
        ("PUT", "/resumable/inbox/any/a.txt".to_owned()),
        ("DELETE", format!("/resumable/inbox/any/{id}")),
        ("POST", "/filepond/inbox/any".to_owned()),
        ("GET", format!("/_upload/{id}/a.txt")),
        ("DELETE", format!("/api/entries/{id}")),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = wrong.send(method.clone(), &path, &[], b"x".to_vec()).await;
        assert_eq!((answer.status, &*answer.code()), (401, "unauthenticated"), "{method} {path}");
        assert_eq!(answer.header("set-cookie"), None, "{path}: nobody is made of it");
    }
    for token in ["", " ", "x", "\u{e4}", &"x".repeat(4_000)] {
        let answer = app.visitor().with_bearer(token).get("/api/files").await;
        answer.is_problem(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert_eq!(answer.header("set-cookie"), None, "nobody is made of it");
    }
    // Other schemes are the business of a proxy in front.
    let basic = [("authorization", "Basic YTpi")];
    assert_eq!(app.visitor().get_with("/api/files", &basic).await.status, 200);
    app.end().await;
}

#[actix_web::test]
async fn ses_14_a_pass_opens_one_upload_and_no_sibling_and_no_list() {
    let app = TestApp::start().await;
    let tus = Tus::without_cookies(&app);
    let (first, second) = (tus.create("any", 10).await, tus.create("any", 10).await);
    let pass = |address: &str| address.split_once('?').expect("a pass").1.to_owned();
    let bare = |address: &str| address.split_once('?').unwrap().0.to_owned();
    assert_eq!(tus.offset(&first).await, 0);
    for wrong in [
        format!("{}?{}", bare(&first), pass(&second)),
        bare(&first),
        format!("{}?pass=", bare(&first)),
        format!("{first}0"),
        format!("{}?{}", bare(&first), pass(&first).to_uppercase()),
    ] {
        assert_eq!(tus.head(&wrong).await.status, 404, "{wrong}");
        assert_eq!(tus.patch(&wrong, 0, b"x").await.status, 404, "{wrong}");
        assert_eq!(tus.send("DELETE", &wrong, &[], b"").await.status, 404, "{wrong}");
    }
    let mine = format!("/api/files?{}", pass(&first));
    assert_eq!(app.visitor().get(&mine).await.json()["files"], json!([]));
    assert_eq!(tus.patch(&first, 0, b"0123456789").await.status, 204);
    app.stop().await;
}

#[actix_web::test]
async fn ses_15_another_visitors_upload_is_not_claimed_by_a_form() {
    let app = TestApp::start().await;
    let (alice, mallory) = (app.visitor(), app.visitor());
    let id = Pond::new(&alice, "desk", "any").store(&Upload::text("a.txt", "mine")).await;
    for form in [
        Form::new().text("any", &id).text("_event", "save"),
        Form::new().text("filepond", &id).text("_event", "save"),
        Form::new().text("any", &format!("{id},{id}")).text("_event", "save"),
    ] {
        let answer = mallory.post("desk", form).await.json();
        assert_eq!(answer["success"], false, "{answer}");
        assert_eq!(answer["errors"][0]["code"], "unknown_entry", "{answer}");
    }
    assert!(mallory.listed().await.is_empty());
    let answer = alice.post("desk", Form::new().text("any", &id).text("_event", "save")).await;
    assert_eq!(answer.json()["success"], true, "{}", answer.text());
    assert_eq!(alice.listed().await.len(), 1);
    app.stop().await;
}

#[actix_web::test]
async fn ses_21_nobody_becomes_somebody_by_a_header_or_finds_what_is_the_operators() {
    let app = TestApp::start().await;
    let alice = app.visitor();
    alice.store("inbox", "any", Upload::text("a.txt", "mine")).await;
    let cookie = alice.cookie().unwrap();
    let owner = &cookie[cookie.len() - 36..];
    for header in [
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1;host=localhost"),
        ("x-real-ip", "127.0.0.1"),
        ("x-remote-user", owner),
        ("x-forwarded-user", owner),
        ("remote-user", "root"),
        ("x-original-url", "/metrics"),
        ("x-rewrite-url", "/metrics"),
        ("x-http-method-override", "DELETE"),
    ] {
        let mallory = app.visitor();
        assert_eq!(mallory.get_with("/api/files", &[header]).await.json()["files"], json!([]));
        for path in ["/metrics", "/debug/pprof", "/admin", "/api", "/api/sessions", "/secret"] {
            mallory.get_with(path, &[header]).await.is_problem(404, "unknown_entry");
        }
    }
    assert_eq!(alice.listed().await.len(), 1);
    app.end().await;
}

#[actix_web::test]
async fn ses_09_a_ticket_that_is_tampered_with_is_not_known_and_one_that_has_run_out_ends_what_it_began()
 {
    let app = TestApp::start().await;
    let options = TicketOptions::new("inbox", "any").expires_in(Duration::from_secs(60));
    let ticket = app.uploads().ticket(options).unwrap();
    let text_of = ticket.as_str();
    let (said, tag) = text_of.rsplit_once('.').unwrap();
    let zeros = "0".repeat(64);
    for wrong in
        [format!("{said}."), format!("{said}.{zeros}"), format!("{said}x.{tag}"), said.to_owned()]
    {
        let by_header = app.visitor().with_bearer(&wrong).get("/api/files").await;
        by_header.is_problem(401, "unauthenticated");
        let by_address = app.visitor().get(&format!("/api/files?ticket={wrong}")).await;
        by_address.is_problem(401, "unauthenticated");
    }
    let holder = app.visitor().with_bearer(text_of);
    let tus = Tus::by(&holder);
    let upload = tus.create("any", 5).await;
    let mut live = holder.live("inbox").await;
    let file = live.select("any", Upload::bytes("a.txt", text(200_000))).await.unwrap();
    live.send(&file, 50).await;
    live.progressed(&file, 50).await;
    app.clock().advance(Duration::from_secs(60));
    // What has begun may not go on, neither by a request nor on a page that was open before.
    assert_eq!(tus.patch(&upload, 0, b"hello").await.status, 401);
    let answer = holder.get("/api/files").await;
    assert_eq!((answer.status, &*answer.code()), (401, "expired"));
    live.send_all(&file).await;
    assert_eq!(live.settled(&file).await.code(), Some("expired"));
    drop(live);
    assert!(app.blobs().is_empty());
    app.stop().await;
}

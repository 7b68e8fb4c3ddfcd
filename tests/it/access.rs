//! Who may see and do what. Another's file is as unknown as one that never was, and no page of another
//! site acts in a visitor's name.

use actix_web::http::Method;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;

use crate::support::{Form, TestApp, Upload, Visitor};

const URLENCODED: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The token of the forms on a visitor's page.
pub(crate) async fn token(visitor: &Visitor) -> String {
    let page = visitor.get("/inbox").await.text();
    let after = page.split("name=\"_token\" value=\"").nth(1).expect("a token on the page");
    after.split('"').next().unwrap().to_owned()
}

/// Asks for one thing in every way there is; all answers must be the same 404.
async fn is_unknown_to(visitor: &Visitor, kind: &str, id: &str) {
    for method in [Method::GET, Method::DELETE] {
        let answer = visitor.send(method.clone(), &format!("/api/{kind}/{id}"), &[], vec![]).await;
        answer.is_problem(404, "unknown_entry");
        let never = uuid::Uuid::now_v7();
        let of_none = visitor.send(method, &format!("/api/{kind}/{never}"), &[], vec![]).await;
        assert_eq!(answer.body, of_none.body, "foreign and unknown look alike");
    }
}

#[actix_web::test]
async fn a_stored_file_belongs_to_its_visitor_alone() {
    let app = TestApp::start().await;
    let (alice, mallory) = (app.visitor(), app.visitor());
    let file = alice.store("inbox", "any", Upload::bytes("secret.txt", b"mine")).await;
    let (id, url) = (file["id"].as_str().unwrap(), file["url"].as_str().unwrap());
    mallory.store("inbox", "any", Upload::bytes("other.txt", b"theirs")).await;
    assert_ne!(alice.cookie(), mallory.cookie());

    assert!(mallory.listed().await.iter().all(|file| file["name"] == "other.txt"));
    assert!(!mallory.get("/inbox").await.text().contains("secret.txt"));
    is_unknown_to(&mallory, "files", id).await;
    mallory.get(url).await.is_problem(404, "unknown_entry");
    assert_eq!(mallory.head(url).await.status, 404);
    app.visitor().get(url).await.is_problem(404, "unknown_entry");

    // After all that it is still there.
    assert_eq!(alice.listed().await.len(), 1);
    assert_eq!(&alice.get(url).await.body[..], b"mine");
    assert_eq!(alice.delete(&format!("/api/files/{id}")).await.status, 204);
    alice.get(url).await.is_problem(404, "unknown_entry");
    app.end().await;
}

#[actix_web::test]
async fn an_entry_on_its_way_belongs_to_its_visitor_alone() {
    let app = TestApp::start().await;
    let (alice, mallory) = (app.visitor(), app.visitor());
    mallory.get("/inbox").await;
    let mut live = alice.live("inbox").await;
    let bytes = text(100_000);
    let entry = live.register("any", "c1", "half.txt", 100_000).await.unwrap();
    live.write(&entry, &bytes[..60_000]).await;
    live.hear("ack").await;
    is_unknown_to(&mallory, "entries", &entry.id).await;

    let mut foreign = mallory.live("inbox").await;
    let attach =
        serde_json::json!({ "type": "attach", "ref": "x", "id": entry.id, "size": 100_000 });
    foreign.say(&attach).await;
    assert_eq!(foreign.hear("registered").await["errors"][0]["code"], "unknown_entry");
    // Streams are numbered for each connection: hers is none of theirs.
    foreign.write_into_a_foreign_stream(entry.stream).await;
    assert_eq!(foreign.error_code().await, "unknown_entry");
    foreign.say(&serde_json::json!({ "type": "cancel", "ref": "c1" })).await;
    assert_eq!(foreign.error_code().await, "unknown_entry");

    live.data(entry.stream, 60_000, &bytes[60_000..]).await;
    assert_eq!(live.settled("c1").await["status"], "complete");
    drop((live, foreign));
    app.end().await;
}

#[actix_web::test]
async fn a_page_of_another_site_can_change_nothing() {
    let app = TestApp::start().await;
    let alice = app.visitor();
    let file = alice.store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let path = format!("/api/files/{}", file["id"].as_str().unwrap());
    let port = app.address().port();
    let host = app.address();
    for origin in [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        String::new(),
        format!("http://{host}.evil.example"),
        format!("http://evil.example:{port}"),
        format!("http://127.0.0.1:{}", port ^ 1),
        format!("http://{host}/"),
        format!("ftp://{host}"),
    ] {
        // With the cookie and without: a browser would send it, or not.
        for evil in [alice.coming_from(Some(&origin)), app.visitor().coming_from(Some(&origin))] {
            let form = evil.post("inbox", Form::new().file("any", "b.txt", b"y")).await;
            assert_eq!((form.status, &*form.code()), (403, "forbidden"), "{origin}");
            let event =
                evil.send(Method::POST, "/inbox", &[URLENCODED], b"_event=save".into()).await;
            assert_eq!(event.status, 403, "{origin}");
            assert_eq!(evil.post("/upload", Form::new()).await.status, 403, "{origin}");
            evil.delete(&path).await.is_problem(403, "forbidden");
            assert_eq!(evil.connect("inbox").await.err(), Some(403), "{origin}");
        }
    }
    assert_eq!(alice.listed().await.len(), 1);
    app.end().await;
}

#[actix_web::test]
async fn a_browser_that_only_says_cross_site_is_believed() {
    let app = TestApp::start().await;
    let alice = app.visitor();
    alice.get("/inbox").await;
    let silent = alice.coming_from(None);
    let kind = Form::content_type();
    for (site, status) in
        [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
    {
        let headers = [("content-type", &*kind), ("sec-fetch-site", site)];
        let body = Form::new().file("any", "a.txt", b"x").body();
        let answer = silent.send(Method::POST, "/inbox", &headers, body).await;
        assert_eq!(answer.status, status, "{site}");
    }
    app.end().await;
}

#[actix_web::test]
async fn our_own_pages_may_change_things() {
    let app = TestApp::start().await;
    let alice = app.visitor();
    alice.get("/inbox").await;
    let file = alice.store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let mut live = alice.live("inbox").await;
    live.upload("any", Upload::bytes("b.txt", b"y")).await;
    assert_eq!(
        alice.listed().await.len(),
        2,
        "the form's file and the live page's are one visitor's"
    );
    let path = format!("/api/files/{}", file["id"].as_str().unwrap());
    assert_eq!(alice.delete(&path).await.status, 204);
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn another_origin_may_be_allowed() {
    let app = TestApp::with(|builder| builder.allowed_origin("https://app.example")).await;
    let alice = app.visitor();
    alice.get("/inbox").await;
    let friend = alice.coming_from(Some("https://app.example"));
    friend.store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    drop(friend.live("inbox").await);
    for other in ["https://app.example:444", "http://app.example", "https://app.example.evil"] {
        let answer =
            alice.coming_from(Some(other)).post("inbox", Form::new().file("any", "b", b"y")).await;
        assert_eq!(answer.status, 403, "{other}");
    }
    app.end().await;
}

#[actix_web::test]
async fn scripts_of_a_named_origin_send_forms_and_read_answers_and_refusals_but_no_pages() {
    let (friend, enemy) = ("https://app.example", "https://evil.example");
    let app = TestApp::with(|builder| builder.allowed_origin(friend)).await;
    for (origin, method, granted) in [
        (friend, "POST", true),
        (enemy, "POST", false),
        (friend, "GET", false),
        (friend, "PUT", false),
    ] {
        let wish = [("origin", origin), ("access-control-request-method", method)];
        let answer = app.visitor().send(Method::OPTIONS, "/inbox", &wish, vec![]).await;
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, granted.then_some(origin), "{origin} {method}");
        if granted {
            let headers = answer.header("access-control-allow-headers").unwrap_or_default();
            for sent in ["Accept", "Cache-Control", "X-Requested-With"] {
                assert!(headers.contains(sent), "Dropzone sends {sent}: {headers}");
            }
        }
    }
    let visitor = app.visitor().coming_from(Some(friend));
    let good = visitor.post("inbox", Form::new().file("any", "a.txt", b"x")).await;
    let bad = visitor.post("inbox", Form::new().file("nowhere", "a.txt", b"x")).await;
    for (answer, status) in [(good, 200), (bad, 404)] {
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(friend));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    }
    let page = app.visitor().send(Method::GET, "/inbox", &[("origin", friend)], vec![]).await;
    assert_eq!(page.header("access-control-allow-origin"), None, "the forms' token is in a page");
    app.end().await;
}

#[actix_web::test]
async fn curl_has_neither_cookie_nor_origin_and_is_somebody_of_its_own() {
    let app = TestApp::start().await;
    let curl = app.visitor().coming_from(None);
    assert_eq!(curl.cookie(), None);
    let answer = curl.post("inbox", Form::new().file("any", "a.txt", b"x")).await;
    assert_eq!(answer.json()["success"], true);
    let cookie = answer.header("set-cookie").expect("its cookie, in the answer");
    for part in ["longshore=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    // Reading with the cookie needs no origin.
    assert_eq!(curl.listed().await.len(), 1);
    // Two of them are two.
    assert!(app.visitor().coming_from(None).listed().await.is_empty());
    app.end().await;
}

#[actix_web::test]
async fn a_known_visitor_without_origin_must_show_the_forms_token() {
    let app = TestApp::start().await;
    let alice = app.visitor();
    let token = token(&alice).await;
    let silent = alice.coming_from(None);
    let file = |form: Form| form.file("any", "a.txt", b"x");
    let other = self::token(&app.visitor()).await;
    for (what, form) in [
        ("none", file(Form::new())),
        ("empty", file(Form::new().text("_token", ""))),
        ("wrong", file(Form::new().text("_token", &"0".repeat(64)))),
        ("another visitor's", file(Form::new().text("_token", &other))),
        ("cut", file(Form::new().text("_token", &token[1..]))),
        // The file would have been written before the token came.
        ("late", file(Form::new()).text("_token", &token)),
    ] {
        let answer = silent.post("inbox", form).await;
        assert_eq!((answer.status, &*answer.code()), (403, "forbidden"), "{what}");
    }
    assert!(app.blobs().is_empty());
    let event = silent.send(Method::POST, "/inbox", &[URLENCODED], b"_event=nothing".into()).await;
    assert_eq!(event.status, 403);

    assert_eq!(silent.post("inbox", file(Form::new().text("_token", &token))).await.status, 200);
    let body = format!("_token={token}&_event=nothing").into_bytes();
    let event = silent.send(Method::POST, "/inbox", &[URLENCODED], body).await;
    assert_eq!(event.status, 200, "{}", event.text());
    // Where there is no form there is no token.
    let id = alice.listed().await[0]["id"].as_str().unwrap().to_owned();
    silent.delete(&format!("/api/files/{id}")).await.is_problem(403, "forbidden");
    assert_eq!(silent.connect("inbox").await.err(), Some(403));
    app.end().await;
}

#[actix_web::test]
async fn a_cookie_that_we_did_not_sign_is_nobodys() {
    let app = TestApp::start().await;
    let alice = app.visitor();
    alice.store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let cookie = alice.cookie().unwrap();
    let (name, value) = cookie.split_once('=').unwrap();
    let flipped = |at: usize| {
        let mut bytes = value.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        format!("{name}={}", String::from_utf8(bytes).unwrap())
    };
    // The owner's id stands at the end, behind its signature.
    let id = &value[value.len() - 36..];
    for forged in [
        flipped(0),
        flipped(value.len() - 1),
        format!("{name}={id}"),
        format!("{name}="),
        format!("{name}={}", "x".repeat(4_000)),
        format!("{name}={value}{value}"),
    ] {
        let mallory = app.visitor().with_cookie(&forged);
        let answer = mallory.get("/api/files").await;
        assert_eq!(answer.json()["files"].as_array().unwrap().len(), 0, "{forged:.80}");
        assert!(answer.header("set-cookie").is_some(), "a new visitor gets a cookie: {forged:.80}");
    }
    assert_eq!(alice.listed().await.len(), 1);
    app.end().await;
}

#[actix_web::test]
async fn two_origins_are_one_too_many() {
    let app = TestApp::start().await;
    let mut client = RawConnection::to(&app).await;
    let origin = app.origin();
    let request = format!(
        "POST /inbox HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\nOrigin: {origin}\r\n\
         Content-Length: 0\r\n\r\n",
        app.address()
    );
    client.send(request.as_bytes()).await;
    assert_eq!(client.answer().await.status, 403);
    app.end().await;
}

/// H-03
#[actix_web::test]
async fn a_socket_must_speak_our_protocol() {
    let app = TestApp::start().await;
    let headers = [
        ("upgrade", "websocket"),
        ("connection", "upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("origin", &app.origin()),
    ];
    let answer = app.visitor().get_with("/inbox/ws", &headers).await;
    answer.is_problem(400, "invalid_message");
    assert!(answer.text().contains("longshore.v1"), "{}", answer.text());
    app.visitor().get("/inbox/ws").await.is_problem(400, "invalid_message");
    assert_eq!(app.visitor().connect("nowhere").await.err(), Some(404));
    app.end().await;
}

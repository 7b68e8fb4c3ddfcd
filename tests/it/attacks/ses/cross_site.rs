//! What a page of another site can make a browser send, and what it may read of the answer.

use actix_web::http::Method;
use longshore::testing::raw::RawConnection;

use crate::support::{Form, TestApp, Upload, Visitor};

/// Origins that are nearly ours.
fn nearly_ours(app: &TestApp) -> Vec<String> {
    let (host, port) = (app.address(), app.address().port());
    vec![
        "https://evil.example".to_owned(),
        "null".to_owned(),
        String::new(),
        "*".to_owned(),
        format!("http://{host}.evil.example"),
        format!("http://evil.example:{port}"),
        format!("http://127.0.0.1:{}", port ^ 1),
        format!("http://127.0.0.1.:{port}"),
        format!("http://127x0.0.1:{port}"),
        format!("http://localhost:{port}"),
        format!("http://{host}/"),
        format!("http://user@{host}"),
        format!("HTTP://{host}"),
        format!("ftp://{host}"),
        format!("http://{host} http://evil.example"),
        "https://xn--127-0-0-1".to_owned(),
    ]
}

#[actix_web::test]
async fn ses_04_a_page_of_another_site_opens_no_socket() {
    let app = TestApp::start().await;
    let alice = app.visitor();
    alice.get("/inbox").await;
    let evil = alice.coming_from(Some("https://evil.example"));
    assert_eq!(evil.connect("inbox").await.err(), Some(403));
    assert_eq!(evil.connect("desk").await.err(), Some(403));
    drop(alice.live("inbox").await);
    app.end().await;
}

#[actix_web::test]
async fn ses_05_only_the_exact_origin_is_ours() {
    let app = TestApp::start().await;
    let alice = app.visitor();
    alice.get("/inbox").await;
    for origin in nearly_ours(&app) {
        let evil = alice.coming_from(Some(&origin));
        assert_eq!(evil.connect("inbox").await.err(), Some(403), "{origin}");
    }
    // A browser that is known and says nothing of where it comes from; a program that nobody knows has nothing to lose.
    assert_eq!(alice.coming_from(None).connect("inbox").await.err(), Some(403));
    drop(app.visitor().coming_from(None).live("inbox").await);
    // Two of them, each of which would be right.
    let origin = app.origin();
    let head = format!(
        "GET /inbox/ws HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n\
         Connection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: longshore.v1\r\n\r\n",
        app.address()
    );
    let mut client = RawConnection::to(&app).await;
    client.send(head.as_bytes()).await;
    assert_eq!(client.answer().await.status, 403);
    app.end().await;
}

/// What a bare form or a script of another site can send without being asked, with the cookie.
async fn simple_posts(visitor: &Visitor) -> Vec<(String, u16)> {
    let file = || Form::new().file("any", "evil.txt", b"evil").body();
    let multipart = Form::content_type();
    let late = Form::new().file("any", "evil.txt", b"evil").text("_token", "0").body();
    let tus = ("upload-metadata", "filename ZXZpbA==");
    let mut answers = Vec::new();
    for (path, headers, body) in [
        ("/inbox", vec![("content-type", &*multipart)], file()),
        ("/inbox", vec![("content-type", &*multipart)], late),
        ("/inbox", vec![("content-type", "text/plain")], b"_event=save".to_vec()),
        (
            "/inbox",
            vec![("content-type", "application/x-www-form-urlencoded")],
            b"_event=save".to_vec(),
        ),
        ("/resumable/inbox/any", vec![("content-type", &*multipart)], file()),
        ("/resumable/inbox/any/evil.txt", vec![("content-type", "text/plain")], b"evil".to_vec()),
        ("/filepond/inbox/any", vec![("content-type", &*multipart)], file()),
        ("/tus/inbox/any", vec![tus], b"evil".to_vec()),
    ] {
        let answer = visitor.send(Method::POST, path, &headers, body).await;
        answers.push((format!("{path} as {headers:?}"), answer.status));
    }
    answers
}

#[actix_web::test]
async fn ses_06_a_form_of_another_site_stores_nothing_and_is_refused_before_its_file_is_written() {
    let app = TestApp::start().await;
    let alice = app.visitor();
    alice.get("/inbox").await;
    for origin in [Some("https://evil.example"), Some("null"), None] {
        for (what, status) in simple_posts(&alice.coming_from(origin)).await {
            // What is no upload of any kind may be refused for that first.
            assert!([400, 403, 412].contains(&status), "{status} to {what} from {origin:?}");
        }
        assert!(app.blobs().is_empty() && app.spool().is_empty(), "{origin:?}");
    }
    assert!(alice.listed().await.is_empty());
    app.end().await;
}

/// Every door that answers pages of other sites at all, and one that doesn't.
const DOORS: [&str; 8] = [
    "/inbox",
    "/upload",
    "/tus/inbox/any",
    "/tus/inbox/any/019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10",
    "/resumable/inbox/any",
    "/filepond/inbox/any",
    "/api/files",
    "/api/entries/019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10",
];

#[actix_web::test]
async fn ses_16_no_page_of_another_site_may_read_or_send_what_needs_asking() {
    let app = TestApp::with(|builder| builder.allowed_origin("https://good.example")).await;
    let alice = app.visitor();
    alice.store("inbox", "any", Upload::text("secret.txt", "mine")).await;
    let with_cookie = alice.coming_from(None);
    for origin in ["https://evil.example", "https://good.example.evil", "https://good.example:444"]
    {
        for path in DOORS {
            for method in ["POST", "PATCH", "DELETE", "GET", "PUT"] {
                let asks = [
                    ("origin", origin),
                    ("access-control-request-method", method),
                    ("access-control-request-headers", "authorization"),
                ];
                let answer = with_cookie.send(Method::OPTIONS, path, &asks, vec![]).await;
                assert_closed(&answer, &format!("{method} {path} from {origin}"));
            }
            let answer = with_cookie.get_with(path, &[("origin", origin)]).await;
            assert_closed(&answer, &format!("GET {path} from {origin}"));
        }
    }
    // The one that is named may, by name, and a cache keeps its answer for nobody else.
    let asks = [("origin", "https://good.example"), ("access-control-request-method", "PATCH")];
    let answer = with_cookie.send(Method::OPTIONS, "/tus/inbox/any", &asks, vec![]).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://good.example"));
    assert!(answer.header("vary").is_some_and(|vary| vary.contains("Origin")));
    app.end().await;
}

fn assert_closed(answer: &crate::support::Answer, what: &str) {
    for header in [
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-allow-private-network",
    ] {
        assert_eq!(answer.header(header), None, "{header}: {what}");
    }
}

#[actix_web::test]
async fn ses_17_null_a_dot_that_is_any_letter_and_private_networks_are_refused() {
    let app = TestApp::with(|builder| builder.allowed_origin("https://good.example")).await;
    for origin in ["null", "https://goodXexample", "https://good-example", "https://good.example."]
    {
        for path in DOORS {
            let asks = [
                ("origin", origin),
                ("access-control-request-method", "POST"),
                ("access-control-request-private-network", "true"),
            ];
            let answer = app.visitor().send(Method::OPTIONS, path, &asks, vec![]).await;
            assert_closed(&answer, &format!("{path} from {origin}"));
        }
    }
    // Not even one that may upload is let into a private network by us.
    let asks = [
        ("origin", "https://good.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-private-network", "true"),
    ];
    let answer = app.visitor().send(Method::OPTIONS, "/tus/inbox/any", &asks, vec![]).await;
    assert_eq!(answer.header("access-control-allow-private-network"), None);
    for origin in ["null", "*", "https://*.example", "https://good.example/"] {
        let builder = longshore::Uploads::builder().allowed_origin(origin);
        assert!(builder.start().await.is_err(), "{origin} is none that can be allowed");
    }
    app.end().await;
}

#[actix_web::test]
async fn ses_23_no_page_of_ours_is_shown_in_a_frame() {
    let app = TestApp::start().await;
    let wants = [("accept", "text/html")];
    for path in ["/inbox", "/desk", "/nowhere", "/inbox?notice=x"] {
        let answer = app.visitor().get_with(path, &wants).await;
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.ends_with("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
    }
    app.end().await;
    // An application may name who frames its pages.
    let app = TestApp::with(|builder| builder.frame_ancestor("https://portal.example")).await;
    let answer = app.visitor().get("/inbox").await;
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.ends_with("frame-ancestors 'self' https://portal.example"), "{policy}");
    assert_eq!(answer.header("x-frame-options"), None);
    app.end().await;
    assert!(longshore::Uploads::builder().frame_ancestor("*").start().await.is_err());
}

#[actix_web::test]
async fn ses_06_nothing_is_changed_by_asking() {
    let app = TestApp::start().await;
    let alice = app.visitor();
    let file = alice.store("inbox", "any", Upload::text("a.txt", "mine")).await;
    let id = file["id"].as_str().unwrap();
    // As a link or a picture on another site's page has it asked, with the cookie.
    let evil = [("sec-fetch-site", "cross-site"), ("x-http-method-override", "DELETE")];
    for path in [
        format!("/api/files/{id}?_method=DELETE"),
        format!("/api/entries/{id}"),
        format!("/tus/inbox/any/{id}"),
        format!("/resumable/inbox/any/{id}"),
        format!("/filepond/inbox/any?load={id}"),
        "/inbox?_event=save".to_owned(),
        "/upload".to_owned(),
    ] {
        alice.get_with(&path, &evil).await;
    }
    assert_eq!(alice.listed().await.len(), 1);
    app.end().await;
}

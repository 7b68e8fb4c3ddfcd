//! Methods that are meant, methods that are sent, and methods that don't exist.

use longshore::testing::samples::text;

use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus};

const OVERRIDE: &str = "x-http-method-override";

/// C-OVR-01, C-OVR-02
#[actix_web::test]
async fn a_post_may_mean_another_method() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    let patch = [(OVERRIDE, "PATCH"), BYTES, ("upload-offset", "0")];
    let answer = client.send("POST", &url, &patch, &text(40)).await;
    assert_eq!((answer.status, answer.header("upload-offset")), (204, Some("40")));
    let answer = client.send("POST", &url, &[(OVERRIDE, "HEAD")], b"").await;
    assert_eq!((answer.status, answer.header("upload-offset")), (200, Some("40")));
    let answer = client.send("POST", &url, &[(OVERRIDE, "OPTIONS")], b"").await;
    assert_eq!((answer.status, answer.header("tus-version")), (204, Some("1.0.0")));
    let answer = client.send("POST", &url, &[(OVERRIDE, "DELETE")], b"").await;
    assert_eq!(answer.status, 204);
    assert_eq!(client.head(&url).await.status, 404);
    let answer = client
        .send("PUT", "/tus/inbox/any", &[(OVERRIDE, "POST"), ("upload-length", "1")], b"")
        .await;
    assert_eq!(answer.status, 201);
    app.stop().await;
}

/// C-OVR-03
#[actix_web::test]
async fn a_patch_that_means_head_stores_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    let headers = [(OVERRIDE, "HEAD"), BYTES, ("upload-offset", "0")];
    let answer = client.send("PATCH", &url, &headers, &text(40)).await;
    assert_eq!((answer.status, answer.header("upload-offset")), (200, Some("0")));
    assert!(answer.body.is_empty());
    assert_eq!(client.offset(&url).await, 0);
    app.stop().await;
}

/// C-OVR-04
#[actix_web::test]
async fn what_is_no_method_of_the_protocol_is_not_heard() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    for value in ["GET", "TRACE", "FOO", "patch", "delete", "", "DELETE, PATCH"] {
        let headers = [(OVERRIDE, value), BYTES, ("upload-offset", "0")];
        let answer = client.send("POST", &url, &headers, &text(40)).await;
        answer.is_problem(400, "invalid_message");
    }
    let twice = [(OVERRIDE, "DELETE"), (OVERRIDE, "DELETE")];
    client.send("POST", &url, &twice, b"").await.is_problem(400, "invalid_message");
    assert_eq!(client.offset(&url).await, 0);
    app.stop().await;
}

/// C-OVR-04: a GET is harmless, and another site's page may send one; what it means is asked for.
#[actix_web::test]
async fn whether_a_request_may_do_it_is_asked_of_the_method_that_is_meant() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    for method in ["GET", "HEAD", "POST"] {
        let headers = [(OVERRIDE, "DELETE"), ("origin", "http://evil.example")];
        let evil = Tus::by(&client.visitor().coming_from(None));
        let answer = evil.send(method, &url, &headers, b"").await;
        assert_eq!(answer.status, 403, "{method}");
        let from_elsewhere = [(OVERRIDE, "DELETE"), ("sec-fetch-site", "cross-site")];
        assert_eq!(evil.send(method, &url, &from_elsewhere, b"").await.status, 403, "{method}");
    }
    assert_eq!(client.offset(&url).await, 0, "it is still there");
    app.stop().await;
}

/// MI-01, MI-02
#[actix_web::test]
async fn methods_that_do_not_exist_are_told_those_that_do() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    client.brings(&url, 0, &text(40)).await;
    let (there, place) = ("OPTIONS, HEAD, PATCH, DELETE", "OPTIONS, POST");
    for (method, path, allowed) in [
        ("PUT", &*url, there),
        ("POST", &url, there),
        ("TRACE", &url, there),
        ("FOO", &url, there),
        ("PUT", "/tus/inbox/any", place),
        ("GET", "/tus/inbox/any", place),
        ("HEAD", "/tus/inbox/any", place),
        ("DELETE", "/tus/inbox/any", place),
        ("PATCH", "/tus/inbox/any", place),
        ("TRACE", "/tus/inbox/any", place),
    ] {
        let answer = client.send(method, path, &[("upload-length", "7")], b"").await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allowed)),
            "{method} {path}"
        );
    }
    let mut connection = client.raw(&app, "CONNECT", &url, &[]).await;
    assert_eq!(connection.answer().await.status, 405);
    client.send("GET", &url, &[], b"").await.is_problem(404, "unknown_entry");
    assert_eq!(client.offset(&url).await, 40);
    app.stop().await;
}

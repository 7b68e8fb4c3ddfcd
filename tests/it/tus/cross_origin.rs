//! Pages of other sites: those that the operator has named may upload, and read how far they are.

use actix_web::http::Method;
use longshore::testing::Answer;

use crate::support::TestApp;
use crate::support::tus::{TUS, Tus};

const FRIEND: &str = "https://friend.example";

async fn preflight(app: &TestApp, url: &str, origin: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "PATCH"),
        ("access-control-request-headers", "tus-resumable, upload-offset, content-type"),
    ];
    app.visitor().send(Method::OPTIONS, url, &headers, Vec::new()).await
}

fn has(answer: &Answer, header: &str, wanted: &[&str]) {
    let list = answer.header(header).unwrap_or_default().to_ascii_lowercase();
    let list: Vec<&str> = list.split(',').map(str::trim).collect();
    for one in wanted {
        assert!(list.contains(&one.to_ascii_lowercase().as_str()), "{header}: {one} in {list:?}");
    }
}

/// C-OPT-07
#[actix_web::test]
async fn a_page_of_a_named_site_may_ask_and_is_told_what_it_may_send() {
    let app = TestApp::with(|builder| builder.allowed_origin(FRIEND)).await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    for place in ["/tus/inbox/any", &url] {
        let answer = preflight(&app, place, FRIEND).await;
        assert_eq!(answer.status, 204);
        assert_eq!(answer.header("access-control-allow-origin"), Some(FRIEND));
        assert_eq!(answer.header("access-control-max-age"), Some("86400"));
        assert_eq!(answer.header(TUS.0), Some(TUS.1));
        let methods = ["POST", "HEAD", "PATCH", "OPTIONS", "DELETE"];
        has(&answer, "access-control-allow-methods", &methods);
        let sent = [
            "Authorization",
            "X-Requested-With",
            "X-Request-ID",
            "X-HTTP-Method-Override",
            "Content-Type",
            "Upload-Length",
            "Upload-Offset",
            "Tus-Resumable",
            "Upload-Metadata",
            "Upload-Defer-Length",
            "Upload-Concat",
            "Upload-Checksum",
        ];
        has(&answer, "access-control-allow-headers", &sent);
        let evil = preflight(&app, place, "https://evil.example").await;
        assert_eq!(evil.status, 403);
        assert_eq!(evil.header("access-control-allow-origin"), None);
    }
    app.stop().await;
}

/// C-OPT-07
#[actix_web::test]
async fn a_page_of_a_named_site_reads_answers_and_refusals() {
    let app = TestApp::with(|builder| builder.allowed_origin(FRIEND)).await;
    let friend = Tus::by(&app.visitor().coming_from(Some(FRIEND)));
    let refused = friend.post("any", &[("upload-length", "x")], b"").await;
    let odd = friend.post("any", &[("x-http-method-override", "FOO")], b"").await;
    let created = friend.post("any", &[("upload-length", "4")], b"").await;
    let url = created.header("location").unwrap();
    // A browser says its origin with HEAD too.
    let head = friend.send("HEAD", url, &[("origin", FRIEND)], b"").await;
    let done = friend.patch(url, 0, b"text").await;
    assert_eq!(
        [&refused, &odd, &created, &head, &done].map(|answer| answer.status),
        [400, 400, 201, 200, 204]
    );
    for answer in [refused, odd, created, head, done] {
        assert_eq!(answer.header("access-control-allow-origin"), Some(FRIEND));
        let read = [
            "Upload-Offset",
            "Location",
            "Upload-Length",
            "Tus-Version",
            "Tus-Resumable",
            "Tus-Max-Size",
            "Tus-Extension",
            "Upload-Metadata",
            "Upload-Defer-Length",
            "Upload-Concat",
            "Upload-Expires",
            "Tus-Checksum-Algorithm",
        ];
        has(&answer, "access-control-expose-headers", &read);
    }
    let evil = Tus::by(&app.visitor().coming_from(Some("https://evil.example")));
    let answer = evil.post("any", &[("upload-length", "4")], b"").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None));
    app.end().await;
}

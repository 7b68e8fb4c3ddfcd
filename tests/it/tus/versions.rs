//! OPTIONS, and the version that everything else must name.

use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus, metadata};

/// Header lines.
type Lines<'a> = &'a [(&'a str, &'a str)];

/// C-OPT-01, C-OPT-02, C-OPT-03, C-OPT-04, C-OPT-05, C-OPT-06, CD-08, CK-07
#[actix_web::test]
async fn options_tell_what_the_server_can_and_ask_for_no_version() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let said = metadata(&[("filename", "a.txt")]);
    let headers = [("upload-length", "100"), ("upload-metadata", &*said)];
    let url = client.create_with("sized", &headers).await;
    for place in ["/tus/inbox/sized", &url] {
        for version in ["", "0.0.1", "1.0.0"] {
            let answer = client.send("OPTIONS", place, &[("tus-resumable", version)], b"").await;
            assert_eq!(answer.status, 204, "{version}");
            assert_eq!(answer.header("tus-version"), Some("1.0.0"));
            assert_eq!(
                answer.header("tus-extension"),
                Some(
                    "creation,creation-with-upload,creation-defer-length,expiration,checksum,\
                     termination,concatenation"
                )
            );
            assert_eq!(answer.header("tus-max-size"), Some("100"), "that of the slot");
            assert_eq!(answer.header("tus-checksum-algorithm"), Some("sha1,sha256,md5,crc32"));
        }
    }
    let silent = client.visitor().send(
        actix_web::http::Method::OPTIONS,
        "/tus/inbox/sized",
        &[],
        Vec::new(),
    );
    assert_eq!(silent.await.status, 204);
    app.stop().await;
}

/// C-VER-01, C-VER-02, C-VER-04, TE-04
#[actix_web::test]
async fn no_other_version_is_spoken_and_nothing_happens_to_who_asks_for_one() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    client.brings(&url, 0, &[b'a'; 40]).await;
    let (create, there) = ("/tus/inbox/any", &*url);
    for version in ["0.2.2", "", "1.0", "1.0.0, 1.0.0", "1.0.0,0.2.2"] {
        for (method, place) in
            [("POST", create), ("HEAD", there), ("PATCH", there), ("DELETE", there)]
        {
            let headers = [
                ("tus-resumable", version),
                ("upload-length", "100"),
                ("upload-offset", "40"),
                ("content-type", "application/offset+octet-stream"),
            ];
            let answer = client.send(method, place, &headers, b"").await;
            assert_eq!(answer.status, 412, "{method} with `{version}`");
            assert_eq!(answer.header("tus-version"), Some("1.0.0"));
            assert_eq!(answer.header("location"), None);
        }
    }
    for (method, place) in [("POST", create), ("HEAD", there), ("PATCH", there), ("DELETE", there)]
    {
        let method = actix_web::http::Method::from_bytes(method.as_bytes()).unwrap();
        let silent = client.visitor().send(method, place, &[("upload-length", "100")], Vec::new());
        let answer = silent.await;
        assert_eq!((answer.status, answer.header("tus-version")), (412, Some("1.0.0")));
    }
    let spaced = client.send("HEAD", &url, &[("tus-resumable", " 1.0.0 ")], b"").await;
    assert_eq!(spaced.header("upload-offset"), Some("40"), "nothing was changed or deleted");
    app.stop().await;
}

/// C-VER-03
#[actix_web::test]
async fn every_answer_says_the_version_whoever_refuses() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let evil = Tus::by(&client.visitor().coming_from(Some("http://evil.example")));
    let url = client.create("any", 100).await;
    let (create, bytes) = ("/tus/inbox/any", BYTES);
    let long = format!("a {}", "QUFB".repeat(3_000));
    let cases: &[(&Tus, &str, &str, Lines<'_>, u16)] = &[
        (&evil, "POST", create, &[("upload-length", "1")], 403),
        (&client, "POST", create, &[], 400),
        (&client, "POST", create, &[("upload-length", "99999999")], 413),
        (&client, "POST", create, &[("upload-length", "1"), ("upload-metadata", &long)], 431),
        (&client, "POST", create, &[("x-http-method-override", "x")], 400),
        (&client, "POST", "/tus/inbox/nowhere", &[("upload-length", "1")], 404),
        (&client, "HEAD", "/tus/inbox/any/x", &[], 404),
        (&client, "OPTIONS", "/tus/inbox/nowhere", &[], 404),
        (&client, "OPTIONS", create, &[], 204),
        (&client, "PUT", &url, &[], 405),
        (&client, "GET", &url, &[], 404),
        (&client, "PATCH", &url, &[("upload-offset", "0")], 415),
        (&client, "PATCH", &url, &[bytes, ("upload-offset", "1")], 409),
        (&client, "PATCH", &url, &[("tus-resumable", "2.0.0")], 412),
        (&client, "DELETE", &url, &[], 204),
        (&client, "DELETE", &url, &[], 404),
    ];
    for (client, method, path, headers, status) in cases {
        // The client asserts it of each answer that it gets.
        let answer = client.send(method, path, headers, b"").await;
        assert_eq!(answer.status, *status, "{method} {path}: {}", answer.text());
        assert_eq!(answer.header("tus-resumable"), Some("1.0.0"));
    }
    app.end().await;
}

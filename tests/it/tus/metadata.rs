//! Upload-Metadata that is broken, vast or full of what no header may have.

use longshore::testing::raw::RawConnection;

use crate::support::TestApp;
use crate::support::tus::{Tus, metadata};

/// CR-11
#[actix_web::test]
async fn broken_metadata_creates_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    for bad in [
        "a b YQ==",
        "a YQ==,,b Yg==",
        "a !!",
        "a YQ==,a Yg==",
        "a YQ==,",
        ",",
        ",,",
        "a,b YQ== YQ==",
        "a Y",
        "filename d29ybGQucGRm;x",
    ] {
        let headers = [("upload-length", "1"), ("upload-metadata", bad)];
        client.post("any", &headers, b"").await.is_problem(400, "invalid_message");
    }
    let twice =
        [("upload-length", "1"), ("upload-metadata", "a YQ=="), ("upload-metadata", "b YQ==")];
    client.post("any", &twice, b"").await.is_problem(400, "invalid_message");
    app.end().await;
}

/// CR-12
#[actix_web::test]
async fn what_no_header_may_have_never_comes_out_again() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    for (key, value) in [
        ("filename", "a\r\nSet-Cookie: evil=1.txt"),
        ("x", "\r\n\r\n<script>"),
        ("x", "\0"),
        ("relativePath", "a\r\nb/c.txt"),
    ] {
        let said = metadata(&[(key, value)]);
        let headers = [("upload-length", "4"), ("upload-metadata", &*said)];
        let answer = client.post("any", &headers, b"").await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert!(answer.header("set-cookie").is_none_or(|cookie| !cookie.contains("evil")));
        let url = answer.header("location").unwrap();
        assert_eq!(client.head(url).await.header("upload-metadata"), Some(&*said));
        client.brings(url, 0, b"text").await;
    }
    // Not even as text: 0xff 0xfe.
    let headers = [("upload-length", "4"), ("upload-metadata", "filename //4=")];
    assert_eq!(client.post("any", &headers, b"").await.status, 201);
    let nul = [("upload-length", "4"), ("upload-metadata", "filename YQBi")];
    client.post("any", &nul, b"").await.is_problem(400, "invalid_name");
    let names: Vec<_> = client.visitor().listed().await;
    assert!(names.iter().all(|file| !file["name"].as_str().unwrap().contains(['\r', '\n'])));
    app.stop().await;
}

/// CR-13
#[actix_web::test]
async fn vast_metadata_is_refused_and_the_server_lives() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let keys: Vec<_> = (0..100).map(|n| format!("k{n} YQ==")).collect();
    let headers = [("upload-length", "1"), ("upload-metadata", &*keys.join(","))];
    client.post("any", &headers, b"").await.is_problem(400, "invalid_message");
    let long = format!("a {}", "QUFB".repeat(2_100));
    let headers = [("upload-length", "1"), ("upload-metadata", &*long)];
    client.post("any", &headers, b"").await.is_problem(431, "invalid_message");
    // A megabyte is more than a request's head can have at all.
    let mut connection = RawConnection::to(&app).await;
    let vast = format!(
        "POST /tus/inbox/any HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Length: 1\r\n\
         Upload-Metadata: a {}\r\n\r\n",
        "QUFB".repeat(250_000)
    );
    connection.send_what_goes(vast.as_bytes()).await;
    let refused = connection.try_answer().await.is_none_or(|answer| answer.status == 431);
    assert!(refused && connection.is_cut().await);
    app.is_alive().await;
    app.end().await;
}

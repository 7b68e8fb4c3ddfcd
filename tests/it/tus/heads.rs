//! HEAD: where an upload stands.

use longshore::testing::samples::{pdf, text};
use uuid::Uuid;

use crate::support::TestApp;
use crate::support::tus::{Tus, metadata};

/// C-HEAD-01, C-HEAD-02, C-HEAD-03, C-PAT-01, C-PAT-02
#[actix_web::test]
async fn the_offset_is_told_from_the_first_byte_to_behind_the_last() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    for (from, to) in [(0, 40), (40, 100)] {
        let answer = client.head(&url).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("upload-offset"), Some(&*from.to_string()));
        assert_eq!(answer.header("upload-length"), Some("100"));
        assert_eq!(answer.header("upload-defer-length"), None);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        client.brings(&url, from, &vec![b'a'; usize::try_from(to - from).unwrap()]).await;
    }
    let answer = client.head(&url).await;
    assert_eq!((answer.status, answer.header("upload-offset")), (200, Some("100")));
    assert_eq!(client.stored().await, vec![b'a'; 100]);
    app.end().await;
}

/// C-HEAD-04, C-HEAD-05, C-PAT-10, TE-03, TE-06
#[actix_web::test]
async fn what_is_unknown_and_what_is_somebody_elses_look_alike() {
    let app = TestApp::start().await;
    let (client, other) = (Tus::of(&app).await, Tus::of(&app).await);
    let theirs = client.create("any", 100).await;
    let unknown = format!("/tus/inbox/any/{}", Uuid::now_v7());
    let elsewhere = theirs.replace("/any/", "/large/");
    let on_another_page = theirs.replace("/inbox/", "/desk/");
    for (who, url) in [
        (&other, &theirs),
        (&other, &unknown),
        (&client, &unknown),
        (&client, &elsewhere),
        (&client, &on_another_page),
    ] {
        let head = who.head(url).await;
        assert_eq!((head.status, head.header("upload-offset")), (404, None), "{url}");
        who.patch(url, 0, b"x").await.is_problem(404, "unknown_entry");
        who.send("DELETE", url, &[], b"").await.is_problem(404, "unknown_entry");
    }
    assert_eq!(client.offset(&theirs).await, 0, "it is still there");
    app.stop().await;
}

/// C-HEAD-07
#[actix_web::test]
async fn no_condition_and_no_range_changes_the_answer() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    let headers = [
        ("if-none-match", "*"),
        ("if-modified-since", "Sun, 06 Nov 2094 08:49:37 GMT"),
        ("range", "bytes=0-1"),
        ("if-match", "\"x\""),
    ];
    for header in headers {
        let answer = client.send("HEAD", &url, &[header], b"").await;
        assert_eq!((answer.status, answer.header("upload-offset")), (200, Some("0")), "{header:?}");
    }
    app.stop().await;
}

/// C-HEAD-09, CR-10
#[actix_web::test]
async fn what_was_said_of_the_file_is_echoed_as_it_was_said() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let odd = "filename d29ybGQucGRm, is_confidential ,x YQ";
    let proper = metadata(&[("filename", "Übergröße.txt"), ("filetype", "text/plain")]);
    for (said, bytes) in
        [("filename d29ybGQucGRm,is_confidential", pdf()), (odd, pdf()), (&proper, text(100))]
    {
        let length = bytes.len().to_string();
        let headers = [("upload-length", &*length), ("upload-metadata", said)];
        let url = client.create_with("any", &headers).await;
        assert_eq!(client.head(&url).await.header("upload-metadata"), Some(said));
        client.brings(&url, 0, &bytes).await;
        assert_eq!(client.head(&url).await.header("upload-metadata"), Some(said));
    }
    let mut names: Vec<_> = client.visitor().listed().await;
    names.sort_by_key(|file| file["name"].to_string());
    let names: Vec<_> = names.iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["world.pdf", "world.pdf", "Übergröße.txt"]);
    let silent = client.create("any", 9).await;
    assert_eq!(client.head(&silent).await.header("upload-metadata"), None);
    app.stop().await;
}

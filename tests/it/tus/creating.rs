//! POST: a new upload.

use std::collections::HashSet;

use longshore::testing::FakeRoom;
use longshore::testing::samples::text;
use uuid::Uuid;

use crate::support::TestApp;
use crate::support::tus::{Tus, id, metadata};

/// CR-01, CR-15
#[actix_web::test]
async fn an_upload_is_created_empty_and_never_twice_the_same() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let said = metadata(&[("filename", "a.txt")]);
    let mut ids = HashSet::new();
    for _ in 0..5 {
        let headers = [("upload-length", "100"), ("upload-metadata", &*said)];
        let answer = client.post("any", &headers, b"").await;
        assert_eq!((answer.status, answer.body.len()), (201, 0));
        let url = answer.header("location").unwrap();
        assert_eq!(client.offset(url).await, 0);
        let id = id(url).to_owned();
        assert!(id.parse::<Uuid>().is_ok());
        assert!(ids.insert(id));
    }
    app.stop().await;
}

/// CR-02, MI-05
#[actix_web::test]
async fn the_address_is_a_path_whoever_claims_to_be_in_front_of_us() {
    let app = TestApp::with(|builder| builder.prefix("/up")).await;
    let client = Tus::of(&app).await;
    let headers = [
        ("upload-length", "100"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
    ];
    let answer = client.send("POST", "tus/inbox/any", &headers, b"").await;
    let url = answer.header("location").unwrap();
    assert!(url.starts_with("/up/tus/inbox/any/"), "{url}");
    client.brings(url, 0, &text(100)).await;
    assert_eq!(client.stored().await, text(100));
    app.end().await;
}

/// CR-02: a program that keeps no cookies has its upload by the address alone.
#[actix_web::test]
async fn who_keeps_no_cookies_goes_on_by_the_address() {
    let app = TestApp::start().await;
    let client = Tus::without_cookies(&app);
    let url = client.create("any", 100).await;
    assert!(url.contains("?pass="), "{url}");
    client.brings(&url, 0, &text(40)).await;
    assert_eq!(client.offset(&url).await, 40);
    let (bare, forged) = (url.split('?').next().unwrap().to_owned(), format!("{url}x"));
    for other in [bare, forged] {
        assert_eq!(client.head(&other).await.status, 404, "{other}");
    }
    client.brings(&url, 40, &text(100)[40..]).await;
    assert_eq!(client.offset(&url).await, 100);
    assert_eq!(app.blobs().len(), 1);
    assert_eq!(app.blob(id(&url)), text(100));
    // With a cookie an address alone is not enough.
    let url = Tus::of(&app).await.create("any", 100).await;
    assert!(!url.contains('?'), "{url}");
    assert_eq!(client.head(&url).await.status, 404);
    app.stop().await;
}

/// CR-03, CR-04, CR-05, CR-06
#[actix_web::test]
async fn a_length_that_is_none_creates_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let (now, later) = ("upload-length", "upload-defer-length");
    let vast = format!("1{}", "0".repeat(30));
    let mut cases = vec![
        vec![],
        vec![(now, "100"), (later, "1")],
        vec![(now, "100"), (now, "100")],
        vec![(later, "1"), (later, "1")],
    ];
    for bad in
        ["-1", "abc", "1.5", "", "+1", "9223372036854775808", "18446744073709551616", &vast, "1, 1"]
    {
        cases.push(vec![(now, bad)]);
    }
    for bad in ["0", "2", "true", "", "1, 1"] {
        cases.push(vec![(later, bad)]);
    }
    for headers in cases {
        let answer = client.post("any", &headers, b"").await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "invalid_message"),
            "{headers:?}"
        );
        assert_eq!(answer.header("location"), None);
    }
    let answer = client.post("any", &[(now, "9223372036854775807")], b"").await;
    answer.is_problem(413, "too_large");
    app.end().await;
}

/// CR-07, CR-08
#[actix_web::test]
async fn the_largest_upload_is_that_of_the_slot() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let said = metadata(&[("filename", "a.txt")]);
    for (length, status) in [("100", 201), ("101", 413), ("5000000000", 413)] {
        let headers = [("upload-length", length), ("upload-metadata", &*said)];
        let answer = client.post("sized", &headers, b"").await;
        assert_eq!(answer.status, status, "{length}");
        assert_eq!(answer.header("location").is_some(), status == 201);
    }
    app.stop().await;
}

/// CR-09
#[actix_web::test]
async fn an_empty_file_is_complete_when_it_is_created() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 0).await;
    assert_eq!(client.stored().await, b"", "consumed once");
    let answer = client.head(&url).await;
    assert_eq!(answer.header("upload-offset"), Some("0"));
    assert_eq!(answer.header("upload-length"), Some("0"));
    client.brings(&url, 0, b"").await;
    assert_eq!(client.visitor().listed().await.len(), 1, "and not again");
    app.end().await;
}

/// CR-16
#[actix_web::test]
async fn without_room_nothing_is_created() {
    let room = FakeRoom::of(100_000_000);
    let app = {
        let room = room.clone();
        TestApp::with(move |builder| builder.room(room).min_free(60_000_000)).await
    };
    let client = Tus::of(&app).await;
    let answer = client.post("large", &[("upload-length", "50000000")], b"").await;
    answer.is_problem(507, "disk_full");
    assert_eq!(answer.header("location"), None);
    let total = [("upload-length", "200")];
    client.post("total", &total, b"").await.is_problem(413, "total_too_large");
    app.end().await;
}

#[actix_web::test]
async fn a_file_without_a_name_gets_one_and_an_empty_name_is_refused() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 4).await;
    client.brings(&url, 0, b"text").await;
    assert_eq!(client.visitor().listed().await[0]["name"], "file");
    let empty = [("upload-length", "4"), ("upload-metadata", "filename")];
    client.post("any", &empty, b"").await.is_problem(400, "empty_name");
    app.end().await;
}

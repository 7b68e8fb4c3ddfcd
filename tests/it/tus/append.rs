//! PATCH: what is said wrong changes nothing.

use longshore::testing::samples::text;

use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus};

/// An upload of a hundred bytes that has forty.
async fn forty(client: &Tus) -> String {
    let url = client.create("any", 100).await;
    client.brings(&url, 0, &text(40)).await;
    url
}

/// C-PAT-03, C-PAT-04, C-PAT-14
#[actix_web::test]
async fn bytes_at_another_offset_are_a_conflict_that_tells_the_right_one() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = forty(&client).await;
    for at in [0, 10, 39, 41, 50, 100, 101, i64::MAX as u64] {
        let answer = client.patch(&url, at, b"0123456789").await;
        answer.is_problem(409, "offset_mismatch");
        assert_eq!(answer.header("upload-offset"), Some("40"), "at {at}");
    }
    client.brings(&url, 40, &text(100)[40..]).await;
    for at in [0, 40, 99, 101] {
        let answer = client.patch(&url, at, b"x").await;
        assert_eq!((answer.status, answer.header("upload-offset")), (409, Some("100")));
    }
    assert_eq!(client.patch(&url, 100, b"x").await.status, 413);
    assert_eq!((client.offset(&url).await, client.stored().await), (100, text(100)));
    app.end().await;
}

/// C-PAT-05, C-PAT-06, C-PAT-07, C-PAT-20
#[actix_web::test]
async fn only_bytes_of_an_upload_are_appended() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = forty(&client).await;
    let at = ("upload-offset", "40");
    for headers in [
        &[at][..],
        &[at, ("content-type", "text/plain")],
        &[at, ("content-type", "application/octet-stream")],
        &[at, BYTES, ("content-encoding", "gzip")],
    ] {
        let answer = client.send("PATCH", &url, headers, &text(60)).await;
        answer.is_problem(415, "invalid_message");
        assert_eq!(client.offset(&url).await, 40, "{headers:?}");
    }
    let kind = ("content-type", "application/offset+octet-stream; charset=x");
    let answer = client.send("PATCH", &url, &[at, kind], &text(100)[40..]).await;
    assert_eq!(answer.status, 204);
    assert_eq!(client.stored().await, text(100));
    app.end().await;
}

/// C-PAT-08, C-PAT-09
#[actix_web::test]
async fn an_offset_is_a_number_and_there_is_one() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = forty(&client).await;
    client.send("PATCH", &url, &[BYTES], &text(60)).await.is_problem(400, "invalid_message");
    for at in [
        "-1",
        "+1",
        "+40",
        "1.0",
        "40.0",
        "0x28",
        "",
        "4e1",
        "99999999999999999999",
        "40,40",
        "40 40",
    ] {
        let answer = client.send("PATCH", &url, &[BYTES, ("upload-offset", at)], &text(60)).await;
        answer.is_problem(400, "invalid_message");
    }
    let twice = [BYTES, ("upload-offset", "40"), ("upload-offset", "40")];
    client.send("PATCH", &url, &twice, &text(60)).await.is_problem(400, "invalid_message");
    assert_eq!(client.offset(&url).await, 40);
    app.stop().await;
}

/// C-PAT-13
#[actix_web::test]
async fn no_bytes_at_the_right_offset_change_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = forty(&client).await;
    for _ in 0..2 {
        client.brings(&url, 40, b"").await;
    }
    client.brings(&url, 40, &text(100)[40..]).await;
    client.brings(&url, 100, b"").await;
    assert_eq!(client.stored().await, text(100));
    app.end().await;
}

/// C-PAT-16
#[actix_web::test]
async fn a_hundred_requests_of_a_byte_each_make_the_file() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    let whole = text(100);
    for (at, byte) in whole.iter().enumerate() {
        client.brings(&url, at as u64, &[*byte]).await;
        assert_eq!(client.offset(&url).await, at as u64 + 1);
    }
    assert_eq!(client.stored().await, whole);
    app.end().await;
}

/// C-PAT-22
#[actix_web::test]
async fn an_answer_without_content_has_none() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    let headers = [BYTES, ("upload-offset", "0"), ("content-length", "40")];
    let mut connection = client.raw(&app, "PATCH", &url, &headers).await;
    connection.send(&text(40)).await;
    let answer = connection.answer().await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert!(!answer.head.to_ascii_lowercase().contains("content-length"), "{}", answer.head);
    assert!(!answer.head.to_ascii_lowercase().contains("transfer-encoding"), "{}", answer.head);
    // The next request on the same connection is understood.
    client.raw_on(&mut connection, "OPTIONS", "/tus/inbox/any", &[]).await;
    assert_eq!(connection.answer().await.status, 204);
    app.stop().await;
}

//! A length that comes later.

use longshore::testing::samples::text;

use crate::support::TestApp;
use crate::support::tus::{Tus, metadata};

const LATER: (&str, &str) = ("upload-defer-length", "1");

/// CD-01, CD-02, CD-03, CD-04, CD-08, C-HEAD-08
#[actix_web::test]
async fn a_length_is_said_once_and_then_known() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let whole = text(100);
    let url = client.create_with("any", &[LATER]).await;
    let unknown = async |offset: &str| {
        let answer = client.head(&url).await;
        assert_eq!(answer.header("upload-defer-length"), Some("1"));
        assert_eq!(answer.header("upload-length"), None);
        assert_eq!(answer.header("upload-offset"), Some(offset));
    };
    unknown("0").await;
    client.brings(&url, 0, &whole[..40]).await;
    unknown("40").await;
    let answer = client.patch_with(&url, 40, &[("upload-length", "100")], &whole[40..60]).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    let answer = client.head(&url).await;
    assert_eq!(answer.header("upload-length"), Some("100"));
    assert_eq!(answer.header("upload-defer-length"), None);
    let other = client.patch_with(&url, 60, &[("upload-length", "101")], &whole[60..]).await;
    other.is_problem(400, "invalid_message");
    assert_eq!(client.offset(&url).await, 60);
    let same = client.patch_with(&url, 60, &[("upload-length", "100")], &whole[60..]).await;
    assert_eq!(same.status, 204, "{}", same.text());
    assert_eq!(client.stored().await, whole);
    app.end().await;
}

/// CD-05
#[actix_web::test]
async fn a_length_that_is_less_than_what_came_changes_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create_with("any", &[LATER]).await;
    client.brings(&url, 0, &text(40)).await;
    for (length, bytes) in [("39", 0), ("0", 0), ("50", 11), ("-1", 0), ("x", 0)] {
        let headers = [("upload-length", length)];
        let answer = client.patch_with(&url, 40, &headers, &text(bytes)).await;
        assert!([400, 413].contains(&answer.status), "{length}: {}", answer.status);
        let head = client.head(&url).await;
        assert_eq!(head.header("upload-offset"), Some("40"));
        assert_eq!(head.header("upload-defer-length"), Some("1"), "{length}");
    }
    let answer = client.patch_with(&url, 40, &[("upload-length", "40")], b"").await;
    assert_eq!((answer.status, client.stored().await), (204, text(40)));
    app.end().await;
}

/// CD-06
#[actix_web::test]
async fn the_slots_limit_holds_for_a_length_that_comes_later() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let said = metadata(&[("filename", "a.txt")]);
    let url = client.create_with("sized", &[LATER, ("upload-metadata", &said)]).await;
    client.brings(&url, 0, &text(40)).await;
    let declared = client.patch_with(&url, 40, &[("upload-length", "101")], b"x").await;
    declared.is_problem(413, "too_large");
    client.patch(&url, 40, &text(61)).await.is_problem(413, "too_large");
    assert_eq!(client.offset(&url).await, 40, "neither has changed anything");
    let headers = [
        ("content-type", "application/offset+octet-stream"),
        ("upload-offset", "40"),
        ("transfer-encoding", "chunked"),
    ];
    let mut connection = client.raw(&app, "PATCH", &url, &headers).await;
    connection.send(format!("3d\r\n{}\r\n0\r\n\r\n", "x".repeat(61)).as_bytes()).await;
    assert_eq!(connection.answer().await.status, 413);
    let head = client.head(&url).await;
    let at = head.header("upload-offset").map_or(0, |at| at.parse::<u64>().unwrap());
    assert!(head.status == 410 || at <= 100, "{} {at}", head.status);
    client.nothing_is_stored().await;
    app.stop().await;
}

/// CD-07
#[actix_web::test]
async fn saying_the_length_at_the_end_completes_the_upload_once() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create_with("any", &[LATER]).await;
    client.brings(&url, 0, &text(40)).await;
    client.nothing_is_stored().await;
    for _ in 0..2 {
        let answer = client.patch_with(&url, 40, &[("upload-length", "40")], b"").await;
        assert_eq!((answer.status, answer.header("upload-offset")), (204, Some("40")));
        assert_eq!(client.stored().await, text(40));
    }
    app.end().await;
}

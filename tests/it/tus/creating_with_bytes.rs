//! POST with the first bytes of the upload, or all of them.

use longshore::testing::samples::text;

use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus};

/// CU-01, CU-02, CU-08
#[actix_web::test]
async fn bytes_may_come_with_the_creation() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let whole = text(100);
    for length in [("upload-length", "100"), ("upload-defer-length", "1")] {
        let answer = client.post("any", &[BYTES, length], &whole[..40]).await;
        assert_eq!((answer.status, answer.header("upload-offset")), (201, Some("40")));
        let url = answer.header("location").unwrap();
        assert_eq!(client.head(url).await.header(length.0), Some(length.1));
        let declared = [("upload-length", "100")];
        let answer = client.patch_with(url, 40, &declared, &whole[40..]).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        assert_eq!(client.stored().await, whole);
        assert_eq!(client.send("DELETE", url, &[], b"").await.status, 204);
    }
    let answer = client.post("any", &[BYTES, ("upload-length", "100")], &whole).await;
    assert_eq!((answer.status, answer.header("upload-offset")), (201, Some("100")));
    assert_eq!(answer.header("upload-expires"), None, "it is complete");
    assert_eq!(client.stored().await, whole);
    let answer = client.post("any", &[BYTES, ("upload-length", "0")], b"").await;
    assert_eq!((answer.status, answer.header("upload-offset")), (201, Some("0")));
    app.end().await;
}

/// CU-03, CR-14
#[actix_web::test]
async fn a_body_of_another_type_creates_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    for kind in [&[("content-type", "text/plain")][..], &[], &[BYTES, ("content-encoding", "gzip")]]
    {
        let headers = [&[("upload-length", "100")], kind].concat();
        let answer = client.post("any", &headers, &text(40)).await;
        answer.is_problem(415, "invalid_message");
        assert_eq!(answer.header("location"), None);
    }
    // A type without a body says nothing.
    let headers = [("upload-length", "100"), ("content-type", "text/plain")];
    let answer = client.post("any", &headers, b"").await;
    assert_eq!((answer.status, answer.header("upload-offset")), (201, None));
    app.stop().await;
}

/// CU-04
#[actix_web::test]
async fn more_bytes_than_announced_create_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let length = ("upload-length", "100");
    let answer = client.post("any", &[BYTES, length], &text(101)).await;
    answer.is_problem(413, "size_mismatch");
    let headers = [BYTES, length, ("transfer-encoding", "chunked")];
    let mut connection = client.raw(&app, "POST", "/tus/inbox/any", &headers).await;
    for piece in [text(60), text(41)] {
        connection.send(format!("{:x}\r\n", piece.len()).as_bytes()).await;
        connection.send(&[&piece[..], b"\r\n"].concat()).await;
    }
    assert_eq!(connection.answer().await.status, 413);
    client.nothing_is_stored().await;
    app.end().await;
}

/// CU-05
#[actix_web::test]
async fn what_a_cut_creation_left_goes_when_its_time_is_over() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let headers = [BYTES, ("upload-length", "900000"), ("content-length", "900000")];
    let mut connection = client.raw(&app, "POST", "/tus/inbox/any", &headers).await;
    connection.send(&text(600_000)).await;
    longshore::testing::until("it has begun", || !app.spool().is_empty()).await;
    drop(connection);
    // What is still on its way touches the upload once more, perhaps behind the clock: its time begins anew then.
    for _ in 0..200 {
        app.clock().advance(std::time::Duration::from_secs(48 * 3_600));
        app.sweep().await;
        if app.spool().is_empty() {
            break;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    client.nothing_is_stored().await;
    app.end().await;
}

/// CU-07
#[actix_web::test]
async fn bytes_with_a_wrong_checksum_create_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let wrong = ("upload-checksum", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=");
    for bytes in [text(100), text(40)] {
        let answer = client.post("any", &[BYTES, ("upload-length", "100"), wrong], &bytes).await;
        answer.is_problem(460, "checksum_mismatch");
        assert_eq!(answer.header("location"), None);
    }
    client.nothing_is_stored().await;
    let right = client.post("any", &[BYTES, ("upload-length", "11"), wrong], b"hello world").await;
    assert_eq!((right.status, client.stored().await), (201, b"hello world".to_vec()));
    app.end().await;
}

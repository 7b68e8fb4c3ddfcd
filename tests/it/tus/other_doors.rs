//! One upload, several doors.

use std::time::Duration;

use actix_web::http::Method;
use longshore::testing::samples::text;
use longshore::testing::{
    Fault, FaultyStore, MemoryCatalogue, MemoryStore, Operation, Upload, until,
};

use crate::support::TestApp;
use crate::support::tus::{Tus, id};

#[actix_web::test]
async fn what_begins_on_a_live_page_goes_on_by_tus() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let whole = text(900_000);
    let mut page = visitor.live("inbox").await;
    let file = page.select("any", Upload::bytes("a.txt", &whole)).await.unwrap();
    page.send(&file, 50).await;
    page.progressed(&file, 50).await;
    let url = format!("/tus/inbox/any/{}", file.id);
    let stranger = Tus::of(&app).await;
    assert_eq!(stranger.head(&url).await.status, 404);
    assert_eq!(stranger.patch(&url, 450_000, b"x").await.status, 404);
    let client = Tus::by(&visitor);
    let offset = usize::try_from(client.offset(&url).await).unwrap();
    assert!((1..900_000).contains(&offset), "{offset}");
    page.fails(&file, "superseded").await;
    client.brings(&url, offset as u64, &whole[offset..]).await;
    assert_eq!(client.stored().await, whole);
    page.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn what_begins_by_tus_goes_on_on_a_live_page() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let whole = text(900_000);
    let url = client.create("any", 900_000).await;
    client.brings(&url, 0, &whole[..500_000]).await;
    let mut page = client.visitor().live("inbox").await;
    let upload = Upload::bytes("file", &whole);
    let (file, offset) = page.attach("n1", id(&url), upload).await.unwrap();
    assert_eq!(offset, 500_000);
    page.send_all(&file).await;
    assert!(page.settled(&file).await.is_complete());
    assert_eq!((client.offset(&url).await, client.stored().await), (900_000, whole));
    page.disconnect();
    app.end().await;
}

/// MI-01: an upload that is not finished is no file yet.
#[actix_web::test]
async fn nothing_serves_the_bytes_of_an_unfinished_upload() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    client.brings(&url, 0, &text(40)).await;
    for path in
        [url.clone(), format!("/_upload/{}/file", id(&url)), format!("/api/files/{}", id(&url))]
    {
        let answer = client.visitor().get(&path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("line 1"), "{path}");
    }
    app.stop().await;
}

/// Who is told that all of an upload is there, is told of a stored file: whoever took it up meanwhile only wanted to
/// know how far it is.
#[actix_web::test]
async fn an_upload_that_is_taken_behind_its_last_byte_is_complete_when_its_client_is_told_so() {
    let slow = Fault::Slow(Duration::from_secs(1));
    let store = FaultyStore::new(MemoryStore::new()).with(Operation::Write, 1, slow);
    let app = {
        let store = store.clone();
        TestApp::with(|builder| builder.store(store).catalogue(MemoryCatalogue::new())).await
    };
    let client = Tus::of(&app).await;
    let whole = text(900_000);
    let url = client.create("any", 900_000).await;
    let sending = {
        let (client, url, whole) = (Tus::by(client.visitor()), url.clone(), whole.clone());
        actix_web::rt::spawn(async move { client.patch(&url, 0, &whole).await })
    };
    // Its first bytes are being written for a second, and all others come meanwhile.
    until("a write", || store.seen(Operation::Write) == 1).await;
    let by_draft = format!("/resumable/inbox/any/{}", id(&url));
    let headers = [("upload-draft-interop-version", "8")];
    let look = client.visitor().send(Method::HEAD, &by_draft, &headers, Vec::new()).await;
    assert_eq!((look.status, look.header("upload-offset")), (204, Some("900000")));
    let answer = sending.await.unwrap();
    assert_eq!((answer.status, answer.header("upload-offset")), (204, Some("900000")));
    assert_eq!(client.stored().await, whole);
    app.end().await;
}

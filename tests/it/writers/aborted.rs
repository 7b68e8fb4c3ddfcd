//! Uploads that end before their time: the writer is aborted, once, with the reason.

use serde_json::json;

use super::depot::Depot;
use super::store_is_empty;
use crate::support::live::OthersGoOn;
use crate::support::{Form, LivePage};
use longshore::testing::Selected;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::{program, sha256, text};

/// An upload of 100,000 bytes of which the writer has the first.
async fn half(live: &mut LivePage, depot: &Depot, name: &str) -> Selected {
    let entry = live.register("bytes", &name.replace('.', "-"), name, 100_000).await.unwrap();
    live.data(entry.stream, 0, &text(50_000)).await;
    depot.until(name, "chunk").await;
    entry
}

fn ended(depot: &Depot, name: &str, code: &str) {
    assert_eq!(depot.seen(name).calls(), ["open", "chunk", &format!("abort {code}")], "{name}");
}

#[actix_web::test]
async fn a_cancelled_upload_is_aborted_whoever_cancels_it() {
    let depot = Depot::default();
    let app = depot.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let entry = half(&mut live, &depot, "client.txt").await;
    live.say(&json!({ "type": "cancel", "ref": entry.reference })).await;
    assert_eq!(live.settled(&entry.reference).await["status"], "cancelled");
    ended(&depot, "client.txt", "cancelled");

    let entry = half(&mut live, &depot, "api.txt").await;
    assert_eq!(visitor.delete(&format!("/api/entries/{}", entry.id)).await.status, 204);
    ended(&depot, "api.txt", "cancelled");
    assert_eq!(live.settled(&entry.reference).await["status"], "cancelled");
    store_is_empty(&app);
    live.others_go_on().await;
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn an_upload_whose_client_vanishes_is_aborted() {
    let depot = Depot::default();
    let app = depot.open().await;
    let mut live = app.visitor().live("room").await;
    half(&mut live, &depot, "live.txt").await;
    drop(live);
    depot.until("live.txt", "abort cancelled").await;
    ended(&depot, "live.txt", "cancelled");

    let mut connection = RawConnection::to(&app).await;
    let body = Form::new().file("bytes", "form.txt", text(1_500_000)).cut_off();
    let head = format!(
        "POST /room HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\n\
         Content-Length: 9000000\r\n\r\n",
        app.address(),
        Form::content_type()
    );
    connection.send(head.as_bytes()).await;
    connection.send(&body[..1_400_000]).await;
    depot.until("form.txt", "chunk").await;
    drop(connection);
    depot.until("form.txt", "abort cancelled").await;
    ended(&depot, "form.txt", "cancelled");
    store_is_empty(&app);
    app.end().await;
}

#[actix_web::test]
async fn a_broken_promise_aborts_the_writer() {
    let depot = Depot::default();
    let app = depot.open().await;
    let mut live = app.visitor().live("room").await;
    let entry = half(&mut live, &depot, "longer.txt").await;
    live.data(entry.stream, 50_000, &text(50_001)).await;
    live.fails(&entry.reference, "size_mismatch").await;
    depot.until("longer.txt", "abort size_mismatch").await;
    ended(&depot, "longer.txt", "size_mismatch");

    let promised = sha256(b"something else");
    let offer = json!({ "ref": "c1", "name": "other.txt", "size": 20_000, "sha256": promised });
    let entry = live.register_as("bytes", offer).await.unwrap();
    live.write(&entry, &text(20_000)).await;
    live.fails("c1", "checksum_mismatch").await;
    ended(&depot, "other.txt", "checksum_mismatch");
    live.others_go_on().await;
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_file_that_is_not_what_it_says_opens_no_writer() {
    let depot = Depot::default();
    let app = depot.open().await;
    let visitor = app.visitor();
    let mut live = visitor.live("room").await;
    let mut bytes = program();
    bytes.resize(200_000, 0);
    let entry = live.register("bytes", "c1", "photo.jpg", 200_000).await.unwrap();
    live.write(&entry, &bytes).await;
    live.fails("c1", "content_mismatch").await;
    let answer = visitor.post("/room", Form::new().file("bytes", "photo.jpg", &bytes)).await;
    assert_eq!(answer.code(), "content_mismatch");
    assert!(depot.seen("photo.jpg").id.is_none(), "not even made");
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_server_that_shuts_down_aborts_what_is_under_way() {
    let depot = Depot::default();
    let app = depot.open().await;
    let mut live = app.visitor().live("room").await;
    half(&mut live, &depot, "late.txt").await;
    app.stop().await;
    ended(&depot, "late.txt", "shutting_down");
    drop(live);
}

//! `GET /api/entries/{id}/events`: an upload, told as it changes, to its end.

use std::time::Duration;

use longshore::testing::samples::text;
use longshore::testing::{Patience, until, within};

use crate::elsewhere::{SlowForm, hall};
use crate::support::{TestApp, Upload};

const LONG: Duration = Duration::from_secs(3_600);

/// A server whose streams say every few milliseconds that they live, and whose patience with whoever reads an
/// answer is shorter than that. No page can be live there for long.
async fn lively() -> TestApp {
    let (silence, body) = (Duration::from_millis(300), Duration::from_millis(10));
    TestApp::with(|builder| builder.patience(Patience { hello: LONG, silence, body })).await
}

/// The id of an entry that is complete and waits to be consumed; its page has gone.
async fn waiting(app: &TestApp, visitor: &crate::support::Visitor) -> String {
    let mut live = visitor.live("desk").await;
    let end = live.upload("any", Upload::text("a.txt", "hello")).await;
    let id = end["id"].as_str().unwrap().to_owned();
    live.disconnect();
    until("the page is gone", || app.watching() == 0).await;
    id
}

#[actix_web::test]
async fn an_upload_is_told_from_its_first_byte_to_its_address() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("inbox").await;
    let file = live.select("large", Upload::bytes("a.bin", text(4_000_000))).await.unwrap();
    let mut following = visitor.follow(&file.id).await;
    assert_eq!((following.status(), following.content_type()), (200, "text/event-stream"));
    let first = following.next().await.unwrap();
    assert_eq!((&*first.event, first.id), ("progress", None));
    let known = visitor.get(&format!("api/entries/{}", file.id)).await.json();
    assert_eq!(first.entry, known, "as the entry itself says it");
    live.send(&file, 50).await;
    let half = loop {
        let told = following.next().await.unwrap();
        assert_eq!(told.event, "progress");
        if told.entry["progress"].as_u64() >= Some(25) {
            break told;
        }
    };
    assert_eq!(
        (half.entry["state"].as_str(), half.entry["url"].as_str()),
        (Some("receiving"), None)
    );
    live.send_all(&file).await;
    let end = live.settled(&file).await;
    let last = following.until("complete").await;
    assert_eq!(last.entry["url"].as_str(), end.url());
    assert_eq!((last.entry["progress"].as_u64(), last.id.as_deref()), (Some(100), Some("over")));
    assert_eq!(following.next().await, None, "that was the last event");
    let known = visitor.get(&format!("api/entries/{}", file.id)).await.json();
    assert_eq!(known["url"].as_str(), end.url());
    until("nobody is listened for", || app.watching() == 1).await;
    live.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn what_comes_by_a_form_is_told_as_well() {
    let app = hall().await;
    let visitor = app.visitor();
    let form = SlowForm::begin(&app, &visitor, "slow.bin", 3_000_000).await;
    let id = form.id(&visitor).await;
    let mut following = visitor.follow(&id).await;
    let told = following.next().await.unwrap();
    assert!(told.event == "progress" && told.entry["size"].is_null(), "{told:?}");
    form.end().await;
    let last = following.until("complete").await;
    assert_eq!(last.entry["size"], 3_000_000);
    assert!(last.entry["url"].is_string(), "{last:?}");
    app.end().await;
}

#[actix_web::test]
async fn what_ends_otherwise_says_how() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("inbox").await;
    let given_up = live.register("any", "c1", "a.txt", 1_000).await.unwrap();
    let mut following = visitor.follow(&given_up.id).await;
    assert_eq!(following.next().await.unwrap().event, "progress");
    live.cancel(&given_up).await;
    let last = following.next().await.unwrap();
    assert_eq!((&*last.event, last.entry["state"].as_str()), ("cancelled", Some("cancelled")));
    assert_eq!(following.next().await, None);

    let lie = live.register("any", "c2", "b.txt", 10).await.unwrap();
    let mut following = visitor.follow(&lie.id).await;
    live.data(lie.stream, 0, &text(100)).await;
    live.fails(&lie, "size_mismatch").await;
    let last = following.until("error").await;
    assert_eq!(last.entry["error"]["code"], "size_mismatch");
    assert_eq!(following.next().await, None);
    // Of one that is over, nothing but that is told.
    let mut following = visitor.follow(&lie.id).await;
    let last = following.next().await.unwrap();
    assert_eq!((&*last.event, last.entry["status"].as_str()), ("error", Some("error")));
    assert_eq!(following.next().await, None);
    live.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn a_browser_that_comes_back_after_the_end_is_told_to_stay_away() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let file = visitor.store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let id = file["id"].as_str().unwrap();
    for (last, status) in [(None, 200), (Some("7"), 200), (Some(""), 200), (Some("over"), 204)] {
        let mut following = visitor.follow_from(id, last).await;
        assert_eq!(following.status(), status, "{last:?}");
        let told = following.next().await;
        assert_eq!(told.is_some(), status == 200, "{told:?}");
        if let Some(told) = told {
            assert_eq!((&*told.event, &told.entry["url"]), ("complete", &file["url"]));
        }
        assert_eq!(following.next().await, None);
    }
    app.end().await;
}

#[actix_web::test]
async fn of_foreign_and_unknown_uploads_nothing_is_told() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("inbox").await;
    let file = live.register("any", "c1", "a.txt", 1_000).await.unwrap();
    let path = format!("api/entries/{}/events", file.id);
    app.visitor().get(&path).await.is_problem(404, "unknown_entry");
    for id in ["x", "0190a6e2-7d5b-7c1a-9f00-00000000000a"] {
        visitor.get(&format!("api/entries/{id}/events")).await.is_problem(404, "unknown_entry");
    }
    assert_eq!(app.watching(), 1, "only the page");
    live.disconnect();
    app.end().await;
}

#[actix_web::test]
async fn who_has_gone_is_forgotten() {
    let app = lively().await;
    let visitor = app.visitor();
    let id = waiting(&app, &visitor).await;
    let mut all = Vec::new();
    for _ in 0..5 {
        let mut following = visitor.follow(&id).await;
        assert_eq!(following.next().await.unwrap().entry["state"], "complete");
        all.push(following);
    }
    assert_eq!(app.watching(), 5);
    drop(all);
    until("nobody is listened for", || app.watching() == 0).await;
    visitor.delete(&format!("api/entries/{id}")).await;
    app.end().await;
}

#[actix_web::test]
async fn who_reads_and_hears_nothing_new_is_not_given_up() {
    let app = lively().await;
    let visitor = app.visitor();
    let id = waiting(&app, &visitor).await;
    let mut following = visitor.follow(&id).await;
    following.next().await.unwrap();
    // Each of these takes longer than a reader may take to make room.
    for _ in 0..10 {
        following.beat().await;
    }
    assert_eq!(visitor.delete(&format!("api/entries/{id}")).await.status, 204);
    assert_eq!(following.next().await.unwrap().event, "cancelled");
    assert_eq!(following.next().await, None);
    app.end().await;
}

#[actix_web::test]
async fn a_server_that_stops_waits_for_nobody_who_only_listens() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let id = waiting(&app, &visitor).await;
    let mut following = visitor.follow(&id).await;
    following.next().await.unwrap();
    within("the drain", app.uploads().drain(LONG)).await;
    assert_eq!(following.next().await, None);
    // Who comes now is told how it is, and goes.
    let mut following = visitor.follow(&id).await;
    assert_eq!(following.next().await.unwrap().entry["state"], "complete");
    assert_eq!(following.next().await, None);
    app.stop().await;
}

//! The test twin that applications get (feature `testing`): what it promises holds, and a test that must fail does.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use futures_util::FutureExt;
use longshore::testing::{
    FakeClock, Fault, FaultyStore, Form, LivePage, MemoryCatalogue, MemoryStore, Operation,
    TestServer, Upload, catalogue_suite, mount, mount_page, samples, spool_suite, store_suite,
};
use longshore::{Limits, UploadsBuilder, ViewError};
use serde_json::json;

use crate::support::pages::{Desk, Inbox, templates};

/// What an application's `main` and its tests have in common.
fn pages(builder: UploadsBuilder) -> UploadsBuilder {
    builder.templates(templates(&[])).page("inbox", || Inbox).page("desk", || Desk)
}

/// The words with which a test fails.
async fn failure(test: impl Future<Output = ()>) -> String {
    let Err(panic) = AssertUnwindSafe(test).catch_unwind().await else {
        panic!("the test passed, and must not");
    };
    panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "no words".to_owned())
}

/// A slot's file of which the server sees each percent.
fn long(name: &str) -> Upload {
    Upload::bytes(name, samples::text(100_000))
}

#[actix_web::test]
async fn a_file_goes_as_far_as_it_is_sent() {
    let server = TestServer::start(pages).await;
    let visitor = server.visitor();
    let mut page = visitor.live("inbox").await;
    let file = page.select("any", long("a.txt")).await.unwrap();
    for percent in [25, 50, 99] {
        page.send(&file, percent).await;
        assert_eq!(page.progressed(&file, percent).await, u64::from(percent));
    }
    // What was sent is not sent again.
    page.send(&file, 50).await;
    page.send_all(&file).await;
    assert_eq!(page.progressed(&file, 100).await, 100);
    let end = page.settled(&file).await;
    assert_eq!(end.sha256(), Some(&*samples::sha256(&samples::text(100_000))));
    let stored = visitor.get(end.url().unwrap()).await;
    assert_eq!(&stored.body[..], samples::text(100_000));
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn an_honest_page_keeps_to_its_window() {
    let limits = Limits { window: 40_000, far_window: 0, ..Limits::default() };
    let server = TestServer::start(|builder| pages(builder).limits(limits)).await;
    let mut page = server.visitor().live("inbox").await;
    assert!(page.upload("any", Upload::bytes("a.txt", samples::text(900_000))).await.is_complete());
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn several_files_are_chosen_at_once_and_each_has_its_answer() {
    let server = TestServer::start(pages).await;
    let mut page = server.visitor().live("inbox").await;
    let files = vec![
        Upload::png("good.png"),
        Upload::text("a.txt", "no picture"),
        Upload::bytes("large.jpg", samples::jpeg(200_000)),
    ];
    let mut answers = page.select_all("pictures", files).await.into_iter();
    let good = answers.next().unwrap().unwrap();
    assert_eq!(answers.next().unwrap().unwrap_err(), "not_accepted");
    let large = answers.next().unwrap().unwrap_err();
    assert_eq!((large.code(), &large.params()["max"]), ("too_large", &json!(100_000)));
    page.send_all(&good).await;
    assert!(page.settled(&good).await.is_complete());
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn a_cancelled_file_leaves_nothing() {
    let server = TestServer::start(pages).await;
    let mut page = server.visitor().live("inbox").await;
    let file = page.select("any", long("a.txt")).await.unwrap();
    page.send(&file, 60).await;
    page.progressed(&file, 60).await;
    page.cancel(&file).await;
    page.disconnect();
    server.spool_empties().await;
    assert!(server.blobs().is_empty());
    server.end().await;
}

#[actix_web::test]
async fn an_event_is_replied_to_and_pushes_its_region() {
    let server = TestServer::start(pages).await;
    let mut page = server.visitor().live("desk").await;
    assert_eq!(page.event("dance", json!({})).await.unwrap_err(), "invalid_message");
    let file = page.select("any", Upload::text("a.txt", "hello")).await.unwrap();
    page.send_all(&file).await;
    assert_eq!(page.settled(&file).await.url(), None, "nobody has saved it yet");
    page.event("save", json!({})).await.unwrap();
    assert_eq!(page.region("list").await, "<li>a.txt</li>");
    assert!(page.settled(&file).await.url().is_some());
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn every_attack_ends_as_its_name_promises() {
    let limits = Limits { window: 65_536, far_window: 0, ..Limits::default() };
    let server = TestServer::start(|builder| pages(builder).limits(limits)).await;
    let visitor = server.visitor();
    let mut page = visitor.live("inbox").await;

    let liar = page.lie_about_size("any", 10).await;
    page.fails(&liar, "size_mismatch").await;

    page.write_into_a_foreign_stream(99).await;
    assert_eq!(page.error_code().await, "unknown_entry");

    let picture = Upload::bytes("a.png", samples::program());
    let file = page.claim_another_type("pictures", picture, "image/png").await.unwrap();
    page.fails(&file, "content_mismatch").await;

    let file = page.select("any", long("early.txt")).await.unwrap();
    page.send_at_a_wrong_offset(&file, 5_000).await;
    assert_eq!(page.nacked(&file).await, (0, "offset_mismatch".to_owned()));
    page.send_all(&file).await;
    assert!(page.settled(&file).await.is_complete(), "going back mends it");

    let file = page.select("any", long("flood.txt")).await.unwrap();
    page.flood_beyond_the_window(&file).await;
    assert_eq!(page.nacked(&file).await, (0, "rate_limited".to_owned()));
    page.send_all(&file).await;
    assert!(page.settled(&file).await.is_complete(), "going back mends it");

    page.vanish_halfway("any", 900_000, 700_000).await;
    server.spool_empties().await;
    assert_eq!(visitor.listed().await.len(), 2);
    server.end().await;
}

#[actix_web::test]
async fn damaged_frames_are_avoided_where_checksums_were_agreed() {
    let server = TestServer::start(pages).await;
    let mut page = server.visitor().connect("inbox").await.unwrap();
    page.say_hello(true).await;
    assert!(page.upload("any", long("a.txt")).await.is_complete());
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn time_passes_only_when_it_is_told_to() {
    let ttl = Duration::from_secs(3_600);
    let server = TestServer::start(|builder| pages(builder).entry_ttl(ttl)).await;
    let visitor = server.visitor();
    let mut page = visitor.live("desk").await;
    page.upload("any", Upload::text("forgotten.txt", "1")).await;
    let half = page.select("any", long("half.txt")).await.unwrap();
    page.send(&half, 50).await;
    page.progressed(&half, 50).await;

    server.clock().advance(ttl);
    let swept = server.sweep().await;
    assert_eq!((swept.unfinished, swept.unconsumed), (0, 0), "not before their time");
    server.clock().advance(Duration::from_secs(1));
    let swept = server.sweep().await;
    assert_eq!((swept.unfinished, swept.unconsumed), (1, 1));
    page.fails(&half, "expired").await;
    assert!(server.blobs().is_empty());
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn a_full_disk_is_told_and_the_next_file_fits() {
    let store = FaultyStore::new(MemoryStore::new());
    let server = TestServer::start(|builder| {
        pages(builder).store(store.clone()).catalogue(MemoryCatalogue::new())
    })
    .await;
    let mut page = server.visitor().live("inbox").await;
    store.next(Operation::Write, Fault::NoSpace);
    let file = page.select("any", long("a.txt")).await.unwrap();
    page.send_all(&file).await;
    page.fails(&file, "disk_full").await;
    page.upload("any", long("b.txt")).await;
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn an_application_keeps_its_own_routes_beside_ours() {
    let server = TestServer::start_with_routes(pages, |config| {
        config.route("/hello", web::get().to(async || HttpResponse::Ok().body("ahoy")));
    })
    .await;
    let visitor = server.visitor();
    assert_eq!(visitor.get("hello").await.text(), "ahoy");
    visitor.get("/nowhere").await.is_problem(404, "unknown_entry");
    let file = visitor.store("inbox", "any", Upload::text("a.txt", "hello")).await;
    assert_eq!(visitor.get(file["url"].as_str().unwrap()).await.text(), "hello");
    server.end().await;
}

#[actix_web::test]
async fn a_visitor_knows_where_the_uploads_are_mounted() {
    let server = TestServer::start_with_routes(
        |builder| pages(builder).prefix("/uploads"),
        |config| {
            config.route("/inbox", web::get().to(async || HttpResponse::Ok().body("theirs")));
        },
    )
    .await;
    let visitor = server.visitor();
    assert_eq!(visitor.get("/inbox").await.text(), "theirs");
    assert!(visitor.get("inbox").await.text().contains("<title>inbox</title>"));
    visitor.store("inbox", "any", Upload::text("a.txt", "by form")).await;
    let mut page = visitor.live("inbox").await;
    let end = page.upload("any", Upload::text("b.txt", "by socket")).await;
    assert!(end.url().unwrap().starts_with("/uploads/_upload/"), "{end}");
    assert_eq!(visitor.get(end.url().unwrap()).await.text(), "by socket");
    assert_eq!(visitor.listed().await.len(), 2);
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn a_server_that_is_dropped_takes_its_port_and_its_folder_with_it() {
    let server = TestServer::start(pages).await;
    let (data, address) = (server.data(), server.address());
    server.visitor().store("inbox", "any", Upload::text("a.txt", "hello")).await;
    drop(server);
    assert!(!data.exists());
    longshore::testing::until("the port is closed", || {
        std::net::TcpStream::connect(address).is_err()
    })
    .await;
}

#[actix_web::test]
async fn what_does_not_go_as_it_should_is_told_in_a_sentence() {
    let server = TestServer::start(pages).await;
    let visitor = server.visitor();
    let told = failure(async { drop(visitor.live("nowhere").await) }).await;
    assert_eq!(told, "no live page `nowhere` but 404");
    let mut page = visitor.live("inbox").await;
    let upload = Upload::text("a.txt", "no picture");
    let told = failure(async { drop(page.upload("pictures", upload).await) }).await;
    assert!(told.starts_with("`a.txt` was refused: not_accepted ("), "{told}");
    let file = page.register("any", "c1", "a.txt", 5).await.unwrap();
    let told = failure(page.send_all(&file)).await;
    assert!(told.contains("`c1` was registered without its bytes"), "{told}");
    page.write(&file, b"bytes").await;
    let told = failure(page.fails(&file, "too_large")).await;
    assert!(told.contains("\"complete\"") && told.contains("too_large"), "{told}");
    let form = Form::new().file("sized", "a.txt", "x");
    let answer = visitor.post("inbox", form).await;
    let told = failure(async { answer.is_problem(422, "too_small") }).await;
    assert!(told.contains("application/problem+json"), "{told}");
    page.disconnect();
    server.end().await;
}

#[actix_web::test]
async fn a_service_that_does_not_start_says_why() {
    let told = failure(async {
        drop(TestServer::start(|builder| builder.page("inbox", || Inbox)).await);
    })
    .await;
    assert!(told.contains("inbox.html"), "{told}");
}

#[actix_web::test]
async fn a_view_can_be_tried_without_a_server() {
    let mut desk = mount_page(pages, "desk").await;
    let entry = desk.upload("any", Upload::text("a.txt", "hello")).await.unwrap();
    assert!(entry.done());
    assert_eq!(desk.session().uploaded_entries("any").0.len(), 1);
    let refused = desk.upload("pictures", Upload::text("a.txt", "no picture")).await;
    assert_eq!(refused.unwrap_err().code().as_str(), "not_accepted");
    let refused = desk.upload("pictures", Upload::bytes("a.png", samples::program())).await;
    assert_eq!(refused.unwrap_err().code().as_str(), "content_mismatch");

    let unknown = desk.event("dance", json!({})).await;
    assert!(matches!(unknown, Err(ViewError::UnknownEvent(_))), "{unknown:?}");
    assert!(desk.pushed_regions().is_empty());
    desk.event("save", json!({})).await.unwrap();
    assert_eq!(desk.pushed_regions(), ["list"]);
    assert!(desk.pushed_regions().is_empty(), "each push is told once");
    assert_eq!(desk.region("list").await.unwrap(), "<li>a.txt</li>");
    assert!(desk.render().await.unwrap().contains("<li>a.txt</li>"));
    assert!(desk.session().uploaded_entries("any").0.is_empty(), "it was consumed");
}

#[actix_web::test]
async fn a_view_alone_needs_no_template() {
    let mut inbox = mount(|| Inbox).await;
    assert_eq!(inbox.render().await.unwrap(), "");
    let empty = inbox.upload("any", Upload::text("empty.txt", "")).await.unwrap();
    assert!(empty.done());
    assert_eq!(inbox.session().stored_files("any", 10).await.unwrap().len(), 1);
}

#[actix_web::test]
async fn the_stores_and_catalogues_of_the_twin_pass_its_own_suites() {
    store_suite(async || FaultyStore::new(MemoryStore::new())).await;
    spool_suite(async || FaultyStore::new(MemoryStore::new())).await;
    catalogue_suite(async || MemoryCatalogue::new()).await;
}

#[actix_web::test]
async fn an_application_may_bring_its_own_clock() {
    let clock = FakeClock::at(longshore::domain::Timestamp::from_millis(0));
    let server = TestServer::start(|builder| pages(builder).clock(clock.clone())).await;
    let visitor = server.visitor();
    let stored = async |page: &mut LivePage| {
        page.upload("any", Upload::text("a.txt", "x")).await;
        visitor.listed().await[0]["created_at"].as_str().unwrap().to_owned()
    };
    let mut page = visitor.live("inbox").await;
    assert!(stored(&mut page).await.starts_with("1970-01-01T00:00:00"));
    clock.advance(Duration::from_secs(24 * 3_600));
    assert!(stored(&mut page).await.starts_with("1970-01-02T00:00:00"));
    page.disconnect();
    server.end().await;
}

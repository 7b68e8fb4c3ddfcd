//! Routes of an application's own below our prefix: who asks, and a server that the application made itself.

use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use longshore::testing::{TestServer, Upload, until, within};
use longshore::{
    Consumed, Entry, SlotOptions, UploadSession, Uploads, UploadsBuilder, View, ViewError,
};

use super::templates;
use crate::support::pages::Inbox;

/// How many files the one who asks has.
async fn count(request: HttpRequest, uploads: web::Data<Uploads>) -> HttpResponse {
    let Some(caller) = uploads.caller(&request) else {
        return HttpResponse::Ok().body("a stranger");
    };
    let query = longshore::FileQuery { limit: 10, ..longshore::FileQuery::default() };
    let files = uploads.files(&caller, &query).await.unwrap();
    HttpResponse::Ok().body(format!("{} files", files.len()))
}

fn pages(builder: UploadsBuilder) -> UploadsBuilder {
    builder.templates(templates()).prefix("/uploads").page("inbox", || Inbox)
}

async fn server() -> TestServer {
    TestServer::start_with_routes(pages, |config| {
        config.route("/uploads/count", web::get().to(count));
    })
    .await
}

#[actix_web::test]
async fn an_own_route_learns_who_asks() {
    let server = server().await;
    let (one, other) = (server.visitor(), server.visitor());
    assert_eq!(one.get("count").await.text(), "a stranger");
    one.store("inbox", "any", Upload::text("a.txt", "hello")).await;
    other.get("inbox").await;
    assert_eq!(one.get("count").await.text(), "1 files");
    assert_eq!(other.get("count").await.text(), "0 files");
    server.end().await;
}

#[actix_web::test]
async fn nobody_is_who_they_say_without_our_signature() {
    let server = server().await;
    let visitor = server.visitor();
    visitor.store("inbox", "any", Upload::text("a.txt", "hello")).await;
    let cookie = visitor.cookie().unwrap();
    let owner = &cookie[cookie.len() - 36..];
    let mut forged = cookie.clone().into_bytes();
    forged["longshore=".len()] ^= 1;
    let forged = String::from_utf8(forged).unwrap();
    for cookie in [&forged, &format!("longshore={owner}"), "longshore=", "other=1"] {
        let text = visitor.with_cookie(cookie).get("count").await.text();
        assert_eq!(text, "a stranger", "{cookie}");
    }
    assert_eq!(visitor.get("count").await.text(), "1 files");
    server.end().await;
}

/// Notes the URL of a file before it is stored.
#[derive(Debug)]
struct Noting;

impl View for Noting {
    fn template(&self) -> &str {
        "inbox.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        Ok(session.allow_upload("any", SlotOptions::new().max_entries(9))?)
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        if !entry.done() {
            return Ok(());
        }
        let url = session
            .consume_uploaded_entry(entry, async |file, _| {
                file.keep();
                Ok::<_, ViewError>(Consumed::Done(file.get_upload_url()))
            })
            .await?;
        let stored = session.stored_file(entry.id).await?;
        if url == session.get_upload_url(&stored) {
            return Ok(());
        }
        Err(ViewError::failed(format!("{url} is not where {stored:?} is")))
    }
}

#[actix_web::test]
async fn the_url_that_a_file_will_have_is_the_one_that_it_gets() {
    let describe = |builder: UploadsBuilder| {
        builder.templates(templates()).prefix("/uploads").page("inbox", || Noting)
    };
    let server = TestServer::start(describe).await;
    let visitor = server.visitor();
    for name in ["a.txt", "live & kicking.txt", "thumbnail"] {
        let file = visitor.store("inbox", "any", Upload::text(name, "hello")).await;
        assert_eq!(visitor.get(file["url"].as_str().unwrap()).await.text(), "hello", "{name}");
    }
    server.end().await;
}

#[actix_web::test]
async fn a_server_that_stops_by_itself_is_tidied_up_after() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let uploads = super::builder(&data).start().await.unwrap();
    let served = uploads.clone();
    let server = HttpServer::new(move || App::new().configure(served.routes()))
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap()
        .run();
    let handle = server.handle();
    let running = actix_web::rt::spawn(uploads.run(server, Duration::from_secs(10)));
    handle.stop(true).await;
    within("the end", running).await.unwrap().unwrap();
    // The catalogue was closed: its log is gone.
    until("the log is gone", || !data.join("catalogue.sqlite3-wal").exists()).await;
}

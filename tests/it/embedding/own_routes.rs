//! Routes of an application's own below our prefix: who asks.

use actix_web::{HttpRequest, HttpResponse, web};
use longshore::testing::{TestServer, Upload};
use longshore::{Uploads, UploadsBuilder};

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

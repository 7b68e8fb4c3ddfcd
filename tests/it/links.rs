//! Links that open one file for a while, and the other origin that serves files and nothing else.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::web;
use longshore::testing::TestServer;
use longshore::testing::samples::{html, png};
use longshore::{Caller, EntryId, Uploads, UploadsBuilder};
use serde_json::{Value, json};

use crate::support::pages::{Inbox, templates};
use crate::support::{Answer, Form, TestApp, Upload, Visitor};

async fn ask(visitor: &Visitor, id: &str, wish: &Value) -> Answer {
    let body = wish.to_string().into_bytes();
    visitor.send(Method::POST, &format!("api/files/{id}/link"), &[], body).await
}

/// A file of a visitor: its id, its own URL, and a link to it for so many seconds.
async fn linked(visitor: &Visitor, name: &str, seconds: u64) -> (String, String, String) {
    let file = visitor.store("inbox", "any", Upload::bytes(name, name)).await;
    let id = file["id"].as_str().unwrap().to_owned();
    let answer = ask(visitor, &id, &json!({ "expires_in": seconds })).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let link = answer.json()["url"].as_str().unwrap().to_owned();
    (id, file["url"].as_str().unwrap().to_owned(), link)
}

#[actix_web::test]
async fn a_link_opens_its_file_for_whoever_has_it_until_its_time_is_over() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.visitor(), app.visitor());
    let (_, own, link) = linked(&owner, "a.txt", 60).await;
    assert_eq!(
        stranger.get(&own).await.status,
        404,
        "without a link it is nobody's but its owner's"
    );
    for visitor in [&stranger, &owner, &stranger.coming_from(None)] {
        let answer = visitor.get(&link).await;
        assert_eq!((answer.status, &answer.body[..]), (200, &b"a.txt"[..]));
        assert_eq!(answer.header("cache-control"), Some("private, max-age=60"));
        assert_eq!(visitor.head(&link).await.status, 200);
    }
    let nobody = app.visitor();
    assert!(
        nobody.get(&link).await.header("set-cookie").is_none(),
        "whoever has a link stays nobody"
    );
    app.clock().advance(Duration::from_secs(59));
    assert_eq!(stranger.get(&link).await.status, 200);
    app.clock().advance(Duration::from_secs(1));
    for visitor in [&stranger, &owner] {
        visitor.get(&link).await.is_problem(404, "unknown_entry");
    }
    app.end().await;
}

#[actix_web::test]
async fn ses_14_a_link_opens_nothing_but_its_file() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.visitor(), app.visitor());
    let (id, own, link) = linked(&owner, "a.txt", 600).await;
    let (other_id, other, other_link) = linked(&owner, "b.txt", 600).await;
    let query = link.split_once('?').unwrap().1;
    for path in [
        format!("{other}?{query}"),
        format!("/_upload/{other_id}/a.txt?{query}"),
        format!("/_upload/{id}/thumbnail/?{query}"),
        format!("/api/files/{id}?{query}"),
        format!("/api/files/{other_id}?{query}"),
        format!("/api/entries/{id}?{query}"),
        format!("/filepond/inbox/any?load={id}&{query}"),
        format!("{own}?{}", query.replace("until=", "until=9")),
        format!("{own}?{query}&download=1"),
        format!("{own}?{query}&{query}"),
        format!("{own}?{}", query.to_uppercase()),
    ] {
        assert_eq!(stranger.get(&path).await.status, 404, "{path}");
    }
    let listed = stranger.get(&format!("/api/files?{query}")).await.json();
    assert_eq!(listed["files"], json!([]));
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let answer = stranger.send(method.parse().unwrap(), &link, &[], Vec::new()).await;
        assert!([404, 405].contains(&answer.status), "{method}: {}", answer.status);
    }
    assert_eq!(stranger.delete(&format!("api/files/{id}?{query}")).await.status, 404);
    // The name in the path is for people, here too.
    assert_eq!(stranger.get(&link.replace("a.txt", "evil.html")).await.status, 200);
    assert_eq!(owner.delete(&format!("api/files/{id}")).await.status, 204);
    assert_eq!(stranger.get(&link).await.status, 404, "a deleted file's link is dead");
    assert_eq!(stranger.get(&other_link).await.status, 200);
    app.end().await;
}

#[actix_web::test]
async fn only_the_owner_gets_a_link_and_only_a_page_of_ours_may_ask() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.visitor(), app.visitor());
    let (id, ..) = linked(&owner, "a.txt", 60).await;
    ask(&stranger, &id, &json!({})).await.is_problem(404, "unknown_entry");
    ask(&owner, &uuid::Uuid::now_v7().to_string(), &json!({}))
        .await
        .is_problem(404, "unknown_entry");
    let evil = owner.coming_from(Some("https://evil.example"));
    ask(&evil, &id, &json!({})).await.is_problem(403, "forbidden");
    ask(&owner.coming_from(None), &id, &json!({})).await.is_problem(403, "forbidden");
    for wish in [
        json!({ "expires_in": 0 }),
        json!({ "expires_in": -1 }),
        json!({ "expires_in": 604_801 }),
        json!({ "expires_in": 1e30 }),
        json!({ "expires_in": "60" }),
        json!({ "owner": "me" }),
        json!([1]),
        json!("x".repeat(5_000)),
    ] {
        ask(&owner, &id, &wish).await.is_problem(400, "invalid_message");
    }
    let empty = owner.send(Method::POST, &format!("api/files/{id}/link"), &[], Vec::new()).await;
    assert_eq!(empty.status, 201, "an hour unless said: {}", empty.text());
    let saved = ask(&owner, &id, &json!({ "download": true })).await.json();
    let answer = stranger.get(saved["url"].as_str().unwrap()).await;
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"a.txt\""));
    app.end().await;
}

/// A route of an application's own: whoever may have the file gets two links to it.
async fn share(
    uploads: web::Data<Uploads>,
    caller: Caller,
    id: web::Path<EntryId>,
) -> web::Json<[String; 2]> {
    let file = uploads.file(*id, &caller).await.unwrap();
    let lasts = Duration::from_secs(5);
    web::Json([uploads.link(&file, lasts), uploads.link_to_save(&file, lasts)])
}

#[actix_web::test]
async fn an_application_makes_links_of_its_own() {
    let describe = |builder: UploadsBuilder| {
        builder.prefix("/up").templates(templates(&[])).page("inbox", || Inbox)
    };
    let routes = |config: &mut web::ServiceConfig| {
        config.route("/up/share/{id}", web::get().to(share));
    };
    let server = TestServer::start_with_routes(describe, routes).await;
    let owner = server.visitor();
    let stored = owner.store("inbox", "any", Upload::bytes("a b.png", png())).await;
    let id = stored["id"].as_str().unwrap();
    let links = owner.get(&format!("share/{id}")).await.json();
    let (link, save) = (links[0].as_str().unwrap(), links[1].as_str().unwrap());
    assert!(link.starts_with(&format!("/up/_upload/{id}/a%20b.png?until=")), "{link}");
    for (link, kind) in [(link, "inline"), (save, "attachment")] {
        let answer = server.visitor().get(link).await;
        assert_eq!((answer.status, &answer.body[..]), (200, &png()[..]));
        assert!(answer.header("content-disposition").unwrap().starts_with(kind), "{link}");
    }
    server.stop().await;
}

const FILES: &str = "http://files.example";

/// Where a URL leads on the other origin, asked for as its `Host`.
async fn elsewhere(visitor: &Visitor, url: &str, host: &str) -> Answer {
    let path = url.strip_prefix(FILES).unwrap_or(url);
    visitor.get_with(path, &[("host", host)]).await
}

#[actix_web::test]
async fn files_are_served_from_the_other_origin_and_from_no_other() {
    let app = TestApp::with(|builder| builder.files_origin(FILES)).await;
    let (owner, stranger) = (app.visitor(), app.visitor());
    let form = Form::new().file("active", "x.html", html()).file("any", "a.png", png());
    let stored = owner.post("inbox", form).await.json();
    for file in stored["files"].as_array().unwrap() {
        let url = file["url"].as_str().unwrap();
        let id = file["id"].as_str().unwrap();
        assert!(url.starts_with(&format!("{FILES}/_upload/{id}/")), "{url}");
        for visitor in [&owner, &stranger] {
            let answer = elsewhere(visitor, url, "files.example").await;
            assert_eq!(answer.status, 200, "{url}");
            assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"));
            assert!(answer.header("content-security-policy").unwrap().starts_with("sandbox;"));
            assert!(answer.header("set-cookie").is_none());
        }
        let (path, _) = url.strip_prefix(FILES).unwrap().split_once('?').unwrap();
        for (what, url, host) in [
            ("without a link", path, "files.example"),
            ("a name that only looks alike", url, "files.example.evil"),
            ("with a port", url, "files.example:81"),
        ] {
            assert_eq!(elsewhere(&owner, url, host).await.status, 404, "{what}");
        }
        for url in [path, url.strip_prefix(FILES).unwrap()] {
            assert_eq!(owner.get(url).await.status, 404, "not on ours: {url}");
        }
        // A script may read it again where it was uploaded, and a browser saves it.
        let slot = file["slot"].as_str().unwrap();
        let loaded = owner.get(&format!("/filepond/inbox/{slot}?load={id}")).await;
        assert_eq!(loaded.status, 200, "{}", loaded.text());
        assert!(loaded.header("content-disposition").unwrap().starts_with("attachment"));
    }
    app.end().await;
}

#[actix_web::test]
async fn the_origin_of_files_has_no_page_no_door_and_no_cookie() {
    let app = TestApp::with(|builder| builder.files_origin(FILES)).await;
    let visitor = app.visitor();
    for path in [
        "/inbox",
        "/desk",
        "/api/files",
        "/upload",
        "/filepond/inbox/any",
        "/tus/inbox/any",
        "/inbox/ws",
        "/",
    ] {
        for host in ["files.example", "FILES.example"] {
            let answer = elsewhere(&visitor, path, host).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.header("set-cookie").is_none(), "{path}");
        }
    }
    let page = visitor.get("/inbox").await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains(&format!("img-src 'self' blob: data: {FILES};")), "{policy}");
    app.end().await;
}

//! The JSON API: stored files and entries of the caller, page by page.

use std::collections::HashSet;

use longshore::testing::samples::{sha256, text};

use crate::support::{Form, OthersGoOn, TestApp, Upload, Visitor};

async fn store_five(visitor: &Visitor) {
    for number in 1..=5 {
        visitor
            .store(
                "inbox",
                "any",
                Upload::bytes(format!("{number}.txt"), format!("file {number}").as_bytes()),
            )
            .await;
    }
}

#[actix_web::test]
async fn a_listed_file_has_all_that_a_client_needs() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.store("inbox", "any", Upload::bytes("größe.txt", b"bytes")).await;
    let answer = visitor.get("/api/files").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let json = answer.json();
    assert!(json.get("next").is_none(), "there is no next page: {json}");
    let file = &json["files"][0];
    assert_eq!((&file["name"], &file["size"]), (&"größe.txt".into(), &5.into()));
    assert_eq!(file["sha256"], sha256(b"bytes").as_str());
    assert_eq!((&file["page"], &file["slot"]), (&"inbox".into(), &"any".into()));
    assert_eq!(file["type"], "text/plain");
    let at = file["created_at"].as_str().unwrap();
    assert!(at.len() >= 20 && at.ends_with('Z') && at.contains('T'), "{at}");
    let one = visitor.get(&format!("/api/files/{}", file["id"].as_str().unwrap())).await;
    assert_eq!((one.status, &one.json()), (200, file));
    assert_eq!(&visitor.get(file["url"].as_str().unwrap()).await.body[..], b"bytes");
    app.end().await;
}

#[actix_web::test]
async fn pages_follow_each_other_without_gaps_and_repetitions() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    store_five(&visitor).await;
    let (mut names, mut path) = (Vec::new(), "/api/files?limit=2".to_owned());
    let mut sizes = Vec::new();
    loop {
        let json = visitor.get(&path).await.json();
        let files = json["files"].as_array().unwrap();
        sizes.push(files.len());
        names.extend(files.iter().map(|file| file["name"].as_str().unwrap().to_owned()));
        let Some(next) = json.get("next") else { break };
        path = format!("/api/files?limit=2&cursor={}", next.as_str().unwrap());
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(names, ["5.txt", "4.txt", "3.txt", "2.txt", "1.txt"], "newest first");
    // A page that ends with the last file has no next one.
    let json = visitor.get("/api/files?limit=5").await.json();
    assert!(json.get("next").is_none(), "{json}");
    // What comes meanwhile does not move the pages behind.
    let first = visitor.get("/api/files?limit=2").await.json();
    visitor.store("inbox", "any", Upload::bytes("6.txt", b"new")).await;
    let cursor = first["next"].as_str().unwrap();
    let second = visitor.get(&format!("/api/files?limit=2&cursor={cursor}")).await.json();
    assert_eq!(second["files"][0]["name"], "3.txt");
    app.end().await;
}

#[actix_web::test]
async fn a_listing_can_be_about_one_page_and_one_slot() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.store("inbox", "any", Upload::bytes("any.txt", b"1")).await;
    visitor.store("inbox", "pair", Upload::bytes("pair.txt", b"2")).await;
    let form = Form::new().file("any", "desk.txt", b"3");
    assert_eq!(visitor.post("/desk", form).await.json()["success"], true);
    for (query, expected) in [
        ("", &["desk.txt", "pair.txt", "any.txt"][..]),
        ("?page=inbox", &["pair.txt", "any.txt"]),
        ("?page=desk", &["desk.txt"]),
        ("?slot=any", &["desk.txt", "any.txt"]),
        ("?page=inbox&slot=any", &["any.txt"]),
        ("?page=desk&slot=pair", &[]),
        ("?page=unknown", &[]),
        ("?colour=red", &["desk.txt", "pair.txt", "any.txt"]),
    ] {
        let json = visitor.get(&format!("/api/files{query}")).await.json();
        let files = json["files"].as_array().unwrap();
        let names: Vec<_> = files.iter().map(|file| file["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{query}");
    }
    app.end().await;
}

#[actix_web::test]
async fn a_bad_parameter_is_named() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=1001", "limit"),
        ("limit=1000000000", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=1.5", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=..%2f", "cursor"),
        ("page=..%2fx", "page"),
        ("page=A", "page"),
        ("slot=__proto__", "slot"),
        ("slot=1%3Bdrop", "slot"),
    ] {
        let answer = visitor.get(&format!("/api/files?{query}")).await;
        answer.is_problem(400, "invalid_message");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(field), "{query}: {detail}");
    }
    app.end().await;
}

#[actix_web::test]
async fn a_query_that_is_none_is_a_problem_too() {
    let app = TestApp::start().await;
    for query in ["limit=1&limit=2", "page=inbox&page=desk"] {
        app.visitor().get(&format!("/api/files?{query}")).await.is_problem(400, "invalid_message");
    }
    app.end().await;
}

#[actix_web::test]
async fn a_deleted_file_is_gone_with_its_bytes() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let file = visitor.store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let path = format!("/api/files/{}", file["id"].as_str().unwrap());
    assert_eq!(app.blobs().len(), 1);
    let answer = visitor.delete(&path).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert!(app.blobs().is_empty());
    assert!(visitor.listed().await.is_empty());
    visitor.delete(&path).await.is_problem(404, "unknown_entry");
    visitor.get(&path).await.is_problem(404, "unknown_entry");
    app.end().await;
}

#[actix_web::test]
async fn an_entry_tells_how_far_it_is_and_can_be_ended() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("inbox").await;
    let entry = live.register("any", "c1", "half.txt", 100_000).await.unwrap();
    let path = format!("/api/entries/{}", entry.id);
    let json = visitor.get(&path).await.json();
    assert_eq!((&json["offset"], &json["progress"]), (&0.into(), &0.into()));
    assert_eq!((&json["state"], &json["status"]), (&"registered".into(), &"uploading".into()));
    live.data(entry.stream, 0, &text(50_000)).await;
    live.hear("ack").await;
    let json = visitor.get(&path).await.json();
    assert_eq!((&json["id"], &json["name"]), (&entry.id.as_str().into(), &"half.txt".into()));
    assert_eq!((&json["size"], &json["offset"]), (&100_000.into(), &50_000.into()));
    assert_eq!((&json["status"], &json["progress"]), (&"uploading".into(), &50.into()));
    assert_eq!((&json["page"], &json["slot"]), (&"inbox".into(), &"any".into()));

    assert_eq!(visitor.delete(&path).await.status, 204);
    visitor.get(&path).await.is_problem(404, "unknown_entry");
    visitor.delete(&path).await.is_problem(404, "unknown_entry");
    // The live page is told, and its other files go on.
    let end = live.settled("c1").await;
    let code = end["error"]["code"].as_str();
    assert!(end["status"] == "cancelled" || code == Some("cancelled"), "{end}");
    live.others_go_on().await;
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_stored_entry_is_still_known_as_one() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let file = visitor.store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let path = format!("/api/entries/{}", file["id"].as_str().unwrap());
    let json = visitor.get(&path).await.json();
    assert_eq!((&json["status"], &json["progress"]), (&"complete".into(), &100.into()));
    // It has ended; ending it is no way around deleting it.
    assert!((400..500).contains(&visitor.delete(&path).await.status));
    assert_eq!(visitor.listed().await.len(), 1);
    app.end().await;
}

#[actix_web::test]
async fn what_is_not_there_is_a_problem_with_our_code() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for path in ["/api/files/x", "/api/entries/x", "/api/files/%2e%2e", "/api/nothing", "/nowhere"]
    {
        visitor.get(path).await.is_problem(404, "unknown_entry");
    }
    // A browser gets a page that says so.
    let page = visitor.get_with("/nowhere", &[("accept", "text/html")]).await;
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    app.end().await;
}

#[actix_web::test]
async fn ids_do_not_repeat() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut ids = HashSet::new();
    for _ in 0..5 {
        let file = visitor.store("inbox", "any", Upload::bytes("same.txt", b"same")).await;
        assert!(ids.insert(file["id"].as_str().unwrap().to_owned()));
    }
    assert_eq!((visitor.listed().await.len(), app.blobs().len()), (5, 5));
    app.end().await;
}

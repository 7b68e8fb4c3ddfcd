//! Stored files on their way out: whatever a file is, it does not act in our origin.

use longshore::testing::samples::{gif, html, pdf, png, program, svg, text};

use crate::support::{Answer, Form, TestApp, Upload};

/// The headers that every answer about a stored file has.
fn is_harmless(answer: &Answer, what: &str) {
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(
        policy.contains("sandbox") && policy.contains("default-src 'none'"),
        "{what}: {policy}"
    );
    assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{what}");
    let cache = answer.header("cache-control").unwrap_or_default();
    assert!(cache.contains("private") || cache.contains("no-store"), "{what}: {cache}");
    assert_eq!(answer.header("access-control-allow-origin"), None, "{what}");
    assert_eq!(answer.header("service-worker-allowed"), None, "{what}");
}

#[actix_web::test]
async fn the_type_is_what_the_bytes_are_and_only_harmless_ones_are_shown() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let old = "plain text in an old encoding: gr\u{fc}n".chars().map(|c| c as u8).collect();
    let table: [(&str, Vec<u8>, &str, &str); 12] = [
        ("a.png", png(), "image/png", "inline"),
        ("a.gif", gif(), "image/gif", "inline"),
        ("a.txt", text(50), "text/plain", "inline"),
        ("old.txt", old, "text/plain", "inline"),
        ("a.html", html(), "text/html", "attachment"),
        ("a.svg", svg(), "image/svg+xml", "attachment"),
        ("a.pdf", pdf(), "application/pdf", "attachment"),
        ("a.exe", program(), "application/vnd.microsoft.portable-executable", "attachment"),
        ("a.dat", vec![0, 1, 2, 3, 4], "application/octet-stream", "attachment"),
        // Names that lie.
        ("png.dat", png(), "image/png", "inline"),
        ("page.txt", html(), "text/html", "attachment"),
        ("sw.js", b"self.onfetch = null".to_vec(), "text/plain", "inline"),
    ];
    for (name, bytes, kind, disposition) in table {
        // What the client says of the type counts for nothing.
        let form = Form::new().file_of_type("active", name, "text/html;\"><script>", &bytes);
        let json = visitor.post("inbox", form).await.json();
        let url =
            json["files"][0]["url"].as_str().unwrap_or_else(|| panic!("{name}: {json}")).to_owned();
        let answer = visitor.get(&url).await;
        assert_eq!(answer.status, 200);
        let sent = answer.header("content-type").unwrap();
        assert_eq!(sent.split(';').next(), Some(kind), "{name}");
        let sent = answer.header("content-disposition").unwrap();
        assert!(sent.starts_with(disposition), "{name}: {sent}");
        assert!(sent.contains(&format!("filename=\"{name}\"")), "{name}: {sent}");
        assert_eq!(answer.body, bytes, "{name}");
        is_harmless(&answer, name);
    }
    app.end().await;
}

#[actix_web::test]
async fn the_name_in_the_url_is_for_people() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let file = visitor.store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let id = file["id"].as_str().unwrap();
    let answer = visitor.get(&format!("/_upload/{id}/evil.html")).await;
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(answer.header("content-disposition").unwrap().contains("\"a.txt\""));
    app.end().await;
}

#[actix_web::test]
async fn a_part_of_a_file_can_be_asked_for() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let bytes = text(10_000);
    let file = visitor.store("inbox", "any", Upload::bytes("a.txt", &bytes)).await;
    let url = file["url"].as_str().unwrap();
    for (range, expected) in [
        ("bytes=0-0", 0..1),
        ("bytes=100-199", 100..200),
        ("bytes=9000-", 9_000..10_000),
        ("bytes=-10", 9_990..10_000),
        ("bytes=9990-99999", 9_990..10_000),
    ] {
        let answer = visitor.get_with(url, &[("range", range)]).await;
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(answer.body, bytes[expected.clone()], "{range}");
        let content = format!("bytes {}-{}/10000", expected.start, expected.end - 1);
        assert_eq!(answer.header("content-range"), Some(&*content));
        is_harmless(&answer, range);
        assert!(answer.header("content-disposition").is_some());
    }
    for range in ["bytes=10000-", "bytes=99999-100000"] {
        let answer = visitor.get_with(url, &[("range", range)]).await;
        assert_eq!(answer.status, 416, "{range}");
        assert_eq!(answer.header("content-range"), Some("bytes */10000"));
        is_harmless(&answer, range);
    }
    app.end().await;
}

#[actix_web::test]
async fn parts_of_a_file_of_many_pieces_are_what_they_were() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let bytes: Vec<u8> = (0..990_000_u32).map(|n| (n % 251).to_le_bytes()[0]).collect();
    let file = visitor.store("inbox", "any", Upload::bytes("a.bin", &bytes)).await;
    let url = file["url"].as_str().unwrap();
    let whole = visitor.get(url).await;
    assert!((whole.status, whole.body.len()) == (200, bytes.len()) && whole.body == bytes);
    let etag = whole.header("etag").unwrap();
    for part in [0..65_536, 65_535..65_537, 1..989_999, 131_072..990_000, 989_999..990_000] {
        let range = format!("bytes={}-{}", part.start, part.end - 1);
        let answer = visitor.get_with(url, &[("range", &range), ("if-range", etag)]).await;
        assert_eq!((answer.status, answer.body.len()), (206, part.len()), "{range}");
        assert_eq!(answer.header("content-length"), Some(&*part.len().to_string()), "{range}");
        assert!(answer.body == bytes[part], "{range}");
    }
    app.end().await;
}

#[actix_web::test]
async fn a_deleted_file_is_not_there_at_once_also_for_whoever_has_just_had_it() {
    let app = TestApp::start().await;
    let (visitor, stranger) = (app.visitor(), app.visitor());
    for length in [16_384, 300_000] {
        let file = visitor.store("inbox", "any", Upload::bytes("a.txt", text(length))).await;
        let (id, url) = (file["id"].as_str().unwrap(), file["url"].as_str().unwrap());
        for _ in 0..3 {
            assert_eq!(visitor.get(url).await.status, 200);
            assert_eq!(stranger.get(url).await.status, 404, "whoever had it before");
        }
        assert_eq!(visitor.delete(&format!("/api/files/{id}")).await.status, 204);
        for range in ["bytes=0-", "bytes=5-9"] {
            assert_eq!(visitor.get_with(url, &[("range", range)]).await.status, 404);
        }
        assert_eq!(visitor.get(url).await.status, 404);
    }
    app.end().await;
}

#[actix_web::test]
async fn what_the_browser_has_is_not_sent_again() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let file = visitor.store("inbox", "any", Upload::bytes("a.txt", b"bytes")).await;
    let url = file["url"].as_str().unwrap();
    let first = visitor.get(url).await;
    let etag = first.header("etag").expect("an ETag").to_owned();
    let again = visitor.get_with(url, &[("if-none-match", &etag)]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    is_harmless(&again, "304");
    let other = visitor.get_with(url, &[("if-none-match", "\"other\"")]).await;
    assert_eq!((other.status, &other.body[..]), (200, &b"bytes"[..]));
    // A range of what has changed meanwhile is the whole.
    let whole = visitor.get_with(url, &[("range", "bytes=0-0"), ("if-range", "\"other\"")]).await;
    assert_eq!((whole.status, whole.body.len()), (200, 5));
    app.end().await;
}

#[actix_web::test]
async fn head_says_what_get_would() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let file = visitor.store("inbox", "any", Upload::bytes("a.txt", text(1_234))).await;
    let url = file["url"].as_str().unwrap();
    let (head, get) = (visitor.head(url).await, visitor.get(url).await);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some("1234"));
    for name in ["content-type", "content-disposition", "etag", "last-modified", "accept-ranges"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
        assert!(get.header(name).is_some(), "{name}");
    }
    is_harmless(&head, "HEAD");
    app.end().await;
}

#[actix_web::test]
async fn an_empty_file_can_be_fetched() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let file = visitor.store("inbox", "any", Upload::bytes("empty.txt", b"")).await;
    let answer = visitor.get(file["url"].as_str().unwrap()).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    is_harmless(&answer, "empty");
    app.end().await;
}

#[actix_web::test]
async fn what_is_no_id_is_not_found() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let file = visitor.store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let id = file["id"].as_str().unwrap();
    let paths = [
        format!("/_upload/{}/a.txt", uuid::Uuid::now_v7()),
        format!("/_upload/{}/a.txt", uuid::Uuid::nil()),
        "/_upload/..%2f..%2fetc%2fpasswd/a.txt".to_owned(),
        "/_upload/%2e%2e/a.txt".to_owned(),
        "/_upload/../catalogue.sqlite3".to_owned(),
        "/_upload/..%2fcatalogue.sqlite3/a.txt".to_owned(),
        format!("/_upload/{id}%00/a.txt"),
        format!("/_upload/{id};x/a.txt"),
        format!("/_upload/{id}.info/a.txt"),
        format!("/_upload/x%2f..%2f{id}/a.txt"),
        format!("/_upload/{id}"),
        format!("/_upload/{id}/"),
        "/_upload/".to_owned(),
        format!("/_upload/{}/a.txt", "0".repeat(5_000)),
    ];
    for path in paths {
        let answer = visitor.get(&path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("SQLite"), "{path}");
    }
    assert_eq!(visitor.get(file["url"].as_str().unwrap()).await.status, 200);
    app.end().await;
}

#[actix_web::test]
async fn a_file_cannot_be_changed_where_it_is_served() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let file = visitor.store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let url = file["url"].as_str().unwrap();
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = visitor.send(method.parse().unwrap(), url, &[], b"y".to_vec()).await;
        assert!([404, 405].contains(&answer.status), "{method}: {}", answer.status);
    }
    assert_eq!(&visitor.get(url).await.body[..], b"x");
    app.end().await;
}

#[actix_web::test]
async fn static_files_are_ours_alone() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for path in [
        "/static/x/..%2f..%2fCargo.toml",
        "/static/x/../../Cargo.toml",
        "/static/x/%2e%2e/%2e%2e/Cargo.toml",
        "/static/x//etc/passwd",
        "/static/x/nothing.js",
    ] {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
    let style = visitor.get("/static/x/style.css").await;
    assert_eq!((style.status, style.header("x-content-type-options")), (200, Some("nosniff")));
    app.end().await;
}

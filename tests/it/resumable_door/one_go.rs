//! Files in one go: what `curl -T`, `curl --data-binary` and `curl -F` send.

use actix_web::http::Method;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::{html, text};
use longshore::testing::{BOUNDARY, Form};

use super::{ANY, chunked, create, head, is_stored, told};
use crate::support::TestApp;

#[actix_web::test]
async fn a_put_is_called_what_its_address_says() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for (segment, name) in [
        ("a.txt", "a.txt"),
        ("na%C3%AFve%20name.txt", "na\u{ef}ve name.txt"),
        ("..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("0199c2b0-6b7f-7000-8000-000000000000.txt", "0199c2b0-6b7f-7000-8000-000000000000.txt"),
        ("0199C2B0-6B7F-7000-8000-000000000000", "0199C2B0-6B7F-7000-8000-000000000000"),
    ] {
        for method in [Method::PUT, Method::POST] {
            let path = format!("{ANY}/{segment}");
            let answer = visitor.send(method, &path, &[], b"hello".to_vec()).await;
            is_stored(&visitor, &answer, "hello").await;
            assert_eq!(answer.json()["files"][0]["name"], name);
            assert_eq!(answer.header("upload-complete"), None);
        }
    }
    // What has no name is told how to get one.
    for path in [ANY.to_owned(), format!("{ANY}/")] {
        let answer = visitor.send(Method::PUT, &path, &[], b"hello".to_vec()).await;
        assert_eq!((answer.status, &*answer.code()), (400, "empty_name"));
    }
    app.end().await;
}

#[actix_web::test]
async fn a_put_under_a_name_may_go_on_later_too() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let path = format!("{ANY}/b.txt");
    let begun = [("upload-complete", "?0")];
    let answer = visitor.send(Method::PUT, &path, &begun, b"hel".to_vec()).await;
    assert_eq!(answer.status, 201);
    let answer = super::append(&visitor, &super::location(&answer), 3, "?1", "lo").await;
    is_stored(&visitor, &answer, "hello").await;
    assert_eq!(answer.json()["files"][0]["name"], "b.txt");
    app.end().await;
}

#[actix_web::test]
async fn a_name_that_is_no_upload_is_not_found() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for method in [Method::GET, Method::HEAD, Method::PATCH, Method::DELETE] {
        let answer = visitor.send(method, &format!("{ANY}/a.txt"), &[], Vec::new()).await;
        assert_eq!(answer.status, 404);
    }
    app.end().await;
}

#[actix_web::test]
async fn data_that_curl_posts_is_a_file_of_no_type() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = create(&visitor, &headers, "a=b").await;
    is_stored(&visitor, &answer, "a=b").await;
    assert_eq!(answer.json()["files"][0]["name"], "a.txt");
    app.end().await;
}

#[actix_web::test]
async fn a_body_of_unknown_length_is_a_file_too() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("inbox").await;
    let head = head(&visitor, "PUT", "/resumable/inbox/any/a.txt", "Transfer-Encoding: chunked");
    let whole = text(200_000);
    let body = chunked(&[&whole[..1], &whole[1..70_000], &whole[70_000..]]);
    let answer = told(&app, &[head, body].concat()).await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert_eq!(answer.json()["files"][0]["size"], 200_000);
    assert_eq!(visitor.listed().await.len(), 1);
    app.end().await;
}

#[actix_web::test]
async fn what_breaks_off_is_nothing() {
    let app = TestApp::start().await;
    for (headers, body) in [
        ("Content-Length: 1000000", text(600_000)),
        ("Transfer-Encoding: chunked", b"5\r\nhello\r\n".to_vec()),
    ] {
        let mut connection = RawConnection::to(&app).await;
        let head = head(&app.visitor(), "PUT", "/resumable/inbox/any/a.txt", headers);
        connection.send(&[head, body].concat()).await;
        drop(connection);
    }
    app.spool_empties().await;
    assert!(app.blobs().is_empty());
    app.end().await;
}

#[actix_web::test]
async fn a_part_of_a_file_is_not_taken_for_the_file() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let range = [("content-range", "bytes 5-9/10")];
    let path = format!("{ANY}/a.txt");
    let answer = visitor.send(Method::PUT, &path, &range, b"world".to_vec()).await;
    answer.is_problem(400, "invalid_message");
    assert!(visitor.listed().await.is_empty());
    app.end().await;
}

#[actix_web::test]
async fn what_is_refused_is_told_as_the_form_door_tells_it() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for (path, body, status, code) in [
        ("/resumable/inbox/any/a.txt", html(), 415, "active_content"),
        ("/resumable/inbox/sized/a.txt", text(101), 413, "too_large"),
        ("/resumable/inbox/sized/a.txt", text(9), 422, "too_small"),
        ("/resumable/inbox/pictures/a.txt", text(9), 415, "not_accepted"),
        ("/resumable/inbox/nowhere/a.txt", text(9), 404, "unknown_slot"),
    ] {
        let answer = visitor.send(Method::PUT, path, &[], body).await;
        assert_eq!(answer.status, status, "{path}");
        let json = answer.json();
        assert_eq!(
            (&json["success"], json["errors"][0]["code"].as_str()),
            (&false.into(), Some(code))
        );
        assert!(json["errors"][0]["message"].is_string() && json["files"] == serde_json::json!([]));
    }
    app.end().await;
}

#[actix_web::test]
async fn a_form_fills_the_slot_of_its_address() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let form = Form::new()
        .text("note", "hello")
        .file("whatever", "a.txt", b"one")
        .file("pictures", "b.html", html())
        .file("", "c.txt", b"three");
    let answer = visitor.post(ANY, form).await;
    let json = answer.json();
    assert_eq!((answer.status, &json["success"]), (200, &true.into()));
    let names: Vec<_> =
        json["files"].as_array().unwrap().iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["a.txt", "c.txt"]);
    assert!(json["files"].as_array().unwrap().iter().all(|file| file["slot"] == "any"));
    assert_eq!(json["errors"][0]["code"], "active_content");

    let answer = visitor.post(ANY, Form::new().text("note", "hello")).await;
    assert_eq!((answer.status, &*answer.code()), (400, "empty_name"));
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let body = Form::new().file("file", "whole.txt", b"1").file("file", "half.txt", b"2").cut_off();
    let answer = visitor.send(Method::POST, ANY, &[("content-type", &*kind)], body).await;
    let json = answer.json();
    assert_eq!(json["files"].as_array().unwrap().len(), 1, "{json}");
    assert_eq!(json["errors"][0]["code"], "invalid_message");
    app.end().await;
}

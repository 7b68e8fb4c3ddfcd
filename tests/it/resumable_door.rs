//! The door of the IETF's resumable uploads. A test's name begins with the ids of the rules that it is about;
//! `docs/protocols-draft.md` lists them.

mod appending;
mod asking;
mod creating;
mod digests;
mod ending;
mod lines;
mod one_go;
mod overtaking;
mod restarts;
mod strangers;

use std::path::Path;

use actix_web::http::Method;
use longshore::testing::raw::{RawAnswer, RawConnection};

use crate::support::{Answer, TestApp, Visitor};

/// Where the tests upload, unless they say otherwise: a slot of anything up to a million bytes.
const ANY: &str = "/resumable/inbox/any";
const LARGE: &str = "/resumable/inbox/large";
const NAMED: (&str, &str) = ("content-disposition", "inline; filename=\"a.txt\"");

/// Begins an upload of "a.txt" with these header lines.
async fn create(visitor: &Visitor, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    create_at(visitor, ANY, headers, body).await
}

async fn create_at(
    visitor: &Visitor,
    place: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Answer {
    let headers = [&[NAMED], headers].concat();
    visitor.send(Method::POST, place, &headers, body.as_ref().to_vec()).await
}

/// The address of a new upload of which no bytes are sent yet.
async fn begun(visitor: &Visitor, headers: &[(&str, &str)]) -> String {
    begun_at(visitor, ANY, headers).await
}

async fn begun_at(visitor: &Visitor, place: &str, headers: &[(&str, &str)]) -> String {
    let headers = [&[("upload-complete", "?0")], headers].concat();
    let answer = create_at(visitor, place, &headers, "").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    location(&answer)
}

fn location(answer: &Answer) -> String {
    answer.header("location").expect("a Location").to_owned()
}

/// The id in an upload's address.
fn id(address: &str) -> &str {
    address.split('?').next().unwrap().rsplit('/').next().unwrap()
}

async fn append(
    visitor: &Visitor,
    address: &str,
    offset: u64,
    complete: &str,
    bytes: impl AsRef<[u8]>,
) -> Answer {
    let offset = offset.to_string();
    let headers = [("upload-offset", &*offset), ("upload-complete", complete)];
    append_with(visitor, address, &headers, bytes).await
}

async fn append_with(
    visitor: &Visitor,
    address: &str,
    headers: &[(&str, &str)],
    bytes: impl AsRef<[u8]>,
) -> Answer {
    let headers = [&[("content-type", "application/partial-upload")], headers].concat();
    visitor.send(Method::PATCH, address, &headers, bytes.as_ref().to_vec()).await
}

/// Asserts how far an upload is, as `HEAD` tells it.
async fn is_at(visitor: &Visitor, address: &str, offset: u64, complete: &str) {
    let answer = visitor.head(address).await;
    let said = (answer.header("upload-offset"), answer.header("upload-complete"));
    assert_eq!((answer.status, said), (204, (Some(&*offset.to_string()), Some(complete))));
}

/// Asserts that an upload is no more: no verb finds it, and no offset is told.
async fn is_gone(visitor: &Visitor, address: &str) {
    for method in [Method::HEAD, Method::GET, Method::DELETE] {
        let answer = visitor.send(method.clone(), address, &[], Vec::new()).await;
        assert!(matches!(answer.status, 404 | 410), "{method}: {}", answer.status);
        assert_eq!(answer.header("upload-offset"), None);
    }
    for offset in [0, 5] {
        let answer = append(visitor, address, offset, "?1", "more").await;
        assert!(matches!(answer.status, 404 | 410), "{}", answer.status);
        assert_eq!(answer.header("upload-offset"), None);
    }
}

/// Asserts that the answer is the last one, about the whole file, and that this file is stored.
async fn is_stored(visitor: &Visitor, answer: &Answer, bytes: impl AsRef<[u8]>) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    assert_eq!((&json["success"], &json["errors"]), (&true.into(), &serde_json::json!([])));
    let url = json["files"][0]["url"].as_str().expect("a URL").to_owned();
    assert_eq!(visitor.get(&url).await.body, bytes.as_ref());
}

/// The head of a request, for what no library sends.
fn head(visitor: &Visitor, method: &str, address: &str, headers: &str) -> Vec<u8> {
    let cookie = visitor.cookie().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
    format!("{method} {address} HTTP/1.1\r\nHost: x\r\n{cookie}{headers}\r\n\r\n").into_bytes()
}

fn patch_head(
    visitor: &Visitor,
    address: &str,
    offset: u64,
    complete: &str,
    more: &str,
) -> Vec<u8> {
    let headers = format!(
        "Content-Type: application/partial-upload\r\nUpload-Offset: {offset}\r\n\
         Upload-Complete: {complete}\r\n{more}"
    );
    head(visitor, "PATCH", address, &headers)
}

/// A chunked body of these pieces.
fn chunked(pieces: &[&[u8]]) -> Vec<u8> {
    let mut body = Vec::new();
    for piece in pieces {
        body.extend(format!("{:x}\r\n", piece.len()).into_bytes());
        body.extend(*piece);
        body.extend(b"\r\n");
    }
    body.extend(b"0\r\n\r\n");
    body
}

/// Sends bytes on a connection of their own, and answers what comes.
async fn told(app: &TestApp, bytes: &[u8]) -> RawAnswer {
    let mut connection = RawConnection::to(app).await;
    connection.send_what_goes(bytes).await;
    connection.answer().await
}

fn raw_header<'a>(answer: &'a RawAnswer, name: &str) -> Option<&'a str> {
    let mut lines = answer.head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A server on a folder that outlives it.
async fn on(data: &Path) -> TestApp {
    TestApp::with(|builder| builder.data(data)).await
}

/// Waits until bytes of an upload are written, while the request that brings them still goes on.
async fn flows(visitor: &Visitor, address: &str) {
    let path = format!("api/entries/{}", id(address));
    longshore::testing::within("bytes that are written", async {
        while visitor.get(&path).await.json()["offset"] == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

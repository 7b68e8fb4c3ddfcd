//! Chunks that don't fit together: each is answered with a code, and hurts no other.

use longshore::testing::samples::{sha256, text};

use super::drop::Drop;
use crate::support::{Answer, Form, TestApp, Upload};

const FIELDS: [(&str, &str); 6] = [
    ("dzuuid", "a4f0"),
    ("dzchunkindex", "0"),
    ("dztotalfilesize", "25"),
    ("dzchunksize", "10"),
    ("dztotalchunkcount", "3"),
    ("dzchunkbyteoffset", "0"),
];

/// A chunk with some of its fields changed, or left out.
fn form(changed: &[(&str, Option<&str>)], name: &str, bytes: &[u8]) -> Form {
    let mut form = Form::new();
    for (field, usual) in FIELDS {
        let change = changed.iter().find(|(name, _)| *name == field);
        if let Some(value) = change.map_or(Some(usual), |(_, value)| *value) {
            form = form.text(field, value);
        }
    }
    form.file("any", name, bytes)
}

fn refused(answer: &Answer, code: &str) {
    let json = answer.json();
    assert!(answer.status >= 400, "{json}");
    assert_eq!(
        (&json["success"], &json["errors"][0]["code"]),
        (&false.into(), &code.into()),
        "{json}"
    );
    assert!(json["error"].is_string(), "{json}");
}

#[actix_web::test]
async fn fields_that_make_no_sense_are_refused_and_nothing_is_lost() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let drop = Drop::new(&visitor, "inbox", "");
    assert_eq!(drop.post(form(&[], "a.txt", &text(25)[..10])).await.status, 200);
    let wrong: &[&[(&str, Option<&str>)]] = &[
        &[("dzuuid", None)],
        &[("dzuuid", Some(""))],
        &[("dzchunkindex", None)],
        &[("dzchunkindex", Some("-1"))],
        &[("dzchunkindex", Some("3")), ("dzchunkbyteoffset", Some("30"))],
        &[("dzchunkindex", Some("18446744073709551616"))],
        &[("dzchunkindex", Some("one"))],
        &[("dztotalchunkcount", None)],
        &[("dztotalchunkcount", Some("0"))],
        &[("dztotalchunkcount", Some("1000000000"))],
        &[("dzchunksize", Some("0"))],
        &[("dzchunksize", Some("9223372036854775807"))],
        &[("dzchunksize", None)],
        &[("dzchunkbyteoffset", Some("7"))],
        // Another count, another size, another file under the same name.
        &[
            ("dztotalchunkcount", Some("4")),
            ("dzchunkindex", Some("1")),
            ("dzchunkbyteoffset", Some("10")),
        ],
        &[
            ("dzchunksize", Some("12")),
            ("dzchunkindex", Some("1")),
            ("dzchunkbyteoffset", Some("12")),
        ],
    ];
    for changed in wrong {
        refused(&drop.post(form(changed, "a.txt", b"0123456789")).await, "invalid_message");
    }
    let second = [("dzchunkindex", Some("1")), ("dzchunkbyteoffset", Some("10"))];
    refused(&drop.post(form(&second, "b.txt", b"0123456789")).await, "invalid_message");
    refused(&drop.post(form(&[], "b.txt", b"0123456789")).await, "invalid_message");
    // One byte more than a chunk may have.
    refused(&drop.post(form(&second, "a.txt", b"0123456789X")).await, "size_mismatch");
    assert_eq!(drop.post(form(&second, "a.txt", &text(25)[10..20])).await.status, 200);
    let third = [("dzchunkindex", Some("2")), ("dzchunkbyteoffset", Some("20"))];
    let json = drop.post(form(&third, "a.txt", &text(25)[20..])).await.json();
    assert_eq!(json["files"][0]["sha256"], *sha256(&text(25)), "{json}");
    app.end().await;
}

#[actix_web::test]
async fn a_short_chunk_before_a_full_one_makes_no_file() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let drop = Drop::new(&visitor, "inbox", "");
    let at = |index, offset| [("dzchunkindex", Some(index)), ("dzchunkbyteoffset", Some(offset))];
    for (index, offset, bytes) in [("0", "0", &b"012"[..]), ("1", "10", b"0123456789")] {
        assert_eq!(drop.post(form(&at(index, offset), "a.txt", bytes)).await.status, 200);
    }
    refused(&drop.post(form(&at("2", "20"), "a.txt", b"01234")).await, "size_mismatch");
    assert!(visitor.listed().await.is_empty());
    app.stop().await;
}

#[actix_web::test]
async fn a_chunk_that_breaks_off_is_sent_again() {
    use longshore::testing::raw::RawConnection;
    let app = TestApp::start().await;
    let file = Upload::bytes("a.txt", text(250_000));
    let body = Drop::form("file", &file, 0, 100_000, "cut", None).body();
    for end in [600, 50_000, 90_000] {
        let mut client = RawConnection::to(&app).await;
        let head = format!(
            "POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            Form::content_type(),
            body.len()
        );
        client.send(&[head.as_bytes(), &body[..end]].concat()).await;
    }
    let visitor = app.visitor();
    let mut json = serde_json::Value::Null;
    for index in 0..3 {
        // Whichever of them the server takes up last has the chunk, so it is sent until it is ours, as a page does.
        for _ in 0..10 {
            let stranger = app.visitor();
            json = Drop::new(&stranger, "inbox", "cut").chunk(&file, index, 100_000).await.json();
            if json["errors"][0]["code"] != "superseded" {
                break;
            }
        }
        assert_eq!(json["success"], true, "{index}: {json}");
    }
    assert_eq!(json["files"][0]["sha256"], *sha256(file.contents()), "{json}");
    assert!(visitor.listed().await.is_empty());
    app.end().await;
}

#[actix_web::test]
async fn a_chunk_of_a_slot_that_is_not_there_is_refused() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let file = Upload::bytes("a.txt", text(25));
    let drop = Drop::new(&visitor, "inbox", "x").named("nowhere");
    refused(&drop.chunk(&file, 0, 10).await, "unknown_slot");
    app.end().await;
}

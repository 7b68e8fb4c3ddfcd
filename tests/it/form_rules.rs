//! The rules of multipart bodies (RFC 2046 §5.1, RFC 7578), each with what a sender may make of it.

use actix_web::http::Method;
use longshore::testing::BOUNDARY;
use longshore::testing::samples::{sha256, text};

use crate::support::{Answer, Form, TestApp, Visitor};

/// Sends a body that was written by hand.
async fn sent(visitor: &Visitor, kind: &str, body: impl AsRef<[u8]>) -> Answer {
    let headers = [("content-type", kind)];
    visitor.send(Method::POST, "/inbox", &headers, body.as_ref().to_vec()).await
}

/// A part with a file for a slot that takes anything.
fn file(boundary: &str, name: &str, bytes: &str) -> String {
    format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"any\"; filename=\"{name}\"\r\n\
         Content-Type: text/plain\r\n\r\n{bytes}\r\n"
    )
}

/// The names of what is stored, oldest first.
async fn names(visitor: &Visitor) -> Vec<String> {
    let files = visitor.listed().await.into_iter().rev();
    files.map(|file| file["name"].as_str().unwrap().to_owned()).collect()
}

/// The bytes of the one stored file.
async fn bytes(visitor: &Visitor) -> Vec<u8> {
    let files = visitor.listed().await;
    assert_eq!(files.len(), 1, "{files:?}");
    visitor.get(files[0]["url"].as_str().unwrap()).await.body.to_vec()
}

/// MP-03, MP-04, MP-05: RFC 2046 allows 70 characters, in quotes if some are special.
#[actix_web::test]
async fn a_boundary_is_what_the_header_says_it_is() {
    let app = TestApp::start().await;
    let longest = "b".repeat(70);
    for boundary in [&*longest, "a", "with space", "'()+_,-./:=?", "----WebKitFormBoundary7MA4YWxk"]
    {
        let visitor = app.visitor();
        let kind = format!("multipart/form-data; boundary=\"{boundary}\"");
        let body = format!("{}--{boundary}--\r\n", file(boundary, "a.txt", "x"));
        let answer = sent(&visitor, &kind, body).await;
        assert_eq!(answer.json()["success"], true, "{boundary}: {}", answer.text());
        assert_eq!(bytes(&visitor).await, b"x", "{boundary}");
    }
    // One that could end a line is no boundary, in whatever way it is written.
    for kind in [
        "multipart/form-data; boundary=\"a%0D%0Ab\"".to_owned(),
        format!("multipart/form-data; boundary=\"{BOUNDARY} \""),
        format!("multipart/form-data; boundary={BOUNDARY}x"),
    ] {
        let visitor = app.visitor();
        let answer = sent(&visitor, &kind, Form::new().file("any", "a.txt", b"x").body()).await;
        assert_eq!((answer.status, &*answer.code()), (400, "invalid_message"), "{kind}");
        assert!(visitor.listed().await.is_empty(), "{kind}");
    }
    app.end().await;
}

/// MP-06: lines end with CR and LF. A body that ends them otherwise is refused, and never stored in part.
#[actix_web::test]
async fn lines_that_end_without_a_carriage_return_are_no_form() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let body = format!("{}--{BOUNDARY}--\r\n", file(BOUNDARY, "a.txt", "x")).replace("\r\n", "\n");
    let answer = sent(&visitor, &Form::content_type(), body).await;
    assert!((400..500).contains(&answer.status), "{}: {}", answer.status, answer.text());
    assert!(visitor.listed().await.is_empty());
    app.is_alive().await;
    app.end().await;
}

/// MP-07: what stands before the first boundary and behind the last one is for people.
#[actix_web::test]
async fn a_preamble_and_an_epilogue_are_read_past() {
    let app = TestApp::start().await;
    let form = format!("{}--{BOUNDARY}--", file(BOUNDARY, "a.txt", "x"));
    for (before, behind) in [
        ("", ""),
        ("", "\r\n"),
        ("This is a message in parts.\r\n", "\r\nThe end.\r\n"),
        ("\r\n", "\r\n--not-the-boundary\r\n\r\nmore"),
    ] {
        let visitor = app.visitor();
        let body = format!("{before}{form}{behind}");
        let answer = sent(&visitor, &Form::content_type(), body).await;
        assert_eq!(answer.status, 200, "{before:?} {behind:?}: {}", answer.text());
        assert_eq!(bytes(&visitor).await, b"x", "{before:?} {behind:?}");
    }
    app.end().await;
}

/// MP-08: only the boundary at a line's beginning ends a part.
#[actix_web::test]
async fn what_only_looks_like_a_boundary_is_content() {
    let app = TestApp::start().await;
    for content in [
        format!("\r\n--{}", &BOUNDARY[..BOUNDARY.len() - 1]),
        format!("--{BOUNDARY}"),
        format!("x--{BOUNDARY}--\r\n"),
        format!("\n--{BOUNDARY}"),
        format!("\r\n-{BOUNDARY}"),
        "\r\n".to_owned(),
        "\r\n\r\n--".to_owned(),
        "\r".to_owned(),
        format!("{}\r\n--{}", "x".repeat(70_000), &BOUNDARY[..5]),
    ] {
        let visitor = app.visitor();
        let answer = visitor.post("inbox", Form::new().file("any", "a.txt", &content)).await;
        assert_eq!(answer.json()["success"], true, "{content:.80?}: {}", answer.text());
        assert!(bytes(&visitor).await == content.as_bytes(), "{content:.80?}");
    }
    app.end().await;
}

/// MP-11: headers of a part are bounded.
#[actix_web::test]
async fn a_parts_headers_are_few_and_short() {
    let app = TestApp::start().await;
    for more in [format!("X-Long: {}", "x".repeat(100_000)), "X-Many: 1\r\n".repeat(10_000)] {
        let visitor = app.visitor();
        let headers = format!(
            "Content-Disposition: form-data; name=\"any\"; filename=\"a.txt\"\r\n{}",
            more.trim_end()
        );
        let (kind, body) = (Form::content_type(), Form::new().part(&headers, b"x").body());
        let headers = [("content-type", &*kind)];
        if let Some(answer) = visitor.try_send(Method::POST, "/inbox", &headers, body).await {
            assert!((400..500).contains(&answer.status), "{}", answer.status);
        }
        app.is_alive().await;
    }
    app.end().await;
}

/// MP-14: files may have the same name, and fields too.
#[actix_web::test]
async fn names_that_come_twice_are_two_files() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let form = Form::new().text("note", "1").file("any", "a.txt", b"1").text("note", "2");
    let answer = visitor.post("inbox", form.file("any", "a.txt", b"2")).await;
    assert_eq!(answer.json()["files"].as_array().unwrap().len(), 2, "{}", answer.text());
    assert_eq!(names(&visitor).await, ["a.txt", "a.txt"]);
    app.end().await;
}

/// MP-15: RFC 7578 §4.2 forbids `filename*`; what stands there is not believed.
#[actix_web::test]
async fn the_plain_name_counts_and_not_the_extended_one() {
    let app = TestApp::start().await;
    for headers in [
        "Content-Disposition: form-data; name=\"any\"; filename=\"a.txt\"; filename*=UTF-8''b.html",
        "Content-Disposition: form-data; name=\"any\"; filename*=UTF-8''b.html; filename=\"a.txt\"",
    ] {
        let visitor = app.visitor();
        let answer = visitor.post("inbox", Form::new().part(headers, b"x")).await;
        assert_eq!(answer.json()["success"], true, "{headers}: {}", answer.text());
        assert_eq!(names(&visitor).await, ["a.txt"], "{headers}");
    }
    app.end().await;
}

/// MP-16, MP-17: old ways to write things differently are read as they stand.
#[actix_web::test]
async fn nothing_in_a_part_is_decoded() {
    let app = TestApp::start().await;
    for (more, content) in [
        ("Content-Transfer-Encoding: base64", "aGVsbG8="),
        ("Content-Transfer-Encoding: quoted-printable", "=41=42"),
        ("Content-Encoding: gzip", "not packed at all"),
        ("Content-Type: text/plain; charset=utf-16", "plain"),
    ] {
        let visitor = app.visitor();
        let headers =
            format!("Content-Disposition: form-data; name=\"any\"; filename=\"a.txt\"\r\n{more}");
        let form = Form::new().text("_charset_", "utf-16").part(&headers, content);
        let answer = visitor.post("inbox", form).await;
        assert_eq!(answer.json()["success"], true, "{more}: {}", answer.text());
        assert_eq!(bytes(&visitor).await, content.as_bytes(), "{more}");
    }
    app.end().await;
}

/// MP-18: a form in a form is of a time before RFC 7578, which did away with it.
#[actix_web::test]
async fn a_form_within_a_form_is_refused() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let headers = "Content-Disposition: form-data; name=\"any\"\r\n\
                   Content-Type: multipart/mixed; boundary=inner";
    let inner =
        "--inner\r\nContent-Disposition: file; filename=\"b.txt\"\r\n\r\ny\r\n--inner--\r\n";
    let answer = visitor.post("inbox", Form::new().part(headers, inner)).await;
    assert_eq!((answer.status, &*answer.code()), (400, "invalid_message"), "{}", answer.text());
    assert!(visitor.listed().await.is_empty());
    app.is_alive().await;
    app.end().await;
}

/// MP-19: a form's own fields may stand anywhere, but its token stands before the first file.
#[actix_web::test]
async fn fields_may_follow_files_but_the_token_may_not() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let form = Form::new().file("any", "a.txt", b"x").text("note", "behind it");
    assert_eq!(visitor.post("inbox", form).await.json()["success"], true);
    // A browser that doesn't say where a form comes from has to prove it before a byte of a file is taken.
    let silent = visitor.coming_from(None);
    let late = Form::new().file("any", "b.txt", b"y").text("_token", "whatever");
    let answer = silent.post("inbox", late).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_eq!(names(&visitor).await, ["a.txt"]);
    app.end().await;
}

/// MP-20: however a body is cut into pieces on its way, it is the same body.
#[actix_web::test]
async fn a_body_is_the_same_in_pieces_of_any_size() {
    use longshore::testing::raw::RawConnection;
    let app = TestApp::start().await;
    let (one, two) = (text(10_000), text(777));
    let body = Form::new().file("any", "1.txt", &one).text("note", "n").file("any", "2.txt", &two);
    let body = body.body();
    for size in [7, 64, 1_000, 4_096, 9_999, 65_536] {
        let mut client = RawConnection::to(&app).await;
        let head = format!(
            "POST /inbox HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
            app.address(),
            Form::content_type()
        );
        client.send(head.as_bytes()).await;
        for piece in body.chunks(size) {
            client.send(format!("{:x}\r\n", piece.len()).as_bytes()).await;
            client.send(piece).await;
            client.send(b"\r\n").await;
        }
        client.send(b"0\r\n\r\n").await;
        let answer = client.answer().await;
        let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let digests = [&json["files"][0]["sha256"], &json["files"][1]["sha256"]];
        assert_eq!(digests, [&*sha256(&one), &*sha256(&two)], "{size}: {json}");
    }
    app.end().await;
}

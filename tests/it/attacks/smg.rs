//! SMG: requests that two readers read differently.
//!
//! Whoever stands in front of us must find the end of each request where we find it, or the rest of one visitor's
//! request becomes the beginning of another's. So each of these carries a second request where a reader that is
//! fooled would see one, and the number of answers tells. The same behind nginx and haproxy: `tests/clients/smuggling.test.mjs`.

use longshore::testing::raw::{RawAnswer, RawConnection};

use crate::support::TestApp;

/// A path of each door, with its method.
const DOORS: [(&str, &str); 9] = [
    ("POST", "/inbox"),
    ("POST", "/upload"),
    ("POST", "/tus/inbox/any"),
    ("PATCH", "/tus/inbox/any/00000000-0000-7000-8000-000000000000"),
    ("POST", "/resumable/inbox/any"),
    ("POST", "/filepond/inbox/any"),
    ("GET", "/api/files"),
    ("GET", "/inbox/ws"),
    ("GET", "/static/x/y.js"),
];

/// What is hidden in bodies: a request whose answer nobody asked for.
const HIDDEN: &str = "GET /api/files?hidden HTTP/1.1\r\nHost: hidden\r\n\r\n";

/// A body that is read to its end, so that another request may follow.
const FORM: &str = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--b--\r\n";
const FORM_TYPE: &str = "Content-Type: multipart/form-data; boundary=b";

/// Sends bytes, and then answers are read until the connection ends.
async fn answers(app: &TestApp, request: &str) -> Vec<RawAnswer> {
    let mut connection = RawConnection::to(app).await;
    connection.send_what_goes(request.as_bytes()).await;
    let mut answers = Vec::new();
    while let Some(answer) = connection.try_answer().await {
        answers.push(answer);
        assert!(answers.len() < 10, "answers without end");
    }
    answers
}

/// It is refused, the connection ends, and nothing of what follows is read as a request.
async fn is_refused(app: &TestApp, request: &str) {
    let answers = answers(app, request).await;
    let heads: Vec<_> = answers.iter().map(|answer| answer.head.as_str()).collect();
    assert_eq!(answers.len(), 1, "{request:?}: {heads:?}");
    let status = answers[0].status;
    assert!([400, 431, 501, 505].contains(&status), "{request:?}: {heads:?}");
    assert!(answers[0].body.len() < 1_024, "the answer has no more to say");
}

fn request(method: &str, path: &str, lines: &[&str], body: &str) -> String {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: a.example\r\n");
    for line in lines {
        request += &format!("{line}\r\n");
    }
    request + "\r\n" + body
}

#[test]
fn smg_01_the_parser_is_one_that_refuses_two_lengths() {
    // GHSA-xhj4-vrgc-hr34: actix-http before 3.12.1.
    let lock = include_str!("../../../Cargo.lock");
    let version = lock.split("name = \"actix-http\"\nversion = \"").nth(1).unwrap();
    let numbers: Vec<u32> =
        version.split('"').next().unwrap().split('.').map(|part| part.parse().unwrap()).collect();
    assert!(numbers >= vec![3, 12, 1], "{numbers:?}");
}

#[actix_web::test]
async fn smg_01_a_length_and_chunks_together_are_refused_by_every_door() {
    let app = TestApp::start().await;
    let length = format!("Content-Length: {}", HIDDEN.len() + 5);
    let body = format!("0\r\n\r\n{HIDDEN}");
    for (method, path) in DOORS {
        for lines in [
            [&*length, "Transfer-Encoding: chunked"],
            ["Transfer-Encoding: chunked", &*length],
            ["Content-Length: 0", "Transfer-Encoding: chunked"],
            ["transfer-encoding: Chunked", "content-length: 5"],
        ] {
            is_refused(&app, &request(method, path, &lines, &body)).await;
        }
    }
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn smg_02_a_length_that_is_said_twice_or_is_no_number_is_refused_by_every_door() {
    let app = TestApp::start().await;
    for (method, path) in DOORS {
        for lines in [
            &["Content-Length: 5", "Content-Length: 6"][..],
            &["Content-Length: 5", "Content-Length: 5"],
            &["Content-Length: 0", "Content-Length: 5"],
            &["Content-Length: 5, 5"],
            &["Content-Length: +5"],
            &["Content-Length: -5"],
            &["Content-Length: 0x5"],
            &["Content-Length: 5 5"],
            &["Content-Length: 5;"],
            &["Content-Length: 5.0"],
            &["Content-Length: five"],
            &["Content-Length:"],
            &["Content-Length : 5"],
            &["Content-Length: 18446744073709551616"],
            &["Content-Length: 5\x0b"],
        ] {
            is_refused(&app, &request(method, path, lines, &format!("hello{HIDDEN}"))).await;
        }
    }
    // White space around a value is no part of it (RFC 9110, 5.5).
    let length = format!("Content-Length:\t{} ", FORM.len());
    let twice = request("POST", "/inbox", &[&*length, FORM_TYPE], FORM)
        + &request("GET", "/api/files", &["Connection: close"], "");
    let answers = answers(&app, &twice).await;
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert_eq!(answers[1].status, 200, "{answers:?}");
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn smg_03_an_encoding_that_is_not_exactly_chunked_is_refused_by_every_door() {
    let app = TestApp::start().await;
    for (method, path) in DOORS {
        for line in [
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: identity",
            "Transfer-Encoding: identity, chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: chunked;q=1",
            "Transfer-Encoding: \"chunked\"",
            "Transfer-Encoding: chunk",
            "Transfer-Encoding:",
            "Transfer-Encoding:\x0bchunked",
            "Transfer-Encoding : chunked",
            "Transfer-Encoding\t: chunked",
            " Transfer-Encoding: chunked",
            "X: y\r\n Transfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding\r\n : chunked",
            "Transfer_Encoding: chunked\r\nTransfer-Encoding: xchunked",
        ] {
            let body = format!("0\r\n\r\n{HIDDEN}");
            is_refused(&app, &request(method, path, &[line], &body)).await;
        }
    }
    let old =
        format!("POST /upload HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}");
    is_refused(&app, &old).await;
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn smg_03_white_space_around_an_encoding_changes_nothing() {
    let app = TestApp::start().await;
    for line in [
        "Transfer-Encoding:  chunked",
        "Transfer-Encoding:\tchunked\t",
        "Transfer-Encoding: CHUNKED",
    ] {
        let body = format!("{:x}\r\n{FORM}\r\n0\r\n\r\n", FORM.len());
        let both = request("POST", "/inbox", &[line, FORM_TYPE], &body)
            + &request("GET", "/api/files", &["Connection: close"], "");
        let answers = answers(&app, &both).await;
        assert_eq!(answers.len(), 2, "{line:?}: {answers:?}");
        assert_eq!(answers[1].status, 200, "{line:?}: {answers:?}");
    }
    app.end().await;
}

#[actix_web::test]
async fn smg_03_a_chunk_that_two_readers_end_elsewhere_ends_the_connection() {
    let app = TestApp::start().await;
    for body in [
        "5\nhello\r\n0\r\n\r\n",
        "5;a\nhello\r\n0\r\n\r\n",
        "5\rXhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "5_0\r\nhello\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "0\n\n",
    ] {
        for (method, path) in
            [("POST", "/tus/inbox/any"), ("POST", "/inbox"), ("POST", "/resumable/inbox/any")]
        {
            let lines =
                ["Transfer-Encoding: chunked", "Content-Type: multipart/form-data; boundary=b"];
            let whole = request(method, path, &lines, &format!("{body}{HIDDEN}"));
            let answers = answers(&app, &whole).await;
            // The head was well; whatever is answered, it is one answer, and no hidden request has one.
            let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
            assert!(answers.len() <= 2 && !statuses.contains(&200), "{body:?}: {statuses:?}");
        }
    }
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn smg_06_a_bare_carriage_return_is_refused_and_a_bare_line_feed_hides_nothing() {
    let app = TestApp::start().await;
    for bare in [
        "GET /api/files HTTP/1.1\rHost: a\r\r".to_owned() + HIDDEN,
        "GET /api/files HTTP/1.1\r\nHost: a\rX: y\r\n\r\n".to_owned(),
        "GET /api/files HTTP/1.1\r\nHost: a\r\nX: y\rContent-Length: 5\r\n\r\nhello".to_owned(),
        "GET /api/files HTTP/1.1\r\nHost: a\r\nX\r: y\r\n\r\n".to_owned(),
        "GET /api/files\rHTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
        "GET /api/files HTTP/1.1\r\nHost: a\0\r\n\r\n".to_owned(),
    ] {
        is_refused(&app, &bare).await;
    }
    // A line feed alone ends a line, as RFC 9112 (2.2) allows: it begins no second reading of what follows.
    let lines =
        "GET /api/files HTTP/1.1\nHost: a\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n";
    is_refused(&app, &format!("{lines}{HIDDEN}")).await;
    let length = format!("X: y\nContent-Length: {}", FORM.len());
    let both = request("POST", "/inbox", &[&*length, FORM_TYPE], FORM)
        + &request("GET", "/api/files", &["Connection: close"], "");
    let answers = answers(&app, &both).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.len(), 2, "the length behind the line feed counts: {answers:?}");
    assert_eq!(statuses[1], 200, "{answers:?}");
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn smg_07_what_is_left_of_a_body_that_nobody_wants_is_never_a_request() {
    let app = TestApp::start().await;
    let body = HIDDEN.repeat(10 * 1_024 * 1_024 / HIDDEN.len());
    for (method, path) in DOORS {
        for (why, line) in [
            ("another site", "Origin: https://evil.example"),
            ("no such kind", "Content-Type: text/plain"),
        ] {
            let length = format!("Content-Length: {}", body.len());
            let whole = request(method, path, &[&*length, line], &body);
            let mut connection = RawConnection::to(&app).await;
            connection.send_what_goes(whole.as_bytes()).await;
            let Some(first) = connection.try_answer().await else {
                // What was not read when the connection ended took the answer with it.
                continue;
            };
            assert!(!first.head.contains("hidden"), "{}", first.head);
            let next = request("GET", "/api/files", &["Connection: close"], "");
            connection.send_what_goes(next.as_bytes()).await;
            let second = connection.try_answer().await;
            let status = second.as_ref().map(|answer| answer.status);
            assert!(
                matches!(status, None | Some(200)),
                "{method} {path}, {why}: {}, then {status:?}",
                first.status
            );
            assert!(
                connection.try_answer().await.is_none(),
                "{method} {path}, {why}: one too many"
            );
        }
    }
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn smg_10_a_host_that_is_missing_or_said_twice_is_refused_and_none_gets_into_an_address() {
    let app = TestApp::start().await;
    for request in [
        "GET /api/files HTTP/1.1\r\n\r\n",
        "GET /api/files HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /api/files HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET /api/files HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET /api/files HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET /api/files HTTP/1.1\r\nX: y\r\n Host: a\r\n\r\n",
    ] {
        is_refused(&app, request).await;
    }
    let lines = "Tus-Resumable: 1.0.0\r\nUpload-Length: 5\r\nUpload-Draft-Interop-Version: 8\r\n\
                 Upload-Complete: ?0\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n\
                 Forwarded: host=evil.example\r\nX-Original-URL: /evil.example\r\nConnection: close\r\n\r\n";
    for (target, path, host) in [
        ("http://evil.example", "/tus/inbox/any", "good.example"),
        ("http://evil.example", "/resumable/inbox/any", "good.example"),
        ("", "/tus/inbox/any", "evil.example"),
        ("", "/resumable/inbox/any", "evil.example"),
        ("", "/tus/inbox/any", "evil.example\"><script>"),
        ("http://good@evil.example:80", "/tus/inbox/any", "good.example"),
    ] {
        let request =
            format!("POST {target}{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n{lines}");
        let answers = answers(&app, &request).await;
        let answer = answers.first().expect("an answer");
        let text = format!("{}{}", answer.head, String::from_utf8_lossy(&answer.body));
        assert!(!text.contains("evil.example"), "{request}: {text}");
        let location =
            answer.head.lines().find(|line| line.to_lowercase().starts_with("location:"));
        if let Some(location) = location {
            assert!(location[9..].trim().starts_with('/'), "a path and nothing more: {location}");
        } else {
            assert!(answer.status >= 400, "{text}");
        }
    }
    for page in ["/inbox", "/", "/nowhere"] {
        let request =
            format!("GET {page} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
        let answers = answers(&app, &request).await;
        let text = String::from_utf8_lossy(&answers[0].body).into_owned() + &answers[0].head;
        assert!(!text.contains("evil.example"), "{page}: {text}");
    }
    app.clock().advance(std::time::Duration::from_secs(30 * 24 * 3_600));
    app.sweep().await;
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn smg_12_other_versions_and_methods_are_refused_or_read_right() {
    let app = TestApp::start().await;
    for request in [
        "GET /api/files\r\n",
        "GET /api/files\r\n\r\n",
        "GET /api/files HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET /api/files HTTP/3\r\nHost: a\r\n\r\n",
        "GET /api/files HTTP/1.2\r\nHost: a\r\n\r\n",
        "GET /api/files HTTP/01.1\r\nHost: a\r\n\r\n",
        "GET /api/files http/1.1\r\nHost: a\r\n\r\n",
        "GET  /api/files HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /api/files HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET /api files HTTP/1.1\r\nHost: a\r\n\r\n",
        "G\u{1}T /api/files HTTP/1.1\r\nHost: a\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}",
        "SSH-2.0-OpenSSH_9.9\r\n\r\n",
    ] {
        is_refused(&app, &format!("{request}{HIDDEN}")).await;
    }
    // A method is a name, and names have a case: nobody answers to this one.
    let lower =
        answers(&app, "get /api/files HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!([400, 404, 405, 501].contains(&lower[0].status), "{lower:?}");
    // An upgrade to HTTP/2 is not taken up.
    let upgrade = "GET /api/files HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\n\
                   Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    assert_eq!(answers(&app, upgrade).await[0].status, 200);
    // Two requests of HTTP/1.0, of which only the first wants to go on.
    let old =
        "GET /api/files HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /api/files HTTP/1.0\r\n\r\n";
    let old = answers(&app, old).await;
    assert_eq!(old.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200]);
    app.is_alive().await;
    app.end().await;
}

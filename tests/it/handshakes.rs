//! How a WebSocket begins, by RFC 6455, and what is answered when it can't.

use longshore::testing::raw::{RawAnswer, RawConnection};

use crate::support::TestApp;

/// The lines of a handshake that is as it has to be.
fn lines(app: &TestApp) -> Vec<(&'static str, String)> {
    vec![
        ("Host", app.address().to_string()),
        ("Upgrade", "websocket".to_owned()),
        ("Connection", "Upgrade".to_owned()),
        ("Sec-WebSocket-Version", "13".to_owned()),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()),
        ("Sec-WebSocket-Protocol", "longshore.v1".to_owned()),
        ("Origin", app.origin().to_owned()),
    ]
}

async fn shake(app: &TestApp, first: &str, lines: &[(&str, String)]) -> RawAnswer {
    let mut client = RawConnection::to(app).await;
    let mut request = format!("{first}\r\n");
    for (name, value) in lines {
        request += &format!("{name}: {value}\r\n");
    }
    client.send(format!("{request}\r\n").as_bytes()).await;
    client.head().await
}

/// A handshake with one line said in another way, or not at all.
async fn with(app: &TestApp, name: &str, value: Option<&str>) -> RawAnswer {
    let mut lines = lines(app);
    lines.retain_mut(|(known, said)| {
        if *known == name {
            *said = value.unwrap_or_default().to_owned();
        }
        *known != name || value.is_some()
    });
    shake(app, "GET /inbox/ws HTTP/1.1", &lines).await
}

/// H-01
#[actix_web::test]
async fn a_handshake_that_leaves_something_out_is_none() {
    let app = TestApp::start().await;
    for (name, value) in [
        ("Upgrade", None),
        ("Upgrade", Some("h2c")),
        ("Connection", None),
        ("Connection", Some("keep-alive")),
        ("Sec-WebSocket-Key", None),
        ("Sec-WebSocket-Key", Some("")),
        ("Sec-WebSocket-Key", Some("c2hvcnQ=")),
        ("Sec-WebSocket-Key", Some("no base64, but long enough")),
        ("Sec-WebSocket-Key", Some("MDEyMzQ1Njc4OWFiY2RlZjA=")),
        ("Sec-WebSocket-Protocol", None),
        ("Sec-WebSocket-Protocol", Some("longshore.v2, chat")),
    ] {
        let answer = with(&app, name, value).await;
        assert_eq!(answer.status, 400, "{name}: {value:?}: {}", answer.head);
    }
    for first in ["POST /inbox/ws HTTP/1.1", "HEAD /inbox/ws HTTP/1.1", "PUT /inbox/ws HTTP/1.1"] {
        let status = shake(&app, first, &lines(&app)).await.status;
        assert!([404, 405].contains(&status), "{first}: {status}");
    }
    let old = shake(&app, "GET /inbox/ws HTTP/1.0", &lines(&app)).await;
    assert_eq!(old.status, 400, "{}", old.head);
    let mut twice = lines(&app);
    twice.push(("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()));
    assert_eq!(shake(&app, "GET /inbox/ws HTTP/1.1", &twice).await.status, 400);
    app.is_alive().await;
    app.end().await;
}

/// H-01
#[actix_web::test]
async fn another_version_is_told_which_one_is_spoken() {
    let app = TestApp::start().await;
    for version in [None, Some("8"), Some("14"), Some("13, 8"), Some("thirteen"), Some("")] {
        let answer = with(&app, "Sec-WebSocket-Version", version).await;
        assert_eq!(answer.status, 426, "{version:?}: {}", answer.head);
        assert!(answer.head.to_ascii_lowercase().contains("sec-websocket-version: 13\r\n"));
    }
    app.end().await;
}

/// H-02, H-03, H-04
#[actix_web::test]
async fn the_answer_proves_the_key_and_names_what_was_asked_for_and_nothing_else() {
    let app = TestApp::start().await;
    let mut lines = lines(&app);
    lines.push((
        "Sec-WebSocket-Extensions",
        "permessage-deflate; client_max_window_bits".to_owned(),
    ));
    for (name, value) in &mut lines {
        match *name {
            "Sec-WebSocket-Protocol" => *value = "chat, longshore.v1, longshore.v9".to_owned(),
            "Upgrade" => *value = "WebSocket".to_owned(),
            "Connection" => *value = "keep-alive, Upgrade".to_owned(),
            _ => {}
        }
    }
    let answer = shake(&app, "GET /inbox/ws HTTP/1.1", &lines).await;
    assert_eq!(answer.status, 101, "{}", answer.head);
    let head = answer.head.to_ascii_lowercase();
    // RFC 6455 §1.3 has this key and this answer to it.
    assert!(answer.head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{}", answer.head);
    assert!(head.contains("sec-websocket-protocol: longshore.v1\r\n"), "{head}");
    assert!(!head.contains("sec-websocket-extensions"), "none is spoken here: {head}");
    app.end().await;
}

/// H-05, H-06
#[actix_web::test]
async fn who_asks_is_looked_at_before_the_line_is_a_websocket() {
    let app = TestApp::start().await;
    // One without an origin and without a cookie is a program.
    for origin in [Some("https://evil.example"), Some("null"), Some("")] {
        let answer = with(&app, "Origin", origin).await;
        assert_eq!(answer.status, 403, "{origin:?}: {}", answer.head);
    }
    assert_eq!(app.watching(), 0, "nothing was begun for them");
    app.end().await;
}

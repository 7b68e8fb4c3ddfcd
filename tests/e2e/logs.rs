//! The log of the binary: no client writes a line of it, none fills it, and no proof of who somebody is stands in it.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use awc::Client;
use serde_json::json;

use crate::client::{Live, post};
use crate::server::{Launch, Server};

/// A name that would be a line of its own, and red, and read backwards.
const FORGED: &str = "a\r\n2026-11-21T00:00:00Z ERROR forged: \u{1b}[31m\u{9b}31m\u{7}\u{7f}\u{202e}\u{2066}\u{2028}.txt";

/// Starts a server that writes its log into a file of the folder.
fn logging(place: &Path, format: &str, filter: &str) -> Server {
    let log = File::create(place.join("log")).unwrap();
    let data = place.join("data");
    let launch = Launch { log: Some(log), ..Launch::on(&data) };
    launch.start(&["--log-format", format, "--log", filter])
}

fn log_of(place: &Path) -> String {
    std::fs::read_to_string(place.join("log")).expect("a log that is text")
}

/// Bytes to the server, and whatever it answers.
fn exchange(server: &Server, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // A connection that is reset has said what it had to.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[actix_web::test]
async fn out_05_nothing_that_a_client_says_is_a_line_of_the_log() {
    for format in ["text", "json"] {
        let place = tempfile::tempdir().unwrap();
        let server = logging(place.path(), format, "info,longshore=trace");
        for request in [
            "GET /%0d%0aERROR%20forged%1b[31m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                .to_owned(),
            "GET /\u{202e}\u{9b}forged HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(),
            format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "x".repeat(20_000)),
            "GET /healthz HTTP/1.1\r\nHost: x\r\nUser-Agent: \u{202e}\u{9b}31mforged\r\n\
             Referer: \u{9b}forged\r\nConnection: close\r\n\r\n"
                .to_owned(),
            "GET /healthz\x1b[31m HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        ] {
            exchange(&server, request.as_bytes());
        }
        post(&server.url, &FORGED.replace(['\r', '\n'], ""), b"abc").await;
        let mut live = Live::connect(&server.url, "files").await;
        live.say(&json!({ "type": "event", "name": FORGED, "payload": FORGED, "seq": 1 })).await;
        live.hear("reply").await;
        let entry = json!({ "ref": "a", "name": FORGED, "size": 3 });
        live.say(&json!({ "type": "register", "slot": FORGED, "entries": [entry] })).await;
        live.hear("registered").await;
        live.say(&json!({ "type": "register", "slot": "files", "entries": [entry] })).await;
        live.hear("registered").await;
        live.close(FORGED).await;
        assert!(server.terminate().success());

        let log = log_of(place.path());
        assert!(log.contains("forged"), "this log says nothing of it: {log}");
        for line in log.lines() {
            assert!(!line.contains(disturbs), "{format}: {line:?}");
            assert!(line.len() < 2_000, "{format}: a line of {} bytes", line.len());
            if format == "json" {
                let line: serde_json::Value = serde_json::from_str(line).expect(line);
                assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
            } else {
                let mut words = line.split_whitespace();
                assert!(words.next().is_some_and(|time| time.ends_with('Z')), "{line}");
                let level = words.next().unwrap();
                assert!(["INFO", "WARN", "ERROR", "DEBUG", "TRACE"].contains(&level), "{line}");
            }
        }
    }
}

#[actix_web::test]
async fn out_05_no_proof_of_who_somebody_is_stands_in_the_log() {
    let place = tempfile::tempdir().unwrap();
    let server = logging(place.path(), "text", "info,longshore=trace");
    // Somebody whom the server knows, and an upload with a pass in its address.
    let (_, cookie) = post(&server.url, "a.txt", b"abc").await;
    let created = Client::default()
        .post(format!("{}/tus/files/files", server.url))
        .insert_header(("tus-resumable", "1.0.0"))
        .insert_header(("upload-length", "5"))
        .send()
        .await
        .unwrap();
    let address = created.headers().get("location").unwrap().to_str().unwrap().to_owned();
    let (path, query) = address.split_once('?').expect("an address with a pass");
    let query = format!("{query}&ticket=SECRET-ticket&sig=SECRET-sig&signature=SECRET-signature");
    for path in
        [path, "/files", "/upload", "/api/files", "/nowhere", "/files/ws", "/resumable/files/files"]
    {
        for method in ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"] {
            let request = format!(
                "{method} {path}?{query} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}; SECRET-cookie=1\r\n\
                 Authorization: Bearer SECRET-bearer\r\nX-Forwarded-User: SECRET-user\r\n\
                 Content-Length: 0\r\nConnection: close\r\n\r\n"
            );
            exchange(&server, request.as_bytes());
        }
    }
    assert!(server.terminate().success());
    let log = log_of(place.path());
    assert!(log.contains("/nowhere"), "{log}");
    let pass = query.split_once("pass=").unwrap().1.split('&').next().unwrap();
    let value = cookie.split_once('=').unwrap().1;
    for secret in ["SECRET", pass, value] {
        assert!(secret.len() > 5 && !log.contains(secret), "the log says {secret}");
    }
}

#[actix_web::test]
async fn out_05_a_client_that_says_nonsense_for_ever_does_not_fill_the_log() {
    let place = tempfile::tempdir().unwrap();
    let server = logging(place.path(), "text", "info");
    let mut live = Live::connect(&server.url, "files").await;
    for seq in 0..500 {
        live.say(&json!({ "type": "event", "name": format!("odd-{seq}"), "seq": seq })).await;
        live.hear("reply").await;
        let entry = json!({ "ref": format!("r{seq}"), "name": "a", "size": 3 });
        live.say(&json!({ "type": "register", "slot": format!("odd-{seq}"), "entries": [entry] }))
            .await;
        live.hear("registered").await;
        // Whoever says this all the time is closed (`attacks::wsp`).
        if seq < 50 {
            live.say(&json!({ "type": "nonsense" })).await;
            live.hear("error").await;
        }
    }
    drop(live);
    assert!(server.terminate().success());
    let lines = log_of(place.path()).lines().count();
    assert!(lines < 100, "{lines} lines for one connection");
}

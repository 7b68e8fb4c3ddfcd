//! Bodies that are too long, break off or stop, and what becomes of their connections.

use std::time::Duration;

use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;
use longshore::testing::{Patience, within};

use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus, is_on_the_disk};

/// Header lines.
type Lines<'a> = &'a [(&'a str, &'a str)];

const CHUNKED: (&str, &str) = ("transfer-encoding", "chunked");

/// A piece of a chunked body.
fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// The connection takes another request, or it is over; either is fine, hanging is not.
async fn usable_or_closed(client: &Tus, connection: &mut RawConnection, closes: bool) {
    if closes {
        assert!(connection.is_cut().await);
    } else {
        client.raw_on(connection, "OPTIONS", "/tus/inbox/any", &[]).await;
        assert_eq!(connection.answer().await.status, 204);
    }
}

/// C-PAT-11
#[actix_web::test]
async fn a_body_that_says_that_it_is_too_long_is_not_even_read() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    client.brings(&url, 0, &text(40)).await;
    let headers = [BYTES, ("upload-offset", "40"), ("content-length", "61")];
    let mut connection = client.raw(&app, "PATCH", &url, &headers).await;
    // Before a byte of it was sent.
    let answer = connection.answer().await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (413, Some("size_mismatch")));
    assert!(answer.head.to_ascii_lowercase().contains("tus-resumable: 1.0.0"));
    usable_or_closed(&client, &mut connection, answer.says_close()).await;
    assert_eq!(client.patch(&url, 40, &text(1_000)).await.status, 413);
    assert_eq!(client.offset(&url).await, 40);
    client.brings(&url, 40, &text(100)[40..]).await;
    assert_eq!(client.stored().await, text(100));
    app.end().await;
}

/// C-PAT-12, C-PAT-14
#[actix_web::test]
async fn a_body_that_turns_out_too_long_leaves_the_upload_as_it_was() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    for length in [100_u64, 30_000] {
        let half = usize::try_from(length).unwrap() / 2;
        let url = client.create("any", length).await;
        client.brings(&url, 0, &text(half)).await;
        let at = half.to_string();
        let mut connection =
            client.raw(&app, "PATCH", &url, &[BYTES, ("upload-offset", &at), CHUNKED]).await;
        for piece in [&text(half)[..], b"and more"] {
            connection.send(&chunk(piece)).await;
        }
        let answer = connection.answer().await;
        assert_eq!(answer.status, 413, "{}", answer.head);
        let closes = answer.says_close();
        if !closes {
            connection.send(b"0\r\n\r\n").await;
        }
        usable_or_closed(&client, &mut connection, closes).await;
        client.nothing_is_stored().await;
        assert_eq!(client.offset(&url).await, half as u64);
        let whole = text(half * 2);
        client.brings(&url, half as u64, &whole[half..]).await;
        assert_eq!(client.stored().await, whole);
        // Complete now, it takes no byte more, and none is no byte more.
        let at = length.to_string();
        let headers = [BYTES, ("upload-offset", &at), CHUNKED];
        for (body, status) in [(&b"1\r\nx\r\n0\r\n\r\n"[..], 413), (b"0\r\n\r\n", 204)] {
            let mut connection = client.raw(&app, "PATCH", &url, &headers).await;
            connection.send(body).await;
            assert_eq!(connection.answer().await.status, status);
        }
        assert_eq!(client.send("DELETE", &url, &[], b"").await.status, 204);
    }
    app.end().await;
}

/// C-PAT-15
#[actix_web::test]
async fn what_came_before_the_line_was_cut_is_kept() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    for (length, before, sent) in [(100, 40, 33), (900_000, 40, 633), (900_000, 40, 800_000)] {
        let whole = text(length);
        let url = client.create("any", length as u64).await;
        client.brings(&url, 0, &whole[..before]).await;
        let (at, rest) = (before.to_string(), (length - before).to_string());
        let expects = ("expect", "100-continue");
        let headers = [BYTES, ("upload-offset", &at), ("content-length", &rest), expects];
        let mut connection = client.raw(&app, "PATCH", &url, &headers).await;
        // It is there before those that come behind it.
        assert_eq!(connection.head().await.status, 100);
        connection.send(&whole[before..before + sent]).await;
        if sent > 500_000 {
            is_on_the_disk(&app, 500_000).await;
        }
        drop(connection);
        let offset = usize::try_from(client.goes_on(&url, &whole).await).unwrap();
        assert!((before..=before + sent).contains(&offset), "{offset}");
        assert!(sent < 500_000 || offset >= 500_000, "what was written was lost: {offset}");
        assert_eq!(client.stored().await, whole);
        assert_eq!(client.send("DELETE", &url, &[], b"").await.status, 204);
    }
    app.end().await;
}

/// C-PAT-23
#[actix_web::test]
async fn a_body_that_stops_is_given_up_and_what_came_is_kept() {
    let hour = Duration::from_secs(3_600);
    let patience = Patience { hello: hour, silence: hour, body: Duration::from_millis(500) };
    let app = TestApp::with(|builder| builder.patience(patience)).await;
    let client = Tus::of(&app).await;
    let whole = text(30_000);
    let url = client.create("any", 30_000).await;
    let headers = [BYTES, ("upload-offset", "0"), ("content-length", "30000")];
    let mut connection = client.raw(&app, "PATCH", &url, &headers).await;
    connection.send(&whole[..20_000]).await;
    let answer = connection.answer().await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (408, Some("timed_out")));
    assert!(connection.is_cut().await);
    assert_eq!(client.offset(&url).await, 20_000);
    client.brings(&url, 20_000, &whole[20_000..]).await;
    assert_eq!(client.stored().await, whole);
    app.end().await;
}

/// C-PAT-19, CU-06: the server library says 100 before anybody can look at the request; what counts comes without
/// a byte of the body.
#[actix_web::test]
async fn who_waits_to_be_asked_for_the_body_is_refused_without_it() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    let waits = [BYTES, ("content-length", "60"), ("expect", "100-continue")];
    for (method, path, more, status) in [
        ("PATCH", &*url, ("upload-offset", "10"), 409),
        ("POST", "/tus/inbox/any", ("upload-length", "999999999"), 413),
        ("PATCH", &url, ("upload-offset", "0"), 204),
    ] {
        let headers = [&waits[..], &[more]].concat();
        let mut connection = client.raw(&app, method, path, &headers).await;
        let mut answer = connection.answer().await;
        if answer.status == 100 {
            if status == 204 {
                connection.send(&text(60)).await;
            }
            answer = connection.answer().await;
        }
        assert_eq!(answer.status, status, "{method}: {}", answer.head);
    }
    assert_eq!(client.offset(&url).await, 60);
    app.stop().await;
}

/// Whatever is refused, whether its body has come, comes or never comes: the next request on the connection is
/// answered, or the connection ends.
#[actix_web::test]
async fn no_refusal_leaves_a_connection_hanging() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100_000).await;
    let unknown = format!("/tus/inbox/any/{}", uuid::Uuid::now_v7());
    let (zero, create) = (("upload-offset", "0"), "/tus/inbox/any");
    let checksum = ("upload-checksum", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=");
    let refusals: &[(&str, &str, Lines<'_>, u16)] = &[
        ("PATCH", &url, &[BYTES, ("upload-offset", "7")], 409),
        ("PATCH", &url, &[BYTES], 400),
        ("PATCH", &url, &[zero], 415),
        ("PATCH", &url, &[BYTES, zero, ("upload-checksum", "foo YQ==")], 400),
        ("PATCH", &url, &[BYTES, zero, ("upload-length", "5")], 400),
        ("PATCH", &unknown, &[BYTES, zero], 404),
        ("PATCH", create, &[BYTES, zero], 405),
        ("PUT", &url, &[BYTES], 405),
        ("POST", create, &[BYTES], 400),
        ("POST", create, &[("upload-length", "1")], 415),
        ("POST", create, &[BYTES, ("upload-length", "1")], 413),
        ("POST", "/tus/inbox/nowhere", &[BYTES, ("upload-length", "50000")], 404),
        ("POST", create, &[BYTES, zero, ("x-http-method-override", "FOO")], 400),
        ("PATCH", &url, &[BYTES, zero, checksum], 460),
    ];
    let body = text(50_000);
    for (method, path, headers, status) in refusals {
        for (what, length, sent) in
            [("whole", "50000", 50_000), ("half", "50000", 25_000), ("nothing", "50000", 0)]
        {
            if *status == 460 && sent < 50_000 {
                continue; // Only the last byte tells.
            }
            let headers = [headers, &[("content-length", length)][..]].concat();
            let mut connection = client.raw(&app, method, path, &headers).await;
            connection.send_what_goes(&body[..sent]).await;
            let answer = connection.answer().await;
            assert_eq!(answer.status, *status, "{method} {path} with {what}: {}", answer.head);
            let closes = answer.says_close();
            if !closes && sent < 50_000 {
                connection.send_what_goes(&body[sent..]).await;
            }
            within(what, usable_or_closed(&client, &mut connection, closes)).await;
        }
    }
    assert_eq!(client.offset(&url).await, 0);
    app.stop().await;
}

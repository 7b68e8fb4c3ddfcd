//! Digests of the whole and of one request's content.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256, Sha512};

use super::{append, append_with, begun, create, is_at, is_gone, is_stored};
use crate::support::TestApp;

fn sha256(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes)))
}

#[actix_web::test]
async fn r_31_a_whole_that_is_not_what_was_declared_is_refused() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let declared = sha256(b"hello");
    for complete in [Some("?0"), Some("?1"), None] {
        for (bytes, right) in [("hello", true), ("hullo", false)] {
            let mut headers = vec![("repr-digest", &*declared)];
            headers.extend(complete.map(|complete| ("upload-complete", complete)));
            let mut answer = create(&visitor, &headers, bytes).await;
            if complete == Some("?0") {
                let address = super::location(&answer);
                answer = append(&visitor, &address, 5, "?1", "").await;
                if !right {
                    assert_eq!(answer.header("upload-complete"), Some("?1"));
                    is_gone(&visitor, &address).await;
                }
            }
            match right {
                true => is_stored(&visitor, &answer, bytes).await,
                false => assert_eq!((answer.status, &*answer.code()), (422, "checksum_mismatch")),
            }
        }
    }
    let answer = create(&visitor, &[("repr-digest", "sha-256=:AAAA:")], "hello").await;
    assert_eq!((answer.status, &*answer.code()), (400, "invalid_message"));
    let answer = create(&visitor, &[("repr-digest", "sha-1024=:AAAA:, md5=:AAAA:")], "hello").await;
    is_stored(&visitor, &answer, "hello").await;
    app.end().await;
}

#[actix_web::test]
async fn r_31_content_that_is_not_what_was_declared_does_not_count() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let wrong = sha256(b"another");
    let with = |offset: &'static str, complete, digest| {
        [("upload-offset", offset), ("upload-complete", complete), ("content-digest", digest)]
    };
    let address = begun(&visitor, &[]).await;
    append(&visitor, &address, 0, "?0", "hello").await;
    for complete in ["?0", "?1"] {
        let answer = append_with(&visitor, &address, &with("5", complete, &wrong), " world").await;
        answer.is_problem(422, "checksum_mismatch");
        assert_eq!(answer.header("upload-complete"), Some("?0"));
        is_at(&visitor, &address, 5, "?0").await;
    }
    let right = sha256(b" wor");
    let answer = append_with(&visitor, &address, &with("5", "?0", &right), " wor").await;
    assert_eq!(answer.header("upload-offset"), Some("9"));
    let right = format!("sha-512=:{}:", STANDARD.encode(Sha512::digest(b"ld")));
    let answer = append_with(&visitor, &address, &with("9", "?1", &right), "ld").await;
    is_stored(&visitor, &answer, "hello world").await;
    app.end().await;
}

#[actix_web::test]
async fn r_31_a_creation_whose_content_is_not_what_was_declared_leaves_nothing() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let wrong = sha256(b"another");
    for complete in [Some("?0"), Some("?1"), None] {
        let mut headers = vec![("content-digest", &*wrong)];
        headers.extend(complete.map(|complete| ("upload-complete", complete)));
        let answer = create(&visitor, &headers, "hello").await;
        assert_eq!((answer.status, &*answer.code()), (422, "checksum_mismatch"));
        assert_eq!(answer.header("location"), None);
    }
    assert!(visitor.listed().await.is_empty());
    app.end().await;
}

#[actix_web::test]
async fn r_31_the_digest_is_told_to_whoever_wants_it() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let digest = sha256(b"hello");
    for (wanted, told) in
        [("sha-256=10", Some(&*digest)), ("sha-512=5, sha-256=1", Some(&*digest)), ("md5=10", None)]
    {
        let wants = ("want-repr-digest", wanted);
        let address = begun(&visitor, &[wants]).await;
        let part = append(&visitor, &address, 0, "?0", "hello").await;
        assert_eq!(part.header("repr-digest"), None, "it is not the whole yet");
        let last = append(&visitor, &address, 5, "?1", "").await;
        assert_eq!(last.header("repr-digest"), told, "{wanted}");
        // Also to whoever has lost that answer.
        assert_eq!(visitor.head(&address).await.header("repr-digest"), told);
        let whole = create(&visitor, &[wants, ("upload-complete", "?1")], "hello").await;
        assert_eq!(whole.header("repr-digest"), told);
        let plain = create(&visitor, &[wants], "hello").await;
        assert_eq!(plain.header("repr-digest"), told);
    }
    app.end().await;
}

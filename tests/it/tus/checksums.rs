//! Upload-Checksum: a body that is not what it should be leaves no byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longshore::testing::samples::text;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus, is_on_the_disk};

fn checksum(algorithm: &str, bytes: &[u8]) -> String {
    let digest = match algorithm {
        "sha1" => Sha1::digest(bytes).to_vec(),
        "sha256" => Sha256::digest(bytes).to_vec(),
        "md5" => Md5::digest(bytes).to_vec(),
        "crc32" => crc32fast::hash(bytes).to_be_bytes().to_vec(),
        other => panic!("{other}"),
    };
    format!("{algorithm} {}", STANDARD.encode(digest))
}

/// CK-01, CK-02, CK-05, CK-09
#[actix_web::test]
async fn a_right_checksum_is_taken_and_a_wrong_one_leaves_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    for algorithm in ["sha1", "sha256", "md5", "crc32"] {
        for length in [100, 50_000] {
            let whole = text(length);
            let url = client.create("any", length as u64).await;
            let mut at = 0;
            for end in [length / 3, length] {
                let piece = &whole[at..end];
                let wrong = checksum(algorithm, b"something else");
                let answer =
                    client.patch_with(&url, at as u64, &[("upload-checksum", &wrong)], piece).await;
                answer.is_problem(460, "checksum_mismatch");
                client.nothing_is_stored().await;
                assert_eq!(client.offset(&url).await, at as u64, "{algorithm}");
                let right = checksum(algorithm, piece);
                let answer =
                    client.patch_with(&url, at as u64, &[("upload-checksum", &right)], piece).await;
                assert_eq!(answer.status, 204, "{algorithm}: {}", answer.text());
                at = end;
            }
            assert_eq!(client.stored().await, whole);
            assert_eq!(client.send("DELETE", &url, &[], b"").await.status, 204);
        }
    }
    app.end().await;
}

#[actix_web::test]
async fn a_wrong_checksum_is_told_in_the_protocols_words() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    let wrong = checksum("sha1", b"something else");
    let headers =
        [BYTES, ("upload-offset", "0"), ("content-length", "3"), ("upload-checksum", &wrong)];
    let mut connection = client.raw(&app, "PATCH", &url, &headers).await;
    connection.send(b"abc").await;
    let answer = connection.answer().await;
    assert!(answer.head.starts_with("HTTP/1.1 460 Checksum Mismatch\r\n"), "{}", answer.head);
    app.stop().await;
}

/// CK-03, CK-04, CK-08
#[actix_web::test]
async fn what_is_no_checksum_is_refused_before_the_body() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let url = client.create("any", 100).await;
    let right = checksum("sha1", &text(60));
    let (unknown, joined) = (right.replace("sha1", "foo"), right.replace(' ', ""));
    for bad in [&*unknown, &joined, "sha1 !!", "sha1 YQ==", "sha1", "sha1 ", ""] {
        let answer = client.patch_with(&url, 0, &[("upload-checksum", bad)], &text(60)).await;
        answer.is_problem(400, "invalid_message");
        assert_eq!(client.offset(&url).await, 0, "{bad}");
    }
    let twice = [("upload-checksum", &*right), ("upload-checksum", &right)];
    assert_eq!(client.patch_with(&url, 0, &twice, &text(60)).await.status, 400);
    let nothing = checksum("sha1", b"");
    let answer = client.patch_with(&url, 0, &[("upload-checksum", &nothing)], b"").await;
    assert_eq!((answer.status, answer.header("upload-offset")), (204, Some("0")));
    app.stop().await;
}

/// CK-06
#[actix_web::test]
async fn a_body_with_a_checksum_that_breaks_off_leaves_nothing() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let whole = text(900_000);
    let url = client.create("any", 900_000).await;
    client.brings(&url, 0, &whole[..10_000]).await;
    let sum = checksum("sha256", &whole[10_000..]);
    let headers = [
        BYTES,
        ("upload-offset", "10000"),
        ("content-length", "890000"),
        ("upload-checksum", &*sum),
    ];
    for sent in [1, 20_000, 800_000] {
        let mut connection = client.raw(&app, "PATCH", &url, &headers).await;
        connection.send(&whole[10_000..10_000 + sent]).await;
        if sent > 600_000 {
            is_on_the_disk(&app, 500_000).await;
        }
        drop(connection);
        assert_eq!(client.offset(&url).await, 10_000, "after {sent} bytes");
    }
    let sum = [("upload-checksum", &*sum)];
    // One of those requests may be under way still.
    let mut status = 409;
    for _ in 0..20 {
        status = client.patch_with(&url, 10_000, &sum, &whole[10_000..]).await.status;
        if status != 409 {
            break;
        }
    }
    assert_eq!(status, 204);
    assert_eq!(client.stored().await, whole);
    app.end().await;
}

/// CK-10: a body of many times what is kept in memory goes to the disk, and is cut off there if it is wrong.
#[actix_web::test]
async fn a_large_body_with_a_checksum_is_not_kept_in_memory() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    let whole = text(20_000_000);
    let url = client.create("large", 20_000_000).await;
    let wrong = checksum("sha1", b"something else");
    let answer = client.patch_with(&url, 0, &[("upload-checksum", &wrong)], &whole).await;
    answer.is_problem(460, "checksum_mismatch");
    assert_eq!(client.offset(&url).await, 0);
    let right = checksum("sha1", &whole);
    let answer = client.patch_with(&url, 0, &[("upload-checksum", &right)], &whole).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert!(client.stored().await == whole);
    app.end().await;
}

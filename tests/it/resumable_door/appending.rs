//! Append: the right type, the right offset, a length that is kept.

use actix_web::http::Method;
use longshore::testing::samples::{html, text};

use super::{
    ANY, append, append_with, begun, begun_at, chunked, create, is_at, is_gone, is_stored,
    location, patch_head, raw_header, told,
};
use crate::support::{Answer, TestApp};

/// Asserts that this is the refusal of an append at the wrong offset.
fn is_mismatch(answer: &Answer, expected: u64, provided: u64) {
    answer.is_problem(409, "offset_mismatch");
    assert_eq!(answer.header("upload-offset"), Some(&*expected.to_string()));
    assert_eq!(answer.header("upload-complete"), Some("?0"));
    let json = answer.json();
    assert_eq!(
        json["type"],
        "https://iana.org/assignments/http-problem-types#mismatching-upload-offset"
    );
    assert_eq!(
        (&json["expected-offset"], &json["provided-offset"]),
        (&expected.into(), &provided.into())
    );
}

fn is_inconsistent(answer: &Answer) {
    answer.is_problem(400, "size_mismatch");
    assert_eq!(answer.header("upload-complete"), Some("?0"));
    assert_eq!(
        answer.json()["type"],
        "https://iana.org/assignments/http-problem-types#inconsistent-upload-length"
    );
}

#[actix_web::test]
async fn r_34_an_append_is_a_patch_of_the_right_type_with_offset_and_completeness() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    let (kind, offset, complete) = (
        ("content-type", "application/partial-upload"),
        ("upload-offset", "0"),
        ("upload-complete", "?0"),
    );
    for (headers, status) in [
        (vec![offset, complete], 415),
        (vec![("content-type", "application/offset+octet-stream"), offset, complete], 415),
        (vec![("content-type", "application/octet-stream"), offset, complete], 415),
        (vec![kind, complete], 400),
        (vec![kind, offset], 400),
        (vec![kind], 400),
    ] {
        let answer = visitor.send(Method::PATCH, &address, &headers, b"hello".to_vec()).await;
        answer.is_problem(status, "invalid_message");
        assert_eq!(answer.header("upload-complete"), Some("?0"));
        let patches = (status == 415).then_some("application/partial-upload");
        assert_eq!(answer.header("accept-patch"), patches);
        is_at(&visitor, &address, 0, "?0").await;
    }
    for method in [Method::POST, Method::PUT, Method::TRACE] {
        let answer = visitor.send(method, &address, &[kind, offset, complete], Vec::new()).await;
        assert_eq!(answer.status, 405);
        assert_eq!(answer.header("allow"), Some("GET, HEAD, PATCH, DELETE, OPTIONS"));
    }
    let with_parameter = ("content-type", "Application/Partial-Upload; x=y");
    let headers = [with_parameter, offset, complete];
    let answer = visitor.send(Method::PATCH, &address, &headers, b"hello".to_vec()).await;
    assert_eq!(answer.status, 204);
    app.stop().await;
}

#[actix_web::test]
async fn r_03_a_malformed_offset_is_no_offset() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    for said in ["\"0\"", "0.0", "-1", "zero", "0, 0", ""] {
        let headers = [("upload-offset", said), ("upload-complete", "?0")];
        append_with(&visitor, &address, &headers, "hello").await.is_problem(400, "invalid_message");
        is_at(&visitor, &address, 0, "?0").await;
    }
    let headers = [("upload-offset", "0;a=?1"), ("upload-complete", "?0;b")];
    assert_eq!(append_with(&visitor, &address, &headers, "hello").await.status, 204);
    is_at(&visitor, &address, 5, "?0").await;
    app.stop().await;
}

#[actix_web::test]
async fn r_18_an_append_elsewhere_is_told_where_the_upload_ends() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    append(&visitor, &address, 0, "?0", "hello").await;
    for provided in [0, 4, 6, 999_999_999_999_999] {
        for complete in ["?0", "?1"] {
            let answer = append(&visitor, &address, provided, complete, "more").await;
            is_mismatch(&answer, 5, provided);
        }
    }
    is_at(&visitor, &address, 5, "?0").await;
    let answer = append(&visitor, &address, 5, "?1", "").await;
    is_stored(&visitor, &answer, "hello").await;
    is_mismatch(&append(&visitor, &address, 0, "?0", "hello").await, 5, 0);
    is_mismatch(&append(&visitor, &address, 9, "?1", "").await, 5, 9);
    app.end().await;
}

#[actix_web::test]
async fn r_06_nothing_is_appended_to_what_is_complete() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    let last = append(&visitor, &address, 0, "?1", "hello").await;
    is_stored(&visitor, &last, "hello").await;
    for complete in ["?0", "?1"] {
        is_inconsistent(&append(&visitor, &address, 5, complete, "more").await);
        let request = [
            patch_head(&visitor, &address, 5, complete, "Transfer-Encoding: chunked"),
            chunked(&[b"more"]),
        ];
        assert_eq!(told(&app, &request.concat()).await.status, 400);
    }
    let answer = append(&visitor, &address, 5, "?0", "").await;
    answer.is_problem(400, "invalid_message");
    let kind = answer.json()["type"].as_str().unwrap().to_owned();
    assert!(kind.ends_with("#completed-upload"), "{kind}");
    // Who only says once more that this is all hears once more what became of it.
    let again = append(&visitor, &address, 5, "?1", "").await;
    assert_eq!((again.status, again.json()), (200, last.json()));
    assert_eq!(again.header("upload-complete"), Some("?1"));
    is_at(&visitor, &address, 5, "?1").await;
    assert_eq!(visitor.listed().await.len(), 1);
    app.end().await;
}

#[actix_web::test]
async fn r_19_the_last_append_is_answered_as_the_file_in_one_go() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    let part = append(&visitor, &address, 0, "?0", "hel").await;
    assert_eq!(part.status, 204);
    assert_eq!(part.header("upload-complete"), Some("?0"));
    assert_eq!(part.header("upload-offset"), Some("3"));
    let last = append(&visitor, &address, 3, "?1", "lo").await;
    assert_eq!(last.header("upload-complete"), Some("?1"));
    is_stored(&visitor, &last, "hello").await;
    let whole = create(&visitor, &[], "hello").await;
    let (last, whole) = (last.json(), whole.json());
    for field in ["name", "size", "type", "sha256", "page", "slot"] {
        assert_eq!(last["files"][0][field], whole["files"][0][field], "{field}");
    }
    app.end().await;
}

#[actix_web::test]
async fn r_19_a_file_that_is_refused_in_the_end_is_answered_with_that_and_is_over() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for first in [&html()[..0], &html()[..1], &html()[..20]] {
        let address = begun(&visitor, &[]).await;
        assert_eq!(append(&visitor, &address, 0, "?0", first).await.status, 204);
        let rest = &html()[first.len()..];
        let answer = append(&visitor, &address, first.len() as u64, "?1", rest).await;
        assert_eq!((answer.status, &*answer.code()), (415, "active_content"));
        assert_eq!(answer.header("upload-complete"), Some("?1"));
        assert_eq!(answer.json()["errors"][0]["name"], "a.txt");
        is_gone(&visitor, &address).await;
    }
    app.end().await;
}

#[actix_web::test]
async fn r_07_r_20_the_length_that_an_append_says_is_remembered_and_holds() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    let headers = |offset, length| {
        [("upload-offset", offset), ("upload-complete", "?0"), ("upload-length", length)]
    };
    assert_eq!(append_with(&visitor, &address, &headers("0", "10"), "hello").await.status, 204);
    assert_eq!(visitor.head(&address).await.header("upload-length"), Some("10"));
    for length in ["9", "11", "6"] {
        is_inconsistent(&append_with(&visitor, &address, &headers("5", length), "").await);
    }
    // Fewer bytes than were said are not all of them, whether they are counted before or behind.
    is_inconsistent(&append(&visitor, &address, 5, "?1", "wor").await);
    is_at(&visitor, &address, 5, "?0").await;
    let head = patch_head(&visitor, &address, 5, "?1", "Transfer-Encoding: chunked");
    let answer = told(&app, &[head, chunked(&[b"wor"])].concat()).await;
    assert_eq!((answer.status, raw_header(&answer, "upload-complete")), (400, Some("?0")));
    is_at(&visitor, &address, 8, "?0").await;
    let answer = append(&visitor, &address, 8, "?1", "ld").await;
    is_stored(&visitor, &answer, "helloworld").await;
    app.end().await;
}

#[actix_web::test]
async fn a_length_that_the_slot_does_not_allow_is_refused_before_it_comes() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun_at(&visitor, "/resumable/inbox/sized", &[]).await;
    let answer = append(&visitor, &address, 0, "?1", text(101)).await;
    assert_eq!((answer.status, &*answer.code()), (413, "too_large"));
    assert_eq!(answer.header("upload-complete"), Some("?0"));
    is_at(&visitor, &address, 0, "?0").await;
    app.stop().await;
}

#[actix_web::test]
async fn r_21_what_passes_the_length_ends_the_upload() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for complete in ["?0", "?1"] {
        let address = begun(&visitor, &[("upload-length", "10")]).await;
        append(&visitor, &address, 0, "?0", "hello").await;
        is_inconsistent(&append(&visitor, &address, 5, complete, "world!").await);
        is_gone(&visitor, &address).await;

        let address = begun(&visitor, &[("upload-length", "10")]).await;
        append(&visitor, &address, 0, "?0", "hello").await;
        let head = patch_head(&visitor, &address, 5, complete, "Transfer-Encoding: chunked");
        let body = chunked(&[b"wor", b"ld", b"!"]);
        let answer = told(&app, &[head, body].concat()).await;
        assert_eq!((answer.status, raw_header(&answer, "upload-complete")), (400, Some("?0")));
        is_gone(&visitor, &address).await;
    }
    app.end().await;
}

#[actix_web::test]
async fn r_21_what_passes_the_slots_limit_ends_the_upload_too() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun_at(&visitor, "/resumable/inbox/sized", &[]).await;
    assert_eq!(append(&visitor, &address, 0, "?0", text(60)).await.status, 204);
    let answer = append(&visitor, &address, 60, "?0", text(41)).await;
    assert_eq!((answer.status, &*answer.code()), (413, "too_large"));
    assert_eq!(answer.header("upload-limit"), Some("max-size=100, min-size=10"));
    is_gone(&visitor, &address).await;
    app.end().await;
}

#[actix_web::test]
async fn an_upload_is_complete_when_its_client_says_so_and_not_when_its_bytes_are_all_there() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for (length, bytes) in [("5", "hello"), ("0", "")] {
        let address = begun(&visitor, &[("upload-length", length)]).await;
        assert_eq!(append(&visitor, &address, 0, "?0", bytes).await.status, 204);
        is_at(&visitor, &address, bytes.len() as u64, "?0").await;
        let answer = append(&visitor, &address, bytes.len() as u64, "?0", "").await;
        assert_eq!(answer.status, 204);
        assert!(visitor.listed().await.iter().all(|file| file["size"] != bytes.len()));
        let answer = append(&visitor, &address, bytes.len() as u64, "?1", "").await;
        is_stored(&visitor, &answer, bytes).await;
    }
    app.end().await;
}

#[actix_web::test]
async fn r_36_no_append_is_too_small() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    for (offset, byte) in "hello".bytes().enumerate() {
        let answer = append(&visitor, &address, offset as u64, "?0", [byte]).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        assert_eq!(answer.header("upload-offset"), Some(&*(offset + 1).to_string()));
        let limits = answer.header("upload-limit").unwrap().to_owned();
        assert!(!limits.contains("append-size"), "{limits}");
    }
    let answer = append(&visitor, &address, 5, "?1", "").await;
    is_stored(&visitor, &answer, "hello").await;
    app.end().await;
}

#[actix_web::test]
async fn r_35_coded_content_is_stored_as_it_is_and_chunks_are_counted_without_their_frames() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    // What gzip makes of "hello".
    let coded = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0";
    let headers = [
        ("content-disposition", "inline; filename=\"a.gz\""),
        ("content-encoding", "gzip"),
        ("upload-complete", "?0"),
        ("upload-length", &*coded.len().to_string()),
    ];
    let answer = visitor.send(Method::POST, ANY, &headers, coded[..10].to_vec()).await;
    let address = location(&answer);
    is_at(&visitor, &address, 10, "?0").await;
    let head = patch_head(&visitor, &address, 10, "?0", "Transfer-Encoding: chunked");
    let body = chunked(&[&coded[10..12], &coded[12..13]]);
    let answer = told(&app, &[head, body].concat()).await;
    assert_eq!((answer.status, raw_header(&answer, "upload-offset")), (204, Some("13")));
    let headers =
        [("upload-offset", "13"), ("upload-complete", "?1"), ("content-encoding", "gzip")];
    let answer = append_with(&visitor, &address, &headers, &coded[13..]).await;
    is_stored(&visitor, &answer, coded).await;
    app.end().await;
}

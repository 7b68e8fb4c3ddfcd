//! What FilePond never sends, and others may.

use std::time::Duration;

use actix_web::http::Method;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::text;

use super::pond::Pond;
use crate::support::{Form, TestApp, Upload};

const KIND: (&str, &str) = ("content-type", "application/offset+octet-stream");

#[actix_web::test]
async fn lengths_and_offsets_that_are_no_numbers_change_nothing() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pond = Pond::new(&visitor, "inbox", "any");
    let id = pond.place(10).await;
    assert_eq!(pond.patch(&id, 0, 10, "a.txt", b"01234".to_vec()).await.status, 204);
    for wrong in ["-1", "+1", "1.5", "x", "", "99999999999999999999", "5,5", "0x5"] {
        pond.post(Form::new(), &[("upload-length", wrong)])
            .await
            .is_problem(400, "invalid_message");
        for name in ["upload-offset", "upload-length"] {
            let fine = if name == "upload-offset" { "upload-length" } else { "upload-offset" };
            let headers =
                [KIND, (name, wrong), (fine, if fine == "upload-length" { "10" } else { "5" })];
            let answer = pond.patch_saying(&id, &headers, b"56789".to_vec()).await;
            answer.is_problem(400, "invalid_message");
        }
    }
    let missing = pond.patch_saying(&id, &[KIND], b"56789".to_vec()).await;
    missing.is_problem(400, "invalid_message");
    let twice = [KIND, ("upload-offset", "5"), ("upload-offset", "5")];
    pond.patch_saying(&id, &twice, b"56789".to_vec()).await.is_problem(400, "invalid_message");
    let form = [("content-type", "application/x-www-form-urlencoded"), ("upload-offset", "5")];
    pond.patch_saying(&id, &form, b"56789".to_vec()).await.is_problem(400, "invalid_message");
    // Another length, a chunk that is longer than the file, one that ends behind it.
    pond.patch(&id, 5, 11, "a.txt", b"56789".to_vec()).await.is_problem(400, "size_mismatch");
    pond.patch(&id, 5, 10, "a.txt", text(6)).await.is_problem(400, "size_mismatch");
    pond.patch(&id, 0, 10, "a.txt", text(11)).await.is_problem(400, "size_mismatch");
    assert_eq!(pond.offset(&id).await, 5);
    assert_eq!(pond.patch(&id, 5, 10, "b.txt", b"56789".to_vec()).await.status, 204);
    assert_eq!(app.blob(&id), b"0123456789");
    // A finished one, with more and with another length.
    pond.patch(&id, 10, 10, "a.txt", text(1)).await.is_problem(400, "size_mismatch");
    pond.patch(&id, 0, 20, "a.txt", text(20)).await.is_problem(400, "size_mismatch");
    pond.patch(&id, 11, 10, "a.txt", Vec::new()).await.is_problem(409, "offset_mismatch");
    app.end().await;
}

#[actix_web::test]
async fn a_chunk_without_a_length_may_not_go_beyond_the_end() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let pond = Pond::new(&visitor, "inbox", "any");
    let id = pond.place(100_000).await;
    let mut client = RawConnection::to(&app).await;
    let head = format!(
        "PATCH {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/offset+octet-stream\r\n\
         Upload-Offset: 0\r\nUpload-Length: 100000\r\nUpload-Name: a.txt\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        pond.at("patch", &id)
    );
    let pieces = format!("186a1\r\n{}\r\n0\r\n\r\n", String::from_utf8(text(100_001)).unwrap());
    client.send(&[head.as_bytes(), pieces.as_bytes()].concat()).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, &answer.json()["code"]), (400, &"size_mismatch".into()));
    // The connection goes on, and so does the upload.
    client.send(head.as_bytes()).await;
    let pieces = format!("186a0\r\n{}\r\n0\r\n\r\n", String::from_utf8(text(100_000)).unwrap());
    client.send(pieces.as_bytes()).await;
    assert_eq!(client.answer().await.status, 204);
    app.end().await;
}

#[actix_web::test]
async fn unknown_and_foreign_ids_are_alike() {
    let app = TestApp::start().await;
    let (owner, other) = (app.visitor(), app.visitor());
    owner.get("/inbox").await;
    other.get("/inbox").await;
    let pond = Pond::new(&owner, "inbox", "any");
    let id = pond.place(10).await;
    let theirs = Pond::new(&other, "inbox", "any");
    let elsewhere = Pond::new(&owner, "inbox", "large");
    let never = "019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10";
    for (pond, id) in [
        (&theirs, &*id),
        (&elsewhere, &id),
        (&pond, never),
        (&pond, ""),
        (&pond, "..%2f..%2fsecret"),
        (&pond, &format!("{id},{id}")),
        (&pond, &"x".repeat(5_000)),
    ] {
        pond.patch(id, 0, 10, "a.txt", text(10)).await.is_problem(404, "unknown_entry");
        assert_eq!(
            owner.head(&pond.at("patch", if id.len() > 100 { "x" } else { never })).await.status,
            404
        );
        pond.load(id).await.is_problem(404, "unknown_entry");
    }
    for id in ["", never, "x"] {
        pond.revert(id).await.is_problem(404, "unknown_entry");
    }
    theirs.revert(&id).await.is_problem(404, "unknown_entry");
    pond.revert(&"x".repeat(100_000)).await.is_problem(413, "too_large");
    // Unfinished, there is nothing to show.
    pond.load(&id).await.is_problem(404, "unknown_entry");
    assert_eq!(pond.patch(&id, 0, 10, "a.txt", text(10)).await.status, 204);
    app.end().await;
}

#[actix_web::test]
async fn other_methods_and_queries_are_told_what_there_is() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let pond = Pond::new(&visitor, "inbox", "any");
    let answer = visitor.send(Method::PUT, pond.path(), &[], b"x".to_vec()).await;
    answer.is_problem(405, "invalid_message");
    assert!(answer.header("allow").unwrap().contains("PATCH"));
    let answer = visitor.send(Method::OPTIONS, pond.path(), &[], Vec::new()).await;
    assert_eq!((answer.status, answer.header("allow").is_some()), (204, true));
    visitor.get(pond.path()).await.is_problem(400, "invalid_message");
    visitor.get(&pond.at("patch", "x")).await.is_problem(400, "invalid_message");
    let headers = [KIND, ("upload-offset", "0")];
    let answer = visitor.send(Method::PATCH, pond.path(), &headers, text(3)).await;
    answer.is_problem(400, "invalid_message");
    let json = [("content-type", "application/json")];
    let answer = visitor.send(Method::POST, pond.path(), &json, b"{}".to_vec()).await;
    answer.is_problem(400, "invalid_message");
    app.end().await;
}

#[actix_web::test]
async fn a_refused_chunk_is_read_past_and_the_connection_goes_on() {
    let app = TestApp::start().await;
    let mut client = RawConnection::to(&app).await;
    let head = "PATCH /filepond/inbox/any?patch=x HTTP/1.1\r\nHost: x\r\n\
                Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n";
    let request = format!("{head}Content-Length: 200000\r\n\r\n");
    for _ in 0..2 {
        client.send(&[request.as_bytes(), &text(200_000)].concat()).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.says_close()), (404, false), "{}", answer.head);
    }
    // What is too much to read past is not waited for.
    client.send(format!("{head}Content-Length: 900000000000\r\n\r\n").as_bytes()).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.says_close()), (404, true), "{}", answer.head);
    assert!(client.is_cut().await);
    app.end().await;
}

#[actix_web::test]
async fn two_that_send_the_same_chunk_at_once_make_one_file() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pond = Pond::new(&visitor, "inbox", "any");
    let file = Upload::bytes("a.txt", text(400_000));
    let id = pond.place(400_000).await;
    for offset in [0, 200_000] {
        let send = || pond.chunk(&id, &file, offset, offset + 200_000);
        let (one, two, three) = futures_util::join!(send(), send(), send());
        let good = [one, two, three].iter().filter(|answer| answer.status == 204).count();
        assert!(good >= 1);
        assert_eq!(pond.offset(&id).await, offset as u64 + 200_000);
    }
    assert_eq!(app.blob(&id), file.contents());
    assert_eq!(visitor.listed().await.len(), 1);
    app.end().await;
}

#[actix_web::test]
async fn what_is_taken_back_while_it_comes_is_gone() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pond = Pond::new(&visitor, "inbox", "any");
    let file = Upload::bytes("a.txt", text(400_000));
    let id = pond.place(400_000).await;
    assert_eq!(pond.chunk(&id, &file, 0, 100_000).await.status, 204);
    let (chunk, revert) =
        futures_util::join!(pond.chunk(&id, &file, 100_000, 300_000), pond.revert(&id));
    assert_eq!(revert.status, 204);
    assert!([204, 404, 409, 410].contains(&chunk.status), "{}", chunk.text());
    pond.chunk(&id, &file, 0, 100_000).await.is_problem(404, "unknown_entry");
    assert!(visitor.listed().await.is_empty());
    app.end().await;
}

/// The old request may hang on a line that died an hour ago; it is answered without another byte of it.
#[actix_web::test]
async fn who_pauses_within_a_chunk_hears_at_once_that_somebody_else_goes_on() {
    let app = TestApp::with(|builder| builder.body_timeout(Duration::from_secs(3_600))).await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pond = Pond::new(&visitor, "inbox", "large");
    let file = Upload::bytes("a.txt", text(3_000_000));
    for go_on in [true, false] {
        let id = pond.place(3_000_000).await;
        let mut hangs = RawConnection::to(&app).await;
        let head = format!(
            "PATCH {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/offset+octet-stream\r\n\
             Upload-Offset: 0\r\nUpload-Length: 3000000\r\nUpload-Name: a.txt\r\nCookie: {}\r\n\
             X-Requested-With: XMLHttpRequest\r\nContent-Length: 3000000\r\n\r\n",
            pond.at("patch", &id),
            visitor.cookie().unwrap()
        );
        hangs.send(&[head.as_bytes(), &text(1_500_000)].concat()).await;
        let part = || app.spool().iter().any(|path| path.is_file());
        longshore::testing::until("bytes that are written", part).await;
        let code = if go_on {
            // What didn't come whole was taken back.
            assert_eq!(pond.offset(&id).await, 0);
            "superseded"
        } else {
            assert_eq!(pond.revert(&id).await.status, 204);
            "cancelled"
        };
        let answer = hangs.answer().await;
        assert_eq!(answer.json()["code"], code, "{}", answer.head);
        assert!(answer.says_close() && hangs.is_cut().await);
        if go_on {
            assert_eq!(pond.chunk(&id, &file, 0, 3_000_000).await.status, 204);
            assert_eq!(app.blob(&id), file.contents());
        }
    }
    app.end().await;
}

//! Files in chunks. The traps are those of FilePond's `processFileChunked.js`: places where its client loses bytes,
//! or gives up, when a server is nearly right.

use longshore::testing::samples::{program, sha256, text};

use super::pond::Pond;
use crate::support::{TestApp, Upload};

fn book() -> Upload {
    Upload::bytes("buch – 100%25.txt", text(250_000))
}

#[actix_web::test]
async fn trap_a_an_empty_chunk_behind_the_end_is_fine() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    for page in ["inbox", "desk"] {
        let pond = Pond::new(&visitor, page, "any");
        let file = Upload::bytes("a.txt", text(200_000));
        let id = pond.place(200_000).await;
        for offset in [0, 100_000] {
            assert_eq!(pond.chunk(&id, &file, offset, offset + 100_000).await.status, 204);
        }
        let last = pond.chunk(&id, &file, 200_000, 200_000).await;
        assert_eq!((last.status, last.header("upload-offset")), (204, Some("200000")));
        assert_eq!(app.blob(&id), file.contents());
    }
    app.end().await;
}

#[actix_web::test]
async fn trap_b_a_chunk_that_is_sent_again_is_no_conflict() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pond = Pond::new(&visitor, "inbox", "any");
    let (file, id) = (book(), pond.place(250_000).await);
    // As is, half of it known, and known altogether; the last one when the file is complete.
    for (offset, end, reached) in [
        (0, 100_000, 100_000),
        (0, 100_000, 100_000),
        (50_000, 150_000, 150_000),
        (0, 10, 150_000),
        (150_000, 250_000, 250_000),
        (150_000, 250_000, 250_000),
        (0, 100_000, 250_000),
    ] {
        let answer = pond.chunk(&id, &file, offset, end).await;
        assert_eq!(answer.status, 204, "{offset}: {}", answer.text());
        assert_eq!(answer.header("upload-offset"), Some(&*reached.to_string()), "{offset}");
    }
    let ahead = pond.place(250_000).await;
    pond.chunk(&ahead, &file, 1, 100).await.is_problem(409, "offset_mismatch");
    pond.chunk(&ahead, &file, 0, 100).await;
    pond.chunk(&ahead, &file, 101, 200).await.is_problem(409, "offset_mismatch");
    assert_eq!(app.blob(&id), file.contents());
    assert_eq!(pond.revert(&ahead).await.status, 204);
    app.end().await;
}

#[actix_web::test]
async fn trap_c_an_offset_is_always_the_start_of_a_chunk() {
    use longshore::testing::raw::RawConnection;
    use longshore::testing::until;
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let pond = Pond::new(&visitor, "inbox", "large");
    let file = Upload::bytes("a.bin", text(5_000_000));
    let id = pond.place(5_000_000).await;
    assert_eq!(pond.chunk(&id, &file, 0, 2_000_000).await.status, 204);
    let head = format!(
        "PATCH {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/offset+octet-stream\r\n\
         Upload-Offset: 2000000\r\nUpload-Length: 5000000\r\nUpload-Name: a.bin\r\n\
         Content-Length: 2000000\r\n\r\n",
        pond.at("patch", &id)
    );
    for cut in [true, false] {
        let mut client = RawConnection::to(&app).await;
        client.send(&[head.as_bytes(), &file.contents()[2_000_000..3_900_000]].concat()).await;
        let written = || app.spool().iter().any(|file| length(file) > 2_000_000);
        until("a part of the chunk is written", written).await;
        if cut {
            drop(client);
            assert_eq!(pond.offset(&id).await, 2_000_000);
            continue;
        }
        // It still hangs somewhere, and FilePond has gone on to ask.
        assert_eq!(pond.offset(&id).await, 2_000_000);
        client.send_what_goes(&file.contents()[3_900_000..4_000_000]).await;
        assert_ne!(client.answer().await.status, 204);
        assert_eq!(pond.offset(&id).await, 2_000_000);
    }
    assert_eq!(pond.chunk(&id, &file, 2_000_000, 4_000_000).await.status, 204);
    assert_eq!(pond.chunk(&id, &file, 4_000_000, 5_000_000).await.status, 204);
    assert_eq!(app.blob(id.split('.').next().unwrap()), file.contents());
    app.end().await;
}

fn length(file: &std::path::Path) -> u64 {
    file.metadata().map_or(0, |facts| if facts.is_file() { facts.len() } else { 0 })
}

#[actix_web::test]
async fn trap_d_a_file_is_complete_when_its_bytes_are_there_and_has_the_name_of_its_chunks() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pond = Pond::new(&visitor, "inbox", "any");
    let id = pond.process_chunked(&book(), 70_000).await.unwrap();
    let listed = visitor.listed().await;
    assert_eq!((&listed[0]["id"], &listed[0]["name"]), (&(&*id).into(), &book().name().into()));
    assert_eq!(listed[0]["sha256"], *sha256(book().contents()));
    // A whole file of no bytes is one empty chunk.
    let id = pond.process_chunked(&Upload::bytes("empty.txt", ""), 70_000).await.unwrap();
    assert_eq!(app.blob(&id), b"");
    app.end().await;
}

#[actix_web::test]
async fn trap_e_the_length_may_come_with_the_first_chunk() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pond = Pond::new(&visitor, "inbox", "any");
    let file = book();
    let id = pond.ask(None).await.text();
    assert_eq!(pond.offset(&id).await, 0);
    for (offset, end) in [(0, 100_000), (100_000, 200_000), (200_000, 250_000)] {
        assert_eq!(pond.chunk(&id, &file, offset, end).await.status, 204);
    }
    assert_eq!(app.blob(&id), file.contents());
    // Nor does everybody send metadata.
    let bare = pond.post(crate::support::Form::new(), &[("upload-length", "3")]).await.text();
    assert_eq!(pond.patch(&bare, 0, 3, "a.txt", b"abc".to_vec()).await.status, 204);
    // But somebody has to say it.
    let never = pond.ask(None).await.text();
    let headers = [
        ("content-type", "application/offset+octet-stream"),
        ("upload-offset", "0"),
        ("upload-name", "a.txt"),
    ];
    let answer = pond.patch_saying(&never, &headers, b"abc".to_vec()).await;
    answer.is_problem(400, "invalid_message");
    assert_eq!(pond.revert(&never).await.status, 204);
    app.end().await;
}

#[actix_web::test]
async fn what_a_slot_refuses_is_refused_as_soon_as_it_can_be_known() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pond = Pond::new(&visitor, "inbox", "pictures");
    // Its length with the place, its kind with the first chunk, its content with its first bytes.
    pond.ask(Some(100_001)).await.is_problem(413, "too_large");
    let sized = Pond::new(&visitor, "inbox", "sized");
    sized.ask(Some(9)).await.is_problem(422, "too_small");
    let id = pond.place(50_000).await;
    for _ in 0..2 {
        let answer = pond.patch(&id, 0, 50_000, "a.txt", text(1_000)).await;
        answer.is_problem(415, "not_accepted");
        assert_eq!(pond.offset(&id).await, 0);
    }
    pond.patch(&id, 0, 50_000, "", text(1_000)).await.is_problem(400, "empty_name");
    let fake = Upload::bytes("a.jpg", [program(), text(40_000)].concat());
    let id = pond.place(fake.contents().len()).await;
    for _ in 0..3 {
        // FilePond tries a chunk three times before it shows why.
        let answer = pond.chunk(&id, &fake, 0, 20_000).await;
        answer.is_problem(415, "content_mismatch");
    }
    app.stop().await;
}

#[actix_web::test]
async fn chunks_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let app = TestApp::with(|builder| builder.data(&data)).await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    let pond = Pond::new(&visitor, "desk", "any");
    let (file, id, other) = (book(), pond.place(250_000).await, pond.place(250_000).await);
    assert_eq!(pond.chunk(&id, &file, 0, 100_000).await.status, 204);
    let cookie = visitor.cookie().unwrap();
    app.stop().await;
    let app = TestApp::with(|builder| builder.data(&data)).await;
    let visitor = app.visitor().with_cookie(&cookie);
    let pond = Pond::new(&visitor, "desk", "any");
    assert_eq!(pond.offset(&id).await, 100_000);
    assert_eq!(pond.offset(&other).await, 0);
    for id in [&id, &other] {
        for (offset, end) in [(100_000, 200_000), (200_000, 250_000)] {
            if id == &other && offset == 100_000 {
                assert_eq!(pond.chunk(id, &file, 0, 200_000).await.status, 204);
                continue;
            }
            assert_eq!(pond.chunk(id, &file, offset, end).await.status, 204);
        }
        assert_eq!(pond.load(id).await.body, file.contents());
        assert_eq!(pond.revert(id).await.status, 204);
    }
    app.end().await;
}

//! The end of an upload: cancelled by its client, refused by rules that hold now, given up because it is too slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use longshore::testing::Patience;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples::program;
use longshore::{Code, Rejection, SlotOptions};

use super::{
    ANY, append, begun, begun_at, create_at, is_at, is_gone, is_stored, patch_head, raw_header,
};
use crate::room::Room;
use crate::support::{TestApp, pages};

#[actix_web::test]
async fn r_29_a_cancelled_upload_is_over() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for bytes in ["", "hello"] {
        let address = begun(&visitor, &[]).await;
        append(&visitor, &address, 0, "?0", bytes).await;
        let answer = visitor.delete(&address).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        is_gone(&visitor, &address).await;
    }
    app.end().await;
}

#[actix_web::test]
async fn what_is_stored_is_not_cancelled_as_an_upload() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    append(&visitor, &address, 0, "?1", "hello").await;
    visitor.delete(&address).await.is_problem(400, "invalid_message");
    is_at(&visitor, &address, 5, "?1").await;
    assert_eq!(visitor.listed().await.len(), 1);
    app.end().await;
}

#[actix_web::test]
async fn r_32_whoever_may_no_more_is_refused_at_the_end() {
    let may = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&may);
    let room = Room::new(vec![("guarded", SlotOptions::new().max_entries(5))]);
    let app = room
        .on_progress(move |entry, session| {
            let may = asked.load(Ordering::SeqCst);
            async move {
                match may {
                    true if entry.done() => pages::keep(&entry, &session).await,
                    true => Ok(()),
                    false => Err(Rejection::new(Code::Forbidden).into()),
                }
            }
        })
        .open()
        .await;
    let visitor = app.visitor();
    let place = "/resumable/room/guarded";
    let (first, second) =
        (begun_at(&visitor, place, &[]).await, begun_at(&visitor, place, &[]).await);
    is_stored(&visitor, &append(&visitor, &first, 0, "?1", "hello").await, "hello").await;
    append(&visitor, &second, 0, "?0", "hello").await;
    may.store(false, Ordering::SeqCst);
    let answer = append(&visitor, &second, 5, "?1", "").await;
    assert_eq!((answer.status, &*answer.code()), (403, "forbidden"));
    assert_eq!(answer.header("upload-complete"), Some("?1"));
    is_gone(&visitor, &second).await;
    app.end().await;
}

#[actix_web::test]
async fn r_32_what_the_slot_has_room_for_is_asked_again_at_the_end() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    // Together 150 bytes; none of the two says how many it will be.
    let place = "/resumable/inbox/total";
    let (first, second) =
        (begun_at(&visitor, place, &[]).await, begun_at(&visitor, place, &[]).await);
    append(&visitor, &first, 0, "?0", [b'x'; 100]).await;
    let answer = append(&visitor, &second, 0, "?1", [b'x'; 60]).await;
    assert_eq!((answer.status, &*answer.code()), (413, "total_too_large"));
    assert_eq!(append(&visitor, &first, 100, "?1", "").await.status, 200);
    app.stop().await;
}

#[actix_web::test]
async fn r_33_what_is_dangerous_only_together_is_found_together() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let headers = [
        ("content-disposition", "inline; filename=\"photo.jpg\""),
        ("content-type", "image/jpeg"),
        ("upload-complete", "?0"),
    ];
    let place = "/resumable/inbox/pictures";
    let answer = visitor.send(actix_web::http::Method::POST, place, &headers, Vec::new()).await;
    let address = super::location(&answer);
    let program = program();
    for (offset, byte) in program[..4].iter().enumerate() {
        assert_eq!(append(&visitor, &address, offset as u64, "?0", [*byte]).await.status, 204);
    }
    let answer = append(&visitor, &address, 4, "?1", &program[4..]).await;
    assert_eq!((answer.status, &*answer.code()), (415, "content_mismatch"));
    assert_eq!(answer.header("upload-complete"), Some("?1"));
    is_gone(&visitor, &address).await;
    app.end().await;
}

#[actix_web::test]
async fn r_33_a_slow_append_is_given_up_and_what_came_stays() {
    let long = Duration::from_secs(3_600);
    let patience = Patience { hello: long, silence: long, body: Duration::from_millis(500) };
    let app = TestApp::with(|builder| builder.patience(patience)).await;
    let visitor = app.visitor();
    let address = begun(&visitor, &[]).await;
    let mut connection = RawConnection::to(&app).await;
    let head = patch_head(&visitor, &address, 0, "?1", "Content-Length: 1000");
    connection.send(&[head, b"hello".to_vec()].concat()).await;
    let answer = connection.answer().await;
    assert_eq!((answer.status, raw_header(&answer, "upload-complete")), (408, Some("?0")));
    assert!(answer.says_close() && connection.is_cut().await);
    is_at(&visitor, &address, 5, "?0").await;
    app.stop().await;
}

#[actix_web::test]
async fn r_33_there_are_not_more_uploads_at_once_than_the_slot_allows_and_each_expires() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let place = "/resumable/inbox/pair";
    let first = begun_at(&visitor, place, &[]).await;
    begun_at(&visitor, place, &[]).await;
    let third = create_at(&visitor, place, &[("upload-complete", "?0")], "").await;
    assert_eq!((third.status, &*third.code()), (422, "too_many_files"));
    app.clock().advance(Duration::from_secs(86_401));
    app.sweep().await;
    is_gone(&visitor, &first).await;
    begun_at(&visitor, place, &[]).await;
    app.stop().await;
}

#[actix_web::test]
async fn a_slot_that_waits_for_a_form_is_saved_with_the_last_byte() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let address = begun_at(&visitor, "/resumable/desk/any", &[]).await;
    let answer = append(&visitor, &address, 0, "?1", "hello").await;
    is_stored(&visitor, &answer, "hello").await;
    let answer = create_at(&visitor, "/resumable/desk/any", &[], "plain").await;
    is_stored(&visitor, &answer, "plain").await;
    assert!(begun(&visitor, &[]).await.starts_with(ANY));
    app.stop().await;
}

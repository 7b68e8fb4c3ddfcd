//! RES: what runs out.
//!
//! Full disks (RES-01, RES-02) are tried in `disk_room.rs` and peers that don't go on (RES-03, RES-04) in
//! `slow_peers.rs`, by every door.

mod letters;
mod locked;
mod places;
mod rates;
mod slow;

use std::time::Duration;

use longshore::Quota;
use longshore::testing::raw::RawConnection;
use longshore::testing::samples;

use super::oracle::Target;
use crate::support::doors::{doors_of_few_words, every_door, sent};
use crate::support::tus::Tus;
use crate::support::{Form, Upload};

const HOUR: Duration = Duration::from_secs(3_600);

/// What is said of a caller holds by every door, and counts what came by any other.
#[actix_web::test]
async fn res_05_a_caller_keeps_no_more_than_they_may_whatever_the_door() {
    let quota = Quota::none().bytes(1_000);
    let target = Target::with(|builder| builder.quota_per_caller(quota)).await;
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let visitor = target.visitor();
        visitor.get("inbox").await;
        visitor.store("inbox", "any", Upload::bytes("first.txt", samples::text(600))).await;
        let bytes = samples::text(401);
        let outcomes = door.send(&visitor, "inbox", "any", &[sent("second.txt", bytes)]).await;
        assert_eq!(outcomes[0].word(), "quota_exceeded", "{}", door.name());
        let files = visitor.listed().await;
        assert_eq!(files.len(), 1, "{}", door.name());
        // What is deleted makes room.
        visitor.delete(&format!("api/files/{}", files[0]["id"].as_str().unwrap())).await;
        if !door.leaves_chunks() {
            let bytes = samples::text(900);
            let outcomes = door.send(&visitor, "inbox", "any", &[sent("third.txt", bytes)]).await;
            assert_eq!(outcomes[0].word(), "stored", "{}", door.name());
        }
    }
    target.end().await;
}

/// Uploads that are begun and never sent are bounded for each caller, and swept.
#[actix_web::test]
async fn res_05_creations_without_bytes_are_bounded_and_swept() {
    let quota = Quota::none().unfinished(10);
    let target = Target::with(|builder| builder.quota_per_caller(quota)).await;
    let tus = Tus::of(&target).await;
    let mut created = 0;
    for _ in 0..100 {
        let answer = tus.post("any", &[("upload-length", "1000")], b"").await;
        match answer.status {
            201 => created += 1,
            status => assert_eq!(status, 413, "{}", answer.text()),
        }
    }
    assert_eq!(created, 10);
    let mut live = tus.visitor().live("inbox").await;
    let refused = live.select("any", Upload::text("a.txt", "a")).await.unwrap_err();
    assert_eq!(refused.code(), "quota_exceeded");
    assert_eq!(refused.params()["what"], "unfinished");
    assert_eq!(refused.params()["max"], 10);
    assert_eq!(refused.params()["used"], 10);
    live.disconnect();
    target.end().await;
}

/// Whoever asks for an upload now and then, and sends nothing, does not keep it.
#[actix_web::test]
async fn res_06_empty_requests_do_not_keep_an_upload() {
    let target = Target::start().await;
    let tus = Tus::of(&target).await;
    let (idle, busy) = (tus.create("any", 1_000).await, tus.create("any", 1_000).await);
    for at in 0..4 {
        target.clock().advance(7 * HOUR);
        if at < 3 {
            assert_eq!(tus.patch(&idle, 0, b"").await.status, 204);
            assert_eq!(tus.head(&idle).await.status, 200);
        }
        assert_eq!(tus.patch(&busy, at, b"a").await.status, 204);
        target.sweep().await;
    }
    assert!([404, 410].contains(&tus.head(&idle).await.status), "it has expired");
    assert_eq!(tus.offset(&busy).await, 4);
    target.end().await;
}

/// A byte now and then keeps an upload, but not for ever.
#[actix_web::test]
async fn res_06_a_byte_now_and_then_does_not_keep_an_upload_for_ever() {
    let target = Target::with(|builder| builder.upload_life(48 * HOUR)).await;
    let tus = Tus::of(&target).await;
    let url = tus.create("any", 1_000).await;
    for at in 0..4 {
        target.clock().advance(11 * HOUR);
        assert_eq!(tus.patch(&url, at, b"a").await.status, 204);
        target.sweep().await;
    }
    target.clock().advance(11 * HOUR);
    target.sweep().await;
    assert!([404, 410].contains(&tus.head(&url).await.status), "its life is over");
    target.end().await;
}

/// Pages that are opened, begin an upload and go leave nothing.
#[actix_web::test]
async fn res_08_pages_that_come_and_go_leave_nothing() {
    let target = Target::with(|builder| builder.session_grace(Duration::ZERO)).await;
    for _ in 0..100 {
        let mut live = target.visitor().live("inbox").await;
        let file = live.select("any", Upload::bytes("a.txt", samples::text(50_000))).await.unwrap();
        live.send(&file, 30).await;
        live.disconnect();
    }
    target.end().await;
}

/// HTTP/2 is not spoken, so none of its floods can be sent.
#[actix_web::test]
async fn res_16_the_preface_of_http_2_is_refused() {
    let target = Target::start().await;
    let mut connection = RawConnection::to(&target).await;
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let flood = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &settings.repeat(1_000)[..]].concat();
    connection.send_what_goes(&flood).await;
    let answer = connection.try_answer().await;
    assert!(answer.is_none_or(|answer| [400, 505].contains(&answer.status)));
    assert!(connection.is_cut().await);
    target.end().await;
}

/// A text field is no way around the limits of files.
#[actix_web::test]
async fn res_18_a_huge_text_field_is_refused() {
    let target = Target::start().await;
    let form = Form::new().text("note", &"x".repeat(1_000_000)).file("any", "a.txt", b"a");
    let mut connection = RawConnection::to(&target).await;
    connection.post("/inbox", &Form::content_type(), &form.body()).await;
    let answer = connection.answer().await;
    assert!([400, 413, 422].contains(&answer.status), "{}", answer.head);
    assert!(target.blobs().is_empty(), "nothing behind it was taken");
    target.end().await;
}

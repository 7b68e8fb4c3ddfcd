//! Bodies of requests that don't go on.

use std::sync::Arc;
use std::time::Duration;

use longshore::SlotOptions;
use longshore::testing::raw::{RawAnswer, RawConnection};
use longshore::testing::{BOUNDARY, Form, samples, within};
use tokio::sync::Semaphore;

use super::impatient;
use crate::dropzone::drop::Drop;
use crate::room::Room;
use crate::support::pages::{PAGE, templates};
use crate::support::{TestApp, Upload};

const SOON: Duration = Duration::from_millis(500);

/// The head of a form that announces a large body.
fn head(length: usize) -> String {
    format!(
        "POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nContent-Length: {length}\r\n\r\n",
        Form::content_type()
    )
}

/// Sends a byte now and then until there is an answer.
async fn dribble(connection: &mut RawConnection) -> RawAnswer {
    let dribbling = async {
        loop {
            tokio::select! {
                answer = connection.answer() => break answer,
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
            connection.send_what_goes(b"x").await;
        }
    };
    within("an answer", dribbling).await
}

async fn nothing_came_of_it(app: TestApp) {
    assert!(app.blobs().is_empty());
    app.spool_empties().await;
    app.end().await;
}

#[actix_web::test]
async fn a_body_that_never_begins_is_answered_408() {
    let app = impatient(|patience| patience.body = SOON).await;
    let mut connection = RawConnection::to(&app).await;
    connection.send(head(1_000).as_bytes()).await;
    let answer = connection.answer().await;
    assert_eq!(answer.status, 408, "{}", answer.head);
    assert_eq!(answer.json()["errors"][0]["code"], "timed_out");
    assert!(answer.says_close());
    assert!(connection.is_cut().await);
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn a_file_that_comes_a_byte_at_a_time_is_given_up() {
    let app = impatient(|patience| patience.body = SOON).await;
    let mut connection = RawConnection::to(&app).await;
    connection.send(head(1_000_000).as_bytes()).await;
    connection.send(&Form::new().file("any", "a.txt", b"It begins").cut_off()).await;
    let answer = dribble(&mut connection).await;
    assert_eq!(answer.status, 408, "{}", answer.head);
    assert_eq!(answer.json()["errors"][0]["code"], "timed_out");
    assert!(connection.is_cut().await);
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn what_was_stored_before_stays_and_is_told() {
    let app = impatient(|patience| patience.body = SOON).await;
    let mut connection = RawConnection::to(&app).await;
    let form = Form::new().file("any", "whole.txt", b"whole").file("any", "half.txt", b"half");
    // In one piece: nobody is to be slow before the first file is whole.
    connection.send(&[head(1_000_000).into_bytes(), form.cut_off()].concat()).await;
    let answer = dribble(&mut connection).await;
    let json = answer.json();
    assert_eq!((answer.status, json["files"][0]["name"].as_str()), (200, Some("whole.txt")));
    assert_eq!(json["files"].as_array().map(Vec::len), Some(1));
    assert_eq!(json["errors"][0]["code"], "timed_out");
    assert_eq!(app.blobs().len(), 1);
    app.end().await;
}

#[actix_web::test]
async fn a_chunk_of_dropzones_that_comes_a_byte_at_a_time_is_given_up_and_can_be_sent_again() {
    let app = impatient(|patience| patience.body = SOON).await;
    let file = Upload::bytes("a.txt", samples::text(250_000));
    let mut connection = RawConnection::to(&app).await;
    connection.send(head(1_000_000).as_bytes()).await;
    let begun = Drop::form("any", &file, 0, 250_000, "slow", None).cut_off();
    connection.send(&begun[..100_000]).await;
    let answer = dribble(&mut connection).await;
    assert_eq!(answer.status, 408, "{}", answer.head);
    assert_eq!(answer.json()["errors"][0]["code"], "timed_out");
    assert!(connection.is_cut().await);
    let stranger = app.visitor();
    let drop = Drop::new(&stranger, "inbox", "slow").named("any");
    let json = drop.chunk(&file, 0, 250_000).await.json();
    assert_eq!(json["files"][0]["sha256"], *samples::sha256(file.contents()), "{json}");
    app.end().await;
}

#[actix_web::test]
async fn a_form_without_files_is_given_up_too() {
    let app = impatient(|patience| patience.body = SOON).await;
    let mut connection = RawConnection::to(&app).await;
    let kind = "application/x-www-form-urlencoded";
    connection.send(head(1_000).replace(&Form::content_type(), kind).as_bytes()).await;
    assert_eq!(dribble(&mut connection).await.status, 408);
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn a_chunked_body_is_given_up_too() {
    let app = impatient(|patience| patience.body = SOON).await;
    let mut connection = RawConnection::to(&app).await;
    let chunked = head(1_000).replace("Content-Length: 1000", "Transfer-Encoding: chunked");
    connection.send(chunked.as_bytes()).await;
    connection.send(format!("{:x}\r\n--{BOUNDARY}\r\n", BOUNDARY.len() + 4).as_bytes()).await;
    let answer = connection.answer().await;
    assert_eq!(answer.status, 408, "{}", answer.head);
    nothing_came_of_it(app).await;
}

#[actix_web::test]
async fn while_we_are_the_slow_ones_nobody_is_hurried() {
    let released = Arc::new(Semaphore::new(0));
    let handler = Arc::clone(&released);
    let slot = SlotOptions::new().max_entries(5).max_file_size(2_000_000);
    let room = Room::new(vec![("slow", slot)]).on_progress(move |_, _| {
        let handler = Arc::clone(&handler);
        async move {
            let _ = handler.acquire().await;
            Ok(())
        }
    });
    let app = TestApp::with(|builder| {
        builder
            .templates(templates(&[("room.html", PAGE)]))
            .page("room", move || room.clone())
            .body_timeout(SOON)
    })
    .await;
    let mut connection = RawConnection::to(&app).await;
    // The second file does not fit into what is read ahead while the first one is thought about.
    let rest = vec![7; 900_000];
    let body = Form::new().file("slow", "a.txt", b"first").file("slow", "b.bin", rest).body();
    let head = head(body.len()).replace("/inbox", "/room");
    connection.send_what_goes(&[head.into_bytes(), body].concat()).await;
    tokio::time::sleep(3 * SOON).await;
    released.add_permits(1_000);
    let answer = connection.answer().await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert_eq!(answer.json()["files"].as_array().map(Vec::len), Some(2));
    app.stop().await;
}

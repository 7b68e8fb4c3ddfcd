//! Peers that don't read, and peers that are not there any more.

use std::time::Duration;

use longshore::testing::raw::{RawConnection, frame};
use longshore::testing::samples::text;
use longshore::testing::{Patience, data_frame, until, within};
use tokio::net::TcpSocket;

use super::line::Line;
use super::{BINARY, HELLO, TEXT};
use crate::attacks::oracle::Target;

/// An hour: for what is not meant.
const LONG: Duration = Duration::from_secs(3_600);

/// A server that gives up a live page after a second of silence.
async fn impatient() -> Target {
    let patience = Patience { hello: LONG, silence: Duration::from_secs(1), body: LONG };
    Target::with(|builder| builder.patience(patience)).await
}

/// Says hello, and sends half a file.
async fn half_a_file(page: &mut RawConnection) {
    page.frame(TEXT, HELLO).await;
    assert!(page.text().await.contains("welcome"));
    let register = br#"{"type":"register","slot":"any","entries":[{"ref":"c1","name":"a.txt","size":900000}]}"#;
    page.frame(TEXT, register).await;
    assert!(page.text().await.contains("registered"));
    page.frame(BINARY, &data_frame(1, 0, 0, &text(400_000))).await;
}

#[actix_web::test]
async fn ws_07_who_stops_reading_is_cut_off_and_nothing_of_it_is_left() {
    let target = impatient().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    let stream = within("a connection", socket.connect(target.address())).await.unwrap();
    let mut page = RawConnection::over(stream, &target).upgraded("inbox").await;
    half_a_file(&mut page).await;
    until("half a file", || !target.spool().is_empty()).await;
    assert_eq!(target.watching(), 1);
    // Each of these is answered with as much again. When nobody reads that, the session stands still, and cannot
    // say so itself.
    let offers: Vec<_> =
        (0..600).map(|n| format!(r#"{{"ref":"{n}","name":"{}.txt"}}"#, "n".repeat(60))).collect();
    let register =
        format!(r#"{{"type":"register","slot":"none","entries":[{}]}}"#, offers.join(","));
    let taken = page.flood(&frame(TEXT, register.as_bytes()), 4 << 30).await;
    assert!(taken < 4 << 30, "it was never cut off");
    until("its session is over", || target.watching() == 0).await;
    target.spool_empties().await;
    target.end().await;
}

#[actix_web::test]
async fn ws_08_a_line_that_dies_without_a_word_is_noticed_and_nothing_of_it_is_left() {
    let target = impatient().await;
    let line = Line::to(target.address()).await;
    let mut page = RawConnection::over(line.connect().await, &target).upgraded("inbox").await;
    half_a_file(&mut page).await;
    until("half a file", || !target.spool().is_empty()).await;
    assert_eq!(target.watching(), 1);
    line.die();
    until("its session is over", || target.watching() == 0).await;
    target.spool_empties().await;
    // Its client still believes that it is connected.
    drop((page, line));
    target.end().await;
}

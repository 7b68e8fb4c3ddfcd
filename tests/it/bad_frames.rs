//! Bytes that are no frames of RFC 6455, or cost too much: the connection ends with the right code, and the
//! server goes on.

use std::time::Duration;

use longshore::testing::raw::{Ended, RawConnection, frame, header};
use longshore::testing::samples::text;
use longshore::testing::until;

use crate::support::TestApp;
use crate::support::opcodes::{BINARY, CONTINUATION, FIRST_BINARY, FIRST_TEXT, LAST, TEXT};

/// Sends bytes to a live page; answers how it ended.
async fn sent_to_a_live_page(bytes: &[u8]) -> Ended {
    let app = TestApp::start().await;
    let mut page = RawConnection::live(&app, "inbox").await;
    page.frame(TEXT, br#"{"type":"hello"}"#).await;
    assert!(page.text().await.contains("welcome"));
    page.send_what_goes(bytes).await;
    let ended = page.ended().await;
    assert!(page.is_cut().await, "the connection ends too");
    app.is_alive().await;
    app.end().await;
    ended
}

/// F-04
#[actix_web::test]
async fn an_announced_gigabyte_is_refused_at_its_header() {
    // No byte of the gigabyte is sent: the header is enough.
    let ended = sent_to_a_live_page(&header(BINARY, 1 << 30, true)).await;
    assert_eq!(ended, Ended::Closed(1009));
}

/// F-04
#[actix_web::test]
async fn an_announced_gigabyte_is_not_read() {
    let mut bytes = header(BINARY, 1 << 30, true);
    bytes.resize(bytes.len() + (8 << 20), 7);
    // The server stops reading; what is on its way may break the connection before the code arrives.
    assert!(matches!(sent_to_a_live_page(&bytes).await, Ended::Closed(1009) | Ended::Cut));
}

/// F-04
#[actix_web::test]
async fn lengths_that_wrap_around_are_refused() {
    for length in [u64::MAX, 1 << 63, u64::MAX - 3, 1 << 32] {
        let ended = sent_to_a_live_page(&header(BINARY, length, true)).await;
        assert!(matches!(ended, Ended::Closed(1009 | 1002)), "{length}: {ended:?}");
    }
}

/// F-01
#[actix_web::test]
async fn an_unmasked_frame_is_a_protocol_error() {
    let mut bytes = header(TEXT, 2, false);
    bytes.extend(b"{}");
    assert_eq!(sent_to_a_live_page(&bytes).await, Ended::Closed(1002));
}

/// F-09
#[actix_web::test]
async fn endless_empty_continuations_are_cut_off() {
    let mut bytes = frame(FIRST_BINARY, b"x");
    (0..100_000).for_each(|_| bytes.extend(frame(CONTINUATION, b"")));
    let ended = sent_to_a_live_page(&bytes).await;
    assert!(matches!(ended, Ended::Closed(1008 | 1009) | Ended::Cut), "{ended:?}");
}

/// F-09
#[actix_web::test]
async fn a_few_hundred_empty_continuations_are_enough() {
    let mut bytes = frame(FIRST_BINARY, b"x");
    (0..300).for_each(|_| bytes.extend(frame(CONTINUATION, b"")));
    assert_eq!(sent_to_a_live_page(&bytes).await, Ended::Closed(1008));
}

/// F-09
#[actix_web::test]
async fn fragments_count_together_against_the_limit() {
    let mut bytes = frame(FIRST_BINARY, &vec![7; 600_000]);
    bytes.extend(header(CONTINUATION, 600_000, true));
    assert_eq!(sent_to_a_live_page(&bytes).await, Ended::Closed(1009));
}

/// F-07
#[actix_web::test]
async fn a_flood_of_pings_is_cut_off() {
    let bytes: Vec<u8> = (0..65).flat_map(|_| frame(0x89, b"ping")).collect();
    assert_eq!(sent_to_a_live_page(&bytes).await, Ended::Closed(1008));
}

/// F-02
#[actix_web::test]
async fn reserved_opcodes_are_a_protocol_error() {
    for opcode in [3, 4, 7, 0x0b, 0x0f] {
        let ended = sent_to_a_live_page(&frame(0x80 | opcode, b"")).await;
        assert_eq!(ended, Ended::Closed(1002), "opcode {opcode}");
    }
}

/// F-02
#[actix_web::test]
async fn reserved_bits_are_a_protocol_error() {
    for bits in [0x40, 0x20, 0x10, 0x70] {
        let ended = sent_to_a_live_page(&frame(BINARY | bits, b"")).await;
        assert_eq!(ended, Ended::Closed(1002), "bits {bits:#x}");
    }
}

/// F-03
#[actix_web::test]
async fn control_frames_are_short_and_whole() {
    let long = frame(0x89, &[7; 126]);
    let in_pieces = frame(0x09, b"ping");
    for bytes in [long, in_pieces] {
        assert_eq!(sent_to_a_live_page(&bytes).await, Ended::Closed(1002));
    }
}

/// F-08
#[actix_web::test]
async fn a_continuation_of_nothing_is_a_protocol_error() {
    assert_eq!(sent_to_a_live_page(&frame(LAST, b"x")).await, Ended::Closed(1002));
}

/// F-08
#[actix_web::test]
async fn a_message_within_a_message_is_a_protocol_error() {
    let mut bytes = frame(FIRST_BINARY, b"x");
    bytes.extend(frame(TEXT, b"{}"));
    assert_eq!(sent_to_a_live_page(&bytes).await, Ended::Closed(1002));
}

/// F-05
#[actix_web::test]
async fn text_that_is_not_utf_8_is_refused() {
    assert_eq!(sent_to_a_live_page(&frame(TEXT, b"\xff\xfe")).await, Ended::Closed(1007));
}

/// F-05
#[actix_web::test]
async fn text_in_fragments_that_is_not_utf_8_is_refused() {
    // The first half of a character, and something that is not its second.
    let mut bytes = frame(FIRST_TEXT, b"{\"type\":\"\xc3");
    bytes.extend(frame(LAST, b"\x28\"}"));
    assert_eq!(sent_to_a_live_page(&bytes).await, Ended::Closed(1007));
}

/// F-04
#[actix_web::test]
async fn long_text_is_refused_at_its_header() {
    let ended = sent_to_a_live_page(&header(TEXT, 64 * 1024 + 1, true)).await;
    assert_eq!(ended, Ended::Closed(1009));
}

#[actix_web::test]
async fn bytes_that_are_no_frames_end_the_connection() {
    let ended = sent_to_a_live_page(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(matches!(ended, Ended::Closed(1002 | 1009)), "{ended:?}");
}

#[actix_web::test]
async fn messages_in_fragments_work_within_the_limits() {
    let app = TestApp::start().await;
    let mut page = RawConnection::live(&app, "inbox").await;
    // Text, cut within a character, with a ping between its pieces.
    let hello = r#"{"type":"hello","note":"Grüße"}"#.as_bytes();
    let cut = hello.iter().position(|byte| *byte == 0xc3).unwrap() + 1;
    page.frame(FIRST_TEXT, &hello[..cut]).await;
    page.frame(0x89, b"still there?").await;
    page.frame(LAST, &hello[cut..]).await;
    assert!(page.text().await.contains("welcome"));
    page.frame(
        TEXT,
        br#"{"type":"register","slot":"any","entries":[{"ref":"c1","name":"a.txt","size":30000}]}"#,
    )
    .await;
    assert!(page.text().await.contains("registered"));
    let mut data = 1_u32.to_be_bytes().to_vec();
    data.extend([0; 12]);
    data.extend(text(30_000));
    let mut pieces = data.chunks(1_000).peekable();
    page.frame(FIRST_BINARY, pieces.next().unwrap()).await;
    while let Some(piece) = pieces.next() {
        page.frame(if pieces.peek().is_some() { CONTINUATION } else { LAST }, piece).await;
    }
    while !page.text().await.contains("\"status\":\"complete\"") {}
    until("the file is stored", || app.blobs().len() == 1).await;
    assert_eq!(std::fs::read(&app.blobs()[0]).unwrap(), text(30_000));
    drop(page);
    app.end().await;
}

#[actix_web::test]
async fn frames_may_come_byte_by_byte() {
    let app = TestApp::start().await;
    let mut page = RawConnection::live(&app, "inbox").await;
    for byte in frame(TEXT, br#"{"type":"hello"}"#) {
        page.send(&[byte]).await;
        tokio::task::yield_now().await;
    }
    assert!(page.text().await.contains("welcome"));
    drop(page);
    app.end().await;
}

#[actix_web::test]
async fn a_message_that_never_ends_holds_nobody_up() {
    let app = TestApp::start().await;
    let mut page = RawConnection::live(&app, "inbox").await;
    page.frame(FIRST_BINARY, b"and then").await;
    app.is_alive().await;
    // The server may end it when it stops, finished or not.
    tokio::time::timeout(Duration::from_secs(20), app.stop()).await.expect("the server stops");
}

/// F-06: codes that may not be sent, and half a code (RFC 6455 §7.4).
#[actix_web::test]
async fn a_close_that_is_none_ends_the_connection_all_the_same() {
    for payload in [&[3][..], &999_u16.to_be_bytes(), &1005_u16.to_be_bytes(), &6_u16.to_be_bytes()]
    {
        let app = TestApp::start().await;
        let mut page = RawConnection::live(&app, "inbox").await;
        page.frame(0x88, payload).await;
        let ended = page.ended().await;
        assert!(!matches!(ended, Ended::Closed(1005 | 1006)), "{payload:?}: {ended:?}");
        assert!(page.is_cut().await, "{payload:?}");
        app.is_alive().await;
        app.end().await;
    }
}

/// F-06
#[actix_web::test]
async fn a_close_is_answered_with_a_close() {
    let app = TestApp::start().await;
    let mut page = RawConnection::live(&app, "inbox").await;
    page.frame(0x88, &1000_u16.to_be_bytes()).await;
    assert_eq!(page.ended().await, Ended::Closed(1000));
    assert!(page.is_cut().await);
    app.end().await;
}

#[actix_web::test]
async fn a_stopping_server_says_that_it_goes_away() {
    let app = TestApp::start().await;
    let mut page = RawConnection::live(&app, "inbox").await;
    page.frame(TEXT, br#"{"type":"hello"}"#).await;
    page.text().await;
    let ((), ended) = tokio::join!(app.stop(), page.ended());
    assert_eq!(ended, Ended::Closed(1001));
}

//! WSP: frames and messages of a live page.

mod floods;
mod line;
mod messages;
mod silent;
mod slow_disk;

use longshore::testing::raw::{Ended, RawConnection, frame, header};

use super::oracle::Target;
use crate::support::opcodes::{
    BINARY, CLOSE, CONTINUATION, FIRST_BINARY, FIRST_TEXT, LAST, PING, PONG, TEXT,
};

const HELLO: &[u8] = br#"{"type":"hello"}"#;

/// A live page that has said hello.
async fn greeted(target: &Target) -> RawConnection {
    let mut page = RawConnection::live(target, "inbox").await;
    page.frame(TEXT, HELLO).await;
    assert!(page.text().await.contains("welcome"));
    page
}

/// How a live page ends that sends these bytes.
async fn ended(target: &Target, bytes: &[u8]) -> Ended {
    let mut page = greeted(target).await;
    page.send_what_goes(bytes).await;
    let ended = page.ended().await;
    assert!(page.is_cut().await, "the connection ends too");
    ended
}

#[actix_web::test]
async fn ws_01_an_announced_gigabyte_is_refused_at_its_header_and_not_read() {
    let target = Target::start().await;
    // No byte of the gigabyte is sent: the header is enough.
    assert_eq!(ended(&target, &header(BINARY, 1 << 30, true)).await, Ended::Closed(1009));
    let mut page = greeted(&target).await;
    page.send(&header(BINARY, 1 << 30, true)).await;
    // What follows is not read for a moment, so that the refusal can arrive; then the connection is cut. The kernel holds
    // some of it. What that costs in memory is asked of the real program (tests/e2e/memory.rs).
    let taken = page.flood(&vec![7; 1 << 20], 4 << 30).await;
    assert!(taken < 64 << 20, "{} MiB were taken", taken >> 20);
    assert!(page.is_cut().await);
    target.end().await;
}

/// A header whose length is written in so many bytes.
fn written_in(bytes: usize, length: u64) -> Vec<u8> {
    let mut header = vec![BINARY, if bytes == 2 { 0xfe } else { 0xff }];
    header.extend(&length.to_be_bytes()[8 - bytes..]);
    header.extend([0; 4]);
    header
}

#[actix_web::test]
async fn ws_02_lengths_that_wrap_around_or_are_written_too_long_are_refused() {
    let target = Target::start().await;
    for length in [u64::MAX, 1 << 63, u64::MAX - 3, (1 << 63) - 1, 1 << 32] {
        let ended = ended(&target, &written_in(8, length)).await;
        assert!(matches!(ended, Ended::Closed(1002 | 1009)), "{length}: {ended:?}");
    }
    for (bytes, length) in [(2, 0), (2, 5), (2, 125), (8, 0), (8, 5), (8, 126), (8, 65_535)] {
        let mut frame = written_in(bytes, length);
        frame.resize(frame.len() + usize::try_from(length).unwrap(), 7);
        assert_eq!(ended(&target, &frame).await, Ended::Closed(1002), "{length} in {bytes} bytes");
    }
    target.end().await;
}

#[actix_web::test]
async fn ws_03_a_frame_without_a_mask_is_a_protocol_error() {
    let target = Target::start().await;
    for (first, payload) in [(TEXT, &b"{}"[..]), (BINARY, &[0; 200]), (PING, b""), (CLOSE, b"")] {
        let mut bytes = header(first, payload.len() as u64, false);
        bytes.extend(payload);
        assert_eq!(ended(&target, &bytes).await, Ended::Closed(1002), "{first:#x}");
    }
    target.end().await;
}

#[actix_web::test]
async fn ws_10_reserved_bits_opcodes_and_close_codes_are_protocol_errors() {
    let target = Target::start().await;
    let mut bad: Vec<Vec<u8>> = Vec::new();
    bad.extend([0x40, 0x20, 0x10, 0x70].map(|bits| frame(TEXT | bits, HELLO)));
    bad.extend([0x40, 0x20, 0x10].map(|bits| frame(PING | bits, b"")));
    bad.extend([3, 4, 5, 6, 7, 0xb, 0xc, 0xf].map(|opcode| frame(0x80 | opcode, b"")));
    // Control frames are whole and short.
    bad.extend([0x08, 0x09, 0x0a].map(|opcode| frame(opcode, b"")));
    bad.extend([CLOSE, PING, PONG].map(|first| frame(first, &[7; 126])));
    bad.push(frame(CLOSE, &[3]));
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
        bad.push(frame(CLOSE, &code.to_be_bytes()));
    }
    // A continuation of nothing, and a message within a message.
    bad.extend([CONTINUATION, LAST].map(|first| frame(first, b"x")));
    bad.extend(
        [TEXT, BINARY, FIRST_TEXT]
            .map(|first| [frame(FIRST_BINARY, b"x"), frame(first, b"x")].concat()),
    );
    for bytes in bad {
        assert_eq!(ended(&target, &bytes).await, Ended::Closed(1002), "{:02x?}", &bytes[..4]);
    }
    target.end().await;
}

#[actix_web::test]
async fn ws_11_text_that_is_no_text_is_1007_and_too_much_of_it_1009() {
    let target = Target::start().await;
    let two = |one: &[u8], other: &[u8]| [frame(FIRST_TEXT, one), frame(LAST, other)].concat();
    for bytes in [
        frame(TEXT, b"\xff\xfe"),
        // The first half of a character, and something that is not its second; or nothing at all.
        two(b"{\"type\":\"\xc3", b"\x28\"}"),
        two(b"{\"type\":\"x\xf0\x9f", b""),
        // A surrogate, and a character written longer than it is.
        two(b"\"\xed", b"\xa0\x80\""),
        two(b"\"\xc0", b"\xaf\""),
    ] {
        assert_eq!(ended(&target, &bytes).await, Ended::Closed(1007), "{bytes:02x?}");
    }
    // Ten megabytes of JSON, announced at once or in fragments that are each small enough.
    assert_eq!(ended(&target, &header(TEXT, 10 << 20, true)).await, Ended::Closed(1009));
    let mut pieces = frame(FIRST_TEXT, &[b' '; 60_000]);
    pieces.extend(header(CONTINUATION, 60_000, true));
    assert_eq!(ended(&target, &pieces).await, Ended::Closed(1009));
    // A character that is cut is whole again when its message is.
    let mut page = RawConnection::live(&target, "inbox").await;
    let hello = r#"{"type":"hello","note":"Grüße"}"#.as_bytes();
    let cut = hello.iter().position(|byte| *byte == 0xc3).unwrap() + 1;
    page.frame(FIRST_TEXT, &hello[..cut]).await;
    page.frame(LAST, &hello[cut..]).await;
    assert!(page.text().await.contains("welcome"));
    drop(page);
    target.end().await;
}

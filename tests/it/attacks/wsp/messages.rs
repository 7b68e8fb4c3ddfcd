//! Frames as they should be, around messages that are none.

use longshore::testing::data_frame;
use longshore::testing::raw::{Ended, RawConnection, frame, header};
use longshore::testing::samples::text;
use serde_json::json;

use super::{BINARY, TEXT, ended, greeted};
use crate::attacks::oracle::Target;
use crate::support::OthersGoOn;

/// The code of the next error of a page.
async fn error_code(page: &mut RawConnection) -> String {
    let said: serde_json::Value = serde_json::from_str(&page.text().await).unwrap();
    assert_eq!(said["type"], "error", "{said}");
    said["code"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn ws_12_frames_of_no_stream_are_answered_with_a_code() {
    let target = Target::start().await;
    // Before hello there is no stream.
    let mut page = RawConnection::live(&target, "inbox").await;
    for stream in [0, 1, u32::MAX] {
        page.frame(BINARY, &data_frame(stream, 0, 0, b"too early")).await;
        assert_eq!(error_code(&mut page).await, "unknown_entry");
    }
    drop(page);
    // A header that is too short, or one of an earlier version.
    let mut page = greeted(&target).await;
    for length in [0, 1, 4, 12, 15] {
        page.frame(BINARY, &vec![1; length]).await;
        assert_eq!(error_code(&mut page).await, "invalid_message", "{length} bytes");
    }
    page.frame(BINARY, &[2; 40]).await;
    assert_eq!(error_code(&mut page).await, "unknown_entry");
    drop(page);
    // After a cancel late frames are dropped in silence.
    let mut live = target.live().await;
    let entry = live.register("any", "away", "away.txt", 100_000).await.unwrap();
    live.write(&entry, &text(50_000)).await;
    live.cancel(&entry).await;
    for offset in [50_000, 0, u64::MAX] {
        live.data(entry.stream, offset, b"x").await;
    }
    let said = live.said_until_now().await;
    assert!(said.iter().all(|message| message["type"] != "error"), "{said:?}");
    drop(live);
    target.end().await;
}

#[actix_web::test]
async fn ws_12_who_says_nothing_else_is_closed() {
    let target = Target::start().await;
    for bad in [
        frame(BINARY, b"short"),
        frame(BINARY, b""),
        frame(BINARY, &data_frame(7, 0, 0, b"of nothing")),
        frame(TEXT, b""),
        frame(TEXT, br#"{"type":"unheard of"}"#),
        frame(TEXT, br#"{"type":"hello"}"#),
        frame(TEXT, br#"{"type":"register","slot":7}"#),
    ] {
        assert_eq!(ended(&target, &bad.repeat(300)).await, Ended::Closed(1008), "{bad:02x?}");
        // Before hello as well.
        let mut mute = RawConnection::live(&target, "inbox").await;
        mute.send_what_goes(&bad.repeat(300)).await;
        assert_eq!(mute.ended().await, Ended::Closed(1008), "{bad:02x?}");
    }
    target.end().await;
}

#[actix_web::test]
async fn ws_12_some_mistakes_hurt_nobody() {
    let target = Target::start().await;
    let mut live = target.live().await;
    for _ in 0..50 {
        live.say_text("?").await;
        assert_eq!(live.error_code().await, "invalid_message");
    }
    live.others_go_on().await;
    drop(live);
    target.end().await;
}

#[actix_web::test]
async fn ws_16_json_bombs_are_no_messages() {
    let target = Target::start().await;
    let mut live = target.live().await;
    let number = "9".repeat(60_000);
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"type":"event","name":"nothing","seq":7,"payload":{open}{close}}}"#)
    };
    for bomb in [
        "[".repeat(60_000),
        "{\"a\":".repeat(10_000),
        nested(1_000),
        format!(r#"{{"type":"register","slot":"any","entries":[{{"ref":"a","size":{number}}}]}}"#),
        r#"{"type":"event","name":"nothing","seq":1e999}"#.to_owned(),
        r#"{"type":"event","name":"nothing","payload":1e999}"#.to_owned(),
        r#"{"type":"event","name":"\ud800"}"#.to_owned(),
        r#"{"type":"event","name":"nothing","payload":"\udc00\ud800"}"#.to_owned(),
        r#"{"type":"event","type":"hello","name":"nothing"}"#.to_owned(),
        r#"{"type":"event","name":"nothing","n\u0061me":"save"}"#.to_owned(),
        r#"{"type":"event","name":"nothing","payload":{"a":1,"a":2}}"#.to_owned(),
        r#"{"type":"register","slot":"any","entries":[{"ref":"a","name":"a","size":1,"size":2}]}"#
            .to_owned(),
    ] {
        live.say_text(&bomb).await;
        assert_eq!(live.error_code().await, "invalid_message", "{bomb:.60}");
    }
    // As deep as anybody would go on purpose.
    live.say_text(&nested(100)).await;
    assert_eq!(live.hear("reply").await["seq"], 7);
    // What is wrong is quoted, and not at its length.
    live.say(&json!({ "type": "event", "name": "nothing", "seq": "x".repeat(60_000) })).await;
    let error = live.hear("error").await;
    assert!(error.to_string().len() < 1_000, "{:.100}", error.to_string());
    live.others_go_on().await;
    drop(live);
    // More than a text may have is refused at its header.
    for bomb in ["[".repeat(100_000), format!("[{}]", "9".repeat(1_000_000))] {
        let mut bytes = header(TEXT, bomb.len() as u64, true);
        bytes.extend(&bomb.as_bytes()[..100]);
        assert_eq!(ended(&target, &bytes).await, Ended::Closed(1009));
    }
    target.end().await;
}

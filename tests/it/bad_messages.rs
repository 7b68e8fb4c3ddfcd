//! What a tampered page may say over its socket. Each time: the answer has its code, the socket stays open,
//! and the other files of the same session go on.

use longshore::Limits;
use longshore::testing::crc32c;
use longshore::testing::samples::{sha256, text};
use longshore::testing::until;
use serde_json::{Value, json};

use crate::support::{LivePage, OthersGoOn, TestApp, Upload};

/// The end of a test in which the session had to survive.
async fn survived(app: TestApp, mut live: LivePage) {
    live.others_go_on().await;
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn what_is_not_json_is_an_invalid_message() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let deep = "[".repeat(50_000);
    for text in ["", "not json", "{", "{\"type\":}", "\u{0}", "{\"type\":\"hello\"", "1e999", &deep]
    {
        live.say_text(text).await;
        assert_eq!(live.error_code().await, "invalid_message", "{text:.40}");
    }
    survived(app, live).await;
}

#[actix_web::test]
async fn json_of_the_wrong_shape_is_an_invalid_message() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    for text in [
        "[]",
        "null",
        "7",
        "\"register\"",
        "{}",
        r#"{"type":7}"#,
        r#"{"type":null}"#,
        r#"{"type":"register"}"#,
        r#"{"type":"register","slot":"any"}"#,
        r#"{"type":"register","slot":7,"entries":[]}"#,
        r#"{"type":"register","slot":"any","entries":{}}"#,
        r#"{"type":"register","slot":"any","entries":[7]}"#,
        r#"{"type":"register","slot":"any","entries":[{"name":"a.txt","size":1}]}"#,
        r#"{"type":"register","slot":"any","entries":[{"ref":"","name":"a.txt","size":1}]}"#,
        r#"{"type":"register","slot":"any","entries":[{"ref":"a b","name":"a.txt","size":1}]}"#,
        r#"{"type":"cancel"}"#,
        r#"{"type":"cancel","ref":7}"#,
        r#"{"type":"attach"}"#,
        r#"{"type":"event"}"#,
        r#"{"type":"event","name":7}"#,
        r#"{"type":"event","name":"save","seq":-1}"#,
        r#"{"type":"hello"}"#,
    ] {
        live.say_text(text).await;
        assert_eq!(live.error_code().await, "invalid_message", "{text}");
    }
    survived(app, live).await;
}

#[actix_web::test]
async fn an_unknown_type_is_answered_and_the_socket_stays_open() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    for kind in ["registered", "Register", "", "chunk", "__proto__"] {
        live.say(&json!({ "type": kind })).await;
        assert_eq!(live.error_code().await, "unknown_message", "{kind}");
    }
    survived(app, live).await;
}

#[actix_web::test]
async fn unknown_fields_are_ignored() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let entry = json!({ "ref": "c1", "name": "a.txt", "size": 0, "colour": "red", "offset": 99 });
    live.register_as("any", entry).await.unwrap();
    assert_eq!(live.settled("c1").await["status"], "complete");
    survived(app, live).await;
}

/// F-10
#[actix_web::test]
async fn nothing_is_done_before_hello() {
    let app = TestApp::start().await;
    let mut live = app.visitor().connect("inbox").await.expect("a socket");
    let entries = json!([{ "ref": "c1", "name": "a.txt", "size": 1 }]);
    live.say(&json!({ "type": "register", "slot": "any", "entries": entries })).await;
    assert_eq!(live.error_code().await, "invalid_message");
    live.say(&json!({ "type": "event", "name": "save", "seq": 1 })).await;
    assert_eq!(live.error_code().await, "invalid_message");
    live.data(1, 0, b"x").await;
    assert_eq!(live.error_code().await, "unknown_entry");
    live.say_hello(false).await;
    survived(app, live).await;
}

#[actix_web::test]
async fn an_unknown_slot_is_said_of_every_entry() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let long = "x".repeat(10_240);
    for slot in ["nowhere", "../x", "__proto__", "", "ANY", &long] {
        assert_eq!(
            live.register(slot, "c1", "a.txt", 1).await.unwrap_err(),
            "unknown_slot",
            "{slot}"
        );
    }
    let entries =
        json!([{ "ref": "c1", "name": "a", "size": 1 }, { "ref": "c2", "name": "b", "size": 1 }]);
    live.say(&json!({ "type": "register", "slot": "nowhere", "entries": entries })).await;
    assert_eq!(live.hear("registered").await["errors"].as_array().unwrap().len(), 2);
    survived(app, live).await;
}

#[actix_web::test]
async fn a_ref_that_is_in_use_is_refused_and_the_first_entry_goes_on() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let entries = json!([
        { "ref": "c1", "name": "a.txt", "size": 5 },
        { "ref": "c1", "name": "b.txt", "size": 5 },
    ]);
    live.say(&json!({ "type": "register", "slot": "any", "entries": entries })).await;
    let answer = live.hear("registered").await;
    let first = longshore::testing::Selected::of(&answer["entries"][0]);
    assert_eq!(answer["entries"].as_array().unwrap().len(), 1);
    assert_eq!(answer["errors"][0]["code"], "invalid_message");
    // Nor in another message, nor in another slot.
    assert_eq!(live.register("any", "c1", "c.txt", 5).await.unwrap_err(), "invalid_message");
    assert_eq!(live.register("pair", "c1", "d.txt", 5).await.unwrap_err(), "invalid_message");
    live.write(&first, b"first").await;
    let end = live.settled("c1").await;
    assert_eq!((&end["status"], &end["sha256"]), (&"complete".into(), &sha256(b"first").into()));
    // Once it has ended its reference is free.
    live.register("any", "c1", "again.txt", 5).await.unwrap();
    survived(app, live).await;
}

#[actix_web::test]
async fn a_size_that_is_none_is_refused_and_its_neighbours_are_not() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let sizes = [
        "-1",
        "-9223372036854775808",
        "10.5",
        "0.1",
        "\"10\"",
        "9007199254740993",
        "9007199254740992",
        "18446744073709551615",
        "18446744073709551616",
        "1e20",
        "null",
        "true",
        "[]",
        "{}",
    ];
    for size in sizes {
        let text = format!(
            r#"{{"type":"register","slot":"any","entries":[
                {{"ref":"bad","name":"a.txt","size":{size}}},{{"ref":"good","name":"b.txt","size":2}}]}}"#
        );
        live.say_text(&text).await;
        let answer = live.hear("registered").await;
        assert_eq!(answer["errors"][0]["ref"], "bad", "{size}: {answer}");
        assert_eq!(answer["errors"][0]["code"], "invalid_message", "{size}");
        let good = longshore::testing::Selected::of(&answer["entries"][0]);
        live.write(&good, b"ok").await;
        assert_eq!(live.settled("good").await["status"], "complete", "beside {size}");
    }
    live.say_text(r#"{"type":"register","slot":"any","entries":[{"ref":"none","name":"a.txt"}]}"#)
        .await;
    assert_eq!(live.hear("registered").await["errors"][0]["code"], "invalid_message");
    // Too large is another matter than no number at all.
    assert_eq!(live.register("any", "big", "a.txt", (1 << 53) - 1).await.unwrap_err(), "too_large");
    survived(app, live).await;
}

#[actix_web::test]
async fn more_entries_than_a_message_may_have_are_refused_together() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let entry = |n: usize| json!({ "ref": format!("{n}"), "name": "a", "size": 0 });
    let entries: Vec<Value> = (0..1_001).map(entry).collect();
    live.say(&json!({ "type": "register", "slot": "any", "entries": entries })).await;
    assert_eq!(live.error_code().await, "invalid_message");
    survived(app, live).await;
}

#[actix_web::test]
async fn more_bytes_than_declared_end_the_entry() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    for declared in [1, 10, 9_000, 30_000] {
        let liar = live.lie_about_size("any", declared).await;
        live.fails(&liar, "size_mismatch").await;
    }
    // Some honest bytes first: what lies in the spool by then goes too.
    let entry = live.register("any", "late", "late.txt", 100_000).await.unwrap();
    live.write(&entry, &text(64_000)).await;
    live.hear("ack").await;
    live.data(entry.stream, 64_000, &text(40_000)).await;
    live.fails("late", "size_mismatch").await;
    until("the liar's bytes are gone", || app.spool().iter().all(|path| path.is_dir())).await;
    survived(app, live).await;
}

#[actix_web::test]
async fn an_empty_file_gets_no_bytes() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let entry = live.register("any", "empty", "empty.txt", 0).await.unwrap();
    live.data(entry.stream, 0, b"not so empty").await;
    let end = live.settled("empty").await;
    assert_eq!((&end["status"], &end["loaded"]), (&"complete".into(), &0.into()));
    assert_eq!(app.blob(&entry.id), b"");
    survived(app, live).await;
}

#[actix_web::test]
async fn fewer_bytes_and_a_disconnect_leave_nothing() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/inbox").await;
    for sent in [0, 100, 9_000, 700_000] {
        let live = visitor.live("inbox").await;
        live.vanish_halfway("large", 1_000_000, sent).await;
    }
    app.spool_empties().await;
    assert!(visitor.listed().await.is_empty());
    assert!(app.blobs().is_empty());
    app.is_alive().await;
    app.end().await;
}

#[actix_web::test]
async fn a_disconnect_loses_none_of_what_was_complete() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let mut live = visitor.live("inbox").await;
    live.upload("any", Upload::bytes("whole.txt", text(20_000))).await;
    live.vanish_halfway("large", 1_000_000, 100_000).await;
    app.spool_empties().await;
    let listed = visitor.listed().await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["sha256"], sha256(&text(20_000)).as_str());
    app.end().await;
}

#[actix_web::test]
async fn a_wrong_offset_is_answered_once_and_going_back_mends_it() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let bytes = text(60_000);
    let entry = live.register("any", "gap", "gap.txt", 60_000).await.unwrap();
    live.data(entry.stream, 0, &bytes[..20_000]).await;
    // A hole, and two frames that were on their way behind it.
    live.data(entry.stream, 30_000, &bytes[30_000..40_000]).await;
    live.data(entry.stream, 40_000, &bytes[40_000..50_000]).await;
    live.data(entry.stream, 50_000, &bytes[50_000..]).await;
    let nack = live.hear("nack").await;
    assert_eq!(nack["stream"], entry.stream);
    assert_eq!(nack["offset"], 20_000);
    assert_eq!(nack["code"], "offset_mismatch");
    let said = live.said_until_now().await;
    assert!(said.iter().all(|message| message["type"] != "nack"), "one gap, one answer: {said:?}");
    live.data(entry.stream, 20_000, &bytes[20_000..50_000]).await;
    // Another gap is another answer.
    live.data(entry.stream, 55_000, &bytes[55_000..]).await;
    assert_eq!(live.hear("nack").await["offset"], 50_000);
    live.data(entry.stream, 50_000, &bytes[50_000..]).await;
    let end = live.settled("gap").await;
    assert_eq!((&end["status"], &end["sha256"]), (&"complete".into(), &sha256(&bytes).into()));
    survived(app, live).await;
}

#[actix_web::test]
async fn offsets_at_the_end_of_the_number_line_are_wrong_offsets() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    for (number, offset) in [u64::MAX, u64::MAX - 1, 1 << 63, 1 << 53].into_iter().enumerate() {
        let reference = format!("far{number}");
        let entry = live.register("any", &reference, "far.txt", 5).await.unwrap();
        live.data(entry.stream, offset, b"bytes").await;
        assert_eq!(live.hear("nack").await["offset"], 0);
        live.data(entry.stream, 0, b"bytes").await;
        assert_eq!(live.settled(&reference).await["status"], "complete");
    }
    survived(app, live).await;
}

#[actix_web::test]
async fn frames_in_reverse_order_never_leave_a_hole() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let bytes = text(40_000);
    let entry = live.register("any", "back", "back.txt", 40_000).await.unwrap();
    for start in [30_000, 20_000, 10_000, 0, 30_000, 20_000, 10_000] {
        live.data(entry.stream, start as u64, &bytes[start..start + 10_000]).await;
    }
    // Whatever was said of that: what the server has is known by now.
    live.said_until_now().await;
    live.data(entry.stream, 20_000, &bytes[20_000..]).await;
    let end = live.settled("back").await;
    assert_eq!((&end["status"], &end["sha256"]), (&"complete".into(), &sha256(&bytes).into()));
    survived(app, live).await;
}

#[actix_web::test]
async fn a_frame_sent_twice_is_acknowledged_and_written_once() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let bytes = text(60_000);
    let entry = live.register("any", "twice", "twice.txt", 60_000).await.unwrap();
    live.data(entry.stream, 0, &bytes[..30_000]).await;
    live.data(entry.stream, 0, &bytes[..30_000]).await;
    // The same place with other bytes: the first ones stay.
    live.data(entry.stream, 10_000, &[b'!'; 20_000]).await;
    let said = live.said_until_now().await;
    let acks: Vec<_> = said.iter().filter(|message| message["type"] == "ack").collect();
    assert!(acks.len() >= 2, "each repetition is acknowledged: {said:?}");
    assert!(acks.iter().all(|ack| ack["offset"].as_u64() <= Some(30_000)), "{acks:?}");
    live.data(entry.stream, 30_000, &bytes[30_000..]).await;
    let end = live.settled("twice").await;
    assert_eq!((&end["status"], &end["sha256"]), (&"complete".into(), &sha256(&bytes).into()));
    survived(app, live).await;
}

#[actix_web::test]
async fn a_stream_that_was_never_given_is_unknown() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    live.register("any", "mine", "mine.txt", 8).await.unwrap();
    for stream in [0, 2, 99, u32::MAX] {
        live.write_into_a_foreign_stream(stream).await;
        assert_eq!(live.error_code().await, "unknown_entry", "{stream}");
    }
    survived(app, live).await;
}

#[actix_web::test]
async fn a_frame_beyond_the_window_is_refused_until_there_is_room() {
    let app =
        TestApp::with_limits(Limits { window: 65_536, far_window: 0, ..Limits::default() }).await;
    let mut live = app.live().await;
    assert_eq!(live.welcome()["window"], 65_536);
    let bytes = text(200_000);
    let entry = live.register("any", "far", "far.txt", 200_000).await.unwrap();
    live.data(entry.stream, 0, &bytes[..65_537]).await;
    let nack = live.hear("nack").await;
    assert_eq!((&nack["offset"], &nack["code"]), (&0.into(), &"rate_limited".into()));
    // Inside the window all goes well, ack by ack.
    let mut at = 0;
    while at < bytes.len() {
        let end = (at + 65_536).min(bytes.len());
        live.data(entry.stream, at as u64, &bytes[at..end]).await;
        live.hear_where("the ack", |message| {
            message["type"] == "ack" && message["offset"].as_u64() == Some(end as u64)
        })
        .await;
        at = end;
    }
    let end = live.settled("far").await;
    assert_eq!((&end["status"], &end["sha256"]), (&"complete".into(), &sha256(&bytes).into()));
    survived(app, live).await;
}

#[actix_web::test]
async fn going_back_too_far_twice_is_answered_twice() {
    let app =
        TestApp::with_limits(Limits { window: 65_536, far_window: 0, ..Limits::default() }).await;
    let mut live = app.live().await;
    let entry = live.register("any", "far", "far.txt", 200_000).await.unwrap();
    for _ in 0..2 {
        live.data(entry.stream, 0, &text(65_537)).await;
        assert_eq!(live.hear("nack").await["code"], "rate_limited");
    }
    survived(app, live).await;
}

#[actix_web::test]
async fn a_short_data_frame_is_an_invalid_message() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    for length in [0, 1, 4, 15] {
        live.say_bytes(vec![0; length]).await;
        assert_eq!(live.error_code().await, "invalid_message", "{length} bytes");
    }
    survived(app, live).await;
}

#[actix_web::test]
async fn a_header_without_a_payload_changes_nothing() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let entry = live.register("any", "calm", "calm.txt", 5).await.unwrap();
    for _ in 0..100 {
        live.data(entry.stream, 0, b"").await;
    }
    live.data(entry.stream, 0, b"bytes").await;
    assert_eq!(live.settled("calm").await["status"], "complete");
    survived(app, live).await;
}

#[actix_web::test]
async fn a_damaged_frame_is_sent_again_and_the_file_is_right() {
    let app = TestApp::start().await;
    let mut live = app.visitor().connect("inbox").await.expect("a socket");
    live.say_hello(true).await;
    assert_eq!(live.welcome()["checksums"], true);
    let bytes = text(40_000);
    let entry = live.register("any", "hurt", "hurt.txt", 40_000).await.unwrap();
    let (one, two) = bytes.split_at(20_000);
    live.data_with_checksum(entry.stream, crc32c(one), 0, one).await;
    live.data_with_checksum(entry.stream, crc32c(two) ^ 1, 20_000, two).await;
    let nack = live.hear("nack").await;
    assert_eq!((&nack["offset"], &nack["code"]), (&20_000.into(), &"checksum_mismatch".into()));
    live.data_with_checksum(entry.stream, crc32c(two), 20_000, two).await;
    let end = live.settled("hurt").await;
    assert_eq!((&end["status"], &end["sha256"]), (&"complete".into(), &sha256(&bytes).into()));
    // Checksums hold for every file of the session from now on.
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_frame_that_is_damaged_twice_is_asked_for_twice() {
    let app = TestApp::start().await;
    let mut live = app.visitor().connect("inbox").await.expect("a socket");
    live.say_hello(true).await;
    let bytes = text(20_000);
    let entry = live.register("any", "hurt", "hurt.txt", 20_000).await.unwrap();
    for _ in 0..3 {
        live.data_with_checksum(entry.stream, 7, 0, &bytes).await;
        let nack = live.hear("nack").await;
        assert_eq!((&nack["offset"], &nack["code"]), (&0.into(), &"checksum_mismatch".into()));
    }
    live.data_with_checksum(entry.stream, crc32c(&bytes), 0, &bytes).await;
    assert_eq!(live.settled("hurt").await["status"], "complete");
    drop(live);
    app.end().await;
}

#[actix_web::test]
async fn a_checksum_is_ignored_unless_it_was_agreed() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    assert_eq!(live.welcome()["checksums"], false);
    let entry = live.register("any", "calm", "calm.txt", 5).await.unwrap();
    live.data_with_checksum(entry.stream, 7, 0, b"bytes").await;
    assert_eq!(live.settled("calm").await["status"], "complete");
    survived(app, live).await;
}

#[actix_web::test]
async fn a_declared_digest_must_be_the_one_of_the_bytes() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    for (reference, digest, code) in [
        ("right", sha256(b"bytes"), None),
        ("upper", sha256(b"bytes").to_uppercase(), None),
        ("wrong", sha256(b"other"), Some("checksum_mismatch")),
    ] {
        let facts = json!({ "ref": reference, "name": "a.txt", "size": 5, "sha256": digest });
        let entry = live.register_as("any", facts).await.unwrap();
        live.write(&entry, b"bytes").await;
        match code {
            None => assert_eq!(live.settled(reference).await["status"], "complete", "{reference}"),
            Some(code) => live.fails(reference, code).await,
        }
    }
    let facts = json!({ "ref": "none", "name": "a.txt", "size": 5, "sha256": "not hex" });
    assert_eq!(live.register_as("any", facts).await.unwrap_err(), "invalid_message");
    survived(app, live).await;
}

#[actix_web::test]
async fn frames_after_a_cancel_are_dropped_in_silence() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let bytes = text(100_000);
    let entry = live.register("any", "away", "away.txt", 100_000).await.unwrap();
    live.write(&entry, &bytes[..50_000]).await;
    live.hear("ack").await;
    live.say(&json!({ "type": "cancel", "ref": "away" })).await;
    for start in [50_000_u64, 0, 99_999, u64::MAX] {
        live.data(entry.stream, start, &bytes[..1]).await;
    }
    let end = live.settled("away").await;
    assert_eq!(end["status"], "cancelled");
    let said = live.said_until_now().await;
    assert!(said.iter().all(|m| m["type"] != "error" && m["type"] != "nack"), "{said:?}");
    until("the cancelled bytes are gone", || app.spool().iter().all(|path| path.is_dir())).await;
    // Twice is once too often.
    live.say(&json!({ "type": "cancel", "ref": "away" })).await;
    assert_eq!(live.error_code().await, "unknown_entry");
    survived(app, live).await;
}

#[actix_web::test]
async fn an_unknown_ref_can_be_neither_cancelled_nor_attached() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    live.say(&json!({ "type": "cancel", "ref": "ghost" })).await;
    assert_eq!(live.error_code().await, "unknown_entry");
    let id = uuid::Uuid::new_v4().to_string();
    live.say(&json!({ "type": "attach", "ref": "ghost", "id": id, "size": 5 })).await;
    let answer = live.hear("registered").await;
    assert_eq!(answer["errors"][0]["ref"], "ghost");
    assert_eq!(answer["errors"][0]["code"], "unknown_entry");
    survived(app, live).await;
}

#[actix_web::test]
async fn what_a_client_says_of_its_progress_counts_for_nothing() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let entry = live.register("any", "proud", "proud.txt", 100_000).await.unwrap();
    live.say(&json!({ "type": "progress", "ref": "proud", "status": "complete", "progress": 100 }))
        .await;
    assert_eq!(live.error_code().await, "unknown_message");
    live.data(entry.stream, 0, &text(50_000)).await;
    let half = live.hear("progress").await;
    assert_eq!((&half["status"], &half["progress"]), (&"uploading".into(), &50.into()));
    survived(app, live).await;
}

#[actix_web::test]
async fn many_entries_at_once_do_not_mix() {
    let app = TestApp::start().await;
    let mut live = app.live().await;
    let files: Vec<Vec<u8>> =
        (0_u8..15).map(|n| [text(70_000), vec![b'a' + n; 999]].concat()).collect();
    let mut entries = Vec::new();
    for (number, bytes) in files.iter().enumerate() {
        let (reference, name) = (format!("c{number}"), format!("{number}.txt"));
        entries.push(live.register("any", &reference, &name, bytes.len() as u64).await.unwrap());
    }
    for start in (0..files[0].len()).step_by(10_000) {
        for (entry, bytes) in entries.iter().zip(&files) {
            let end = (start + 10_000).min(bytes.len());
            live.data(entry.stream, start as u64, &bytes[start..end]).await;
        }
    }
    for (entry, bytes) in entries.iter().zip(&files) {
        let end = live.settled(&entry.reference).await;
        assert_eq!((&end["status"], &end["sha256"]), (&"complete".into(), &sha256(bytes).into()));
    }
    drop(live);
    app.end().await;
}

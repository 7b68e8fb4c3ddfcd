//! SIZ: sizes, offsets and states, through every door that is told them. Where a file comes in pieces the same story is told
//! to each door by the same [`Hands`].

mod once;
mod pieces;
mod races;

use actix_web::http::Method;
use longshore::SlotOptions;
use longshore::testing::samples::text;
use longshore::testing::until;
use serde_json::json;

use super::oracle::Target;
use crate::constraints_every_door::{run_everywhere, violations};
use crate::dropzone::drop::Drop;
use crate::room::{Notes, Room};
use crate::support::doors::{Hands, Kind, doors_of_few_words, every_door, sent};
use crate::support::tus::TUS;
use crate::support::{Form, Upload};

/// No numbers, and numbers that no file has.
const SIZES: [&str; 16] = [
    "-1",
    "-9223372036854775808",
    "NaN",
    "Infinity",
    "1e20",
    "10.5",
    "\"10\"",
    "0x10",
    "+5",
    "5,5",
    "٥",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
];

#[actix_web::test]
async fn siz_02_a_size_that_is_none_begins_nothing() {
    let notes = Notes::default();
    let seen = notes.clone();
    let room = Room::new(vec![("files", SlotOptions::new().max_entries(20))]);
    let room = room.on_progress(move |entry, _| {
        seen.note(entry.name.as_str());
        async { Ok(()) }
    });
    let target = Target::around(room.open().await);
    let visitor = target.visitor();
    visitor.get("room").await;
    let mut live = visitor.live("room").await;
    for size in SIZES {
        // What is no JSON is no message at all.
        let entry = format!(r#"{{"ref":"bad","name":"a.txt","size":{size}}}"#);
        let text = format!(r#"{{"type":"register","slot":"files","entries":[{entry}]}}"#);
        live.say_text(&text).await;
        let answer = live.hear_where("a refusal", |m| {
            m["type"] == "error"
                || m["errors"][0]["ref"] == "bad"
                || m["entries"][0]["ref"] == "bad"
        });
        let answer = answer.await;
        let code = answer["code"].as_str().or_else(|| answer["errors"][0]["code"].as_str());
        assert!([Some("invalid_message"), Some("too_large")].contains(&code), "{size}: {answer}");
        // A header with an Arabic five can't be said by this client.
        let Ok(_) = actix_web::http::header::HeaderValue::from_str(size) else { continue };
        for (place, headers) in [
            ("/tus/room/files", vec![TUS, ("upload-length", size)]),
            (
                "/resumable/room/files",
                vec![
                    ("upload-complete", "?0"),
                    ("upload-length", size),
                    ("content-disposition", "inline; filename=\"a.txt\""),
                ],
            ),
            ("/filepond/room/files", vec![("upload-length", size)]),
        ] {
            let kind = Form::content_type();
            let form = place.starts_with("/filepond").then(|| ("content-type", &*kind));
            let headers: Vec<_> = headers.into_iter().chain(form).collect();
            let body = form.map_or_else(Vec::new, |_| Form::new().text("filepond", "{}").body());
            let answer = visitor.send(Method::POST, place, &headers, body).await;
            if place.starts_with("/resumable") && answer.status == 201 {
                // By its rule a length that is none was not said. The slot's own limit holds.
                let address = answer.header("location").unwrap();
                assert_eq!(visitor.head(address).await.header("upload-length"), None, "{size}");
                assert_eq!(visitor.delete(address).await.status, 204);
                continue;
            }
            assert!([400, 413].contains(&answer.status), "{place} {size}: {}", answer.text());
            assert_eq!(answer.header("location"), None);
        }
        for field in ["dztotalfilesize", "dzchunksize", "dzchunkbyteoffset", "dzchunkindex"] {
            let form = Drop::form("file", &Upload::bytes("a.txt", "abcd"), 0, 2, "u", None);
            let mut body = String::from_utf8(form.body()).unwrap();
            let at = body.find(&format!("name=\"{field}\"")).unwrap();
            let value = at + body[at..].find("\r\n\r\n").unwrap() + 4;
            let end = value + body[value..].find("\r\n").unwrap();
            body.replace_range(value..end, size);
            let headers = [("content-type", &*Form::content_type())];
            let answer = visitor.send(Method::POST, "/room", &headers, body.into_bytes()).await;
            // A number is one; what a browser says of a whole file counts for nothing (it may have made it smaller).
            let is_number = field == "dztotalfilesize" && size.parse::<u64>().is_ok();
            let is_taken = answer.status == 200 && answer.json()["files"] == json!([]);
            let is_refused = (400..500).contains(&answer.status);
            assert!(is_refused || (is_number && is_taken), "{field} {size}: {}", answer.text());
        }
    }
    assert_eq!(notes.all(), [""; 0], "nobody heard of it");
    assert!(visitor.listed().await.is_empty() && target.blobs().is_empty());
    drop(live);
    target.end().await;
}

/// What the files below a folder take on the disk.
fn taken(target: &Target) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let files = target.spool().into_iter().chain(target.blobs());
    files.map(|path| path.metadata().map_or(0, |meta| meta.blocks() * 512)).sum()
}

#[actix_web::test]
async fn siz_04_a_vast_size_takes_no_room() {
    let huge = SlotOptions::new().max_file_size(1 << 49).max_entries(20);
    let target = Target::around(Room::new(vec![("huge", huge)]).open().await);
    let visitor = target.visitor();
    for kind in Kind::ALL {
        for (slot, length, codes) in [
            // The draft's numbers have fifteen digits.
            ("any", 999_999_999_999_999, &["too_large"][..]),
            ("any", 1 << 62, &["too_large", "invalid_message", "taken"]),
            ("huge", 999_999_999_999_999, &["too_large"]),
            // As much as the slot takes, and more than any disk here has.
            ("huge", 1 << 49, &["disk_full"]),
        ] {
            let begun = Hands::begin_on("room", kind, &visitor, slot, "a.bin", length).await;
            let code = begun.err().unwrap_or_else(|| "taken".to_owned());
            assert!(codes.contains(&&*code), "{kind:?} {slot} {length}: {code}");
            // What the draft can't say was not said.
            assert!(code != "taken" || kind == Kind::Draft, "{kind:?} {slot} {length}");
        }
    }
    assert!(taken(&target) < 1 << 20, "{} bytes", taken(&target));
    target.end().await;
}

#[actix_web::test]
async fn siz_12_a_reference_means_one_file() {
    let target = Target::start().await;
    let visitor = target.visitor();
    let mut live = visitor.live("inbox").await;
    let first = live.register("any", "c1", "a.txt", 5).await.unwrap();
    for slot in ["any", "pair", "large"] {
        let refused = live.register(slot, "c1", "b.txt", 5).await.unwrap_err();
        assert_eq!(refused, "invalid_message", "{slot}");
    }
    live.write(&first, b"first").await;
    assert!(live.settled("c1").await.is_complete());
    // Dropzone chooses its references too: another file under the same one is not mixed into the first.
    let (one, two) = (Upload::bytes("one.txt", text(300)), Upload::bytes("two.txt", text(500)));
    let drop = Drop::new(&visitor, "inbox", "same");
    assert_eq!(drop.chunk(&one, 0, 100).await.status, 200);
    drop.chunk(&two, 1, 250).await;
    for index in [1, 2] {
        drop.chunk(&one, index, 100).await;
    }
    for file in visitor.listed().await {
        let bytes = visitor.get(file["url"].as_str().unwrap()).await.body;
        let known = [&b"first"[..], one.contents(), two.contents()];
        assert!(known.contains(&&*bytes), "{file} is made of two");
    }
    std::mem::drop(live);
    target.end().await;
}

#[actix_web::test]
async fn siz_14_what_a_client_says_of_its_progress_counts_for_nothing() {
    let target = Target::start().await;
    let visitor = target.visitor();
    for kind in Kind::ALL {
        let mut hands = Hands::begin(kind, &visitor, "any", "a.txt", 20_000).await.unwrap();
        if kind == Kind::Live {
            let (live, file) = hands.live();
            let said = json!({ "type": "progress", "ref": file.reference, "status": "complete",
                "progress": 100, "loaded": 20_000 });
            live.say(&said).await;
            assert_eq!(live.error_code().await, "unknown_message");
        } else {
            // "All of it is there already": an empty piece at the end.
            let code = hands.request(20_000, b"").await.unwrap_err();
            assert_eq!(code, "offset_mismatch", "{kind:?}");
        }
        assert_eq!(hands.offset().await, Some(0), "{kind:?}");
        let entry = visitor.get(&format!("api/entries/{}", hands.id())).await.json();
        assert_eq!((&entry["progress"], &entry["status"]), (&0.into(), &"uploading".into()));
    }
    assert!(visitor.listed().await.is_empty());
    target.end().await;
}

#[actix_web::test]
async fn siz_16_files_at_the_borders_are_whole() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        for size in [0, 1, 8_191, 8_192, 8_193, 65_535, 65_536, 65_537, 999_999, 1_000_000] {
            let visitor = target.visitor();
            let outcomes = door.send(&visitor, "inbox", "any", &[sent("a.txt", text(size))]).await;
            assert_eq!(outcomes[0].word(), "stored", "{}: {size}", door.name());
            let listed = visitor.listed().await;
            let bytes = visitor.get(listed[0]["url"].as_str().unwrap()).await.body;
            assert!(bytes == text(size), "{}: {size}", door.name());
        }
        let visitor = target.visitor();
        let outcomes = door.send(&visitor, "inbox", "any", &[sent("a.txt", text(1_000_001))]).await;
        assert_eq!(outcomes[0].word(), "too_large", "{}", door.name());
        if door.leaves_chunks() {
            target.clock().advance(std::time::Duration::from_secs(48 * 3_600));
            target.sweep().await;
        }
        until("the last one is gone", || target.spool().is_empty()).await;
        target.end().await;
    }
}

#[actix_web::test]
async fn siz_21_every_violation_has_the_same_code_through_every_door() {
    run_everywhere("inbox", violations).await;
}

#[actix_web::test]
async fn siz_21_every_violation_has_the_same_code_on_a_page_that_saves_later() {
    run_everywhere("desk", violations).await;
}

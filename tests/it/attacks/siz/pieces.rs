//! Pieces that are too long, too short, twice, in the wrong place, damaged, or of another file.

use actix_web::http::Method;
use longshore::testing::samples::{sha256, text};
use longshore::testing::{Upload, Visitor, crc32c};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::super::oracle::Target;
use crate::dropzone::drop::Drop;
use crate::support::doors::{Hands, Kind};
use crate::support::tus::{Tus, id};

/// The bytes of the one stored file of a visitor.
async fn stored(visitor: &Visitor) -> Vec<u8> {
    let listed = visitor.listed().await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    visitor.get(listed[0]["url"].as_str().unwrap()).await.body.to_vec()
}

async fn begin(kind: Kind, visitor: &Visitor, length: u64) -> Hands {
    Hands::begin(kind, visitor, "any", "a.txt", length).await.unwrap()
}

#[actix_web::test]
async fn siz_01_a_byte_more_than_was_declared_is_refused() {
    for kind in Kind::ALL {
        let target = Target::start().await;
        let whole = text(20_001);
        for first in [0, 10_000] {
            let visitor = target.visitor();
            let mut hands = begin(kind, &visitor, 20_000).await;
            if first > 0 {
                hands.put(0, &whole[..first]).await.unwrap();
            }
            let code = hands.put(first as u64, &whole[first..]).await.unwrap_err();
            assert!(["size_mismatch", "too_large"].contains(&&*code), "{kind:?}: {code}");
            assert!(visitor.listed().await.is_empty(), "{kind:?}");
            match kind {
                // It is over: its client doesn't know its own file.
                Kind::Live | Kind::Draft => assert_eq!(hands.offset().await, None, "{kind:?}"),
                // It is unchanged, and can be ended honestly.
                Kind::Tus | Kind::Pond => {
                    assert_eq!(hands.offset().await, Some(first as u64), "{kind:?}");
                    hands.put(first as u64, &whole[first..20_000]).await.unwrap();
                    assert_eq!(stored(&visitor).await, whole[..20_000]);
                }
            }
        }
        target.end().await;
    }
}

#[actix_web::test]
async fn siz_03_a_byte_less_than_was_declared_is_no_file() {
    for kind in Kind::ALL {
        let target = Target::start().await;
        let visitor = target.visitor();
        let mut hands = begin(kind, &visitor, 20_000).await;
        hands.put(0, &text(19_999)).await.unwrap();
        if let Some(finished) = hands.finish(19_999).await {
            assert_eq!(finished.unwrap_err(), "size_mismatch", "{kind:?}");
        }
        assert!(visitor.listed().await.is_empty() && target.blobs().is_empty(), "{kind:?}");
        let entry = visitor.get(&format!("api/entries/{}", hands.id())).await;
        assert_ne!(entry.json()["status"], "complete", "{kind:?}");
        drop(hands);
        target.end().await;
    }
}

#[actix_web::test]
async fn siz_06_a_piece_that_comes_twice_counts_once() {
    for kind in Kind::ALL {
        let target = Target::start().await;
        let (visitor, whole) = (target.visitor(), text(60_000));
        let mut hands = begin(kind, &visitor, 60_000).await;
        hands.put(0, &whole[..20_000]).await.unwrap();
        for _ in 0..3 {
            let again = hands.put(0, &whole[..20_000]).await;
            // tus and the draft say so; the others have it already.
            let expected = match kind {
                Kind::Live | Kind::Pond => Ok(()),
                Kind::Tus | Kind::Draft => Err("offset_mismatch".to_owned()),
            };
            assert_eq!(again, expected, "{kind:?}");
        }
        hands.put(20_000, &whole[20_000..]).await.unwrap();
        assert!(stored(&visitor).await == whole, "{kind:?}");
        drop(hands);
        target.end().await;
    }
}

#[actix_web::test]
async fn siz_07_of_two_pieces_for_one_place_the_first_stays() {
    for kind in Kind::ALL {
        let target = Target::start().await;
        let (visitor, whole) = (target.visitor(), text(60_000));
        let mut hands = begin(kind, &visitor, 60_000).await;
        hands.put(0, &whole[..20_000]).await.unwrap();
        for at in [0, 10_000] {
            let _ = hands.put(at, &[b'!'; 10_000]).await;
        }
        hands.put(20_000, &whole[20_000..]).await.unwrap();
        assert!(stored(&visitor).await == whole, "{kind:?}");
        drop(hands);
        target.end().await;
    }
    let target = Target::start().await;
    let visitor = target.visitor();
    visitor.get("inbox").await;
    let (file, other) =
        (Upload::bytes("a.txt", text(300)), Upload::bytes("a.txt", vec![b'!'; 300]));
    let drop = Drop::new(&visitor, "inbox", "twice");
    for (file, index) in [(&file, 0), (&other, 0), (&file, 1), (&file, 2)] {
        assert_eq!(drop.chunk(file, index, 100).await.status, 200);
    }
    assert!(stored(&visitor).await == file.contents(), "Dropzone");
    target.end().await;
}

/// Whatever order, overlap and gap: bytes of the true file at any place, some of them of another one behind the end of
/// what is known already. In the end the file goes on where the server says, and is whole.
#[actix_web::test]
async fn siz_08_pieces_in_any_order_never_leave_a_hole() {
    let whole = text(60_000);
    let mut runner = TestRunner::new(Config::default());
    let pieces = proptest::collection::vec((0..59_000_u64, 1..20_000_u64), 1..12);
    for kind in Kind::ALL {
        let target = Target::start().await;
        for _ in 0..12 {
            let storm = pieces.new_tree(&mut runner).unwrap().current();
            let visitor = target.visitor();
            let mut hands = begin(kind, &visitor, 60_000).await;
            let mut reverse = vec![(40_000, 10_000), (20_000, 20_000)];
            reverse.extend(&storm);
            for (at, length) in reverse {
                let end = usize::try_from((at + length).min(59_999)).unwrap();
                let _ = hands.put(at, &whole[usize::try_from(at).unwrap()..end]).await;
            }
            let mut at = hands.offset().await.unwrap();
            if kind == Kind::Live {
                // What was taken may still be on its way to the disk; a piece from before its end is known.
                at = 0;
            }
            hands.put(at, &whole[usize::try_from(at).unwrap()..]).await.unwrap();
            assert!(stored(&visitor).await == whole, "{kind:?}: {storm:?}");
        }
        target.end().await;
    }
}

#[actix_web::test]
async fn siz_09_damaged_bytes_do_not_count() {
    let target = Target::start().await;
    let (visitor, whole) = (target.visitor(), text(40_000));
    visitor.get("inbox").await;
    // Each frame of a live page: another sum, the sum of another length.
    let mut live = visitor.connect("inbox").await.unwrap();
    live.say_hello(true).await;
    let file = live.register("any", "c1", "live.txt", 40_000).await.unwrap();
    for wrong in [crc32c(&whole) ^ 1, crc32c(&whole[..39_999]), 0] {
        live.data_with_checksum(file.stream, wrong, 0, &whole).await;
        assert_eq!(live.nacked(&file).await, (0, "checksum_mismatch".to_owned()));
    }
    live.data_with_checksum(file.stream, crc32c(&whole), 0, &whole).await;
    assert!(live.settled("c1").await.is_complete());
    // The whole of a file, where it was declared.
    let facts = json!({ "ref": "c2", "name": "b.txt", "size": 5, "sha256": sha256(b"other") });
    let file = live.register_as("any", facts).await.unwrap();
    live.data_with_checksum(file.stream, crc32c(b"bytes"), 0, b"bytes").await;
    live.fails("c2", "checksum_mismatch").await;
    drop(live);
    let declared = "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:";
    for header in ["repr-digest", "content-digest"] {
        let headers = [(header, declared), ("content-disposition", "inline; filename=\"c.txt\"")];
        let answer =
            visitor.send(Method::POST, "/resumable/inbox/any", &headers, whole.clone()).await;
        assert_eq!((answer.status, &*answer.code()), (422, "checksum_mismatch"), "{header}");
    }
    // A piece, by tus.
    let tus = Tus::by(&visitor);
    let url = tus.create("any", 40_000).await;
    let sum = [("upload-checksum", "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=")];
    tus.patch_with(&url, 0, &sum, &whole).await.is_problem(460, "checksum_mismatch");
    assert_eq!(tus.offset(&url).await, 0);
    assert!(!target.blobs().iter().any(|blob| blob.ends_with(id(&url))));
    assert!(stored(&visitor).await == whole);
    target.end().await;
}

/// Somebody goes on with another file of the same name and size. The server knows it if its digest was declared.
#[actix_web::test]
async fn siz_18_another_file_is_not_glued_onto_one_whose_digest_is_known() {
    let target = Target::start().await;
    let (visitor, whole, other) = (target.visitor(), text(60_000), vec![b'!'; 60_000]);
    visitor.get("inbox").await;
    let mut live = visitor.live("inbox").await;
    let facts = json!({ "ref": "c1", "name": "a.txt", "size": 60_000, "sha256": sha256(&whole) });
    let file = live.register_as("any", facts).await.unwrap();
    live.data(file.stream, 0, &whole[..30_000]).await;
    live.said_until_now().await;
    let mut again = visitor.live("inbox").await;
    let upload = Upload::bytes("a.txt", &other);
    let (file, at) = again.attach("n1", &file.id, upload).await.unwrap();
    let at = usize::try_from(at).unwrap();
    again.data(file.stream, at as u64, &other[at..]).await;
    again.fails(&file, "checksum_mismatch").await;
    // Another length is another file at once.
    let file = live.register("any", "c2", "a.txt", 60_000).await.unwrap();
    let longer = Upload::bytes("a.txt", vec![0; 60_001]);
    let refused = again.attach("n2", &file.id, longer).await.unwrap_err();
    assert_eq!(refused.code(), "size_mismatch");
    assert!(visitor.listed().await.is_empty() && target.blobs().is_empty());
    drop((live, again));
    target.end().await;
}

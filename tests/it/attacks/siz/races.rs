//! Ends that meet: cancelled while the last bytes come, finished twice, gone on with afterwards.

use actix_web::http::Method;
use futures_util::future::join;
use longshore::testing::Visitor;
use longshore::testing::samples::text;
use serde_json::json;

use super::super::oracle::Target;
use crate::support::doors::{Hands, Kind};

/// How often a cancel meets the last piece, at each of the four doors.
const ROUNDS: usize = 250;

async fn listed(visitor: &Visitor) -> usize {
    visitor.listed().await.len()
}

#[actix_web::test]
async fn siz_10_an_upload_ends_once() {
    for kind in Kind::ALL {
        let target = Target::start().await;
        let (visitor, whole) = (target.visitor(), text(20_000));
        // More behind the end, the end once more.
        let mut hands = Hands::begin(kind, &visitor, "any", "a.txt", 20_000).await.unwrap();
        hands.put(0, &whole[..10_000]).await.unwrap();
        if let Some(finished) = hands.finish(10_000).await {
            finished.unwrap_err();
        }
        hands.put(10_000, &whole[10_000..]).await.unwrap();
        for _ in 0..2 {
            // A live page hears nothing of what it says of a file that is over.
            let more = hands.put(20_000, b"more").await;
            assert!(more.is_err() || kind == Kind::Live, "{kind:?}: {more:?}");
            let _ = hands.put(10_000, &whole[10_000..]).await;
            if let Some(finished) = hands.finish(20_000).await {
                assert_eq!(finished, Ok(()), "who asks again is told again");
            }
        }
        assert_eq!(listed(&visitor).await, 1, "{kind:?}");
        assert_eq!(target.blob(hands.id()), whole, "{kind:?}");
        drop(hands);
        // Cancelled, cancelled again, and gone on with.
        let mut hands = Hands::begin(kind, &visitor, "any", "b.txt", 20_000).await.unwrap();
        hands.put(0, &whole[..10_000]).await.unwrap();
        hands.take_back().await.unwrap();
        let again = hands.take_back().await.unwrap_err();
        assert!(["unknown_entry", "cancelled"].contains(&&*again), "{kind:?}: {again}");
        if kind != Kind::Live {
            let more = hands.put(10_000, &whole[10_000..]).await.unwrap_err();
            assert!(["unknown_entry", "cancelled"].contains(&&*more), "{kind:?}: {more}");
        }
        assert_eq!(hands.offset().await, None, "{kind:?}");
        assert_eq!((listed(&visitor).await, target.blobs().len()), (1, 1), "{kind:?}");
        drop(hands);
        target.end().await;
    }
}

/// What is left of it is all or nothing, and nothing is told twice.
#[actix_web::test]
async fn siz_11_a_cancel_that_meets_the_last_piece_has_one_outcome() {
    for kind in [Kind::Tus, Kind::Draft, Kind::Pond] {
        let target = Target::start().await;
        let (visitor, mut gone) = (target.visitor(), 0);
        for round in 0..ROUNDS {
            let length = [10, 9_000, 40_000][round % 3];
            let whole = text(length);
            let mut hands =
                Hands::begin(kind, &visitor, "any", "a.txt", length as u64).await.unwrap();
            let half = if round % 2 == 0 { 0 } else { length / 2 };
            if half > 0 {
                hands.put(0, &whole[..half]).await.unwrap();
            }
            let last = hands.request(half as u64, &whole[half..]);
            let (put, revoked) = match round % 4 {
                0 | 1 => join(last, hands.revoke()).await,
                _ => {
                    let (revoked, put) = join(hands.revoke(), last).await;
                    (put, revoked)
                }
            };
            // By the draft what is stored is no upload any more. The others may take it back; the last piece may have been
            // first or not at all.
            if kind == Kind::Draft && revoked.is_err() {
                assert_eq!((revoked, put), (Err("invalid_message".to_owned()), Ok(())));
                assert_eq!(target.blob(hands.id()), whole);
                let stored = format!("/api/files/{}", hands.id());
                assert_eq!(
                    visitor.send(Method::DELETE, &stored, &[], Vec::new()).await.status,
                    204
                );
                continue;
            }
            assert_eq!(revoked, Ok(()), "{kind:?}: {put:?}");
            let code = put.err().unwrap_or_default();
            let codes = ["", "unknown_entry", "cancelled", "superseded", "offset_mismatch"];
            assert!(codes.contains(&&*code), "{kind:?}: {code}");
            assert_eq!(listed(&visitor).await, 0, "{kind:?}: it was taken back");
            gone += usize::from(!code.is_empty());
        }
        println!("{kind:?}: in {gone} of {ROUNDS} rounds the cancel was first");
        target.end().await;
    }
}

#[actix_web::test]
async fn siz_11_a_live_pages_cancel_that_meets_the_last_piece_has_one_outcome() {
    let target = Target::start().await;
    let visitor = target.visitor();
    let (mut complete, mut live) = (0, visitor.live("inbox").await);
    for round in 0..ROUNDS {
        let length = [10, 9_000, 40_000, 300_000][round % 4];
        let (whole, reference) = (text(length), format!("c{round}"));
        let file = live.register("any", &reference, "a.txt", length as u64).await.unwrap();
        live.write(&file, &whole).await;
        if round % 3 == 0 {
            tokio::task::yield_now().await;
        }
        live.say(&json!({ "type": "cancel", "ref": reference })).await;
        let end = live.settled(&reference).await;
        let said = live.said_until_now().await;
        let again = said.iter().filter(|m| m["ref"] == *reference && m["status"] == "cancelled");
        let is_complete = end.is_complete();
        assert!(is_complete || end.status() == "cancelled", "{end}");
        assert!(!is_complete || again.count() == 0, "complete, and then cancelled: {said:?}");
        let kept = visitor.get(&format!("api/files/{}", file.id)).await.status;
        assert_eq!(kept, if is_complete { 200 } else { 404 }, "{end}");
        if is_complete {
            complete += 1;
            assert_eq!(target.blob(&file.id), whole);
        }
    }
    println!("live: in {complete} of {ROUNDS} rounds the last piece was first");
    drop(live);
    target.end().await;
}

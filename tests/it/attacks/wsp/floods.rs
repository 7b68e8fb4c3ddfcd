//! More frames than anybody needs, each of them as it should be.

use std::time::Duration;

use longshore::testing::raw::{Ended, frame};
use longshore::testing::{Patience, within};

use super::{CONTINUATION, FIRST_BINARY, FIRST_TEXT, PING, PONG, TEXT, ended, greeted};
use crate::attacks::oracle::Target;

/// An hour: for what is not meant.
const LONG: Duration = Duration::from_secs(3_600);

/// The end of a flood: told with this code, or cut while it was still being sent.
fn is_over(ended: &Ended, code: u16) -> bool {
    *ended == Ended::Closed(code) || *ended == Ended::Cut
}

fn many(count: usize, frames: &[u8]) -> Vec<u8> {
    frames.repeat(count)
}

#[actix_web::test]
async fn ws_04_a_message_in_a_thousand_pieces_is_cut_off() {
    let target = Target::start().await;
    for first in [FIRST_BINARY, FIRST_TEXT] {
        let bytes = [frame(first, b" "), many(300, &frame(CONTINUATION, b" "))].concat();
        assert_eq!(ended(&target, &bytes).await, Ended::Closed(1008));
    }
    target.end().await;
}

#[actix_web::test]
async fn ws_04_a_message_that_never_ends_is_not_kept_by_pings_in_the_middle_of_it() {
    let silence = Duration::from_millis(500);
    let patience = Patience { hello: LONG, silence, body: LONG };
    let target = Target::with(|builder| builder.patience(patience)).await;
    let mut page = greeted(&target).await;
    page.frame(FIRST_BINARY, b"and then").await;
    let holding = async {
        loop {
            // Few enough not to be a flood.
            tokio::select! {
                ended = page.ended() => break ended,
                () = tokio::time::sleep(Duration::from_millis(150)) => {}
            }
            page.send_what_goes(&frame(PONG, b"still here")).await;
            page.send_what_goes(&frame(CONTINUATION, b".")).await;
        }
    };
    assert_eq!(within("the end", holding).await, Ended::Closed(1008));
    drop(page);
    target.end().await;
}

#[actix_web::test]
async fn ws_05_endless_empty_continuations_are_cut_off() {
    let target = Target::start().await;
    let (first, empty) = (frame(FIRST_BINARY, b""), frame(CONTINUATION, b""));
    let bytes = [first.clone(), many(300, &empty)].concat();
    assert_eq!(ended(&target, &bytes).await, Ended::Closed(1008));
    let ended = ended(&target, &[first, many(100_000, &empty)].concat()).await;
    assert!(is_over(&ended, 1008), "{ended:?}");
    target.end().await;
}

#[actix_web::test]
async fn ws_06_floods_of_pings_and_pongs_are_cut_off() {
    let target = Target::start().await;
    for control in [frame(PING, b""), frame(PONG, b""), frame(PING, &[7; 125])] {
        assert_eq!(ended(&target, &many(300, &control)).await, Ended::Closed(1008));
        let ended = ended(&target, &many(100_000, &control)).await;
        assert!(is_over(&ended, 1008), "{ended:?}");
    }
    target.end().await;
}

/// A count that begins anew with each honest message would let this through for ever.
#[actix_web::test]
async fn ws_06_a_flood_of_pings_with_messages_between_them_is_cut_off() {
    let target = Target::start().await;
    let message = frame(TEXT, br#"{"type":"event","name":"nothing"}"#);
    let bytes = many(100, &[many(10, &frame(PING, b"")), message].concat());
    assert_eq!(ended(&target, &bytes).await, Ended::Closed(1008));
    target.end().await;
}

#[actix_web::test]
async fn ws_06_pings_of_one_who_reads_no_answer_are_not_hoarded() {
    let target = Target::start().await;
    let mut page = greeted(&target).await;
    page.flood(&many(1_000, &frame(PING, &[7; 125])), 400 << 20).await;
    assert!(page.is_cut().await);
    target.end().await;
}

#[actix_web::test]
async fn ws_06_as_many_pings_as_any_program_sends_are_answered() {
    let target = Target::start().await;
    let mut page = greeted(&target).await;
    for _ in 0..30 {
        page.frame(PING, b"there?").await;
    }
    page.frame(TEXT, br#"{"type":"event","name":"nothing","seq":1}"#).await;
    assert!(page.text().await.contains("reply"));
    drop(page);
    target.end().await;
}

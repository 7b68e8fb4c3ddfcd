//! OUT-05: words that would like to be lines of our log. That of the binary itself is tried in `tests/e2e`.

use std::time::Duration;

use super::super::oracle::Target;
use actix_http::ws::{CloseCode, CloseReason, Message};

use crate::support::doors::{doors_of_few_words, every_door, sent};
use crate::support::receiver::{Manner, Receiver};
use crate::support::{Form, Upload};

/// What a header of a form or of a chunk can carry.
const TAME: &str = "a\u{9b}0m\u{202e} 2026-01-01T00:00:00Z ERROR forged.txt";

/// What JSON and base64 can, besides.
const FORGED: &str = "a\r\n2026-01-01T00:00:00Z ERROR forged\u{1b}[31m\u{9b}0m\u{7}\u{202e}\0.txt";

/// The target's end looks at every line of the log.
#[actix_web::test]
async fn out_05_a_name_is_never_a_line_of_the_log_by_any_door() {
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let target = Target::start().await;
        let visitor = target.visitor();
        for slot in ["any", "pictures"] {
            let name = if ["live", "tus"].contains(&door.name()) { FORGED } else { TAME };
            let file = sent(name, b"MZ this is no picture");
            if door.can_send("inbox", slot, std::slice::from_ref(&file)) {
                door.send(&visitor, "inbox", slot, &[file]).await;
            }
        }
        target.end().await;
    }
}

#[actix_web::test]
async fn out_05_neither_events_nor_letters_nor_addresses_write_lines() {
    let receiver = Receiver::that(Manner::Status(599));
    let webhook = receiver.webhook();
    let target =
        Target::with(|builder| builder.webhook(webhook).webhook_look(Duration::from_millis(20)))
            .await;
    let visitor = target.visitor();
    visitor.store("inbox", "any", Upload::bytes(TAME, b"x")).await;
    receiver.hears(1).await;
    let event = Form::new().text("_event", "x\r\n2026-01-01T00:00:00Z ERROR forged\u{1b}[31m");
    assert!(visitor.post("inbox", event).await.status >= 400);
    let encoded = "%0d%0a2026-01-01T00:00:00Z%20ERROR%20forged%1b%5b31m";
    for path in [
        format!("/{encoded}"),
        format!("/_upload/{encoded}/{encoded}"),
        format!("/static/{encoded}/x"),
    ] {
        assert_eq!(visitor.get(&path).await.status, 404, "{path}");
    }
    let mut live = visitor.live("inbox").await;
    let reason = Some("bye\r\n2026-01-01T00:00:00Z ERROR forged\u{1b}[31m".to_owned());
    let bye = Message::Close(Some(CloseReason { code: CloseCode::Normal, description: reason }));
    let _ = live.try_send(bye).await;
    live.close_code().await;
    target.end().await;
}

//! What a client asks for and what has no answer yet is bounded.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Semaphore;

use crate::room::Room;

#[actix_web::test]
async fn more_events_than_a_view_gets_done_are_refused_and_the_others_run() {
    let released = Arc::new(Semaphore::new(0));
    let handler = Arc::clone(&released);
    let room = Room::new(Vec::new()).on_event(move |_, _| {
        let handler = Arc::clone(&handler);
        async move {
            let _ = handler.acquire().await;
            Ok(())
        }
    });
    let app = room.open().await;
    let mut live = app.visitor().live("room").await;
    for seq in 0..200 {
        live.say(&json!({ "type": "event", "name": "wait", "seq": seq })).await;
    }
    // The view has answered nothing yet.
    let refused = live.hear_where("a refusal", |message| message["type"] == "reply").await;
    assert_eq!((refused["seq"].as_u64(), refused["ok"].as_bool()), (Some(64), Some(false)));
    assert_eq!(refused["error"]["code"], "rate_limited");
    for seq in 65..200 {
        let reply = live.hear_where("a refusal", |message| message["seq"] == seq).await;
        assert_eq!(reply["error"]["code"], "rate_limited");
    }
    released.add_permits(1_000);
    for seq in 0..64 {
        let reply = live.hear_where("a reply", |message| message["seq"] == seq).await;
        assert_eq!(reply["ok"], true, "{reply}");
    }
    live.disconnect();
    app.end().await;
}

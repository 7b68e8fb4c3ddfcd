//! RES-12: receivers that hang or fail for ever.

use std::time::Duration;

use super::super::oracle::Target;
use crate::support::Upload;
use crate::support::doors::{every_door, sent};
use crate::support::receiver::{Heard, Manner, Receiver};

const LOOK: Duration = Duration::from_millis(20);

#[actix_web::test]
async fn res_12_uploads_by_every_door_are_done_while_the_receiver_hangs() {
    let receiver = Receiver::that(Manner::Silent);
    let webhook = receiver.webhook();
    let target = Target::with(|builder| builder.webhook(webhook).webhook_look(LOOK)).await;
    let first = target.visitor();
    first.store("inbox", "any", Upload::bytes("first.txt", b"x")).await;
    receiver.hears(1).await;
    // From here on a letter is under way and not answered: whoever waited for it would wait for ten seconds each.
    for door in every_door() {
        let visitor = target.visitor();
        for number in 0..10 {
            let file = [sent(&format!("{number}.txt"), b"x")];
            let outcome = door.send(&visitor, "inbox", "any", &file).await;
            assert_eq!(outcome[0].word(), "stored", "{}", door.name());
        }
    }
    assert_eq!(
        first
            .delete(&format!("api/files/{}", first.listed().await[0]["id"].as_str().unwrap()))
            .await
            .status,
        204
    );
    assert!(receiver.heard().len() < 51, "most letters still wait");
    target.end().await;
}

#[actix_web::test]
async fn res_12_a_receiver_that_fails_for_ever_is_asked_less_and_less_and_then_no_more() {
    let receiver = Receiver::that(Manner::Status(500));
    let webhook = receiver.webhook();
    let target = Target::with(|builder| builder.webhook(webhook).webhook_look(LOOK)).await;
    target.visitor().store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    receiver.hears(1).await;
    let of = |heard: &Heard| heard.json()["file"]["name"].as_str().unwrap().to_owned();
    // In steps of an hour, because each attempt has to be seen; three days of them.
    let mut attempts = Vec::new();
    for hour in 1..=72 {
        target.clock().advance(Duration::from_secs(3_600));
        // An attempt may or may not be due; a letter that nobody has heard of shows that the postman has been there.
        let other = format!("{hour}.txt");
        target.visitor().store("inbox", "any", Upload::bytes(&other, b"x")).await;
        longshore::testing::until("the new letter", || {
            receiver.heard().iter().any(|heard| of(heard) == other)
        })
        .await;
        attempts.push(receiver.heard().iter().filter(|heard| of(heard) == "a.txt").count());
    }
    let most = *attempts.last().unwrap();
    assert!(most > 20, "it was tried again: {most}");
    assert!(most <= 60, "and not for ever: {most}");
    assert_eq!(attempts[60], most, "after two days nobody tries any more: {attempts:?}");
    target.end().await;
}

//! OUT-04: letters that somebody changes or repeats.

use std::collections::HashSet;
use std::time::Duration;

use super::super::oracle::Target;
use crate::support::Upload;
use crate::support::receiver::{Heard, Manner, Receiver, SECRET};

/// As old as a letter may be for the receiver of the guide, in seconds.
const TOLERANCE: i64 = 300;

/// The receiver of the guide: what is signed, new, and not known yet.
fn accepts(letter: &Heard, now: i64, known: &mut HashSet<String>) -> bool {
    let sent_at: i64 = letter.headers["longshore-timestamp"].parse().unwrap_or(0);
    let id = letter.json()["id"].as_str().unwrap_or_default().to_owned();
    letter.is_signed_with(SECRET) && (now - sent_at).abs() <= TOLERANCE && known.insert(id)
}

#[actix_web::test]
async fn out_04_a_changed_a_repeated_and_an_old_letter_are_told_apart_from_a_good_one() {
    let receiver = Receiver::that(Manner::Status(200));
    let webhook = receiver.webhook();
    let target =
        Target::with(|builder| builder.webhook(webhook).webhook_look(Duration::from_millis(20)))
            .await;
    let visitor = target.visitor();
    visitor.store("inbox", "any", Upload::bytes("a.txt", b"x")).await;
    let letter = receiver.hears(1).await.remove(0);
    let now: i64 = letter.headers["longshore-timestamp"].parse().unwrap();

    let changes: [fn(&mut Heard); 5] = [
        |letter| letter.body = letter.body.replace("a.txt", "b.txt"),
        |letter| letter.body = letter.body.replace("file.stored", "file.deleted"),
        |letter| letter.body.push(' '),
        |letter| {
            // A new id, so that the same letter would count twice.
            let other = uuid::Uuid::now_v7().to_string();
            letter.body =
                letter.body.replace(&letter.json()["id"].as_str().unwrap().to_owned(), &other);
        },
        |letter| {
            let later = letter.headers["longshore-timestamp"].parse::<i64>().unwrap() + 100;
            letter.headers.insert("longshore-timestamp".to_owned(), later.to_string());
        },
    ];
    let mut known = HashSet::new();
    for (number, change) in changes.iter().enumerate() {
        let mut changed = letter.clone();
        change(&mut changed);
        assert_ne!((&changed.body, &changed.headers), (&letter.body, &letter.headers));
        assert!(!accepts(&changed, now, &mut known), "change {number}");
    }
    assert!(!accepts(&letter, now + TOLERANCE + 1, &mut known), "an old one is not taken");
    assert!(accepts(&letter, now + 1, &mut known));
    assert!(!accepts(&letter, now + 2, &mut known), "and a good one only once");
    target.end().await;
}

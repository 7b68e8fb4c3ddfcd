//! Rules of an outbox.

use std::time::Duration;

use uuid::Uuid;

use super::{bare_entry, load};
use crate::catalogue::{Bounds, Catalogue, Envelope, Fate, Outbox};
use crate::domain::{Entry, EntryState, Letter, LetterId, Occasion, Timestamp};

const WIDE: Bounds =
    Bounds { waiting: 1_000, dead: 1_000, dead_for: Duration::from_secs(365 * 86_400) };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + seconds * 1_000)
}

fn about(entry: &Entry, occasion: Occasion, to: &[&str]) -> Envelope {
    let letter = Letter {
        id: LetterId::from_uuid(Uuid::now_v7()),
        occasion,
        entry: entry.id,
        body: "{\"name\":\"Ü'; DROP TABLE outbox; --\"}".to_owned(),
        created_at: at(0),
    };
    Envelope { letter, to: to.iter().map(|&to| to.to_owned()).collect() }
}

/// What waits for a receiver at that time, as ids.
async fn due(outbox: &impl Outbox, receiver: &str, now: i64) -> Vec<LetterId> {
    let waiting = outbox.due(receiver, at(now), 1_000).await.expect("letters");
    waiting.into_iter().map(|waiting| waiting.letter.id).collect()
}

async fn stored<C: Catalogue + Outbox>(catalogue: &C, to: &[&str]) -> (Entry, Letter) {
    let entry = bare_entry().with_state(EntryState::Complete);
    let envelope = about(&entry, Occasion::Stored, to);
    catalogue.settle_and_tell(&entry, &envelope).await.expect("settled");
    (entry, envelope.letter)
}

pub(super) async fn come_back_until_they_are_delivered<C: Catalogue + Outbox>(catalogue: &C) {
    let (entry, first) = stored(catalogue, &["a"]).await;
    let (_, second) = stored(catalogue, &["a"]).await;
    assert_eq!(load(catalogue, &entry).await, Some(entry), "the row is settled");
    for _ in 0..2 {
        let waiting = catalogue.due("a", at(0), 10).await.expect("letters");
        let letters: Vec<_> = waiting.iter().map(|waiting| &waiting.letter).collect();
        assert_eq!(letters, [&first, &second], "a letter comes back as it was, oldest first");
        assert!(waiting.iter().all(|waiting| waiting.attempts == 0));
    }
    assert_eq!(catalogue.due("a", at(0), 1).await.expect("letters").len(), 1, "no more than asked");
    for _ in 0..2 {
        let done = catalogue.attempted(first.id, "a", &Fate::Delivered).await;
        done.expect("a letter that is gone is nobody's any more");
        assert_eq!(due(catalogue, "a", 0).await, [second.id]);
    }
}

pub(super) async fn are_of_one_receiver_each<C: Catalogue + Outbox>(catalogue: &C) {
    let (_, letter) = stored(catalogue, &["a", "b"]).await;
    catalogue.attempted(letter.id, "a", &Fate::Delivered).await.expect("noted");
    assert_eq!(due(catalogue, "a", 0).await, []);
    assert_eq!(due(catalogue, "b", 0).await, [letter.id], "each receiver has its own");
    assert_eq!(due(catalogue, "%", 0).await, [], "and a name is no pattern");
}

pub(super) async fn are_written_with_their_row_or_not_at_all<C: Catalogue + Outbox>(catalogue: &C) {
    let (entry, letter) = stored(catalogue, &["a"]).await;
    let back = entry.clone().with_state(EntryState::Receiving);
    catalogue.take_back(&back, letter.id).await.expect("taken back");
    assert_eq!(load(catalogue, &entry).await, Some(back), "the row is as it is told to be");
    assert_eq!(due(catalogue, "a", 0).await, [], "and the letter is forgotten");

    let gone = about(&entry, Occasion::Deleted, &["a"]);
    catalogue.remove_and_tell(entry.id, &gone).await.expect("removed");
    assert_eq!(load(catalogue, &entry).await, None);
    assert_eq!(due(catalogue, "a", 0).await, [gone.letter.id]);
    let twice = about(&entry, Occasion::Deleted, &["a"]);
    catalogue.remove_and_tell(entry.id, &twice).await.expect("what is gone is gone");
    assert_eq!(due(catalogue, "a", 0).await, [gone.letter.id], "nothing happened, nothing is told");
}

pub(super) async fn wait_until_they_are_due<C: Catalogue + Outbox>(catalogue: &C) {
    let (_, letter) = stored(catalogue, &["a"]).await;
    let later = Fate::Later { attempts: 3, due_at: at(60), trouble: "status 500".to_owned() };
    catalogue.attempted(letter.id, "a", &later).await.expect("noted");
    assert_eq!(due(catalogue, "a", 59).await, [], "not before its time");
    let waiting = catalogue.due("a", at(60), 10).await.expect("letters");
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].attempts, &waiting[0].letter), (3, &letter));
}

pub(super) async fn that_are_given_up_stay_given_up<C: Catalogue + Outbox>(catalogue: &C) {
    let (_, letter) = stored(catalogue, &["a"]).await;
    let dead = Fate::Dead { attempts: 9, at: at(5), trouble: "status 410".to_owned() };
    catalogue.attempted(letter.id, "a", &dead).await.expect("noted");
    let later = Fate::Later { attempts: 1, due_at: at(0), trouble: String::new() };
    catalogue.attempted(letter.id, "a", &later).await.expect("noted");
    assert_eq!(due(catalogue, "a", 1_000).await, []);
}

pub(super) async fn have_bounds<C: Catalogue + Outbox>(catalogue: &C) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(stored(catalogue, &["a", "b", "gone"]).await.1.id);
    }
    let known = ["a".to_owned(), "b".to_owned()];
    assert_eq!(catalogue.tidy(&known, at(1), &WIDE).await.expect("tidied"), 5, "those of nobody");
    assert_eq!(due(catalogue, "gone", 1).await, []);
    let narrow = Bounds { waiting: 2, ..WIDE };
    assert_eq!(catalogue.tidy(&known, at(1), &narrow).await.expect("tidied"), 6, "three each");
    assert_eq!(due(catalogue, "a", 1).await, ids[3..], "the newest are left");
    assert_eq!(due(catalogue, "b", 1).await, ids[3..], "of each of them");
    for bounds in [Bounds { dead: 1, ..WIDE }, Bounds { dead_for: Duration::ZERO, ..WIDE }] {
        assert_eq!(catalogue.tidy(&known, at(9), &bounds).await.expect("tidied"), 0);
        assert_eq!(due(catalogue, "a", 9).await, ids[3..], "what waits is left alone");
    }
}

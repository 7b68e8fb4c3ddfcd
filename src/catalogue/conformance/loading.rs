//! What was loaded a moment ago is no excuse: after a change was answered, everybody finds it.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{join, join_all};

use super::{bare_entry, load, settle};
use crate::catalogue::{Catalogue, Checkpoint};
use crate::domain::{Entry, EntryState, Timestamp};

fn stored(touched: i64) -> Entry {
    let mut entry = bare_entry().with_state(EntryState::Consumed);
    entry.kept_at = Some(Timestamp::from_millis(1));
    entry.touched_at = Timestamp::from_millis(touched);
    entry
}

pub(super) async fn finds_what_was_changed_a_moment_ago(catalogue: &impl Catalogue) {
    let mut entry = stored(1);
    settle(catalogue, &entry).await;
    for _ in 0..3 {
        assert_eq!(load(catalogue, &entry).await.as_ref(), Some(&entry), "it is found again");
    }
    entry.lost_at = Some(Timestamp::from_millis(5));
    settle(catalogue, &entry).await;
    assert_eq!(load(catalogue, &entry).await.as_ref(), Some(&entry), "a change is seen at once");
    let at = Timestamp::from_millis(9);
    let mark = Checkpoint { offset: 7, partial_digest: None, at, length: None };
    catalogue.checkpoint(entry.id, &mark).await.expect("a checkpoint");
    let found = load(catalogue, &entry).await.expect("the entry");
    assert_eq!((found.offset, found.touched_at), (7, at), "a checkpoint is seen at once");
    catalogue.remove(entry.id).await.expect("a removal");
    assert_eq!(load(catalogue, &entry).await, None, "what was removed is gone at once");
    settle(catalogue, &entry).await;
    load(catalogue, &entry).await.expect("it is there again");
    catalogue.remove_all(&[entry.id]).await.expect("a removal");
    assert_eq!(load(catalogue, &entry).await, None, "what was removed is gone at once");
}

/// Many read all the time what one changes, so that readings and changes meet in every order.
pub(super) async fn never_finds_what_was_there_before_an_answered_change(
    catalogue: &impl Catalogue,
) {
    let entry = stored(0);
    settle(catalogue, &entry).await;
    let over = AtomicBool::new(false);
    let reading = join_all((0..8).map(|_| async {
        let mut last = 0;
        while !over.load(Ordering::SeqCst) {
            let found = load(catalogue, &entry).await.expect("it stays there");
            let touched = found.touched_at.as_millis();
            assert!(touched >= last, "nobody finds what was there before");
            last = touched;
            tokio::task::yield_now().await;
        }
    }));
    let changing = async {
        for turn in 1..=200 {
            let mut changed = entry.clone();
            changed.touched_at = Timestamp::from_millis(turn);
            settle(catalogue, &changed).await;
            let found = load(catalogue, &entry).await.expect("it stays there");
            assert_eq!(found.touched_at.as_millis(), turn, "what was answered is found");
        }
        over.store(true, Ordering::SeqCst);
    };
    join(reading, changing).await;
}

//! The rules of [`Spool`].

use super::{assert_not_found, create, id, key, published, write};
use crate::blob::{BlobError, BlobKey, BlobStore, Debris, Spool, Trust};
use crate::domain::Timestamp;

/// Every rule of [`Spool`].
pub async fn spool_suite<S: BlobStore + Spool>(make: impl AsyncFn() -> S) {
    all_that_is_there_is_listed(&make().await).await;
    an_unfinished_blob_is_taken_up_as_it_is(&make().await).await;
    of_a_blob_that_came_in_whole_steps_only_those_are_believed(&make().await).await;
    a_published_blob_can_be_unfinished_again(&make().await).await;
    a_blob_with_fewer_bytes_than_were_synced_is_not_found(&make().await).await;
    what_is_put_aside_is_no_longer_there(&make().await).await;
    the_quarantine_is_emptied_of_what_is_old(&make().await).await;
    tidying_removes_nothing_that_is_there(&make().await).await;
    a_tidied_session_can_begin_anew(&make().await).await;
}

async fn all_that_is_there_is_listed<S: BlobStore + Spool>(store: &S) {
    assert_eq!(store.leftover().await.expect("a list"), Default::default(), "a new store is empty");
    let (half, whole) = (key(), key());
    drop(create(store, half).await);
    let mut writer = create(store, whole).await;
    write(&mut writer, 0, b"whole").await;
    writer.publish().await.expect("publishing");
    let left = store.leftover().await.expect("a list");
    assert_eq!(left.unfinished, [half], "the unfinished one");
    assert_eq!(left.published, [(whole.id, 5)], "the published one with its length");
    assert!(left.sessions.contains(&half.session), "and where unfinished ones lie");
}

async fn an_unfinished_blob_is_taken_up_as_it_is<S: BlobStore + Spool>(store: &S) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"so far").await;
    drop(writer);
    for durable in [0, 3, 6] {
        let length = store.reclaim(key, durable, Trust::Written).await.expect("taking it up");
        assert_eq!(length, 6, "a process that dies takes nothing with it");
    }
    let (_, length) = store.reopen(key).await.expect("and it can be written");
    assert_eq!(length, 6);
}

async fn of_a_blob_that_came_in_whole_steps_only_those_are_believed<S: BlobStore + Spool>(
    store: &S,
) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"step and a half").await;
    drop(writer);
    let length = store.reclaim(key, 4, Trust::Durable).await.expect("taking it up");
    assert_eq!(length, 4, "nothing but what is known to be durable");
    let (mut writer, length) = store.reopen(key).await.expect("and it can be written");
    assert_eq!(length, 4);
    write(&mut writer, 4, b"!").await;
    writer.publish().await.expect("publishing");
    assert_eq!(published(store, key).await, b"step!", "nothing of the half step is left");
}

async fn a_published_blob_can_be_unfinished_again<S: BlobStore + Spool>(store: &S) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"whole").await;
    writer.publish().await.expect("publishing");
    assert_eq!(store.reclaim(key, 0, Trust::Written).await.expect("taking it up"), 5);
    assert_not_found(store.open(key.id).await, "it isn't open to readers any more");
    let (mut writer, length) = store.reopen(key).await.expect("it is unfinished");
    write(&mut writer, length, b" again").await;
    writer.publish().await.expect("and can be published once more");
    assert_eq!(published(store, key).await, b"whole again");
}

async fn a_blob_with_fewer_bytes_than_were_synced_is_not_found<S: BlobStore + Spool>(store: &S) {
    let there = key();
    let mut writer = create(store, there).await;
    write(&mut writer, 0, b"12345").await;
    drop(writer);
    for (key, durable) in [(there, 6), (key(), 0), (BlobKey { id: id(), ..there }, 0)] {
        assert!(matches!(
            store.reclaim(key, durable, Trust::Written).await,
            Err(BlobError::NotFound)
        ));
    }
}

async fn what_is_put_aside_is_no_longer_there<S: BlobStore + Spool>(store: &S) {
    let at = Timestamp::from_millis(5);
    let (half, whole) = (key(), key());
    drop(create(store, half).await);
    create(store, whole).await.publish().await.expect("publishing");
    for debris in [Debris::Unfinished(half), Debris::Published(whole.id)] {
        for _ in 0..2 {
            store.quarantine(debris, at).await.expect("putting aside what may be gone is no error");
        }
    }
    let left = store.leftover().await.expect("a list");
    assert!(left.unfinished.is_empty() && left.published.is_empty(), "{left:?}");
    create(store, half).await.abort().await.expect("the key is free again");
}

async fn the_quarantine_is_emptied_of_what_is_old<S: BlobStore + Spool>(store: &S) {
    for millis in [1_000, 2_000, 2_000] {
        let key = key();
        create(store, key).await.publish().await.expect("publishing");
        let debris = Debris::Published(key.id);
        store.quarantine(debris, Timestamp::from_millis(millis)).await.expect("putting aside");
    }
    for (before, removed) in [(1_000, 0), (2_000, 1), (2_000, 0), (2_001, 2)] {
        let emptied = store.empty_quarantine(Timestamp::from_millis(before)).await;
        assert_eq!(emptied.expect("emptying"), removed, "those from before {before}");
    }
}

async fn tidying_removes_nothing_that_is_there<S: BlobStore + Spool>(store: &S) {
    let key = key();
    let mut writer = create(store, key).await;
    write(&mut writer, 0, b"here").await;
    store.tidy(key.session).await.expect("tidying");
    writer.publish().await.expect("the blob is there");
    if store.is_tidy(key.session) {
        let left = store.leftover().await.expect("a list");
        assert!(!left.sessions.contains(&key.session), "there is nothing to tidy");
    }
    for _ in 0..2 {
        store.tidy(key.session).await.expect("tidying twice is tidying");
    }
    assert_eq!(published(store, key).await, b"here");
    let left = store.leftover().await.expect("a list");
    assert!(left.sessions.is_empty(), "an empty place is gone");
}

async fn a_tidied_session_can_begin_anew<S: BlobStore + Spool>(store: &S) {
    let old = key();
    create(store, old).await.abort().await.expect("aborting");
    store.tidy(old.session).await.expect("tidying");
    let new = BlobKey { id: id(), ..old };
    let mut writer = create(store, new).await;
    write(&mut writer, 0, b"anew").await;
    writer.sync().await.expect("a sync");
    writer.publish().await.expect("publishing");
    assert_eq!(published(store, new).await, b"anew");
}

//! The rules of [`SessionSpool`].

use super::{assert_not_found, create, id, key, published, write};
use crate::blob::{BlobError, BlobKey, BlobStore, SessionSpool};

/// Every rule of [`SessionSpool`].
pub async fn spool_suite<S: BlobStore + SessionSpool>(make: impl AsyncFn() -> S) {
    discarding_takes_one_session_and_no_other(&make().await).await;
    discarding_leaves_what_is_published(&make().await).await;
    a_discarded_session_can_begin_anew(&make().await).await;
    a_writer_of_a_discarded_session_can_not_publish(&make().await).await;
}

async fn discarding_takes_one_session_and_no_other<S: BlobStore + SessionSpool>(store: &S) {
    let (doomed, spared) = (key(), key());
    drop(create(store, doomed).await);
    let mut kept = create(store, spared).await;
    write(&mut kept, 0, b"kept").await;
    let mut left = store.leftover().await.expect("the sessions that are there");
    left.sort_unstable();
    let mut expected = vec![doomed.session, spared.session];
    expected.sort_unstable();
    assert_eq!(left, expected, "both sessions are listed");

    for _ in 0..2 {
        store.discard(doomed.session).await.expect("discarding twice is discarding");
        assert_eq!(store.leftover().await.expect("a list"), [spared.session]);
    }
    assert!(matches!(store.reopen(doomed).await, Err(BlobError::NotFound)));
    kept.publish().await.expect("the other session goes on");
    assert_eq!(published(store, spared).await, b"kept");
}

async fn discarding_leaves_what_is_published<S: BlobStore + SessionSpool>(store: &S) {
    let key = key();
    create(store, key).await.publish().await.expect("publishing");
    store.discard(key.session).await.expect("discarding");
    store.open(key.id).await.expect("what is published no longer belongs to the session");
}

async fn a_discarded_session_can_begin_anew<S: BlobStore + SessionSpool>(store: &S) {
    let old = key();
    // It stays alive, so that the store still has a use for what it knew of the session.
    let _old_writer = create(store, old).await;
    store.discard(old.session).await.expect("discarding");
    let new = BlobKey { id: id(), ..old };
    let mut writer = create(store, new).await;
    write(&mut writer, 0, b"anew").await;
    writer.sync().await.expect("a sync");
    writer.publish().await.expect("publishing");
    assert_eq!(published(store, new).await, b"anew");
    create(store, old).await.abort().await.expect("and the old key is free");
}

async fn a_writer_of_a_discarded_session_can_not_publish<S: BlobStore + SessionSpool>(store: &S) {
    let key = key();
    let writer = create(store, key).await;
    store.discard(key.session).await.expect("discarding");
    assert!(matches!(writer.publish().await, Err(BlobError::NotFound)));
    assert_not_found(store.open(key.id).await, "nothing of a discarded session is published");
}

//! What is put into a store whole.

use bytes::Bytes;

use super::{content, key};
use crate::blob::{BlobError, BlobStore};

pub(super) async fn what_is_put_whole_is_published(store: &impl BlobStore) {
    for pieces in [vec![], vec![Bytes::from_static(b"hello "), Bytes::from_static(b"world")]] {
        let key = key();
        store.put(key, &pieces).await.expect("putting a blob");
        let blob = store.open(key.id).await.expect("a blob that was put can be opened");
        assert_eq!(content(blob), pieces.concat(), "what was put comes back");
        assert!(
            matches!(store.reopen(key).await, Err(BlobError::NotFound)),
            "nothing of it is unfinished"
        );
        assert!(
            matches!(store.put(key, &pieces).await, Err(BlobError::AlreadyExists)),
            "a published blob is not replaced"
        );
        let blob = store.open(key.id).await.expect("the first one is still there");
        assert_eq!(content(blob), pieces.concat(), "and unchanged");
    }
}

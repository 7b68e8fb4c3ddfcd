use uuid::Uuid;

use super::*;
use crate::blob::conformance;

fn new_key() -> BlobKey {
    key(SessionId::from_uuid(Uuid::now_v7()), EntryId::from_uuid(Uuid::now_v7()))
}

async fn part(store: &FrailStore, key: BlobKey) -> Option<Vec<u8>> {
    let (mut writer, length) = store.reopen(key).await.ok()?;
    Some(writer.read_at(0, index(length).ok()?).await.ok()?.to_vec())
}

#[tokio::test]
async fn while_the_power_is_on_it_does_what_every_store_must() {
    conformance::suite(async || FrailStore::new()).await;
    conformance::spool_suite(async || FrailStore::new()).await;
}

#[tokio::test]
async fn what_no_sync_covers_is_left_to_luck() {
    let left = [
        (Luck::Gone, &b"abcd"[..]),
        (Luck::There, b"abcdefgh"),
        (Luck::Half, b"abcdef"),
        (Luck::Zeros, b"abcd\0\0\0\0"),
    ];
    for (luck, left) in left {
        let (store, key) = (FrailStore::new(), new_key());
        let mut writer = store.create(key).await.unwrap();
        writer.write_at(0, &[Bytes::from_static(b"abcd")]).await.unwrap();
        writer.sync().await.unwrap();
        writer.write_at(4, &[Bytes::from_static(b"efgh")]).await.unwrap();
        store.cut_power(|| luck);
        assert_eq!(part(&store, key).await.as_deref(), Some(left), "{luck:?}");
        assert!(writer.write_at(0, &[]).await.is_err(), "its process is dead");
    }
}

#[tokio::test]
async fn a_name_that_was_never_synced_may_be_gone_and_one_that_was_may_be_back() {
    let (store, young, old, published) = (FrailStore::new(), new_key(), new_key(), new_key());
    drop(store.create(young).await.unwrap());
    let mut writer = store.create(old).await.unwrap();
    writer.sync().await.unwrap();
    writer.abort().await.unwrap();
    store.create(published).await.unwrap().publish().await.unwrap();
    store.remove(published.id).await.unwrap();
    store.cut_power(|| Luck::Gone);
    assert!(store.unfinished().is_empty() && store.published().is_empty());

    let mut writer = store.create(old).await.unwrap();
    writer.sync().await.unwrap();
    writer.abort().await.unwrap();
    store.create(published).await.unwrap().publish().await.unwrap();
    store.remove(published.id).await.unwrap();
    store.cut_power(|| Luck::There);
    assert_eq!(store.unfinished(), [(old, Vec::new())]);
    assert_eq!(store.published(), [published.id]);
}

#[tokio::test]
async fn what_is_published_survives() {
    let (store, key) = (FrailStore::new(), new_key());
    let mut writer = store.create(key).await.unwrap();
    writer.write_at(0, &[Bytes::from_static(b"kept")]).await.unwrap();
    writer.publish().await.unwrap();
    store.cut_power(|| Luck::Gone);
    assert_eq!(store.bytes(key.id).unwrap(), "kept");
}

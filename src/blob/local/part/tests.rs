use std::fs::OpenOptions;

use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::blob::local::LocalStore;
use crate::blob::{BlobStore, Durability};
use crate::domain::{EntryId, SessionId};

/// A store with one unfinished blob.
async fn store_with_a_part() -> (TempDir, LocalStore, BlobKey) {
    let place = tempfile::tempdir().unwrap();
    let store = LocalStore::open(place.path(), Durability::Always).unwrap();
    let key = BlobKey {
        session: SessionId::from_uuid(Uuid::now_v7()),
        id: EntryId::from_uuid(Uuid::now_v7()),
    };
    drop(store.create(key).await.unwrap());
    (place, store, key)
}

/// A part whose file is something else: a device that breaks where a file would not.
fn part_on(store: &LocalStore, key: BlobKey, file: File) -> LocalWriter {
    let folder = store.root.session(key.session).unwrap();
    LocalWriter::new(Part::new(Arc::clone(&store.root), folder, key, file, 0))
}

#[tokio::test]
async fn a_full_disk_spoils_the_writer_until_it_is_aborted() {
    let (_place, store, key) = store_with_a_part().await;
    let full = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
    let mut writer = part_on(&store, key, full);
    let failed = writer.write_at(0, &[Bytes::from_static(b"x")]).await;
    assert!(matches!(failed, Err(BlobError::DiskFull(_))), "{failed:?}");

    // The device would answer each of these in another way, were it asked.
    assert!(matches!(writer.write_at(0, &[]).await, Err(BlobError::DiskFull(_))));
    assert!(matches!(writer.read_at(0, 0).await, Err(BlobError::DiskFull(_))));
    assert!(matches!(writer.sync().await, Err(BlobError::DiskFull(_))));
    let part = Arc::clone(&writer.part);
    let refused =
        Box::new(LocalWriter { lane: Lane::of(Some(Arc::clone(&part))), part }).publish().await;
    assert!(matches!(refused, Err(BlobError::DiskFull(_))));
    assert!(store.reopen(key).await.is_ok(), "the bytes are still there");
    Box::new(writer).abort().await.unwrap();
    assert!(matches!(store.reopen(key).await, Err(BlobError::NotFound)));
}

#[tokio::test]
async fn a_failed_sync_is_never_tried_again() {
    let (_place, store, key) = store_with_a_part().await;
    // A device without anything to sync answers EINVAL to it.
    let null = OpenOptions::new().read(true).write(true).open("/dev/null").unwrap();
    let mut writer = part_on(&store, key, null);
    writer.write_at(0, &[Bytes::from_static(b"x")]).await.unwrap();
    let failed = writer.sync().await;
    assert!(matches!(failed, Err(BlobError::Io { what: "sync", .. })), "{failed:?}");
    let failed = writer.write_at(1, &[Bytes::from_static(b"y")]).await;
    assert!(matches!(failed, Err(BlobError::Io { what: "sync", .. })), "{failed:?}");
    assert!(Box::new(writer).publish().await.is_err());
    assert!(matches!(store.open(key.id).await, Err(BlobError::NotFound)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_that_nobody_waits_for_lands_before_the_next_one() {
    let (_place, store, key) = store_with_a_part().await;
    let (mut writer, _) = store.reopen(key).await.unwrap();
    let late = [Bytes::from_static(b"late")];
    for round in 0..2_000 {
        {
            let mut write = Box::pin(writer.write_at(0, &late));
            let _ = futures_util::poll!(&mut write);
        }
        writer.write_at(0, &[Bytes::from_static(b"last")]).await.unwrap();
        assert_eq!(writer.read_at(0, 4).await.unwrap(), "last", "round {round}");
    }
}

#[tokio::test]
async fn what_the_disk_began_early_is_the_same_file() {
    let (_place, store, key) = store_with_a_part().await;
    let (mut writer, _) = store.reopen(key).await.unwrap();
    let mut expected = Vec::new();
    for (number, length) in
        [5_000_000_usize, 4_000_000, 30, 9_000_000, 8_388_608].iter().enumerate()
    {
        let piece = Bytes::from(vec![u8::try_from(number).unwrap(); *length]);
        writer.write_at(expected.len() as u64, std::slice::from_ref(&piece)).await.unwrap();
        expected.extend_from_slice(&piece);
        if number == 3 {
            // Behind what the disk was asked to write.
            expected.truncate(7_000_000);
            writer.truncate(7_000_000).await.unwrap();
        }
    }
    Box::new(writer).publish().await.unwrap();
    assert!(std::fs::read(store.root.files.path().join(key.id.to_string())).unwrap() == expected);
}

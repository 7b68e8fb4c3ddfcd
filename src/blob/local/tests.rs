use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::blob::conformance;

fn key() -> BlobKey {
    BlobKey {
        session: SessionId::from_uuid(Uuid::now_v7()),
        id: EntryId::from_uuid(Uuid::now_v7()),
    }
}

fn part_path(place: &TempDir, key: BlobKey) -> PathBuf {
    place.path().join(format!("spool/{}/{}.part", key.session, key.id))
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn the_local_store_does_what_every_store_must() {
    for durability in [Durability::Always, Durability::Os] {
        let place = tempfile::tempdir().unwrap();
        let make = async || {
            let data = place.path().join(Uuid::now_v7().to_string());
            LocalStore::open(&data, durability).unwrap()
        };
        conformance::suite(make).await;
        conformance::spool_suite(make).await;
    }
}

#[tokio::test]
async fn what_we_make_is_ours_alone() {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(place.path().join("files")).unwrap();
    fs::set_permissions(place.path().join("files"), fs::Permissions::from_mode(0o755)).unwrap();
    let store = LocalStore::open(place.path(), Durability::Os).unwrap();
    let key = key();
    let writer = store.create(key).await.unwrap();
    let part = part_path(&place, key);
    for folder in ["spool", "files"] {
        assert_eq!(mode(&place.path().join(folder)), 0o700, "{folder}");
    }
    assert_eq!(mode(part.parent().unwrap()), 0o700);
    assert_eq!(mode(&part), 0o600);
    writer.publish().await.unwrap();
    assert_eq!(mode(&store.files().join(key.id.to_string())), 0o600);
}

#[test]
fn a_data_folder_that_everybody_may_write_to_is_refused() {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    let refused = LocalStore::open(place.path(), Durability::Os).unwrap_err();
    let BlobError::Io { source, .. } = refused else {
        panic!("{refused}");
    };
    assert_eq!(source.kind(), io::ErrorKind::PermissionDenied);
    assert!(source.to_string().contains("writable by everybody (mode 1777)"), "{source}");
}

#[tokio::test]
async fn a_symbolic_link_is_never_followed() {
    let place = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("target");
    fs::write(&target, "precious").unwrap();
    let store = LocalStore::open(place.path(), Durability::Os).unwrap();

    let linked_part = key();
    fs::create_dir(part_path(&place, linked_part).parent().unwrap()).unwrap();
    symlink(&target, part_path(&place, linked_part)).unwrap();
    assert!(matches!(store.create(linked_part).await, Err(BlobError::AlreadyExists)));
    assert!(matches!(store.reopen(linked_part).await, Err(BlobError::Io { .. })));

    let linked_folder = key();
    let folder = place.path().join("spool").join(linked_folder.session.to_string());
    symlink(elsewhere.path(), &folder).unwrap();
    assert!(store.create(linked_folder).await.is_err());
    assert!(!store.leftover().await.unwrap().sessions.contains(&linked_folder.session));
    store.tidy(linked_folder.session).await.unwrap();
    assert!(folder.is_symlink());

    let linked_file = key();
    symlink(&target, store.files().join(linked_file.id.to_string())).unwrap();
    assert!(matches!(store.open(linked_file.id).await, Err(BlobError::Io { .. })));
    assert_eq!(fs::read(&target).unwrap(), b"precious");
}

#[tokio::test]
async fn what_others_put_into_our_folders_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let store = LocalStore::open(place.path(), Durability::Os).unwrap();
    let key = key();
    drop(store.create(key).await.unwrap());
    let spool = place.path().join("spool");
    fs::create_dir(spool.join("lost+found")).unwrap();
    fs::write(spool.join(Uuid::now_v7().to_string()), "a file").unwrap();
    fs::write(spool.join(key.session.to_string()).join("note.txt"), "a note").unwrap();
    fs::write(store.files().join("README"), "a text").unwrap();
    let left = store.leftover().await.unwrap();
    assert_eq!((left.unfinished, left.sessions), (vec![key], vec![key.session]));
    assert_eq!(left.published, []);
}

#[tokio::test]
async fn after_a_power_cut_only_what_was_synced_is_believed() {
    for power_cut in [false, true] {
        let place = tempfile::tempdir().unwrap();
        let keys = [key(), key()];
        {
            let store = LocalStore::open(place.path(), Durability::Always).unwrap();
            for key in keys {
                let mut writer = store.create(key).await.unwrap();
                writer.write_at(0, &[Bytes::from_static(b"0123456789")]).await.unwrap();
            }
        }
        if power_cut {
            fs::write(place.path().join("boot"), "another life of the machine\n").unwrap();
        }
        let store = LocalStore::open(place.path(), Durability::Always).unwrap();
        let expected = if power_cut { 4 } else { 10 };
        assert_eq!(store.reclaim(keys[0], 4, Trust::Written).await.unwrap(), expected);
        // A crash now must not make the other one trustworthy.
        let store = LocalStore::open(place.path(), Durability::Always).unwrap();
        for key in keys {
            assert_eq!(store.reclaim(key, 4, Trust::Written).await.unwrap(), expected);
        }
        let (_, length) = store.reopen(keys[1]).await.unwrap();
        assert_eq!(length, expected);
        let store = LocalStore::open(place.path(), Durability::Always).unwrap();
        let mut writer = store.reopen(keys[1]).await.unwrap().0;
        writer.write_at(expected, &[Bytes::from_static(b"more")]).await.unwrap();
        assert_eq!(
            store.reclaim(keys[1], 4, Trust::Written).await.unwrap(),
            expected + 4,
            "in the same life"
        );
    }
}

#[tokio::test]
async fn where_nothing_was_synced_no_checkpoint_is_believed_after_a_power_cut() {
    for (before, after) in [
        (Durability::Os, Durability::Os),
        (Durability::Os, Durability::Always),
        (Durability::Always, Durability::Os),
    ] {
        let place = tempfile::tempdir().unwrap();
        let [half, none, whole] = [key(), key(), key()];
        {
            let store = LocalStore::open(place.path(), before).unwrap();
            for key in [half, none, whole] {
                let mut writer = store.create(key).await.unwrap();
                writer.write_at(0, &[Bytes::from_static(b"0123456789")]).await.unwrap();
                if key == whole {
                    writer.publish().await.unwrap();
                }
            }
        }
        let mark = fs::read_to_string(place.path().join("boot")).unwrap();
        let another = format!("another life{}", &mark["another life".len()..]);
        fs::write(place.path().join("boot"), another).unwrap();
        let store = LocalStore::open(place.path(), after).unwrap();
        let synced = before == Durability::Always;
        assert_eq!(store.reclaim(half, 4, Trust::Written).await.ok(), synced.then_some(4));
        assert_eq!(store.reclaim(whole, 4, Trust::Written).await.ok(), synced.then_some(10));
        assert_eq!(store.reclaim(none, 0, Trust::Written).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn what_is_put_aside_lies_in_the_quarantine_with_its_time() {
    let place = tempfile::tempdir().unwrap();
    let store = LocalStore::open(place.path(), Durability::Os).unwrap();
    let key = key();
    drop(store.create(key).await.unwrap());
    store.quarantine(Debris::Unfinished(key), Timestamp::from_millis(1_700)).await.unwrap();
    let there = place.path().join(format!("quarantine/1700-{}.part", key.id));
    assert_eq!(mode(&there), 0o600);
    fs::write(place.path().join("quarantine/notes.txt"), "by hand").unwrap();
    assert_eq!(store.empty_quarantine(Timestamp::from_millis(1_701)).await.unwrap(), 1);
    assert!(!there.exists());
}

#[tokio::test]
async fn a_folder_that_somebody_removed_is_made_again() {
    let place = tempfile::tempdir().unwrap();
    let store = LocalStore::open(place.path(), Durability::Always).unwrap();
    let old = key();
    let _writer = store.create(old).await.unwrap();
    fs::remove_dir_all(part_path(&place, old).parent().unwrap()).unwrap();
    let new = BlobKey { id: key().id, ..old };
    store.create(new).await.unwrap().publish().await.unwrap();
    store.open(new.id).await.unwrap();
}

#[tokio::test]
async fn what_a_session_left_is_there_for_the_next_process() {
    let place = tempfile::tempdir().unwrap();
    let key = key();
    {
        let store = LocalStore::open(place.path(), Durability::Os).unwrap();
        let mut writer = store.create(key).await.unwrap();
        writer.write_at(0, &[Bytes::from_static(b"abc")]).await.unwrap();
    }
    let store = LocalStore::open(place.path(), Durability::Os).unwrap();
    let (writer, length) = store.reopen(key).await.unwrap();
    assert_eq!(length, 3);
    writer.publish().await.unwrap();
    assert_eq!(fs::read(store.files().join(key.id.to_string())).unwrap(), b"abc");
}

#[tokio::test]
async fn many_can_publish_at_once() {
    let place = tempfile::tempdir().unwrap();
    let store = LocalStore::open(place.path(), Durability::Always).unwrap();
    let session = key().session;
    let uploads = (0..64).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let key = BlobKey { session, ..key() };
            let mut writer = store.create(key).await.unwrap();
            writer.write_at(0, &[Bytes::from(key.id.to_string())]).await.unwrap();
            writer.publish().await.unwrap();
            key
        })
    });
    for upload in uploads.collect::<Vec<_>>() {
        let id = upload.await.unwrap().id.to_string();
        assert_eq!(fs::read_to_string(store.files().join(&id)).unwrap(), id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_small_files_of_one_session_do_not_take_its_folder_from_each_other() {
    let place = tempfile::tempdir().unwrap();
    let store = LocalStore::open(place.path(), Durability::Os).unwrap();
    let session = key().session;
    let workers = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                let key = BlobKey { session, ..key() };
                let writer = store.create(key).await.unwrap();
                writer.publish().await.unwrap();
                store.tidy(session).await.unwrap();
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    assert_eq!(fs::read_dir(store.files()).unwrap().count(), 1_600);
}

#[tokio::test]
async fn what_was_being_made_in_one_step_when_the_process_ended_is_gone_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::open(folder.path(), Durability::Always).unwrap();
    let spool = folder.path().join("spool");
    let draft = spool.join(format!("{}.little", key().id));
    let foreign = spool.join("somebody's.little");
    for path in [&draft, &foreign] {
        std::fs::write(path, b"half of i").unwrap();
    }
    let left = store.leftover().await.unwrap();
    assert!(left.unfinished.is_empty() && left.published.is_empty());
    assert!(!draft.exists(), "nobody was told of it");
    assert!(foreign.exists(), "what others put here is left alone");
}

#[tokio::test]
async fn only_folders_that_were_opened_or_seen_are_removed() {
    let place = tempfile::tempdir().unwrap();
    let store = LocalStore::open(place.path(), Durability::Os).unwrap();
    let old = key();
    let folder = part_path(&place, old).parent().unwrap().to_owned();
    fs::create_dir(&folder).unwrap();
    store.tidy(old.session).await.unwrap();
    assert!(folder.exists(), "nobody has asked the disk");
    assert_eq!(store.leftover().await.unwrap().sessions, [old.session]);
    store.tidy(old.session).await.unwrap();
    assert!(!folder.exists());

    let writer = store.create(old).await.unwrap();
    store.tidy(old.session).await.unwrap();
    assert!(folder.exists(), "something lies in it");
    writer.abort().await.unwrap();
    store.tidy(old.session).await.unwrap();
    assert!(!folder.exists());
}

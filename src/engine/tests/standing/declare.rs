//! Lengths that become known on the way.

use super::*;

fn unknown() -> ClientFacts {
    ClientFacts { client_size: None, ..facts("a.bin", 0) }
}

#[tokio::test]
async fn a_length_that_becomes_known_is_remembered_whatever_comes_then() {
    let mut rig = Rig::standing_files();
    let bytes = noise(30_000);
    for (before, between) in [(0, 0), (40, 1), (10_000, 2), (30_000, 1), (30_000, 0)] {
        let id = rig.offer(unknown()).await.unwrap().id;
        rig.step(id, &bytes[..before]).await.unwrap();
        rig.take_up(id).await.unwrap();
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        lease.declare(30_000).await.unwrap();
        assert_eq!((lease.length(), lease.is_full()), (Some(30_000), before == 30_000));
        lease.declare(30_000).await.unwrap();
        let row = rig.catalogue.load(id).await.unwrap().unwrap();
        assert_eq!((row.length, row.offset), (Some(30_000), before as u64));
        lease.release().await.unwrap();
        match between {
            0 => {}
            1 => rig.park(),
            _ => rig = rig.restarted().await.0,
        }
        assert_eq!(rig.take_up(id).await.unwrap(), before as u64);
        rig.send_rest(id, &bytes).await;
    }
}

#[tokio::test]
async fn a_length_is_declared_while_bytes_come_and_bounds_them_from_then_on() {
    let rig = Rig::standing_files();
    let id = rig.offer(unknown()).await.unwrap().id;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.write(chunk(0, b"MZ or not")).await.unwrap();
    lease.declare(12).await.unwrap();
    let over = lease.write(chunk(9, b"more")).await.unwrap_err();
    assert_eq!(over.rejection().code(), Code::SizeMismatch);
    lease.write(chunk(9, b"end")).await.unwrap();
    assert!(lease.is_full());
    let entry = lease.finish().await.unwrap();
    assert_eq!((entry.length, entry.digest), (Some(12), Some(digest(b"MZ or notend"))));
}

#[tokio::test]
async fn a_length_that_can_not_be_is_refused_and_the_upload_is_as_it_was() {
    let options = Declaration::new().max_entries(5).max_total_size(1_500);
    let rig = Rig::standing(options.max_file_size(1_000).min_file_size(50));
    rig.register("other.bin", 900).await;
    let id = rig.offer(unknown()).await.unwrap().id;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.write(chunk(0, &[b'a'; 40])).await.unwrap();
    for (length, code) in [
        (39, Code::SizeMismatch),
        (40, Code::TooSmall),
        (1_001, Code::TooLarge),
        (u64::MAX, Code::TooLarge),
        (601, Code::TotalTooLarge),
    ] {
        let refused = lease.declare(length).await.unwrap_err();
        assert_eq!(refused.rejection().code(), code, "{length}");
        assert_eq!(rig.catalogue.load(id).await.unwrap().unwrap().length, None);
    }
    lease.declare(600).await.unwrap();
    let other = lease.declare(599).await.unwrap_err();
    assert_eq!(other.rejection().code(), Code::SizeMismatch);
    let full = rig.offer(facts("more.bin", 50)).await.unwrap_err();
    assert_eq!(full.code(), Code::TotalTooLarge, "what is declared counts");
    lease.write(chunk(40, &[b'a'; 560])).await.unwrap();
    lease.finish().await.unwrap();
}

#[tokio::test]
async fn whoever_lost_the_upload_declares_nothing() {
    let rig = Rig::standing_files();
    let id = rig.offer(unknown()).await.unwrap().id;
    let mut old = rig.engine.claim(id, &rig.caller).await.unwrap();
    rig.take_up(id).await.unwrap();
    let late = old.declare(10).await.unwrap_err();
    assert!(matches!(late, UploadError::Superseded), "{late}");
    assert_eq!(rig.catalogue.load(id).await.unwrap().unwrap().length, None);
}

#[tokio::test]
async fn more_than_the_slot_takes_is_refused_without_an_end() {
    let rig = Rig::standing(Declaration::new().max_file_size(10_000));
    let id = rig.offer(unknown()).await.unwrap().id;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.write(chunk(0, &[b'a'; 9_999])).await.unwrap();
    let over = lease.write(chunk(9_999, b"ab")).await.unwrap_err();
    assert_eq!(over.rejection().code(), Code::TooLarge);
    lease.write(chunk(9_999, b"b")).await.unwrap();
    assert_eq!(lease.finish().await.unwrap().length, Some(10_000));
}

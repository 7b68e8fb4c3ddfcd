//! Promises, one beside the other.

use std::sync::Arc;

use uuid::Uuid;

use super::*;
use crate::blob::{FakeRoom, MemoryStore};
use crate::catalogue::{CatalogueError, Memory};
use crate::domain::{
    Caller, ClientFacts, Declaration, Entry, EntryId, EntryKind, EntryRef, FileName, NewEntry,
    OwnerId, PageName, SessionId, Slot, Timestamp,
};
use crate::engine::{Lifetime, Parts, Registration, SystemClock};

/// An engine on a disk of a hundred bytes, ten of which are left alone.
fn engine() -> (Engine, FakeRoom) {
    let room = FakeRoom::of(100);
    let headroom = Headroom { store: Arc::new(room.clone()), min_free: Some(10) };
    let engine = Engine::new(Parts {
        blobs: Arc::new(MemoryStore::new()),
        spool: None,
        room: Some(headroom),
        catalogue: Arc::new(Memory::new()),
        checks: Vec::new(),
        jobs: crate::jobs::Jobs::default(),
        clock: Arc::new(SystemClock),
    });
    (engine, room)
}

fn to() -> Registration {
    Registration {
        session: SessionId::from_uuid(Uuid::now_v7()),
        caller: Caller::new(OwnerId::from_uuid(Uuid::new_v4())),
        page: PageName::try_from("files").unwrap(),
        slot: Arc::new(Slot::declare("files", Declaration::new().max_entries(100)).unwrap()),
        hooks: Arc::default(),
        lifetime: Lifetime::Session,
    }
}

fn of(size: u64, to: &Registration) -> Entry {
    Entry::new(NewEntry {
        id: EntryId::from_uuid(Uuid::now_v7()),
        reference: EntryRef::try_from("c1").unwrap(),
        session: to.session,
        owner: to.caller.owner(),
        ticket: None,
        page: to.page.clone(),
        slot: to.slot.name().clone(),
        name: FileName::sanitise("a.bin").unwrap(),
        relative_path: None,
        facts: ClientFacts::default(),
        kind: EntryKind::File,
        memo: None,
        length: Some(size),
        created_at: Timestamp::from_millis(0),
    })
}

#[tokio::test]
async fn a_batch_sees_what_another_one_is_promised_and_what_that_gives_back() {
    let ((engine, _), to) = (engine(), to());
    let mut second = engine.room_for(&to).await;
    let mut first = engine.room_for(&to).await;
    first.take(&of(54, &to)).await.unwrap();
    let refused = second.take(&of(54, &to)).await.unwrap_err();
    assert_eq!(refused.code(), Code::DiskFull);
    second.take(&of(36, &to)).await.unwrap();
    assert!(second.take(&of(1, &to)).await.is_err());
    drop(first);
    second.take(&of(54, &to)).await.unwrap();
}

#[tokio::test]
async fn a_promise_is_counted_once_while_its_entry_becomes_live() {
    let ((engine, _), to) = (engine(), to());
    let (mut before, mut first) = (engine.room_for(&to).await, engine.room_for(&to).await);
    let entry = of(54, &to);
    first.take(&entry).await.unwrap();
    first.keep(|| engine.registry().put(Arc::new(LiveEntry::new(entry, &to))));
    let mut after = engine.room_for(&to).await;
    assert!(before.take(&of(37, &to)).await.is_err());
    assert!(after.take(&of(37, &to)).await.is_err());
    before.take(&of(18, &to)).await.unwrap();
    after.take(&of(18, &to)).await.unwrap();
}

#[tokio::test]
async fn what_has_been_written_is_not_promised_any_more() {
    let ((engine, room), to) = (engine(), to());
    let mut first = engine.room_for(&to).await;
    let mut entry = of(80, &to);
    first.take(&entry).await.unwrap();
    entry.offset = 50;
    first.keep(|| engine.registry().put(Arc::new(LiveEntry::new(entry, &to))));
    // Of the hundred bytes fifty are taken, thirty promised and ten left alone.
    room.set_bytes(50);
    let mut second = engine.room_for(&to).await;
    assert!(second.take(&of(11, &to)).await.is_err());
    second.take(&of(10, &to)).await.unwrap();
}

#[tokio::test]
async fn streams_of_unknown_length_share_what_is_left() {
    let (engine, _) = engine();
    assert!(!engine.ledger().streams_may_take(1), "nobody has looked yet");
    engine.look().await;
    assert!(engine.ledger().streams_may_take(60));
    assert!(!engine.ledger().streams_may_take(31));
    assert!(engine.ledger().streams_may_take(30));
    assert!(!engine.ledger().streams_may_take(1));
}

#[tokio::test]
async fn the_watermark_of_a_small_disk_is_a_sixteenth_and_of_a_large_one_256_mib() {
    let room = FakeRoom::of(0);
    let headroom = |min_free| Headroom { store: Arc::new(room.clone()), min_free };
    let above = |min_free, total_bytes| {
        let space = Space { bytes: total_bytes, total_bytes, ..Space::UNBOUNDED };
        headroom(min_free).above_the_watermark(&space).1.bytes
    };
    assert_eq!(above(None, 1_600), 1_500);
    assert_eq!(above(None, 1 << 40), (1 << 40) - (256 << 20));
    assert_eq!(above(Some(0), 1_600), 1_600);
    assert_eq!(above(Some(1_000), 1_600), 600);
    let none = Space { bytes: 0, ..Space::UNBOUNDED };
    assert_eq!(headroom(Some(0)).above_the_watermark(&none).0, Some(Lack::Bytes));
}

#[test]
fn a_full_catalogue_is_a_full_disk_to_a_client() {
    let full = CatalogueError::Full("database or disk is full".into());
    assert_eq!(UploadError::from(full).rejection().code(), Code::DiskFull);
    let broken = CatalogueError::Database("disk I/O error".into());
    assert_eq!(UploadError::from(broken).rejection().code(), Code::StorageError);
}

#[tokio::test]
async fn a_length_that_becomes_known_needs_room_too() {
    let (engine, _) = engine();
    let to = Registration { session: SessionId::standing([7; 16]), ..to() };
    let offer = |size| {
        let reference = EntryRef::try_from(Uuid::new_v4().to_string().as_str()).unwrap();
        let name = "a.bin".to_owned();
        (reference, ClientFacts { client_name: name, client_size: size, ..ClientFacts::default() })
    };
    let id = engine.register(&to, vec![offer(None)]).await.unwrap().remove(0).unwrap().id;
    let mut lease = engine.claim(id, &to.caller).await.unwrap();
    let full = lease.declare(91).await.unwrap_err();
    assert_eq!(full.rejection().code(), Code::DiskFull);
    lease.declare(60).await.unwrap();
    let refused = engine.register(&to, vec![offer(Some(31))]).await.unwrap().remove(0);
    assert_eq!(refused.unwrap_err().code(), Code::DiskFull, "60 of the 90 are promised");
    engine.register(&to, vec![offer(Some(30))]).await.unwrap().remove(0).unwrap();
}

#[tokio::test(start_paused = true)]
async fn with_plenty_of_room_files_go_by_one_look_for_a_moment_and_no_further_than_that() {
    const PLENTY: u64 = 4 << 30;
    let (engine, room) = engine();
    room.set_bytes(PLENTY);
    let to = to();
    let mut under_way = Vec::new();
    let mut take = async |size: u64| {
        let mut batch = engine.room_for(&to).await;
        let taken = batch.take(&of(size, &to)).await.is_ok();
        under_way.push(batch);
        taken
    };
    for _ in 0..10 {
        assert!(take(1_000).await);
    }
    assert_eq!(room.looks(), 1);
    // What was promised since counts: with less than plenty left it is looked at each time.
    assert!(take(PLENTY - (1 << 30)).await);
    for looks in 2..5 {
        take(1_000).await;
        assert_eq!(room.looks(), looks);
    }
    room.set_bytes(2 * PLENTY);
    assert!(take(1_000).await);
    let looks = room.looks();
    assert!(take(1_000).await);
    assert_eq!(room.looks(), looks, "that was plenty again");
    tokio::time::advance(2 * LOOK).await;
    room.set_bytes(0);
    assert!(!take(1_000).await, "it was looked at again");
}

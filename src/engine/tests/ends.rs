//! Ends of entries: cancelled, consumed, abandoned, swept, given up at a start.

use super::*;
use crate::engine::Offered;

#[tokio::test]
async fn a_cancelled_entry_takes_no_more_bytes_and_leaves_nothing() {
    let rig = Rig::files();
    let id = rig.register("a.bin", 100_000).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.write(chunk(0, &noise(50_000))).await.unwrap();
    let entry = rig.engine.cancel(id, &rig.caller).await.unwrap();
    assert_eq!(*entry.state(), EntryState::Cancelled);
    assert!(lease.push(chunk(50_000, &noise(1))).is_err());
    assert!(rig.catalogue.load(id).await.unwrap().is_none());
    assert!(matches!(rig.engine.get(id, &rig.caller).await, Err(UploadError::NotFound)));
}

#[tokio::test]
async fn an_entry_is_either_stored_or_cancelled_however_the_two_race() {
    for round in 0..200 {
        let rig = Rig::files();
        let id = rig.register("a.txt", 3).await;
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        lease.write(chunk(0, b"abc")).await.unwrap();
        let cancel = async {
            for _ in 0..round % 20 {
                tokio::task::yield_now().await;
            }
            rig.engine.cancel(id, &rig.caller).await
        };
        let (finished, cancelled) = tokio::join!(lease.finish(), cancel);
        let row = rig.catalogue.load(id).await.unwrap();
        if cancelled.is_ok() {
            assert!(row.is_none(), "round {round}: cancelled, and a row is left");
            assert!(
                rig.store.open(id).await.is_err(),
                "round {round}: cancelled, and bytes are left"
            );
        } else {
            assert!(
                finished.is_ok() && row.is_some(),
                "round {round}: neither stored nor cancelled"
            );
        }
    }
}

#[tokio::test]
async fn who_waits_to_cancel_what_is_being_kept_comes_too_late() {
    let rig = Rig::files();
    let id = rig.upload("a.txt", b"abc").await.unwrap().id;
    let live = rig.engine.registry().get(id, &rig.caller).unwrap();
    let held = Arc::clone(&live.commit).lock_owned().await;
    // Both have found the entry and wait for the same turn, in this order.
    let keep = rig.engine.consume(id, &rig.caller, Keep::Yes);
    let cancel = rig.engine.cancel(id, &rig.caller);
    let release = async {
        tokio::task::yield_now().await;
        drop(held);
    };
    let (kept, cancelled, ()) = tokio::join!(keep, cancel, release);
    assert!(kept.is_ok(), "{kept:?}");
    assert!(matches!(cancelled, Err(UploadError::Illegal(_))), "{cancelled:?}");
    assert!(rig.catalogue.load(id).await.unwrap().is_some());
    assert_eq!(rig.read(id).await, b"abc");
}

#[tokio::test]
async fn a_foreign_entry_is_as_unknown_as_one_that_never_was() {
    let rig = Rig::files();
    let stranger = Caller::new(OwnerId::from_uuid(Uuid::new_v4()));
    let waiting = rig.register("a.txt", 3).await;
    let complete = rig.upload("b.txt", b"abc").await.unwrap().id;
    rig.engine.consume(complete, &rig.caller, Keep::Yes).await.unwrap();
    for id in [waiting, complete, EntryId::from_uuid(Uuid::now_v7())] {
        let found = [
            rig.engine.get(id, &stranger).await.err(),
            rig.engine.claim(id, &stranger).await.err(),
            rig.engine.cancel(id, &stranger).await.err(),
            rig.engine.open(id, &stranger).await.err(),
            rig.engine.consume(id, &stranger, Keep::No).await.err(),
            rig.engine.file(id, &stranger).await.err(),
            rig.engine.remove(id, &stranger).await.err(),
            rig.engine.subscribe(id, &stranger).err(),
        ];
        for error in found {
            assert!(matches!(error, Some(UploadError::NotFound)), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_kept_entry_is_a_stored_file_until_it_is_removed() {
    let rig = Rig::files();
    let id = rig.upload("a.txt", b"abc").await.unwrap().id;
    assert!(rig.engine.file(id, &rig.caller).await.is_err(), "complete is not yet stored");
    rig.engine.consume(id, &rig.caller, Keep::Yes).await.unwrap();
    let StoredFile { size, .. } = rig.engine.file(id, &rig.caller).await.unwrap();
    assert_eq!(size, 3);
    rig.engine.remove(id, &rig.caller).await.unwrap();
    assert!(rig.engine.file(id, &rig.caller).await.is_err());
    assert!(rig.store.open(id).await.is_err());
}

#[tokio::test]
async fn a_consumed_entry_that_nobody_keeps_leaves_a_row_for_a_while() {
    let rig = Rig::files();
    let id = rig.upload("a.txt", b"abc").await.unwrap().id;
    rig.engine.consume(id, &rig.caller, Keep::No).await.unwrap();
    assert!(rig.engine.consume(id, &rig.caller, Keep::No).await.is_err());
    assert!(rig.store.open(id).await.is_err());
    let row = rig.catalogue.load(id).await.unwrap().unwrap();
    assert_eq!((row.state(), row.kept_at), (&EntryState::Consumed, None));
    rig.clock.0.store(10_000, Ordering::SeqCst);
    rig.engine.sweep(Duration::from_secs(5)).await.unwrap();
    assert!(rig.catalogue.load(id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_abandoned_session_keeps_only_what_is_complete() {
    let rig = Rig::files();
    let waiting = rig.register("a.txt", 3).await;
    let complete = rig.upload("b.txt", b"abc").await.unwrap().id;
    rig.engine.abandon(rig.to.session).await;
    assert!(rig.catalogue.load(waiting).await.unwrap().is_none());
    assert_eq!(rig.read(complete).await, b"abc");
    assert!(rig.engine.entries(rig.to.session).is_empty());
}

#[tokio::test]
async fn the_sweep_ends_what_is_too_old_and_nothing_else() {
    let rig = Rig::files();
    let waiting = rig.register("a.txt", 3).await;
    let unconsumed = rig.upload("b.txt", b"abc").await.unwrap().id;
    let kept = rig.upload("c.txt", b"abc").await.unwrap().id;
    rig.engine.consume(kept, &rig.caller, Keep::Yes).await.unwrap();
    rig.clock.0.store(10_000, Ordering::SeqCst);
    let young = rig.register("d.txt", 3).await;
    assert_eq!(rig.engine.sweep(Duration::from_secs(20)).await.unwrap(), Swept::default());
    let swept = rig.engine.sweep(Duration::from_secs(5)).await.unwrap();
    assert_eq!(swept, Swept { unfinished: 1, unconsumed: 1, quarantined: 0 });
    assert!(rig.catalogue.load(waiting).await.unwrap().is_none());
    assert!(rig.store.open(unconsumed).await.is_err());
    assert!(rig.engine.file(kept, &rig.caller).await.is_ok());
    assert!(rig.engine.claim(young, &rig.caller).await.is_ok());
}

#[tokio::test]
async fn a_session_that_fails_for_ever_is_not_remembered_for_ever() {
    let rig = Rig::files();
    for _ in 0..300 {
        let id = rig.register("a.txt", 3).await;
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        lease.push(chunk(0, b"more than declared")).unwrap_err();
        assert!(lease.finish().await.is_err());
    }
    assert!(rig.engine.entries(rig.to.session).len() <= 101);
}

#[tokio::test]
async fn a_closing_engine_takes_nothing_new_and_ends_what_it_has() {
    let rig = Rig::files();
    let id = rig.register("a.txt", 3).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    rig.engine.close();
    assert!(matches!(rig.engine.claim(id, &rig.caller).await, Err(UploadError::ShuttingDown)));
    let refused = rig.engine.register(&rig.to, Vec::<Offered>::new()).await;
    assert!(matches!(refused, Err(UploadError::ShuttingDown)));
    lease.write(chunk(0, b"abc")).await.unwrap();
    lease.finish().await.unwrap();
    rig.engine.settled().await;
}

//! Sessions with many entries: what is counted of them, and how they go together.

use super::*;
use crate::catalogue::faulty::FaultyCatalogue;

const MANY: usize = 300;

/// An engine on a catalogue that counts and can fail.
fn counting() -> (Rig, FaultyCatalogue<Memory>) {
    counted(Rig::new(Declaration::new().max_entries(2_000).max_file_size(1_000)))
}

/// The next process on the same rows and bytes.
fn counted(rig: Rig) -> (Rig, FaultyCatalogue<Memory>) {
    let catalogue = FaultyCatalogue::new(Memory::clone(&rig.catalogue));
    let engine = Engine::new(Parts {
        blobs: Arc::<FaultyStore<MemoryStore>>::clone(&rig.store),
        spool: None,
        room: None,
        catalogue: Arc::new(catalogue.clone()),
        checks: Vec::new(),
        jobs: Jobs::default(),
        clock: Arc::<HandClock>::clone(&rig.clock),
    });
    (Rig { engine, ..rig }, catalogue)
}

fn offers(count: usize) -> Vec<(EntryRef, ClientFacts)> {
    let offer = |n: usize| (EntryRef::try_from(format!("c{n}").as_str()).unwrap(), facts("a", 9));
    (0..count).map(offer).collect()
}

async fn registered(rig: &Rig, count: usize) -> Vec<EntryId> {
    let answers = rig.engine.register(&rig.to, offers(count)).await.unwrap();
    answers.into_iter().map(|answer| answer.unwrap().id).collect()
}

#[tokio::test]
async fn what_a_session_leaves_goes_in_portions_and_not_one_by_one() {
    let (rig, catalogue) = counting();
    let ids = registered(&rig, MANY).await;
    rig.engine.abandon(rig.to.session).await;
    assert!(catalogue.faults().seen(Operation::Forget) <= MANY as u64 / 50);
    for id in ids {
        assert_eq!(rig.catalogue.load(id).await.unwrap(), None);
    }
    assert!(rig.engine.entries(rig.to.session).is_empty());
}

#[tokio::test]
async fn a_portion_that_fails_goes_one_by_one() {
    for fault in [Fault::Broken, Fault::DoneButBroken] {
        let (rig, catalogue) = counting();
        let ids = registered(&rig, MANY).await;
        catalogue.faults().next(Operation::Forget, fault);
        rig.engine.abandon(rig.to.session).await;
        for id in ids {
            assert_eq!(rig.catalogue.load(id).await.unwrap(), None, "{fault:?}");
        }
    }
}

const OLD: Duration = Duration::from_secs(5);

/// Entries that only the catalogue remembers, and that have waited long enough.
async fn left_behind() -> (Rig, FaultyCatalogue<Memory>, Vec<EntryId>) {
    let (rig, _) = counting();
    let ids = registered(&rig, MANY).await;
    rig.clock.0.store(10_000, Ordering::SeqCst);
    let (rig, catalogue) = counted(rig);
    (rig, catalogue, ids)
}

#[tokio::test]
async fn what_nobody_came_back_for_is_swept_in_portions_and_not_one_by_one() {
    let (rig, catalogue, ids) = left_behind().await;
    assert_eq!(rig.engine.sweep(OLD).await.unwrap().unfinished, MANY);
    assert!(catalogue.faults().seen(Operation::Forget) <= MANY as u64 / 50);
    for id in ids {
        assert_eq!(rig.catalogue.load(id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_portion_that_can_not_be_swept_together_is_swept_one_by_one() {
    for fault in [Fault::Broken, Fault::DoneButBroken] {
        let (rig, catalogue, ids) = left_behind().await;
        catalogue.faults().next(Operation::Forget, fault);
        assert_eq!(rig.engine.sweep(OLD).await.unwrap().unfinished, MANY, "{fault:?}");
        for id in ids {
            assert_eq!(rig.catalogue.load(id).await.unwrap(), None, "{fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_up_while_its_row_is_swept_stays_with_whoever_took_it() {
    for elsewhere in [false, true] {
        let (rig, catalogue, ids) = left_behind().await;
        let id = ids[MANY - 1];
        let row = rig.catalogue.load(id).await.unwrap().unwrap();
        let to = if elsewhere { rig.elsewhere() } else { rig.to.clone() };
        catalogue.faults().next(Operation::Forget, Fault::Slow(Duration::from_secs(3_600)));
        let engine = rig.engine.clone();
        let sweeping = tokio::spawn(async move { engine.sweep(OLD).await });
        while catalogue.faults().seen(Operation::Forget) == 0 {
            tokio::task::yield_now().await;
        }
        rig.engine.adopt(&to, id, row.reference.clone()).await.unwrap();
        assert_eq!(sweeping.await.unwrap().unwrap().unfinished, MANY - 1);

        let kept = rig.catalogue.load(id).await.unwrap().unwrap();
        assert_eq!(kept.session, to.session);
        let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
        lease.write(chunk(0, b"123456789")).await.unwrap();
        lease.finish().await.unwrap();
        assert_eq!(rig.read(id).await, b"123456789");
    }
}

#[tokio::test]
async fn of_many_only_those_that_nobody_took_up_and_that_miss_bytes_are_abandoned() {
    let (rig, _) = counting();
    let ids = registered(&rig, MANY).await;
    let (begun, complete, adopted) = (ids[10], ids[100], ids[200]);
    let mut lease = rig.engine.claim(begun, &rig.caller).await.unwrap();
    lease.write(chunk(0, b"four")).await.unwrap();
    let mut whole = rig.engine.claim(complete, &rig.caller).await.unwrap();
    whole.write(chunk(0, b"123456789")).await.unwrap();
    whole.finish().await.unwrap();
    let elsewhere = rig.elsewhere();
    rig.engine.adopt(&elsewhere, adopted, EntryRef::try_from("mine").unwrap()).await.unwrap();

    rig.engine.abandon(rig.to.session).await;
    for id in ids {
        let row = rig.catalogue.load(id).await.unwrap();
        assert_eq!(row.is_some(), [complete, adopted].contains(&id));
    }
    assert!(lease.push(chunk(4, b"56789")).is_err());
    assert_eq!(rig.read(complete).await, b"123456789");
    let left: Vec<EntryId> = rig.engine.entries(elsewhere.session).iter().map(|e| e.id).collect();
    assert_eq!(left, [adopted]);
    let mut lease = rig.engine.claim(adopted, &rig.caller).await.unwrap();
    lease.write(chunk(0, b"123456789")).await.unwrap();
    lease.finish().await.unwrap();
}

#[tokio::test]
async fn what_is_settled_while_its_session_is_abandoned_is_waited_for_and_stays() {
    let (rig, _) = counting();
    let ids = registered(&rig, MANY).await;
    let settling = ids[5];
    let live = rig.engine.registry().find(settling).unwrap();
    let commit = Arc::clone(&live.commit).lock_owned().await;
    let (engine, session) = (rig.engine.clone(), rig.to.session);
    let abandoning = tokio::spawn(async move { engine.abandon(session).await });
    // All others of its portion have gone, and it has not.
    while rig.catalogue.load(ids[6]).await.unwrap().is_some() {
        tokio::task::yield_now().await;
    }
    assert!(rig.catalogue.load(settling).await.unwrap().is_some());
    assert!(live.snapshot().state().is_active());
    drop(commit);
    abandoning.await.unwrap();
    assert_eq!(rig.catalogue.load(settling).await.unwrap(), None);
}

#[tokio::test]
async fn entries_stay_in_the_order_in_which_they_were_registered() {
    let (rig, _) = counting();
    let ids = registered(&rig, MANY).await;
    for id in ids.iter().step_by(3) {
        rig.engine.cancel(*id, &rig.caller).await.unwrap();
    }
    // Taken up by its own session, it keeps its place.
    rig.engine.adopt(&rig.to, ids[100], EntryRef::try_from("again").unwrap()).await.unwrap();
    let kept = ids.iter().enumerate().filter(|(at, _)| at % 3 != 0).map(|(_, id)| *id);
    let entries: Vec<EntryId> = rig.engine.entries(rig.to.session).iter().map(|e| e.id).collect();
    assert_eq!(entries, kept.collect::<Vec<_>>());
    assert_eq!(rig.engine.registry().miscounted(), [""; 0]);
}

#[tokio::test]
async fn a_slot_is_as_full_as_its_entries_are_whatever_became_of_them() {
    let rig = Rig::new(Declaration::new().max_entries(4).max_file_size(1_000));
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(rig.register("a.txt", 3).await);
    }
    assert_eq!(rig.offer(facts("b.txt", 3)).await.unwrap_err().code(), Code::TooManyFiles);
    // One fails, one is complete and consumed, one is adopted by another session, one is cancelled.
    let reason = Rejection::new(Code::TooLarge);
    rig.engine.refuse(ids[0], &rig.caller, reason).await.unwrap();
    let mut lease = rig.engine.claim(ids[1], &rig.caller).await.unwrap();
    lease.write(chunk(0, b"abc")).await.unwrap();
    lease.finish().await.unwrap();
    assert!(rig.offer(facts("b.txt", 3)).await.is_ok(), "the place of the one that failed");
    assert!(rig.offer(facts("b.txt", 3)).await.is_err(), "a complete one has its place");
    rig.engine.consume(ids[1], &rig.caller, Keep::Yes).await.unwrap();
    let reference = EntryRef::try_from("mine").unwrap();
    rig.engine.adopt(&rig.elsewhere(), ids[2], reference).await.unwrap();
    rig.engine.cancel(ids[3], &rig.caller).await.unwrap();
    for _ in 0..3 {
        assert!(rig.offer(facts("b.txt", 3)).await.is_ok());
    }
    assert!(rig.offer(facts("b.txt", 3)).await.is_err());
    assert_eq!(rig.engine.registry().miscounted(), [""; 0]);
}

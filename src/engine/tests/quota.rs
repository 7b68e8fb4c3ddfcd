//! Quotas: whatever comes side by side, however it ends and whoever goes on with it, nobody has more than they may.

use super::*;
use crate::blob::Spool;
use crate::domain::{Amount, Quota};

impl Rig {
    /// The same rig under quotas, with nothing in it.
    fn bounded(options: Declaration, quotas: Quotas) -> Self {
        let mut rig = Self::new(options);
        rig.bound(quotas);
        rig
    }

    /// Another process on the same stores, under these quotas.
    fn bound(&mut self, quotas: Quotas) {
        let store = &self.store;
        let parts = Parts {
            blobs: Arc::<FaultyStore<MemoryStore>>::clone(store),
            spool: Some(Arc::<FaultyStore<MemoryStore>>::clone(store)),
            room: None,
            catalogue: Arc::<Memory>::clone(&self.catalogue),
            checks: vec![Arc::new(MagicBytes)],
            jobs: Jobs::default(),
            clock: Arc::<HandClock>::clone(&self.clock),
        };
        self.engine = Engine::ruled(parts, Rules { quotas, ..Rules::default() });
    }

    /// What is held beside the rows.
    fn held(&self) -> Amount {
        self.engine.shares().held().1
    }
}

fn options() -> Declaration {
    Declaration::new().max_entries(100).max_file_size(64_000_000)
}

fn per_caller(quota: Quota) -> Quotas {
    Quotas { caller: quota, ..Quotas::default() }
}

fn of_unknown_length() -> ClientFacts {
    ClientFacts { client_size: None, ..facts("a.bin", 0) }
}

fn code(answer: Result<Entry, Rejection>) -> Option<Code> {
    answer.err().map(|no| no.code())
}

const OVER: Option<Code> = Some(Code::QuotaExceeded);

#[tokio::test]
async fn files_on_their_way_and_stored_ones_count_until_they_are_gone() {
    let rig = Rig::bounded(options(), per_caller(Quota::none().bytes(1_000)));
    let stored = rig.upload("a.bin", &noise(600)).await.unwrap();
    assert_eq!(code(rig.offer(facts("b.bin", 401)).await), OVER);
    let on_its_way = rig.register("b.bin", 400).await;
    assert_eq!(code(rig.offer(facts("c.bin", 1)).await), OVER);
    assert_eq!(code(rig.offer(facts("empty.bin", 0)).await), None);
    rig.engine.cancel(on_its_way, &rig.caller).await.unwrap();
    assert_eq!(code(rig.offer(facts("c.bin", 401)).await), OVER);
    rig.engine.consume(stored.id, &rig.caller, Keep::Yes).await.unwrap();
    assert_eq!(code(rig.offer(facts("c.bin", 401)).await), OVER);
    rig.engine.remove(stored.id, &rig.caller).await.unwrap();
    assert_eq!(code(rig.offer(facts("c.bin", 1_000)).await), None);
    assert_eq!(rig.held(), Amount::default(), "all of it is in rows");
}

#[tokio::test]
async fn what_the_application_took_elsewhere_does_not_count() {
    let rig = Rig::bounded(options(), per_caller(Quota::none().bytes(1_000).files(1)));
    for _ in 0..3 {
        let entry = rig.upload("a.bin", &noise(900)).await.unwrap();
        assert_eq!(code(rig.offer(facts("b.bin", 1)).await), OVER);
        rig.engine.consume(entry.id, &rig.caller, Keep::No).await.unwrap();
    }
}

#[tokio::test]
async fn a_batch_is_admitted_as_far_as_it_fits() {
    let rig = Rig::bounded(options(), per_caller(Quota::none().bytes(1_000).files(4)));
    let offers = [400, 700, 600, 1, 0, 0, 0].iter().enumerate().map(|(index, size)| {
        (EntryRef::try_from(format!("c{index}").as_str()).unwrap(), facts("a.bin", *size))
    });
    let answers = rig.engine.register(&rig.to, offers.collect::<Vec<_>>()).await.unwrap();
    let taken: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(taken, [true, false, true, false, true, true, false]);
}

#[tokio::test]
async fn uploads_side_by_side_through_sessions_of_their_own_overrun_nothing() {
    for lifetime in [Lifetime::Session, Lifetime::Request] {
        let rig = Rig::bounded(options(), per_caller(Quota::none().bytes(1_000).unfinished(7)));
        let tries = (0..40).map(|_| {
            let to = Registration {
                session: SessionId::from_uuid(Uuid::now_v7()),
                lifetime,
                ..rig.to.clone()
            };
            let engine = rig.engine.clone();
            async move {
                let offer = (EntryRef::try_from("c1").unwrap(), facts("a.bin", 100));
                engine.register(&to, vec![offer]).await.unwrap().remove(0).is_ok()
            }
        });
        let taken = futures_util::future::join_all(tries).await;
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 7, "{lifetime:?}");
    }
}

#[tokio::test]
async fn an_upload_of_unknown_length_is_stopped_at_the_quota() {
    for lifetime in [Lifetime::Session, Lifetime::Request] {
        let mut rig = Rig::bounded(options(), per_caller(Quota::none().bytes(3_000_000)));
        rig.to.lifetime = lifetime;
        let bytes = noise(3_000_001);
        for (length, fits) in [(3_000_001, false), (3_000_000, true)] {
            let id = rig.offer(of_unknown_length()).await.unwrap().id;
            let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
            let mut sent = Ok(0);
            for (index, piece) in bytes[..length].chunks(50_000).enumerate() {
                sent = lease.write(chunk(index as u64 * 50_000, piece)).await;
                if sent.is_err() {
                    break;
                }
            }
            let ended = match sent {
                Ok(_) => lease.finish().await.map(|_| ()),
                Err(error) => Err(error),
            };
            assert!(rig.engine.record(rig.to.session).await.is_empty());
            match fits {
                true => ended.unwrap(),
                false => assert_eq!(ended.unwrap_err().rejection().code(), Code::QuotaExceeded),
            }
            assert_eq!(rig.held(), Amount::default(), "nothing is held for what has ended");
        }
        assert_eq!(code(rig.offer(facts("b.bin", 1)).await), OVER);
    }
}

#[tokio::test]
async fn a_length_that_is_said_later_is_asked_of_the_quota() {
    let rig = Rig::bounded(options(), per_caller(Quota::none().bytes(1_000)));
    let id = rig.offer(of_unknown_length()).await.unwrap().id;
    rig.register("other.bin", 300).await;
    let mut lease = rig.engine.claim(id, &rig.caller).await.unwrap();
    lease.write(chunk(0, &noise(100))).await.unwrap();
    let over = lease.declare(701).await.unwrap_err();
    assert_eq!(over.rejection().code(), Code::QuotaExceeded);
    lease.declare(700).await.unwrap();
    assert_eq!(code(rig.offer(facts("b.bin", 1)).await), OVER);
}

#[tokio::test]
async fn what_was_reserved_ahead_is_given_back_when_nobody_writes() {
    let mut rig = Rig::bounded(options(), per_caller(Quota::none().bytes(2_000_000)));
    rig.to.session = Engine::standing_session(&rig.caller, &rig.to.page);
    let id = rig.offer(of_unknown_length()).await.unwrap().id;
    rig.step(id, &noise(10_000)).await.unwrap();
    rig.step(id, &noise(10_000)).await.unwrap();
    assert_eq!(rig.held(), Amount::default());
    assert_eq!(code(rig.offer(facts("b.bin", 1_980_001)).await), OVER);
    assert_eq!(code(rig.offer(facts("b.bin", 1_980_000)).await), None);
    let more = rig.step(id, &noise(1)).await.unwrap_err();
    assert_eq!(more.rejection().code(), Code::QuotaExceeded);
}

#[tokio::test]
async fn a_caller_a_slot_and_all_have_quotas_of_their_own() {
    let all = Quota::none().bytes(1_000);
    let quotas = Quotas { caller: Quota::none().bytes(500), all, life: None };
    let mut rig = Rig::bounded(options().quota_per_caller(Quota::none().bytes(300)), quotas);
    assert_eq!(code(rig.offer(facts("a.bin", 301)).await), OVER);
    assert_eq!(code(rig.offer(facts("a.bin", 300)).await), None);
    rig.to.slot = Arc::new(Slot::declare("others", options()).unwrap());
    assert_eq!(code(rig.offer(facts("a.bin", 201)).await), OVER);
    assert_eq!(code(rig.offer(facts("a.bin", 200)).await), None);
    for (size, expected) in [(500, None), (1, OVER)] {
        rig.caller = Caller::new(OwnerId::from_uuid(Uuid::new_v4()));
        (rig.to.caller, rig.to.session) =
            (rig.caller.clone(), SessionId::from_uuid(Uuid::now_v7()));
        assert_eq!(code(rig.offer(facts("a.bin", size)).await), expected);
    }
}

#[tokio::test]
async fn pieces_weigh_their_bytes_and_the_file_that_is_joined_of_them_nothing_more() {
    let quota = Quota::none().bytes(1_000).unfinished(1);
    let mut rig = Rig::bounded(options(), per_caller(quota));
    rig.to.session = Engine::standing_session(&rig.caller, &rig.to.page);
    let [a, b] = [rig.piece(&noise(500)).await, rig.piece(&noise(400)).await];
    assert_eq!(code(rig.offer(facts("b.bin", 101)).await), OVER);
    let file = rig.join("a.bin", &[a, b]).await.unwrap();
    assert_eq!(file.length, Some(900));
    for piece in [a, b] {
        rig.engine.cancel(piece, &rig.caller).await.unwrap();
    }
    assert_eq!(code(rig.offer(facts("b.bin", 101)).await), OVER);
    assert_eq!(code(rig.offer(facts("b.bin", 100)).await), None);
}

#[tokio::test]
async fn another_process_counts_what_is_there_and_holds_its_own_quotas_against_it() {
    let mut rig = Rig::bounded(options(), per_caller(Quota::none().bytes(1_000)));
    rig.to.session = Engine::standing_session(&rig.caller, &rig.to.page);
    let (small, large) = (rig.register("a.bin", 400).await, rig.register("b.bin", 600).await);
    rig.bound(per_caller(Quota::none().bytes(1_000)));
    assert_eq!(code(rig.offer(facts("c.bin", 1)).await), OVER);
    rig.step(small, &noise(400)).await.unwrap();
    rig.finish(small).await.unwrap();
    // Lowered while the other one was on its way.
    rig.bound(per_caller(Quota::none().bytes(999)));
    rig.step(large, &noise(600)).await.unwrap();
    let over = rig.finish(large).await.unwrap_err();
    assert_eq!(over.rejection().code(), Code::QuotaExceeded);
    assert_eq!(code(rig.offer(facts("c.bin", 599)).await), None);
}

#[tokio::test]
async fn nothing_is_remembered_of_callers_that_have_nothing() {
    let rig = Rig::bounded(options(), per_caller(Quota::none().bytes(1_000)));
    let id = rig.register("a.bin", 10).await;
    rig.engine.cancel(id, &rig.caller).await.unwrap();
    assert_eq!(rig.engine.shares().held(), (0, Amount::default()));
}

#[tokio::test]
async fn an_upload_that_somebody_keeps_taking_up_without_a_byte_expires_all_the_same() {
    let mut rig = Rig::standing_files();
    rig.bound(Quotas { life: Some(Duration::from_secs(1_000)), ..Quotas::default() });
    let hour = Duration::from_secs(100);
    let empty = rig.register("a.bin", 10).await;
    for _ in 0..9 {
        rig.clock.0.fetch_add(12_000, Ordering::SeqCst);
        let _ = rig.step(empty, b"").await;
    }
    assert_eq!(rig.engine.sweep(hour).await.unwrap().unfinished, 1);
    // One that gets a byte now and then lives longer, and not for ever.
    let slow = rig.register("a.bin", 1_000).await;
    for _ in 0..20 {
        rig.clock.0.fetch_add(49_000, Ordering::SeqCst);
        rig.step(slow, b"a").await.unwrap();
        rig.engine.park(Duration::ZERO);
        assert_eq!(rig.engine.sweep(hour).await.unwrap().unfinished, 0);
    }
    rig.clock.0.fetch_add(49_000, Ordering::SeqCst);
    assert_eq!(rig.engine.sweep(hour).await.unwrap().unfinished, 1);
    assert!(rig.store.leftover().await.unwrap().unfinished.is_empty());
}

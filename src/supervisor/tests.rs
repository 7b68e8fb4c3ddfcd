//! The supervisor in the actix test runtime, with time that a test turns by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::{Actor, Addr, Context, Handler};
use uuid::Uuid;

use super::*;
use crate::blob::MemoryStore;
use crate::catalogue::Memory;
use crate::domain::{
    Caller, ClientFacts, Code, Declaration, EntryId, EntryRef, OwnerId, PageName, Rejection, Slot,
};
use crate::engine::{Lifetime, Parts, Registration, SystemClock};

/// A session that counts how often it is asked to close, and does so if it is polite.
struct Peer {
    asked: Arc<AtomicUsize>,
    polite: Option<SessionGuard>,
}

impl Actor for Peer {
    type Context = Context<Self>;
}

impl Handler<Close> for Peer {
    type Result = ();

    fn handle(&mut self, _: Close, _: &mut Context<Self>) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        drop(self.polite.take());
    }
}

struct Rig {
    engine: Engine,
    supervisor: Addr<Supervisor>,
    session: SessionId,
    entry: EntryId,
    caller: Caller,
}

impl Rig {
    /// A session with one registered entry.
    async fn new(grace: Duration) -> Self {
        let store = Arc::new(MemoryStore::new());
        let engine = Engine::new(Parts {
            blobs: Arc::<MemoryStore>::clone(&store),
            spool: Some(store),
            room: None,
            catalogue: Arc::new(Memory::new()),
            checks: Vec::new(),
            jobs: crate::jobs::Jobs::default(),
            clock: Arc::new(SystemClock),
        });
        let caller = Caller::new(OwnerId::from_uuid(Uuid::new_v4()));
        let session = SessionId::from_uuid(Uuid::now_v7());
        let slot = Slot::declare("files", Declaration::new()).unwrap();
        let to = Registration {
            session,
            caller: caller.clone(),
            page: PageName::try_from("files").unwrap(),
            slot: Arc::new(slot),
            hooks: Arc::default(),
            lifetime: Lifetime::Session,
        };
        let facts = ClientFacts {
            client_name: "a.txt".to_owned(),
            client_size: Some(3),
            ..ClientFacts::default()
        };
        let offer = vec![(EntryRef::try_from("c1").unwrap(), facts)];
        let entry = engine.register(&to, offer).await.unwrap().remove(0).unwrap().id;
        let times = Times { grace, entry_ttl: Duration::from_secs(24 * 3600) };
        let supervisor = Supervisor::new(engine.clone(), times, Vec::new()).start();
        Self { engine, supervisor, session, entry, caller }
    }

    fn guard(&self, grace: Grace) -> SessionGuard {
        SessionGuard::new(self.session, grace, self.supervisor.clone(), self.engine.clone())
    }

    async fn has_entry(&self) -> bool {
        // Let the supervisor read its mailbox and do what it spawned.
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.engine.get(self.entry, &self.caller).await.is_ok()
    }

    async fn join(&self, polite: bool) -> (Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<Liveness>) {
        let joined = self.join_mute(polite).await;
        joined.2.greet();
        joined
    }

    /// A session whose peer says no hello.
    async fn join_mute(&self, polite: bool) -> (Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<Liveness>) {
        let (asked, cut) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let guard = self.guard(Grace::Usual);
        let connection = guard.connection();
        let polite = if polite {
            Some(guard)
        } else {
            // Its promise is never kept, as that of a frozen actor.
            std::mem::forget(guard);
            None
        };
        let peer = Peer { asked: Arc::clone(&asked), polite }.start();
        let liveness = Arc::new(Liveness::new());
        let counted = Arc::clone(&cut);
        let join = Join {
            session: self.session,
            connection,
            liveness: Arc::clone(&liveness),
            close: peer.recipient(),
            cut: Cut::new(move || {
                counted.fetch_add(1, Ordering::SeqCst);
            }),
        };
        self.supervisor.send(join).await.unwrap();
        (asked, cut, liveness)
    }
}

#[actix::test]
async fn what_a_session_leaves_is_kept_for_its_grace_time_and_then_removed() {
    tokio::time::pause();
    let rig = Rig::new(Duration::from_secs(600)).await;
    drop(rig.guard(Grace::Usual));
    assert!(rig.has_entry().await);
    tokio::time::sleep(Duration::from_secs(599)).await;
    assert!(rig.has_entry().await);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!rig.has_entry().await);
}

#[actix::test]
async fn without_a_grace_time_it_is_removed_at_once() {
    tokio::time::pause();
    let rig = Rig::new(Duration::ZERO).await;
    drop(rig.guard(Grace::Usual));
    assert!(!rig.has_entry().await);
}

#[actix::test]
async fn a_requests_session_has_no_grace_time() {
    tokio::time::pause();
    let rig = Rig::new(Duration::from_secs(600)).await;
    drop(rig.guard(Grace::None));
    assert!(!rig.has_entry().await);
}

#[actix::test]
async fn a_request_of_which_nothing_is_left_ends_where_it_is() {
    tokio::time::pause();
    let rig = Rig::new(Duration::from_secs(600)).await;
    assert!(!rig.engine.leave_at_once(rig.session), "its entry may go on");
    assert!(rig.has_entry().await);
    rig.engine.refuse(rig.entry, &rig.caller, Rejection::new(Code::TooLarge)).await.unwrap();
    assert!(rig.has_entry().await, "a page shows why it was refused");
    drop(rig.guard(Grace::Usual));
    assert!(rig.has_entry().await, "for its grace time");
    drop(rig.guard(Grace::None));
    assert!(rig.engine.get(rig.entry, &rig.caller).await.is_err(), "before the supervisor looks");
}

#[actix::test]
async fn a_guard_speaks_up_when_its_owner_panics() {
    tokio::time::pause();
    let rig = Rig::new(Duration::ZERO).await;
    let guard = rig.guard(Grace::Usual);
    let died = tokio::task::spawn(async move {
        let _guard = guard;
        panic!("a handler that panics, on purpose");
    });
    assert!(died.await.is_err());
    assert!(!rig.has_entry().await);
}

#[actix::test]
async fn a_silent_peer_is_asked_to_close_and_cut_off() {
    tokio::time::pause();
    let rig = Rig::new(Duration::from_secs(600)).await;
    let (asked, cut, liveness) = rig.join(false).await;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(20)).await;
        liveness.touch();
    }
    assert_eq!(cut.load(Ordering::SeqCst), 0, "a peer that is heard of is left alone");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(asked.load(Ordering::SeqCst) > 0 && cut.load(Ordering::SeqCst) > 0);
}

#[actix::test]
async fn a_peer_without_a_hello_is_asked_to_close_and_cut_off_a_moment_later() {
    tokio::time::pause();
    let rig = Rig::new(Duration::from_secs(600)).await;
    let (asked, cut, liveness) = rig.join_mute(false).await;
    for _ in 0..9 {
        liveness.touch();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    for _ in 0..65 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if asked.load(Ordering::SeqCst) > 0 {
            break;
        }
    }
    assert_eq!((asked.load(Ordering::SeqCst), cut.load(Ordering::SeqCst)), (1, 0));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!((asked.load(Ordering::SeqCst), cut.load(Ordering::SeqCst)), (1, 1));
}

#[actix::test]
async fn requests_are_looked_at_while_they_are_watched() {
    tokio::time::pause();
    let (cuts, counted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let rig = Rig::new(Duration::ZERO).await;
    let supervisor = Supervisor::new(
        rig.engine.clone(),
        Times { grace: Duration::ZERO, entry_ttl: Duration::from_secs(3_600) },
        Vec::new(),
    );
    let list = supervisor.watchlist();
    let _supervisor = supervisor.start();
    let watch = |counter: &Arc<AtomicUsize>| {
        let counter = Arc::clone(counter);
        let cut = Cut::new(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        let pace = Arc::new(Pace::of_answer(Duration::from_secs(30), Some(cut)));
        pace.wait();
        list.add(&pace)
    };
    let (_watched, over) = (watch(&cuts), watch(&counted));
    drop(over);
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert_eq!(cuts.load(Ordering::SeqCst), 0);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!((cuts.load(Ordering::SeqCst), counted.load(Ordering::SeqCst)), (1, 0));
}

#[actix::test]
async fn a_drain_closes_every_session_and_waits_for_it() {
    tokio::time::pause();
    let rig = Rig::new(Duration::from_secs(600)).await;
    let (asked, ..) = rig.join(true).await;
    let before = tokio::time::Instant::now();
    rig.supervisor.send(Drain { within: Duration::from_secs(30) }).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(before.elapsed() < Duration::from_secs(30));
    assert!(rig.engine.is_closing());
}

#[actix::test]
async fn a_drain_gives_up_on_sessions_that_do_not_end() {
    tokio::time::pause();
    let rig = Rig::new(Duration::from_secs(600)).await;
    let _stubborn = rig.join(false).await;
    rig.supervisor.send(Drain { within: Duration::from_secs(30) }).await.unwrap();
    assert!(rig.engine.is_closing());
}

#[actix::test]
async fn a_drain_waits_for_no_grace_time_and_leaves_what_is_unfinished_to_the_next_process() {
    tokio::time::pause();
    for gone_before in [true, false] {
        let rig = Rig::new(Duration::from_secs(600)).await;
        if gone_before {
            drop(rig.guard(Grace::Usual));
        } else {
            rig.join(true).await;
        }
        assert!(rig.has_entry().await);
        let before = tokio::time::Instant::now();
        rig.supervisor.send(Drain { within: Duration::from_secs(30) }).await.unwrap();
        assert!(before.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        assert!(rig.engine.get(rig.entry, &rig.caller).await.is_ok());
    }
}

#[actix::test]
async fn a_newer_connection_of_a_session_closes_the_older_one_whose_farewell_then_counts_for_nothing()
 {
    tokio::time::pause();
    let rig = Rig::new(Duration::from_secs(60)).await;
    let (asked, cut, _) = rig.join(false).await;
    let old = rig.guard(Grace::Usual);
    let (newer, _, liveness) = rig.join(false).await;
    drop(old);
    assert!(rig.has_entry().await);
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(20)).await;
        liveness.touch();
    }
    assert_eq!((asked.load(Ordering::SeqCst), cut.load(Ordering::SeqCst)), (1, 1));
    assert_eq!(newer.load(Ordering::SeqCst), 0);
    assert!(rig.has_entry().await, "the grace time of the older one would be over");
}

#[actix::test]
async fn whoever_comes_back_within_the_grace_time_is_not_abandoned() {
    tokio::time::pause();
    let rig = Rig::new(Duration::from_secs(60)).await;
    drop(rig.guard(Grace::Usual));
    tokio::time::sleep(Duration::from_secs(50)).await;
    let (_, _, liveness) = rig.join(false).await;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(20)).await;
        liveness.touch();
    }
    assert!(rig.has_entry().await);
}

#[actix::test]
async fn a_session_of_an_earlier_process_has_its_grace_time_from_the_start_on() {
    tokio::time::pause();
    let rig = Rig::new(Duration::from_secs(600)).await;
    let times = Times { grace: Duration::from_secs(60), entry_ttl: Duration::from_secs(3_600) };
    let _next = Supervisor::new(rig.engine.clone(), times, vec![rig.session]).start();
    tokio::time::sleep(Duration::from_secs(59)).await;
    assert!(rig.has_entry().await);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!rig.has_entry().await);
}

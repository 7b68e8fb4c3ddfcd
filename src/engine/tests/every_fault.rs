//! Each operation of an upload's life fails once, before and after it was done, and is where the process dies
//! once: no panic, no lie, no leak, and trying again works.

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::world::{Process, TTL, World, caller, is_shown, registration, text};
use super::*;
use crate::blob::faulty::{Fault, Operation};
use crate::blob::frail::Luck;

/// What went otherwise than it must.
type Outcome = Result<(), String>;

/// What a client was told of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// Nothing that anybody could hold us to.
    Nothing,
    /// It is complete.
    Complete,
    /// It was complete, and is being kept: it is the one or the other.
    Safe,
    /// It is a stored file.
    Kept,
    /// It failed.
    Failed,
    /// It is gone.
    Gone,
}

/// The client's side of a life: what it does, sent and heard.
struct Client<'a> {
    world: &'a World,
    engine: &'a Engine,
    to: Registration,
    told: &'a RefCell<BTreeMap<EntryId, (Vec<u8>, Told)>>,
}

type Life = for<'a> fn(&'a Client<'a>) -> LocalBoxFuture<'a, Result<(), UploadError>>;

/// The lives whose every operation fails once.
const LIVES: [(&str, Lifetime, Life); 13] = [
    ("keep", Lifetime::Session, |client| client.keep().boxed_local()),
    ("form", Lifetime::Request, |client| client.form().boxed_local()),
    ("take", Lifetime::Session, |client| client.take().boxed_local()),
    ("empty", Lifetime::Session, |client| client.empty().boxed_local()),
    ("cancel", Lifetime::Session, |client| client.cancel().boxed_local()),
    ("too long", Lifetime::Session, |client| client.too_long().boxed_local()),
    ("supersede", Lifetime::Session, |client| client.supersede().boxed_local()),
    ("adopt", Lifetime::Session, |client| client.adopt().boxed_local()),
    ("steps", Lifetime::Session, |client| client.in_steps().boxed_local()),
    ("whole", Lifetime::Session, |client| client.as_a_whole().boxed_local()),
    ("join", Lifetime::Session, |client| client.join().boxed_local()),
    ("expire", Lifetime::Session, |client| client.expire().boxed_local()),
    ("remove", Lifetime::Session, |client| client.remove().boxed_local()),
];

impl Client<'_> {
    /// What is complete may end now, whoever sent it.
    fn time_passes(&self, time: Duration) {
        self.world.tick(time);
        nothing_is_promised(self.told);
    }

    fn tell(&self, id: EntryId, what: Told) {
        self.told.borrow_mut().get_mut(&id).unwrap().1 = what;
    }

    fn bytes(&self, id: EntryId) -> Vec<u8> {
        self.told.borrow()[&id].0.clone()
    }

    async fn register(&self, size: u64, known: bool) -> Result<EntryId, UploadError> {
        self.offer(size, known.then_some(size), EntryKind::File).await
    }

    async fn offer(
        &self,
        size: u64,
        client_size: Option<u64>,
        kind: EntryKind,
    ) -> Result<EntryId, UploadError> {
        let seed = self.told.borrow().len();
        let reference = EntryRef::try_from(format!("c{seed}").as_str()).unwrap();
        let facts = ClientFacts { client_size, ..facts("a.txt", 0) };
        let offered = Offered { id: None, reference, facts, kind, memo: None };
        let mut answers = self.engine.register(&self.to, vec![offered]).await?;
        let id = answers.remove(0)?.id;
        self.told.borrow_mut().insert(id, (text(seed, size), Told::Nothing));
        Ok(id)
    }

    async fn claim(&self, id: EntryId) -> Result<Lease, UploadError> {
        self.engine.claim(id, &self.to.caller).await
    }

    /// Sends what is missing of the first `end` bytes, in two pieces.
    async fn send(&self, lease: &mut Lease, end: u64) -> Result<(), UploadError> {
        let bytes = self.bytes(lease.id());
        let from = lease.offset();
        for (from, end) in [(from, from.midpoint(end)), (from.midpoint(end), end)] {
            let (first, last) = (usize::try_from(from).unwrap(), usize::try_from(end).unwrap());
            lease.write(chunk(from, &bytes[first..last])).await?;
        }
        Ok(())
    }

    async fn finish(&self, lease: Lease) -> Result<(), UploadError> {
        let id = lease.id();
        let finished = lease.finish().await.map(drop);
        self.tell(id, if finished.is_ok() { Told::Complete } else { Told::Failed });
        finished
    }

    async fn upload(&self, size: u64) -> Result<EntryId, UploadError> {
        let id = self.register(size, true).await?;
        let mut lease = self.claim(id).await?;
        self.send(&mut lease, size).await?;
        self.finish(lease).await?;
        Ok(id)
    }

    async fn consume(&self, id: EntryId, keep: Keep) -> Result<(), UploadError> {
        let (asked, done) = match keep {
            Keep::Yes => (Told::Safe, Told::Kept),
            Keep::No => (Told::Nothing, Told::Gone),
        };
        self.tell(id, asked);
        self.engine.consume(id, &self.to.caller, keep).await?;
        self.tell(id, done);
        Ok(())
    }

    /// Two leases, and the file is kept.
    async fn keep(&self) -> Result<(), UploadError> {
        let id = self.register(18_000, true).await?;
        let mut lease = self.claim(id).await?;
        self.send(&mut lease, 12_000).await?;
        lease.release().await?;
        let mut lease = self.claim(id).await?;
        assert_eq!(lease.offset(), 12_000, "what was released is there");
        self.send(&mut lease, 18_000).await?;
        self.finish(lease).await?;
        let (_, blob) = self.engine.open(id, &self.to.caller).await?;
        assert_eq!(blob.len(), 18_000);
        self.consume(id, Keep::Yes).await
    }

    /// Of unknown size, and without a row before it is complete.
    async fn form(&self) -> Result<(), UploadError> {
        let id = self.register(12_000, false).await?;
        let mut lease = self.claim(id).await?;
        self.send(&mut lease, 12_000).await?;
        self.finish(lease).await?;
        self.consume(id, Keep::Yes).await
    }

    /// The application takes the file away.
    async fn take(&self) -> Result<(), UploadError> {
        let id = self.upload(9_000).await?;
        self.consume(id, Keep::No).await
    }

    async fn empty(&self) -> Result<(), UploadError> {
        let id = self.upload(0).await?;
        self.consume(id, Keep::Yes).await
    }

    /// One on its way is cancelled, and one that is complete.
    async fn cancel(&self) -> Result<(), UploadError> {
        let complete = self.upload(9_000).await?;
        let under_way = self.register(18_000, true).await?;
        let mut lease = self.claim(under_way).await?;
        self.send(&mut lease, 12_000).await?;
        for id in [under_way, complete] {
            self.tell(id, Told::Nothing);
            self.engine.cancel(id, &self.to.caller).await?;
            self.tell(id, Told::Gone);
        }
        Ok(())
    }

    /// More comes than was declared, after something was written.
    async fn too_long(&self) -> Result<(), UploadError> {
        let id = self.register(12_000, true).await?;
        let mut lease = self.claim(id).await?;
        self.send(&mut lease, 11_000).await?;
        lease.changed().await?;
        lease.push(chunk(11_000, &[b'x'; 2_000])).unwrap_err();
        assert!(lease.finish().await.is_err());
        self.tell(id, Told::Failed);
        Ok(())
    }

    /// A newer claim takes the file over.
    async fn supersede(&self) -> Result<(), UploadError> {
        let id = self.register(18_000, true).await?;
        let mut old = self.claim(id).await?;
        self.send(&mut old, 12_000).await?;
        old.changed().await?;
        let mut new = self.claim(id).await?;
        assert!(old.push(chunk(old.offset(), b"late")).is_err());
        self.send(&mut new, 18_000).await?;
        self.finish(new).await
    }

    /// Another session takes the file up and finishes it.
    async fn adopt(&self) -> Result<(), UploadError> {
        let id = self.register(18_000, true).await?;
        let mut lease = self.claim(id).await?;
        self.send(&mut lease, 12_000).await?;
        lease.release().await?;
        let to = registration(&self.to.caller, Lifetime::Session);
        let adopted = async {
            let entry = self.engine.adopt(&to, id, EntryRef::try_from("again").unwrap()).await?;
            assert_eq!(entry.offset, 12_000, "what was released is there");
            let mut lease = self.claim(id).await?;
            self.send(&mut lease, 18_000).await?;
            self.finish(lease).await?;
            self.consume(id, Keep::Yes).await
        };
        let adopted = adopted.await;
        self.engine.abandon(to.session).await;
        adopted
    }

    /// The same client, whose uploads come by requests.
    fn standing(&self) -> Self {
        let session = Engine::standing_session(self.to.caller.owner(), &self.to.page);
        Client { to: Registration { session, ..self.to.clone() }, ..*self }
    }

    /// What a request does before it sends anything.
    async fn take_up(&self, id: EntryId) -> Result<u64, UploadError> {
        let entry = self.engine.get(id, &self.to.caller).await?;
        Ok(self.engine.adopt(&self.to, id, entry.reference).await?.offset)
    }

    /// Each request brings a few bytes, and what it answers is there for the next one.
    async fn in_steps(&self) -> Result<(), UploadError> {
        let client = self.standing();
        let id = client.register(12_000, true).await?;
        let mut at = 0;
        for end in [1, 40, 9_000] {
            assert_eq!(client.take_up(id).await?, at, "what was answered is there");
            let mut lease = client.claim(id).await?;
            client.send(&mut lease, end).await?;
            lease.release().await?;
            let row = self.world.row(id).unwrap();
            assert_eq!(row.offset, end, "and remembered");
            at = end;
        }
        self.engine.park(Duration::ZERO);
        client.take_up(id).await?;
        let mut lease = client.claim(id).await?;
        client.send(&mut lease, 12_000).await?;
        client.finish(lease).await?;
        client.consume(id, Keep::Yes).await
    }

    /// A part is taken back, another one counts.
    async fn as_a_whole(&self) -> Result<(), UploadError> {
        let client = self.standing();
        let id = client.register(18_000, true).await?;
        let mut lease = client.claim(id).await?;
        client.send(&mut lease, 300).await?;
        lease.release().await?;
        for end in [400, 12_000] {
            let mut lease = self.engine.claim_whole(id, &self.to.caller).await?;
            client.send(&mut lease, end).await?;
            assert_eq!(lease.rewind().await?, 300);
            assert_eq!(client.take_up(id).await?, 300, "nothing is left of it");
        }
        let mut lease = self.engine.claim_whole(id, &self.to.caller).await?;
        client.send(&mut lease, 18_000).await?;
        client.finish(lease).await?;
        client.consume(id, Keep::Yes).await
    }

    /// Two pieces become a file, which is kept; then they go.
    async fn join(&self) -> Result<(), UploadError> {
        let client = self.standing();
        let (mut pieces, mut whole) = (Vec::new(), Vec::new());
        for size in [300, 9_000] {
            let id = client.offer(size, Some(size), EntryKind::Piece).await?;
            let mut lease = client.claim(id).await?;
            client.send(&mut lease, size).await?;
            lease.release().await?;
            pieces.push((id, client.to.caller.clone()));
            whole.extend(client.bytes(id));
        }
        let reference = EntryRef::try_from(Uuid::new_v4().to_string().as_str()).unwrap();
        let offered = Offered::from((reference, facts("joined.txt", 0)));
        let joined = self.engine.join(&client.to, &pieces, offered).await?;
        self.told.borrow_mut().insert(joined.id, (whole, Told::Complete));
        client.consume(joined.id, Keep::Yes).await?;
        for (id, _) in pieces {
            self.engine.cancel(id, &self.to.caller).await?;
            self.tell(id, Told::Gone);
        }
        Ok(())
    }

    /// One that nobody finishes and one that nobody consumes, till their time is over.
    async fn expire(&self) -> Result<(), UploadError> {
        let unconsumed = self.upload(9_000).await?;
        let unfinished = self.register(18_000, true).await?;
        let mut lease = self.claim(unfinished).await?;
        self.send(&mut lease, 12_000).await?;
        lease.release().await?;
        self.time_passes(TTL * 2);
        self.engine.sweep(TTL).await?;
        // What a sweep can't remove it leaves to the next one.
        if self.world.faults.met().is_empty() {
            self.tell(unconsumed, Told::Gone);
            self.tell(unfinished, Told::Gone);
        }
        Ok(())
    }

    /// A stored file is removed again.
    async fn remove(&self) -> Result<(), UploadError> {
        let id = self.upload(9_000).await?;
        self.consume(id, Keep::Yes).await?;
        self.tell(id, Told::Nothing);
        self.engine.remove(id, &self.to.caller).await?;
        self.tell(id, Told::Gone);
        Ok(())
    }
}

/// One try of one life.
struct Try {
    world: World,
    name: &'static str,
    lifetime: Lifetime,
    life: Life,
    caller: Caller,
    told: RefCell<BTreeMap<EntryId, (Vec<u8>, Told)>>,
}

impl Try {
    fn new((name, lifetime, life): (&'static str, Lifetime, Life)) -> Self {
        let (world, caller) = (World::default(), caller());
        Self { world, name, lifetime, life, caller, told: RefCell::default() }
    }

    /// Lives it, and ends its session as a door does, however it went. Nothing, if the process got stuck.
    fn live(&self, process: &Process) -> Option<Result<(), UploadError>> {
        let to = registration(&self.caller, self.lifetime);
        let (world, engine, told, session) = (&self.world, &process.engine, &self.told, to.session);
        let client = Client { world, engine, to, told };
        let lived = process.run(world, (self.life)(&client));
        assert!(!world.hung.get(), "{}: it waits for ever", self.words());
        let lived = lived?;
        process.run(world, engine.abandon(session))?;
        process.rest();
        Some(lived)
    }

    fn words(&self) -> String {
        format!("`{}`, {:?}", self.name, self.world.faults.met())
    }

    /// What clients were told is true.
    fn no_lie(&self, when: &str) -> Outcome {
        for (id, (bytes, told)) in &*self.told.borrow() {
            let row = self.world.row(*id);
            let state = row.as_ref().map(|row| row.state().as_str());
            let shown = row.as_ref().filter(|row| is_shown(row));
            let true_to_it = match told {
                Told::Nothing => true,
                Told::Complete => state == Some("complete"),
                Told::Safe => shown.is_some(),
                Told::Kept => shown.and_then(StoredFile::of).is_some(),
                Told::Failed | Told::Gone => shown.is_none(),
            };
            let whole = shown.is_none_or(|row| {
                let facts = (Some(bytes.len() as u64), Some(digest(bytes)));
                (row.length, row.digest) == facts
                    && self.world.store.bytes(*id).is_some_and(|file| file == *bytes)
            });
            if !true_to_it || !whole {
                let words = format!("was told {told:?}, its row is {state:?}, whole: {whole}");
                return Err(format!("{}, {when}: {id} {words}", self.words()));
            }
        }
        Ok(())
    }

    /// Lives it, and it goes well.
    fn live_well(&self, process: &Process, when: &str) -> Outcome {
        let again = self.live(process).unwrap();
        again.map_err(|error| format!("{}, {when}: {error}", self.words()))?;
        self.no_lie(when)
    }

    /// The time of everything that nobody finished or consumed is over.
    fn expire(&self, process: &Process) -> Outcome {
        // Longer than anything is waited for, and than anything lies in quarantine.
        self.world.tick(TTL * 100);
        nothing_is_promised(&self.told);
        process.run(&self.world, process.engine.sweep(TTL)).unwrap().unwrap();
        self.no_lie("after a sweep")
    }

    /// Nothing lies around that no row explains, but for what could not be removed: that waits for a restart.
    fn no_leak(&self) -> Outcome {
        let removals = [Operation::Abort, Operation::Remove];
        let not_removed = self.world.faults.met().iter().any(|met| {
            removals.contains(&met.operation)
                && [Fault::NoSpace, Fault::Broken].contains(&met.fault)
        });
        let left = self.world.unexplained();
        if left.is_empty() || not_removed {
            return Ok(());
        }
        Err(format!("{}: left behind before a restart: {}", self.words(), left.join(", ")))
    }

    /// What waits for its client goes on under another session, and becomes the file that it was to be.
    fn go_on(&self, process: &Process) -> Outcome {
        let to = registration(&self.caller, Lifetime::Session);
        let waiting = self.world.rows().into_iter().filter(|row| row.state().is_active());
        for row in waiting.collect::<Vec<_>>() {
            // What a piece was of is sent anew.
            if row.kind == EntryKind::Piece {
                continue;
            }
            // A row whose registering was never answered is nobody's.
            let known = self.told.borrow().get(&row.id).map(|(bytes, _)| bytes.clone());
            let Some(bytes) = known else { continue };
            let verb = async {
                let entry = process.engine.adopt(&to, row.id, row.reference.clone()).await?;
                let mut lease = process.engine.claim(entry.id, &self.caller).await?;
                assert!(lease.offset() >= row.offset, "what was durable is there");
                let at = usize::try_from(lease.offset()).unwrap();
                lease.write(chunk(lease.offset(), &bytes[at..])).await?;
                lease.finish().await
            };
            let finished = process.run(&self.world, verb).unwrap();
            let (words, at) = (self.words(), row.offset);
            finished.map_err(|error| format!("{words}: did not go on at {at}: {error}"))?;
            self.told.borrow_mut().insert(row.id, (bytes, Told::Complete));
        }
        process.run(&self.world, process.engine.abandon(to.session)).unwrap();
        self.no_lie("after going on")
    }

    /// A new process recovers, and what it finds is in order, goes on, and serves.
    fn restart(&self) -> Outcome {
        let process = self.world.start();
        let recovered = process.run(&self.world, process.engine.recover()).unwrap().unwrap();
        self.no_lie("after a restart")?;
        if recovered.lost > 0 {
            return Err(format!("{}: {} were lost", self.words(), recovered.lost));
        }
        self.go_on(&process)?;
        self.expire(&process)?;
        let mut left = self.world.unexplained();
        left.extend((self.world.waiting() > 0).then(|| "rows that wait for ever".to_owned()));
        if !left.is_empty() {
            return Err(format!("{}: left behind: {}", self.words(), left.join(", ")));
        }
        self.live_well(&process, "again after a restart")
    }
}

/// Of what nobody consumed in time.
fn nothing_is_promised(told: &RefCell<BTreeMap<EntryId, (Vec<u8>, Told)>>) {
    for (_, told) in told.borrow_mut().values_mut() {
        if matches!(told, Told::Complete | Told::Safe) {
            *told = Told::Nothing;
        }
    }
}

/// The operations of a life on a healthy disk.
fn operations(of: (&'static str, Lifetime, Life)) -> Vec<Operation> {
    let healthy = Try::new(of);
    let process = healthy.world.start();
    healthy.live_well(&process, "on a healthy disk").unwrap();
    healthy.world.faults.log()
}

/// Tries each life with a fault at each of its operations; all that goes wrong is told together.
fn with_each(faults: &[Fault], tried: impl Fn(&Try, u64, Fault) -> Outcome) {
    let (mut tries, mut wrong) = (0, Vec::new());
    for life in LIVES {
        for (nth, operation) in (1..).zip(operations(life)) {
            for fault in faults {
                let one = Try::new(life);
                tries += 1;
                if let Err(words) = tried(&one, nth, *fault) {
                    wrong.push(format!("{operation:?}: {words}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tries} went wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_life_on_a_healthy_disk_leaves_nothing_and_can_be_lived_again() {
    for life in LIVES {
        let healthy = Try::new(life);
        let process = healthy.world.start();
        healthy.live_well(&process, "on a healthy disk").unwrap();
        healthy.expire(&process).unwrap();
        assert_eq!(healthy.world.unexplained(), [""; 0], "{}", life.0);
        drop(process);
        healthy.restart().unwrap();
        assert!(operations(life).len() > 5, "{} asks for {:?}", life.0, operations(life));
    }
}

#[test]
fn an_error_at_any_operation_is_no_lie_and_no_leak_and_trying_again_works() {
    with_each(&Fault::ERRORS, |one, nth, fault| {
        one.world.faults.at(nth, fault);
        let process = one.world.start();
        if let Err(error) = one.live(&process).unwrap() {
            let code = error.rejection().code();
            if ![Code::StorageError, Code::DiskFull].contains(&code) {
                return Err(format!("{}: answered {code:?}", one.words()));
            }
        }
        assert_eq!(one.world.faults.met().len(), 1, "{}", one.words());
        one.no_lie("at once")?;
        one.live_well(&process, "again")?;
        one.expire(&process)?;
        one.no_leak()?;
        drop(process);
        one.restart()
    });
}

#[test]
fn a_disk_that_stays_broken_makes_no_lie_and_leaves_nothing_once_it_is_mended() {
    with_each(&Fault::ERRORS, |one, nth, fault| {
        one.world.faults.since(nth, fault);
        let process = one.world.start();
        let _ = one.live(&process).unwrap();
        one.world.faults.heal();
        one.live_well(&process, "again")?;
        drop(process);
        one.restart()
    });
}

#[test]
fn a_process_may_die_at_any_operation() {
    with_each(&Fault::CRASHES, |one, nth, fault| {
        one.world.faults.at(nth, fault);
        let process = one.world.start();
        assert!(one.live(&process).is_none(), "{}: it is stuck", one.words());
        drop(process);
        one.world.faults.heal();
        one.world.store.end_process();
        one.restart()
    });
}

#[test]
fn the_power_may_go_at_any_operation() {
    for luck in Luck::ALL {
        with_each(&Fault::CRASHES, |one, nth, fault| {
            one.world.faults.at(nth, fault);
            let process = one.world.start();
            assert!(one.live(&process).is_none(), "{}: it is stuck", one.words());
            drop(process);
            one.world.faults.heal();
            one.world.store.cut_power(|| luck);
            one.restart()
        });
    }
}

#[test]
fn a_recovery_that_fails_anywhere_is_tried_again_and_loses_nothing() {
    let mut tries = 0;
    for life in
        LIVES.into_iter().filter(|(name, ..)| ["take", "adopt", "expire", "steps"].contains(name))
    {
        for nth in 1..=operations(life).len() as u64 {
            let died = || {
                let one = Try::new(life);
                one.world.faults.at(nth, Fault::DoneButStuck);
                assert!(one.live(&one.world.start()).is_none(), "{}: it is stuck", one.words());
                one.world.faults.heal();
                one.world.store.end_process();
                one
            };
            let healthy = died();
            let before = healthy.world.faults.count();
            let process = healthy.world.start();
            process.run(&healthy.world, process.engine.recover()).unwrap().unwrap();
            for within in 1..=healthy.world.faults.count() - before {
                for fault in
                    [Fault::Broken, Fault::DoneButBroken, Fault::Stuck, Fault::DoneButStuck]
                {
                    let one = died();
                    tries += 1;
                    one.world.faults.at(one.world.faults.count() + within, fault);
                    let process = one.world.start();
                    let _ = process.run(&one.world, process.engine.recover());
                    drop(process);
                    one.world.faults.heal();
                    one.world.store.end_process();
                    one.restart().unwrap();
                }
            }
        }
    }
    assert!(tries > 100, "{tries} tries are too few to mean anything");
}

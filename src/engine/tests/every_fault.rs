//! Each operation of an upload's life fails once, before and after it was done, and is where the process dies
//! once: no panic, no lie, no leak, and trying again works.

use std::cell::RefCell;
use std::collections::BTreeMap;

mod lives;

use self::lives::{Client, LIVES, Life, Told, nothing_is_promised};
use super::world::{Process, TTL, World, caller, is_shown, registration};
use super::*;
use crate::blob::faulty::{Fault, Operation};
use crate::blob::frail::Luck;

/// What went otherwise than it must.
type Outcome = Result<(), String>;

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

    /// Nothing lies around that no row explains, but for a file that could not be removed: that waits for a restart.
    fn no_leak(&self) -> Outcome {
        let not_removed = self.world.faults.met().iter().any(|met| {
            met.operation == Operation::Remove
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
        assert!(operations(life).len() > 4, "{} asks for {:?}", life.0, operations(life));
    }
}

/// Of a request nobody is told before it is answered, and of a little file not before its application has seen it. So
/// they need no row of what they were for a moment.
#[test]
fn a_file_is_recorded_as_often_as_somebody_is_told_of_it() {
    for (name, times) in [
        ("form", 1),
        ("form that waits", 2),
        ("form that is taken", 0),
        ("offered", 2),
        ("offered and waits", 3),
        ("brought", 1),
    ] {
        let life = LIVES.into_iter().find(|life| life.0 == name).unwrap();
        let all = operations(life);
        let is_change = |one: &&Operation| matches!(one, Operation::Settle | Operation::Insert);
        assert_eq!(all.iter().filter(is_change).count(), times, "{name} asks for {all:?}");
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

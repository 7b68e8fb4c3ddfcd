//! Verbs that bring bytes: from registering to "complete".

use std::time::Duration;

use super::super::Outcome;
use super::super::command::{At, Command, Length};
use super::super::model::{File, Held, Life};
use super::{Play, must, newest};
use crate::domain::{Chunk, ClientFacts, Code, Entry, EntryRef, SessionId};
use crate::engine::tests::digest;
use crate::engine::tests::world::LARGEST;
use crate::engine::{Engine, Lease, Lifetime, UploadError};

/// As many files as a slot takes (see the world's `registration`).
const ROOM: usize = 6;

impl Play {
    pub(super) fn step(&mut self, command: Command) -> Outcome {
        use Command as C;
        match command {
            C::Open { caller, lifetime } => {
                let session = self.open(caller, lifetime);
                self.say(format!("caller {caller} opens session {session}, {lifetime:?}"));
                Ok(())
            }
            C::Register { session, size, declared } => self.register(session, size, declared),
            C::Claim { entry } => self.with_file(entry, Self::claim),
            C::Push { lease, at, length } => {
                self.with_lease(lease, |play, lease| play.push(lease, at, length))
            }
            C::Release { lease } => self.with_lease(lease, Self::release),
            C::Drop { lease } => self.with_lease(lease, |play, lease| {
                let held = play.leases.remove(lease);
                play.say(format!("{} is dropped", play.name(held.file)));
                let now = play.now();
                play.files[held.file].touch(now);
                Ok(())
            }),
            C::Finish { lease } => self.with_lease(lease, Self::finish),
            C::Race { lease, rival, turns } => {
                self.with_lease(lease, |play, lease| play.race(lease, rival, turns))
            }
            C::Cancel { entry } => self.with_file(entry, Self::cancel),
            C::Consume { entry, keep } => {
                self.with_file(entry, |play, file| play.consume(file, keep))
            }
            C::Look { entry } => self.with_file(entry, Self::look),
            C::Remove { entry } => self.with_file(entry, Self::remove),
            C::Meddle { entry } => self.with_file(entry, Self::meddle),
            C::Resume { session } => match newest(&self.sessions, session) {
                Some(session) => self.resume(session),
                None => Ok(()),
            },
            C::Adopt { entry, session } => match newest(&self.sessions, session) {
                Some(session) => self.with_file(entry, |play, file| play.adopt(file, session)),
                None => Ok(()),
            },
            C::Abandon { session } => match newest(&self.sessions, session) {
                Some(session) => self.abandon(session),
                None => Ok(()),
            },
            C::Rest => self.rest(),
            C::Wait { time } => {
                self.rest()?;
                self.say(format!("{} minutes pass", time.as_secs() / 60));
                self.world.tick(time);
                // Time for a checkpoint, if one is due.
                self.process.wait(Duration::from_secs(2));
                self.rest()
            }
            C::Sweep => self.sweep(),
            C::Fault { within, fault } => {
                self.say(format!("the operation {within} from now will be {fault:?}"));
                self.world.faults.at(self.world.faults.count() + within, fault);
                Ok(())
            }
            C::Die => {
                self.say("the process dies".to_owned());
                self.die(None)
            }
            C::DieAt { within, done } => {
                self.say(format!("the operation {within} from now will be the last, done: {done}"));
                use crate::blob::faulty::Fault;
                let fault = if done { Fault::DoneButStuck } else { Fault::Stuck };
                self.world.faults.at(self.world.faults.count() + within, fault);
                Ok(())
            }
            C::PowerCut { luck } => {
                self.say(format!("the power goes, {luck:?}"));
                self.die(Some(luck))
            }
        }
    }

    fn with_file(&mut self, age: usize, verb: impl FnOnce(&mut Self, usize) -> Outcome) -> Outcome {
        newest(&self.files, age).map_or(Ok(()), |file| verb(self, file))
    }

    fn with_lease(
        &mut self,
        age: usize,
        verb: impl FnOnce(&mut Self, usize) -> Outcome,
    ) -> Outcome {
        newest(&self.leases, age).map_or(Ok(()), |lease| verb(self, lease))
    }

    fn register(&mut self, session: usize, size: u64, declared: bool) -> Outcome {
        let session = match newest(&self.sessions, session) {
            Some(session) if self.sessions[session].open => session,
            Some(session) => self.open(self.sessions[session].caller, Lifetime::Session),
            None => self.open(0, Lifetime::Session),
        };
        let name = self.files.len();
        let facts = ClientFacts {
            client_name: "a.txt".to_owned(),
            client_size: declared.then_some(size),
            ..ClientFacts::default()
        };
        let reference =
            EntryRef::try_from(format!("f{name}").as_str()).map_err(|e| e.to_string())?;
        let (engine, to) = (self.process.engine.clone(), self.sessions[session].to.clone());
        let batch = vec![(reference, facts)];
        let Some(answers) = self.run(async move { engine.register(&to, batch).await }) else {
            self.say(format!("f{name} is being registered when the process dies"));
            return self.die(None);
        };
        let counts = |file: &&File| {
            let open = matches!(file.life, Life::Open | Life::Complete { .. });
            file.session == session && file.live && (open || file.spent)
        };
        let used = self.files.iter().filter(counts).count();
        let doubtful = self.files.iter().any(|file| file.session == session && file.doubt)
            || self.files.iter().any(|file| file.session == session && file.doomed.is_some());
        let answer = match answers {
            Ok(mut answers) => answers.remove(0),
            Err(error) => {
                must!(self.hit() > 0, "f{name} was not registered: {error}");
                return Ok(());
            }
        };
        self.say(format!("f{name} of {size} bytes is registered in session {session}"));
        match answer {
            Ok(entry) => {
                must!(used < ROOM || doubtful, "{used} files are there, and one more was taken");
                let (now, caller) = (self.now(), self.sessions[session].caller);
                self.files.push(File {
                    id: entry.id,
                    name,
                    session,
                    caller,
                    request: self.sessions[session].to.lifetime == Lifetime::Request,
                    spent: false,
                    size,
                    declared,
                    text: Self::text(name),
                    life: Life::Open,
                    live: true,
                    low: 0,
                    high: 0,
                    durable: 0,
                    doomed: None,
                    doubt: false,
                    touched: (now, now),
                });
            }
            Err(rejection) => {
                let full = rejection.code() == Code::TooManyFiles && used >= ROOM;
                must!(full || doubtful, "one of {used} files was refused: {rejection}");
            }
        }
        Ok(())
    }

    fn claim(&mut self, file: usize) -> Outcome {
        let (engine, id) = (self.process.engine.clone(), self.files[file].id);
        let caller = self.callers[self.files[file].caller].clone();
        let Some(claimed) = self.run(async move { engine.claim(id, &caller).await }) else {
            self.say(format!("{} is being claimed when the process dies", self.name(file)));
            return self.die(None);
        };
        let (name, hit, now) = (self.name(file), self.hit() > 0, self.now());
        let known = &mut self.files[file];
        let expected = known.live && known.life == Life::Open;
        match claimed {
            Ok(lease) => {
                let (low, high, at) = (known.low, known.high, lease.offset());
                must!(expected || known.doubt, "{name} is {:?} and was claimed", known.life);
                let right = (low <= at || known.doubt) && at <= high;
                must!(right, "{name} goes on at {at}, and {low} to {high} are there");
                (known.low, known.high, known.doomed) = (at, at, None);
                known.durable = known.durable.min(at);
                known.touch(now);
                self.fence(file);
                self.leases.push(Held { lease, file, at, stale: false });
                self.say(format!("{name} is claimed, at {at}"));
            }
            Err(error) => {
                let fate = known.doomed;
                let excused = known.doubt || hit || fate == Some(error.rejection().code());
                must!(!expected || excused, "{name} was not claimed: {error}");
                if fate.is_some() {
                    self.is_over(file);
                } else if expected {
                    self.is_unknown(file);
                }
                self.say(format!("{name} is not claimed: {error}"));
            }
        }
        Ok(())
    }

    fn push(&mut self, lease: usize, at: At, length: Length) -> Outcome {
        let now = self.now();
        let held = &mut self.leases[lease];
        let known = &mut self.files[held.file];
        let most = if known.declared { known.size } else { LARGEST };
        let missing = |of: u64| of.saturating_sub(held.at);
        let length = match length {
            Length::Bytes(length) => length,
            Length::Missing => missing(known.size),
            Length::TooMuch => missing(most) + 1,
        };
        let offset = match at {
            At::Right => held.at,
            At::Behind => held.at.checked_sub(1).unwrap_or(1),
            At::Ahead => held.at + 1,
        };
        if length == 0 || offset + length > 38_000 {
            return Ok(());
        }
        let mut bytes = known.text.bytes(offset, offset + length).to_vec();
        if held.stale {
            // It must not land; if it does, it is seen.
            bytes.fill(b'!');
        }
        let pushed = held.lease.push(Chunk::new(offset, bytes));
        let (name, expected) = (format!("f{}", known.name), held.at);
        let words = match &pushed {
            Ok(end) => format!("{name} is sent {length} bytes at {offset}, and is at {end}"),
            Err(error) => format!("{name} is sent {length} bytes at {offset}: {error}"),
        };
        if held.stale {
            must!(pushed.is_err(), "{name} took bytes of a lease that was taken over");
        } else if known.doubt || known.doomed.is_some() {
            if let Ok(end) = pushed {
                (held.at, known.high) = (end, end);
            }
        } else {
            let end = offset + length;
            match pushed {
                Ok(got) => {
                    let right = offset == expected && end <= most && got == end;
                    must!(right, "{words}, and should not");
                    (held.at, known.high) = (end, end);
                    known.touch(now);
                }
                Err(UploadError::OffsetMismatch { expected: answered, got }) => {
                    let right = offset != expected && answered == expected && got == offset;
                    must!(right, "{words}, and should be at {expected}");
                }
                Err(error) => {
                    let code = if known.declared { Code::SizeMismatch } else { Code::TooLarge };
                    let right =
                        offset == expected && end > most && error.rejection().code() == code;
                    must!(right, "{words}");
                    known.doomed = Some(code);
                }
            }
        }
        self.say(words);
        Ok(())
    }

    fn release(&mut self, lease: usize) -> Outcome {
        let held = self.leases.remove(lease);
        let (file, name, now) = (held.file, self.name(held.file), self.now());
        let Some(released) = self.run(held.lease.release()) else {
            self.say(format!("{name} is being released when the process dies"));
            return self.die(None);
        };
        self.say(format!("{name} is released: {released:?}"));
        let hit = self.hit() > 0;
        let known = &mut self.files[file];
        known.touch(now);
        if held.stale {
            return Ok(());
        }
        match released {
            Ok(()) => {
                must!(known.doomed.is_none() || known.doubt, "{name} was let off");
                known.is_released();
            }
            Err(error) => {
                let excused = known.doubt || hit || known.doomed == Some(error.rejection().code());
                must!(excused, "{name} was not released: {error}");
                if known.doomed.is_some() { self.is_over(file) } else { self.is_unknown(file) }
            }
        }
        Ok(())
    }

    fn finish(&mut self, lease: usize) -> Outcome {
        let held = self.leases.remove(lease);
        let (file, name, at) = (held.file, self.name(held.file), held.at);
        let (engine, session) = (self.process.engine.clone(), self.files[file].session);
        let session = self.sessions[session].to.session;
        let Some(finished) = self.run(finish_and_record(engine, held.lease, session)) else {
            self.say(format!("{name} is being finished when the process dies"));
            self.is_unknown(file);
            return self.die(None);
        };
        let (hit, now) = (self.hit(), self.now());
        let known = &mut self.files[file];
        known.touch(now);
        let whole = !known.declared || at == known.size;
        let expected = !held.stale && known.doomed.is_none() && whole;
        match finished {
            Ok(entry) => {
                self.log.push(format!("{name} is complete"));
                must!(!held.stale, "{name} was finished by a lease that was taken over");
                must!(expected || known.doubt, "{name} is complete, and {at} bytes were sent");
                let right = Some(digest(known.text.bytes(0, at)));
                must!((entry.length, entry.digest) == (Some(at), right), "{name} is other bytes");
                known.life = Life::Complete { size: at };
            }
            Err(error) => {
                self.log.push(format!("{name} is not complete: {error}"));
                must!(
                    !expected || known.doubt || hit > 0,
                    "{name} did not become complete: {error}"
                );
                match (held.stale, hit) {
                    (true, _) => {}
                    (false, 0 | 1) => self.is_over(file),
                    // The second fault may have hit what was done about the first.
                    (false, _) => self.is_unknown(file),
                }
            }
        }
        Ok(())
    }
}

/// What is done before anybody is told of a file, also of one that came within a request.
pub(super) async fn finish_and_record(
    engine: Engine,
    lease: Lease,
    session: SessionId,
) -> Result<Entry, UploadError> {
    let entry = lease.finish().await?;
    match engine.record(session).await.pop() {
        Some((_, reason)) => Err(reason.into()),
        None => Ok(entry),
    }
}

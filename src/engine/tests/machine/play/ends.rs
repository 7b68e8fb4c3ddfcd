//! Verbs that end something: consumed, cancelled, removed, abandoned, swept.

use super::super::Outcome;
use super::super::model::Life;
use super::{Play, must};
use crate::blob::BlobSource;
use crate::domain::{Chunk, ClientFacts, Entry, EntryRef};
use crate::engine::tests::world::TTL;
use crate::engine::{Clock, Keep, Lifetime, UploadError};

impl Play {
    pub(super) fn cancel(&mut self, file: usize) -> Outcome {
        let (engine, id) = (self.process.engine.clone(), self.files[file].id);
        let caller = self.callers[self.files[file].caller].clone();
        let name = self.name(file);
        let Some(cancelled) = self.run(async move { engine.cancel(id, &caller).await }) else {
            self.say(format!("{name} is being cancelled when the process dies"));
            self.is_unknown(file);
            return self.die(None);
        };
        self.say(format!("{name} is cancelled: {:?}", cancelled.as_ref().map(drop)));
        let known = &self.files[file];
        let expected = match known.life {
            Life::Open | Life::Complete { .. } => true,
            Life::Safe { .. } | Life::Kept { .. } | Life::Over | Life::Unknown => false,
        };
        let doubt = known.doubt || known.doomed.is_some() || self.hit() > 0;
        match cancelled {
            Ok(_) => {
                must!(expected || doubt, "{name} was {:?}, and was cancelled", known.life);
                self.is_over(file);
                self.files[file].live = false;
            }
            Err(error) => {
                must!(!expected || doubt, "{name} was not cancelled: {error}");
                if known.life != Life::Over && doubt && !matches!(known.life, Life::Kept { .. }) {
                    self.is_unknown(file);
                }
            }
        }
        Ok(())
    }

    pub(super) fn consume(&mut self, file: usize, keep: Keep) -> Outcome {
        let (engine, id) = (self.process.engine.clone(), self.files[file].id);
        let caller = self.callers[self.files[file].caller].clone();
        let name = self.name(file);
        let verb = async move { engine.consume(id, &caller, keep).await };
        let before = self.files[file].life;
        let consumed = self.run(verb);
        let words = if keep == Keep::Yes { "kept" } else { "taken" };
        let lost = |play: &mut Self| match (keep, before) {
            (_, Life::Over | Life::Kept { .. } | Life::Open) => {}
            (Keep::Yes, Life::Complete { size } | Life::Safe { size }) => {
                play.files[file].life = Life::Safe { size };
                play.files[file].doubt = true;
            }
            (Keep::No, _) | (_, Life::Unknown) => play.is_unknown(file),
        };
        let Some(consumed) = consumed else {
            self.say(format!("{name} is being {words} when the process dies"));
            lost(self);
            return self.die(None);
        };
        self.say(format!("{name} is {words}: {:?}", consumed.as_ref().map(drop)));
        let known = &mut self.files[file];
        let expected = known.live && matches!(before, Life::Complete { .. });
        match consumed {
            Ok(entry) => {
                must!(expected || known.doubt, "{name} was {before:?}, and was {words}");
                let size = entry.length.unwrap_or_default();
                known.life = if keep == Keep::Yes { Life::Kept { size } } else { Life::Over };
                (known.live, known.spent) = (known.request, known.request);
            }
            Err(error) => {
                let excused = known.doubt || self.hit() > 0;
                must!(!expected || excused, "{name} was not {words}: {error}");
                if excused {
                    lost(self);
                }
            }
        }
        Ok(())
    }

    pub(super) fn look(&mut self, file: usize) -> Outcome {
        let (engine, known) = (self.process.engine.clone(), &self.files[file]);
        let (id, caller, name) = (known.id, self.callers[known.caller].clone(), self.name(file));
        let Some(opened) = self.run(async move { engine.open(id, &caller).await }) else {
            return self.die(None);
        };
        self.say(format!("{name} is opened: {:?}", opened.as_ref().map(drop)));
        let known = &self.files[file];
        match opened {
            Ok((_, blob)) => {
                let BlobSource::Memory(bytes) = blob.into_source() else {
                    return Err("a file of another store".to_owned());
                };
                must!(bytes == known.text.bytes(0, bytes.len() as u64), "{name} has other bytes");
                let expected = known.bytes() == Some(bytes.len() as u64);
                must!(expected || known.doubt, "{name} is {:?}, and can be opened", known.life);
            }
            Err(error) => {
                let excused = known.bytes().is_none() || self.hit() > 0;
                must!(excused, "{name} is {:?}, and can't be opened: {error}", known.life);
            }
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, file: usize) -> Outcome {
        let (engine, known) = (self.process.engine.clone(), &self.files[file]);
        let (id, caller, name) = (known.id, self.callers[known.caller].clone(), self.name(file));
        let before = known.life;
        let Some(removed) = self.run(async move { engine.remove(id, &caller).await }) else {
            self.say(format!("{name} is being removed when the process dies"));
            if known_to_be_stored(before) {
                self.is_unknown(file);
            }
            return self.die(None);
        };
        self.say(format!("{name} is removed: {:?}", removed.as_ref().map(drop)));
        let expected = matches!(before, Life::Kept { .. });
        match removed {
            Ok(_) => {
                must!(expected || self.files[file].doubt, "{name} was {before:?}, and was removed");
                self.is_over(file);
            }
            Err(error) => {
                must!(!expected || self.hit() > 0, "{name} was not removed: {error}");
                if self.hit() > 0 && known_to_be_stored(before) {
                    self.is_unknown(file);
                }
            }
        }
        Ok(())
    }

    /// Somebody else tries everything, and learns nothing.
    pub(super) fn meddle(&mut self, file: usize) -> Outcome {
        let (engine, known) = (self.process.engine.clone(), &self.files[file]);
        let (id, other, name) = (known.id, self.callers[1 - known.caller].clone(), self.name(file));
        let verb = async move {
            [
                engine.get(id, &other).await.err(),
                engine.claim(id, &other).await.err(),
                engine.cancel(id, &other).await.err(),
                engine.open(id, &other).await.err(),
                engine.consume(id, &other, Keep::No).await.err(),
                engine.file(id, &other).await.err(),
                engine.remove(id, &other).await.err(),
            ]
        };
        let Some(answers) = self.run(verb) else {
            return self.die(None);
        };
        self.say(format!("somebody else tries to get at {name}"));
        for answer in answers {
            let learnt = !matches!(answer, Some(UploadError::NotFound));
            must!(!learnt || self.hit() > 0, "{name}: somebody else was answered {answer:?}");
        }
        Ok(())
    }

    pub(super) fn abandon(&mut self, session: usize) -> Outcome {
        let engine = self.process.engine.clone();
        let id = self.sessions[session].to.session;
        let done = self.run(async move { engine.abandon(id).await });
        self.say(format!("the grace time of session {session} is over"));
        self.session_is_over(session, done.is_some() && self.hit() == 0);
        if done.is_none() { self.die(None) } else { Ok(()) }
    }

    /// What a session did not finish ends with it; what is complete stays.
    pub(super) fn session_is_over(&mut self, session: usize, sure: bool) {
        (self.sessions[session].open, self.sessions[session].over) = (false, true);
        for file in 0..self.files.len() {
            if self.files[file].session != session {
                continue;
            }
            match self.files[file].life {
                Life::Open if sure => self.is_over(file),
                Life::Open => self.is_unknown(file),
                _ => {}
            }
            self.files[file].live = false;
        }
    }

    pub(super) fn rest(&mut self) -> Outcome {
        self.process.rest();
        self.say("all comes to rest".to_owned());
        if self.world.faults.stuck() {
            return self.die(None);
        }
        let (now, hit) = (self.now(), self.hit() > 0);
        for held in &self.leases {
            let (known, written) = (&mut self.files[held.file], held.lease.written());
            let durable = held.lease.marks().borrow().durable;
            if held.stale || known.doubt || hit {
                continue;
            }
            let right = durable <= written && written <= known.high;
            must!(right, "f{}: {written} bytes written, {durable} durable", known.name);
            known.durable = known.durable.max(durable);
            if written > known.low {
                known.low = written;
                known.touched.1 = now;
            }
        }
        for file in 0..self.files.len() {
            if self.files[file].doomed.is_some() {
                self.is_over(file);
            }
        }
        Ok(())
    }

    pub(super) fn sweep(&mut self) -> Outcome {
        let engine = self.process.engine.clone();
        let Some(swept) = self.run(async move { engine.sweep(TTL).await }) else {
            self.say("the process dies in a sweep".to_owned());
            self.after_a_sweep(false)?;
            return self.die(None);
        };
        self.say(format!("a sweep: {swept:?}"));
        must!(swept.is_ok() || self.hit() > 0, "the sweep failed: {swept:?}");
        let sure = self.hit() == 0;
        self.after_a_sweep(sure)
    }

    /// Nothing is left that was too old, and nothing else is gone.
    fn after_a_sweep(&mut self, sure: bool) -> Outcome {
        let ttl = i64::try_from(TTL.as_millis()).map_err(|error| error.to_string())?;
        let before = self.world.clock.now().as_millis() - ttl;
        for file in 0..self.files.len() {
            let (name, known) = (self.name(file), &self.files[file]);
            if !matches!(known.life, Life::Open | Life::Complete { .. } | Life::Safe { .. }) {
                continue;
            }
            let session = self.sessions[known.session].to.session;
            let live = self.process.engine.entries(session);
            let active = |entry: &Entry| entry.id == known.id && entry.state().is_active();
            let there = self.world.row(known.id).is_some() || live.iter().any(active);
            let (surely, perhaps) = known.touched;
            let doubt = known.doubt || known.doomed.is_some() || !sure;
            must!(!there || perhaps >= before || doubt, "{name} is too old, and is there");
            must!(there || surely < before || doubt, "{name} is not too old, and is gone");
            if !there {
                self.is_over(file);
            } else if doubt && surely < before {
                self.is_unknown(file);
            }
        }
        Ok(())
    }

    /// Whatever happened before, a file that is sent now is stored.
    pub(super) fn serves_again(&mut self) -> Outcome {
        let session = self.open(0, Lifetime::Session);
        let (engine, to) = (self.process.engine.clone(), self.sessions[session].to.clone());
        let verb = async move {
            let facts =
                ClientFacts { client_name: "last.txt".to_owned(), ..ClientFacts::default() };
            let reference = EntryRef::try_from("last").map_err(|_| UploadError::NotFound)?;
            let entry = engine.register(&to, vec![(reference, facts)]).await?.remove(0)?;
            let mut lease = engine.claim(entry.id, &to.caller).await?;
            lease.push(Chunk::new(0, "the last one"))?;
            lease.finish().await?;
            engine.consume(entry.id, &to.caller, Keep::Yes).await
        };
        match self.run(verb) {
            Some(Ok(entry)) => {
                must!(self.world.store.bytes(entry.id).is_some(), "the last file is not there");
                Ok(())
            }
            other => Err(format!("it does not serve any more: {other:?}")),
        }
    }
}

fn known_to_be_stored(life: Life) -> bool {
    matches!(life, Life::Complete { .. } | Life::Safe { .. } | Life::Kept { .. })
}

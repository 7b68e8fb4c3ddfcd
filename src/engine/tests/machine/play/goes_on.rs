//! Verbs that go on with what somebody began: the same session after its process died, or another one.

use super::super::Outcome;
use super::super::model::Life;
use super::{Play, must};
use crate::domain::{Code, EntryRef};
use crate::engine::{Lifetime, UploadError};

/// As many files as a slot takes (see the world's `registration`).
const ROOM: usize = 6;

impl Play {
    /// The page of a session is there again, and takes up all that it had.
    pub(super) fn resume(&mut self, session: usize) -> Outcome {
        let known = &self.sessions[session];
        if known.over || known.to.lifetime == Lifetime::Request {
            return Ok(());
        }
        let (engine, to) = (self.process.engine.clone(), known.to.clone());
        let verb = async move { engine.left_by(to.session, &to.caller).await };
        let Some(left) = self.run(verb) else {
            self.say(format!("session {session} asks what is left of it when the process dies"));
            return self.die(None);
        };
        let left = match left {
            Ok(left) => left,
            Err(error) => {
                must!(self.hit() > 0, "session {session} was not told what is left: {error}");
                return Ok(());
            }
        };
        self.say(format!("session {session} is back"));
        self.sessions[session].open = true;
        for file in 0..self.files.len() {
            let (name, known) = (self.name(file), &self.files[file]);
            let mine = known.session == session && !known.doubt;
            let there = left.iter().find(|entry| entry.id == known.id);
            match known.life {
                Life::Open | Life::Complete { .. } if mine => {
                    must!(there.is_some(), "session {session} is not told of {name}");
                }
                _ => {}
            }
            if let Some(entry) = there.filter(|entry| !entry.state().is_terminal()) {
                let reference = entry.reference.clone();
                self.take_up(file, session, reference)?;
            }
        }
        Ok(())
    }

    pub(super) fn adopt(&mut self, file: usize, session: usize) -> Outcome {
        let to = &self.sessions[session];
        if !to.open || to.to.lifetime == Lifetime::Request || self.files[file].request {
            return Ok(());
        }
        let reference = format!("f{}s{session}", self.files[file].name);
        let reference = EntryRef::try_from(&*reference).map_err(|error| error.to_string())?;
        self.take_up(file, session, reference)
    }

    fn take_up(&mut self, file: usize, session: usize, reference: EntryRef) -> Outcome {
        let (engine, id) = (self.process.engine.clone(), self.files[file].id);
        let to = self.sessions[session].to.clone();
        let name = self.name(file);
        let Some(adopted) = self.run(async move { engine.adopt(&to, id, reference).await }) else {
            self.say(format!("session {session} takes {name} up when the process dies"));
            // Its row may be either session's.
            self.files[file].doubt = true;
            return self.die(None);
        };
        let others = self
            .files
            .iter()
            .enumerate()
            .filter(|(other, known)| *other != file && known.session == session && known.live);
        let used = others
            .filter(|(_, known)| matches!(known.life, Life::Open | Life::Complete { .. }))
            .count();
        let (hit, now, moves) = (self.hit() > 0, self.now(), self.files[file].session != session);
        let strict = !self
            .files
            .iter()
            .any(|known| known.session == session && (known.doubt || known.doomed.is_some()));
        let known = &mut self.files[file];
        let mine = known.caller == self.sessions[session].caller;
        let doubt = known.doubt || hit || !strict;
        let full = moves && known.life == Life::Open && used >= ROOM;
        let expected = mine
            && !full
            && match known.life {
                Life::Open | Life::Complete { .. } => true,
                Life::Safe { .. } | Life::Kept { .. } | Life::Over | Life::Unknown => false,
            };
        match adopted {
            Ok(entry) => {
                let at = entry.offset;
                self.log.push(format!("session {session} takes {name} up, at {at}"));
                must!(expected || doubt, "{name} was {:?}, and was taken up", known.life);
                must!(mine, "{name} was taken up by somebody else");
                (known.session, known.live) = (session, true);
                known.touch(now);
                if known.life == Life::Open {
                    let right = (known.durable <= at || doubt) && at <= known.high;
                    let (low, high) = (known.durable, known.high);
                    must!(right, "{name} goes on at {at}, and {low} to {high} are there");
                    (known.durable, known.low, known.high) = (at, at, at);
                    known.doomed = None;
                    self.fence(file);
                }
            }
            Err(error) => {
                self.log.push(format!("session {session} does not take {name} up: {error}"));
                let fate = known.doomed;
                let code = error.rejection().code();
                let refused = fate == Some(code) || (full && code == Code::TooManyFiles);
                must!(!expected || doubt || refused, "{name} was not taken up: {error}");
                let known_here = matches!(error, UploadError::NotFound) || mine;
                must!(known_here || hit, "somebody else was told of {name}: {error}");
                if fate == Some(code) {
                    self.is_over(file);
                } else if expected && doubt {
                    self.is_unknown(file);
                }
            }
        }
        Ok(())
    }
}

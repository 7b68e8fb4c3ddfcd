//! Two at once: an entry is being finished while somebody does something else with it.

use super::super::Outcome;
use super::super::command::Rival;
use super::super::model::{Held, Life};
use super::verbs::finish_and_record;
use super::{Play, must};
use crate::engine::{Lease, UploadError};

/// What the rival was answered.
enum Answer {
    Cancelled(Result<(), UploadError>),
    Claimed(Result<Lease, UploadError>),
    Abandoned,
}

impl Play {
    /// Finishes an entry, and lets the rival begin so many turns later.
    pub(super) fn race(&mut self, lease: usize, rival: Rival, turns: usize) -> Outcome {
        let held = self.leases.remove(lease);
        let (file, name, engine) = (held.file, self.name(held.file), self.process.engine.clone());
        let known = &self.files[file];
        let (id, session) = (known.id, self.sessions[known.session].to.session);
        let (place, caller) = (known.session, self.callers[known.caller].clone());
        let mine = held.lease;
        let verb = async move {
            let finishing = tokio::spawn(finish_and_record(engine.clone(), mine, session));
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            let answer = match rival {
                Rival::Cancel => Answer::Cancelled(engine.cancel(id, &caller).await.map(drop)),
                Rival::Claim => Answer::Claimed(engine.claim(id, &caller).await),
                Rival::Abandon => {
                    engine.abandon(session).await;
                    Answer::Abandoned
                }
            };
            (finishing.await, answer)
        };
        let Some((finished, answer)) = self.run(verb) else {
            self.say(format!(
                "{name} is being finished, against a {rival:?}, when the process dies"
            ));
            self.is_unknown(file);
            if rival == Rival::Abandon {
                self.session_is_over(place, false);
            }
            return self.die(None);
        };
        let finished = finished.map_err(|error| format!("{name}: a finish died: {error}"))?;
        self.say(format!("{name} is finished: {:?}", finished.as_ref().map(drop)));
        let (hit, now) = (self.hit() > 0, self.now());
        let known = &mut self.files[file];
        known.touch(now);
        must!(
            !held.stale || finished.is_err(),
            "{name} was finished by a lease that was taken over"
        );
        let whole = !known.declared || held.at == known.size;
        let doubt = known.doubt || hit;
        let fine = known.life == Life::Open && known.live && known.doomed.is_none() && whole;
        match answer {
            Answer::Cancelled(cancelled) => {
                self.log.push(format!("  and cancelled meanwhile: {cancelled:?}"));
                let one = cancelled.is_ok() || finished.is_err();
                must!(one || doubt, "{name} is complete, and could not be cancelled");
                match (cancelled.is_ok(), doubt) {
                    (true, _) => self.is_over(file),
                    (false, true) => self.is_unknown(file),
                    (false, false) if held.stale && fine => {
                        return Err(format!("{name} was not cancelled"));
                    }
                    (false, false) if !held.stale => self.is_over(file),
                    (false, false) => {}
                }
                self.files[file].live &= cancelled.is_err();
            }
            Answer::Claimed(claimed) => {
                let words = claimed.as_ref().map(Lease::offset);
                self.log.push(format!("  and claimed meanwhile: {words:?}"));
                let both = claimed.is_ok() && finished.is_ok();
                must!(!both, "{name} is complete, and was claimed");
                let none = claimed.is_err() && finished.is_err();
                must!(!none || !fine || doubt, "{name} was neither finished nor claimed");
                match (claimed, finished) {
                    (Ok(lease), _) => {
                        let (low, high, at) = (known.low, known.high, lease.offset());
                        let right = (low <= at || doubt) && at <= high;
                        must!(right, "{name} goes on at {at}, and {low} to {high} are there");
                        (known.low, known.high, known.doomed) = (at, at, None);
                        self.fence(file);
                        self.leases.push(Held { lease, file, at, stale: false });
                    }
                    (Err(_), Ok(_)) => known.life = Life::Complete { size: held.at },
                    (Err(_), Err(_)) if doubt => self.is_unknown(file),
                    (Err(_), Err(_)) if held.stale => {}
                    (Err(_), Err(_)) => self.is_over(file),
                }
            }
            Answer::Abandoned => {
                self.log.push("  and its session is abandoned meanwhile".to_owned());
                match finished {
                    Ok(_) => known.life = Life::Complete { size: held.at },
                    Err(_) if doubt => self.is_unknown(file),
                    Err(_) if known.life == Life::Open => self.is_over(file),
                    Err(_) => {}
                }
                self.session_is_over(place, !hit);
            }
        }
        Ok(())
    }
}

//! The outbox of a catalogue in memory.

use async_trait::async_trait;

use super::Memory;
use crate::catalogue::{Bounds, CatalogueError, Envelope, Fate, Outbox, Waiting};
use crate::domain::{Entry, EntryId, Letter, LetterId, Timestamp};

/// A letter and how far it is on its way to one receiver.
#[derive(Clone, Debug)]
pub(super) struct Posted {
    letter: Letter,
    attempts: u32,
    due_at: Timestamp,
    dead_at: Option<Timestamp>,
}

impl Memory {
    fn tell(&self, envelope: &Envelope) {
        let letter = &envelope.letter;
        let mut letters = self.letters();
        for receiver in &envelope.to {
            let key = (receiver.clone(), letter.id);
            let due_at = letter.created_at;
            let posted = Posted { letter: letter.clone(), attempts: 0, due_at, dead_at: None };
            letters.entry(key).or_insert(posted);
        }
    }
}

// ORDER: in all of them the entries first, the letters behind them. Nobody holds both in another order.
#[async_trait]
impl Outbox for Memory {
    async fn settle_and_tell(
        &self,
        entry: &Entry,
        envelope: &Envelope,
    ) -> Result<(), CatalogueError> {
        let mut known = self.lock();
        known.insert(entry.id, entry.clone());
        self.tell(envelope);
        Ok(())
    }

    async fn take_back(&self, entry: &Entry, letter: LetterId) -> Result<(), CatalogueError> {
        let mut known = self.lock();
        known.insert(entry.id, entry.clone());
        self.letters().retain(|(_, id), _| *id != letter);
        Ok(())
    }

    async fn remove_and_tell(
        &self,
        id: EntryId,
        envelope: &Envelope,
    ) -> Result<(), CatalogueError> {
        let mut known = self.lock();
        if known.remove(&id).is_some() {
            self.tell(envelope);
        }
        Ok(())
    }

    async fn due(
        &self,
        receiver: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Waiting>, CatalogueError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let letters = self.letters();
        let due = letters.iter().filter(|((to, _), posted)| {
            to == receiver && posted.dead_at.is_none() && posted.due_at <= now
        });
        let due = due.map(|(_, posted)| Waiting {
            letter: posted.letter.clone(),
            attempts: posted.attempts,
        });
        Ok(due.take(limit).collect())
    }

    async fn attempted(
        &self,
        letter: LetterId,
        receiver: &str,
        fate: &Fate,
    ) -> Result<(), CatalogueError> {
        let key = (receiver.to_owned(), letter);
        let mut letters = self.letters();
        if *fate == Fate::Delivered {
            letters.remove(&key);
            return Ok(());
        }
        let Some(posted) = letters.get_mut(&key).filter(|posted| posted.dead_at.is_none()) else {
            return Ok(());
        };
        match fate {
            Fate::Later { attempts, due_at, .. } => {
                (posted.attempts, posted.due_at) = (*attempts, *due_at);
            }
            Fate::Dead { attempts, at, .. } => {
                (posted.attempts, posted.dead_at) = (*attempts, Some(*at));
            }
            Fate::Delivered => {}
        }
        Ok(())
    }

    async fn tidy(
        &self,
        receivers: &[String],
        now: Timestamp,
        bounds: &Bounds,
    ) -> Result<u64, CatalogueError> {
        let mut letters = self.letters();
        let mut given_up = 0;
        let mut room: Vec<(&String, u32)> =
            receivers.iter().map(|to| (to, bounds.waiting)).collect();
        // From the newest on: the oldest find no room any more.
        for ((to, _), posted) in letters.iter_mut().rev() {
            if posted.dead_at.is_some() {
                continue;
            }
            match room.iter_mut().find(|(known, _)| *known == to) {
                Some((_, left)) if *left > 0 => *left -= 1,
                _ => {
                    posted.dead_at = Some(now);
                    given_up += 1;
                }
            }
        }
        let old = now.checked_sub(bounds.dead_for).unwrap_or_default();
        letters.retain(|_, posted| posted.dead_at.is_none_or(|at| at >= old));
        let mut dead: Vec<_> = letters
            .iter()
            .filter_map(|(key, posted)| Some((posted.dead_at?, key.1, key.clone())))
            .collect();
        dead.sort();
        let keep = usize::try_from(bounds.dead).unwrap_or(usize::MAX);
        for (_, _, key) in dead.iter().rev().skip(keep) {
            letters.remove(key);
        }
        Ok(given_up)
    }
}

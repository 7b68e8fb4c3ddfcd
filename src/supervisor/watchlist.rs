//! The requests whose peers let somebody wait. A list and not messages: the supervisor's mailbox is for
//! sessions, and a fast request is over before it would have been read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Pace;

/// Who is watched. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Watchlist(Arc<Mutex<Paces>>);

#[derive(Debug, Default)]
struct Paces {
    last: u64,
    watched: HashMap<u64, Arc<Pace>>,
}

/// Somebody is watched until this is dropped.
#[derive(Debug)]
pub struct Watched {
    number: u64,
    list: Watchlist,
}

impl Watchlist {
    /// The supervisor looks at this from now on.
    #[must_use]
    pub fn add(&self, pace: &Arc<Pace>) -> Watched {
        let mut paces = self.paces();
        paces.last += 1;
        let number = paces.last;
        paces.watched.insert(number, Arc::clone(pace));
        Watched { number, list: self.clone() }
    }

    /// Looks at all.
    pub(super) fn look(&self) {
        // A cut and a waker are strangers' code; nobody waits for them with the list in hand.
        let all: Vec<Arc<Pace>> = self.paces().watched.values().cloned().collect();
        for pace in all {
            pace.look();
        }
    }

    fn paces(&self) -> MutexGuard<'_, Paces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut paces = self.list.paces();
        paces.watched.remove(&self.number);
        if paces.watched.capacity() > 4_096 && paces.watched.len() < paces.watched.capacity() / 8 {
            paces.watched.shrink_to_fit();
        }
    }
}

//! Seats: how many connections or live pages somebody has at a time.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Bounded places for each key.
#[derive(Debug)]
pub(super) struct Seats<K> {
    most: Option<usize>,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

/// A place that is held until this is dropped.
pub(crate) struct Seat(Option<Box<dyn FnOnce() + Send + Sync>>);

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Seats<K> {
    pub(super) fn new(most: Option<usize>) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// One more, if there is a place.
    pub(super) fn take(&self, key: K) -> Option<Seat> {
        let Some(most) = self.most else { return Some(Seat(None)) };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get(&key).copied().unwrap_or_default();
        if count >= most {
            return None;
        }
        taken.insert(key.clone(), count + 1);
        drop(taken);
        let all = Arc::clone(&self.taken);
        Some(Seat(Some(Box::new(move || stand_up(&all, &key)))))
    }
}

fn stand_up<K: Hash + Eq>(all: &Mutex<HashMap<K, usize>>, key: &K) {
    let mut taken = all.lock().unwrap_or_else(PoisonError::into_inner);
    match taken.get_mut(key) {
        Some(count) if *count > 1 => *count -= 1,
        _ => drop(taken.remove(key)),
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seat")
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(stand_up) = self.0.take() {
            stand_up();
        }
    }
}

//! Whose turn it is: requests about one upload, in the order in which they came.
//!
//! The newest request has an upload. But a request has a way to go before it takes one, and on that way a newer one
//! can pass it: it asks how far the upload is, is told, and then the older one takes the upload after all and
//! moves it on. What was told would be wrong. So each request draws a number when it comes, and who finds that
//! a higher one has taken the upload stands back.
//!
//! Nothing is remembered of an upload about which no request is under way.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use crate::domain::EntryId;
use crate::uploads::UploadError;

/// All requests of the process: an id is of one upload alone, whoever serves it.
static UNDER_WAY: LazyLock<Mutex<HashMap<EntryId, Line>>> = LazyLock::new(Mutex::default);
static NUMBER: AtomicU64 = AtomicU64::new(1);

#[derive(Debug, Default)]
struct Line {
    requests: usize,
    /// The highest number that has taken the upload.
    newest: u64,
}

/// The number of a request.
#[derive(Debug)]
pub(super) struct Turn {
    id: EntryId,
    number: u64,
}

impl Turn {
    /// Draws a number, as soon as a request is there.
    pub(super) fn draw(id: EntryId) -> Self {
        let mut lines = lines();
        lines.entry(id).or_default().requests += 1;
        Self { id, number: NUMBER.fetch_add(1, Ordering::Relaxed) }
    }

    /// Says that this request takes the upload, before it does.
    ///
    /// # Errors
    /// [`UploadError::Superseded`] if a newer one has.
    pub(super) fn take(&self) -> Result<(), UploadError> {
        let mut lines = lines();
        let line = lines.entry(self.id).or_default();
        line.newest = line.newest.max(self.number);
        if line.newest == self.number { Ok(()) } else { Err(UploadError::Superseded) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Slot::Occupied(mut line) = lines().entry(self.id) {
            line.get_mut().requests -= 1;
            if line.get().requests == 0 {
                line.remove();
            }
        }
    }
}

fn lines() -> MutexGuard<'static, HashMap<EntryId, Line>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_older_one_stands_back_when_the_newer_one_has_taken_it() {
        let id = EntryId::from_uuid(Uuid::now_v7());
        let (older, newer) = (Turn::draw(id), Turn::draw(id));
        let other = Turn::draw(EntryId::from_uuid(Uuid::now_v7()));
        assert!(older.take().is_ok(), "the newer one only looks so far");
        assert!(newer.take().is_ok() && newer.take().is_ok());
        assert!(older.take().is_err());
        assert!(other.take().is_ok(), "another upload is another line");
        drop(newer);
        assert!(older.take().is_err(), "it has been told something meanwhile");
        drop(older);
        assert!(!lines().contains_key(&id));
        assert!(Turn::draw(id).take().is_ok());
    }
}

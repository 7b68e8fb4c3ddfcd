//! [`Recent`]: rows of stored files that were asked for a moment ago. A player that asks for range after range and a page
//! that shows the same pictures again need no way to a reading thread for each request.
//!
//! ORDER: before its transaction the writer takes out what it will change, and nothing is kept until its commit is done;
//! then it counts a change, and only then it answers. Whoever reads notes the count before, and what was read is kept only
//! if nothing was changed since. So a load that begins after a change was answered never finds what was there before it,
//! and nobody who has found the change already does. What the writer itself has stored is kept with that same step: whoever
//! stored a file asks for it next. Nobody else changes rows while we have the data folder; what a person
//! with a shell does is seen when [`FRESH`] is over.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::{Entry, EntryId, EntryState};

/// As many rows as are kept: one to two MiB, if names and claims in them are as long as most are.
const MOST: usize = 1_024;
/// So long after it was read a row is good.
const FRESH: Duration = Duration::from_secs(5);

/// Cheap to clone; clones are the same shelf.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent(Arc<Mutex<Shelf>>);

#[derive(Debug, Default)]
struct Shelf {
    changes: u64,
    /// Nothing is kept just now: the writer is at work, or has ended.
    closed: bool,
    rows: HashMap<EntryId, (Instant, Entry)>,
    /// Which row goes first when there are too many. Some of them may be gone already.
    turn: VecDeque<EntryId>,
}

/// When somebody began to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark(u64);

impl Recent {
    /// The row, or the mark of whoever has to read it now.
    pub(super) fn find(&self, id: EntryId, now: Instant) -> Result<Entry, Mark> {
        let shelf = self.lock();
        match shelf.rows.get(&id) {
            Some((read, entry)) if now.saturating_duration_since(*read) < FRESH => {
                Ok(entry.clone())
            }
            _ => Err(Mark(shelf.changes)),
        }
    }

    /// Keeps what was read since the mark. Only stored files: other rows change all the time.
    pub(super) fn keep(&self, mark: Mark, entry: &Entry, now: Instant) {
        if !is_stored(entry) {
            return;
        }
        let mut shelf = self.lock();
        if !shelf.closed && shelf.changes == mark.0 {
            shelf.keep(entry.clone(), now);
        }
    }

    /// These rows are about to change.
    pub(super) fn begin(&self, ids: impl IntoIterator<Item = EntryId>) {
        let mut shelf = self.lock();
        shelf.closed = true;
        for id in ids {
            shelf.rows.remove(&id);
        }
    }

    /// They have, or may have; and these rows say now what was stored. Who stored a file asks for it next.
    pub(super) fn done(&self, stored: HashMap<EntryId, Entry>, now: Instant) {
        let mut shelf = self.lock();
        shelf.closed = false;
        shelf.changes += 1;
        for entry in stored.into_values() {
            shelf.keep(entry, now);
        }
    }

    /// Nothing is found here any more.
    pub(super) fn end(&self) {
        let mut shelf = self.lock();
        (shelf.closed, shelf.rows, shelf.turn) = (true, HashMap::new(), VecDeque::new());
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn keep(&mut self, entry: Entry, now: Instant) {
        let id = entry.id;
        if self.rows.insert(id, (now, entry)).is_none() {
            self.turn.push_back(id);
        }
        while self.turn.len() > MOST {
            if let Some(first) = self.turn.pop_front() {
                self.rows.remove(&first);
            }
        }
    }
}

/// Whether the row of this entry is one that is worth keeping.
pub(super) fn is_stored(entry: &Entry) -> bool {
    entry.kept_at.is_some() && *entry.state() == EntryState::Consumed
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::catalogue::conformance::full_entry;
    use crate::domain::Timestamp;

    fn stored(number: u128) -> Entry {
        let mut entry = full_entry().with_state(EntryState::Consumed);
        entry.id = EntryId::from_uuid(Uuid::from_u128(number));
        entry.kept_at = Some(Timestamp::from_millis(1));
        entry
    }

    fn mark(recent: &Recent, entry: &Entry, now: Instant) -> Mark {
        recent.find(entry.id, now).expect_err("it isn't there")
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let (recent, now) = (Recent::default(), Instant::now());
        let row = stored(1);
        let before = mark(&recent, &row, now);
        recent.begin([row.id]);
        let between = mark(&recent, &row, now);
        recent.keep(before, &row, now);
        recent.keep(between, &row, now);
        mark(&recent, &row, now);
        recent.done(HashMap::new(), now);
        recent.keep(before, &row, now);
        recent.keep(between, &row, now);
        let after = mark(&recent, &row, now);
        recent.keep(after, &row, now);
        assert_eq!(recent.find(row.id, now).unwrap(), row);
        recent.begin([row.id]);
        mark(&recent, &row, now);
    }

    #[test]
    fn what_was_just_stored_is_found_without_being_read() {
        let (recent, now) = (Recent::default(), Instant::now());
        let row = stored(1);
        let before = mark(&recent, &row, now);
        recent.begin([row.id]);
        recent.done(HashMap::from([(row.id, row.clone())]), now);
        assert_eq!(recent.find(row.id, now).unwrap(), row);
        let mut older = row.clone();
        older.memo = Some("older".to_owned());
        recent.keep(before, &older, now);
        assert_eq!(recent.find(row.id, now).unwrap(), row, "what was read before doesn't count");
        recent.begin([row.id]);
        recent.done(HashMap::new(), now);
        mark(&recent, &row, now);
    }

    #[test]
    fn a_row_is_good_for_a_while_and_only_so_many_are_kept() {
        let (recent, now) = (Recent::default(), Instant::now());
        let first = stored(1);
        recent.keep(mark(&recent, &first, now), &first, now);
        mark(&recent, &first, now + FRESH);
        for number in 2..=MOST as u128 + 10 {
            let row = stored(number);
            recent.keep(mark(&recent, &row, now), &row, now);
        }
        mark(&recent, &first, now);
        assert_eq!(recent.lock().rows.len(), MOST);
        assert!(recent.lock().turn.len() <= MOST);
    }

    #[test]
    fn a_row_that_comes_and_goes_takes_no_more_room_each_time() {
        let (recent, now) = (Recent::default(), Instant::now());
        let row = stored(1);
        for _ in 0..3 * MOST {
            recent.keep(mark(&recent, &row, now), &row, now);
            recent.begin([row.id]);
            recent.done(HashMap::new(), now);
        }
        assert!(recent.lock().turn.len() <= MOST);
    }

    #[test]
    fn only_stored_files_are_kept_and_nothing_after_the_end() {
        let (recent, now) = (Recent::default(), Instant::now());
        let mut unfinished = stored(1);
        unfinished.kept_at = None;
        recent.keep(mark(&recent, &unfinished, now), &unfinished, now);
        mark(&recent, &unfinished, now);
        let row = stored(1);
        recent.keep(mark(&recent, &row, now), &row, now);
        recent.end();
        recent.keep(mark(&recent, &row, now), &row, now);
        mark(&recent, &row, now);
    }
}

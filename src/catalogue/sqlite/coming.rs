//! [`Coming`]: rows that are known to come in a moment.
//!
//! The store makes many little files durable with one sync, and each of them brings its row as soon as a processor gets to
//! it. A writer that begins with the first would commit nearly every row by itself: each commit writes the same pages
//! of the same indexes again, and syncs them. So whoever is about to store a little file says that its row will come, and
//! the writer waits for those who had said so when it was about to begin; not for whoever says it later, and for each
//! only a [`MOMENT`].
//!
//! ORDER: a row is in its lane before it counts as here, so a writer that waited finds it there.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::domain::EntryId;

/// So long after it was announced a row is waited for. As long as three or four syncs of a fast disk take; on a slow one rows are
/// committed as they come.
pub(super) const MOMENT: Duration = Duration::from_millis(5);

/// Cheap to clone; clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Coming(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    rows: Mutex<Rows>,
    all_here: Notify,
}

#[derive(Debug, Default)]
struct Rows {
    announced: HashMap<EntryId, Instant>,
    awaited: HashSet<EntryId>,
}

impl Coming {
    /// The row of this entry will be here in a moment. It need not come.
    pub(super) fn announce(&self, id: EntryId) {
        self.rows().announced.insert(id, Instant::now());
    }

    /// It is in its lane.
    pub(super) fn is_here(&self, id: EntryId) {
        let mut rows = self.rows();
        rows.announced.remove(&id);
        if rows.awaited.remove(&id) && rows.awaited.is_empty() {
            self.0.all_here.notify_one();
        }
    }

    /// Waits for those that are announced; false if there are none.
    pub(super) async fn all_here(&self) -> bool {
        let Some(last) = self.begin() else { return false };
        let all_here = async {
            while !self.rows().awaited.is_empty() {
                self.0.all_here.notified().await;
            }
        };
        if timeout_at(last + MOMENT, all_here).await.is_err() {
            self.rows().awaited.clear();
        }
        true
    }

    /// Answers when the last of them was announced. Whoever announces may live by another clock, in a test that turns it.
    fn begin(&self) -> Option<Instant> {
        let (rows, now) = (&mut *self.rows(), Instant::now());
        let young = rows.announced.drain().filter(|(_, at)| now.duration_since(*at) < MOMENT);
        let (awaited, announced): (HashSet<_>, Vec<_>) = young.unzip();
        rows.awaited = awaited;
        announced.into_iter().max().map(|last| last.min(now))
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> EntryId {
        EntryId::from_uuid(Uuid::from_u128(number))
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_where_nothing_is_announced() {
        let coming = Coming::default();
        assert!(!coming.all_here().await);
        coming.announce(id(1));
        coming.is_here(id(1));
        assert!(!coming.all_here().await, "it is here already");
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_one_announced_ends_the_wait() {
        let coming = Coming::default();
        coming.announce(id(1));
        coming.announce(id(2));
        let begun = Instant::now();
        let mut waiting = std::pin::pin!(coming.all_here());
        assert!(waiting.as_mut().now_or_never().is_none());
        coming.announce(id(3));
        coming.is_here(id(2));
        coming.is_here(id(7));
        assert!(waiting.as_mut().now_or_never().is_none());
        coming.is_here(id(1));
        assert!(waiting.await, "and not for whoever was announced meanwhile");
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_come_is_waited_for_once_and_not_for_long() {
        let coming = Coming::default();
        coming.announce(id(1));
        let begun = Instant::now();
        assert!(coming.all_here().await);
        assert!(begun.elapsed() <= MOMENT + Duration::from_millis(1), "{:?}", begun.elapsed());
        assert!(!coming.all_here().await, "not a second time");
        coming.is_here(id(1));
        let tomorrow = Instant::now() + Duration::from_secs(86_400);
        coming.rows().announced.insert(id(3), tomorrow);
        let begun = Instant::now();
        assert!(coming.all_here().await);
        assert!(begun.elapsed() <= MOMENT + Duration::from_millis(1), "by our own clock");
        coming.announce(id(2));
        tokio::time::advance(MOMENT).await;
        assert!(!coming.all_here().await, "it was announced too long ago");
    }
}

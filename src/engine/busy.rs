//! What must not be cut off: a batch that is being written, an entry that is being settled.
//!
//! A drain waits until nothing of the kind is under way. Each piece of work holds a guard, so that one that
//! panics or is dropped is not waited for.

use std::sync::Arc;

use tokio::sync::watch;

/// As many pieces of work are a few.
const FEW: usize = 2;

/// How many pieces of work are under way.
#[derive(Debug, Clone)]
pub(super) struct Busy(Arc<watch::Sender<usize>>);

/// One piece of work.
#[derive(Debug)]
pub(super) struct Work(Arc<watch::Sender<usize>>);

impl Default for Busy {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Busy {
    pub(super) fn begin(&self) -> Work {
        self.0.send_modify(|count| *count += 1);
        Work(Arc::clone(&self.0))
    }

    /// How much is under way now.
    pub(super) fn count(&self) -> usize {
        *self.0.borrow()
    }

    /// Whether more is under way than a few: then there is always something to do, and whoever has much waiting gains
    /// nothing by it.
    pub(super) fn is_crowded(&self) -> bool {
        self.count() > FEW
    }

    /// Resolves when nothing is under way.
    pub(super) async fn ended(&self) {
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

//! [`Faults`]: which operations of a store or a catalogue go wrong, and how.
//!
//! A fault that is sought by its kind ("the second write") finds what somebody thought of. To find the
//! rest, a life is run once to count its operations, and then once for each of them with a fault there;
//! for that one count runs over all kinds, over a store and its catalogue together if they share it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::io::Errno;
use tokio::time::sleep;

/// What can be made to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// [`BlobStore::create`](crate::blob::BlobStore::create).
    Create,
    /// [`BlobStore::reopen`](crate::blob::BlobStore::reopen).
    Reopen,
    /// [`BlobStore::open`](crate::blob::BlobStore::open).
    Open,
    /// [`BlobStore::remove`](crate::blob::BlobStore::remove).
    Remove,
    /// [`BlobWriter::write_at`](crate::blob::BlobWriter::write_at).
    Write,
    /// [`BlobWriter::read_at`](crate::blob::BlobWriter::read_at).
    Read,
    /// [`BlobWriter::copy_at`](crate::blob::BlobWriter::copy_at).
    Copy,
    /// [`BlobWriter::truncate`](crate::blob::BlobWriter::truncate).
    Truncate,
    /// [`BlobWriter::sync`](crate::blob::BlobWriter::sync).
    Sync,
    /// [`BlobWriter::publish`](crate::blob::BlobWriter::publish).
    Publish,
    /// [`BlobWriter::abort`](crate::blob::BlobWriter::abort).
    Abort,
    /// [`Spool::leftover`](crate::blob::Spool::leftover).
    Leftover,
    /// [`Spool::reclaim`](crate::blob::Spool::reclaim).
    Reclaim,
    /// [`Spool::quarantine`](crate::blob::Spool::quarantine).
    Quarantine,
    /// [`Spool::empty_quarantine`](crate::blob::Spool::empty_quarantine).
    EmptyQuarantine,
    /// [`Spool::tidy`](crate::blob::Spool::tidy).
    Tidy,
    /// [`Catalogue::insert`](crate::catalogue::Catalogue::insert).
    Insert,
    /// [`Catalogue::load`](crate::catalogue::Catalogue::load).
    Load,
    /// [`Catalogue::list`](crate::catalogue::Catalogue::list).
    List,
    /// [`Catalogue::checkpoint`](crate::catalogue::Catalogue::checkpoint).
    Checkpoint,
    /// [`Catalogue::settle`](crate::catalogue::Catalogue::settle).
    Settle,
    /// [`Catalogue::remove`](crate::catalogue::Catalogue::remove).
    Forget,
}

/// How it goes wrong.
///
/// The worst are those where the thing was done and the answer says otherwise: whoever believes the answer
/// leaves something behind, whoever believes the opposite lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No room is left (`ENOSPC`); nothing was done.
    NoSpace,
    /// The disk is broken (`EIO`); nothing was done.
    Broken,
    /// Nothing goes wrong, it only takes this long.
    Slow(Duration),
    /// No answer ever comes, and nothing was done: whoever drops the runtime now has stopped the process
    /// just before the operation.
    Stuck,
    /// It was done, and `ENOSPC` is answered all the same.
    DoneButNoSpace,
    /// It was done, and `EIO` is answered all the same.
    DoneButBroken,
    /// It was done, and no answer ever comes: as for [`Fault::Stuck`], just behind the operation.
    DoneButStuck,
}

impl Fault {
    /// Those that answer an error.
    pub const ERRORS: [Self; 4] =
        [Self::NoSpace, Self::Broken, Self::DoneButNoSpace, Self::DoneButBroken];
    /// Those that never answer.
    pub const CRASHES: [Self; 2] = [Self::Stuck, Self::DoneButStuck];
}

/// Faults to come, and a count of the operations. Clones are the same faults and the same count.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    planned: Vec<(At, Fault)>,
    log: Vec<Operation>,
    met: Vec<Met>,
    stuck: bool,
    gives_way: bool,
}

#[derive(Clone, Copy, Debug)]
enum At {
    /// The n-th of its kind.
    Kind(Operation, u64),
    /// The n-th of any kind.
    Any(u64),
    /// The n-th of any kind and each one behind it.
    Since(u64),
}

/// A fault that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Met {
    /// Which operation it was, counted over all kinds from one.
    pub nth: u64,
    /// What was asked for.
    pub operation: Operation,
    /// What went wrong.
    pub fault: Fault,
}

impl Faults {
    /// No fault yet.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Puts a fault on the `nth` operation of its kind, counted from one.
    pub fn of(&self, operation: Operation, nth: u64, fault: Fault) {
        self.plan().planned.push((At::Kind(operation, nth), fault));
    }

    /// Puts a fault on the next operation of its kind.
    pub fn next(&self, operation: Operation, fault: Fault) {
        self.of(operation, self.seen(operation) + 1, fault);
    }

    /// Puts a fault on the `nth` operation of any kind, counted from one.
    pub fn at(&self, nth: u64, fault: Fault) {
        self.plan().planned.push((At::Any(nth), fault));
    }

    /// Puts a fault on the `nth` operation of any kind and on every one behind it, until [`Faults::heal`].
    pub fn since(&self, nth: u64, fault: Fault) {
        self.plan().planned.push((At::Since(nth), fault));
    }

    /// Nothing goes wrong from now on; what is stuck stays so.
    pub fn heal(&self) {
        let mut plan = self.plan();
        plan.planned.clear();
        plan.stuck = false;
    }

    /// How many operations were asked for so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.plan().log.len() as u64
    }

    /// How many operations of the kind were asked for so far.
    #[must_use]
    pub fn seen(&self, operation: Operation) -> u64 {
        self.plan().seen(operation)
    }

    /// The operations that were asked for so far, in their order.
    #[must_use]
    pub fn log(&self) -> Vec<Operation> {
        self.plan().log.clone()
    }

    /// The faults that happened so far, in their order.
    #[must_use]
    pub fn met(&self) -> Vec<Met> {
        self.plan().met.clone()
    }

    /// From now on each operation lets all others go first, before it is done and after it: what is in memory and
    /// answers at once hides what happens when two meet.
    #[must_use]
    pub fn giving_way(self) -> Self {
        self.plan().gives_way = true;
        self
    }

    /// True if an operation got stuck since the start or the last [`Faults::heal`].
    #[must_use]
    pub fn stuck(&self) -> bool {
        self.plan().stuck
    }

    /// Counts an operation and runs it, with the faults that were planned for it. `error` makes the answer of
    /// what the system would have said.
    pub(crate) async fn around<T, E>(
        &self,
        operation: Operation,
        error: fn(io::Error) -> E,
        inner: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let (faults, gives_way) = {
            let mut plan = self.plan();
            (plan.meet(operation), plan.gives_way)
        };
        if gives_way {
            tokio::task::yield_now().await;
        }
        for fault in &faults {
            match fault {
                Fault::Slow(time) => sleep(*time).await,
                Fault::Stuck => std::future::pending().await,
                Fault::NoSpace => return Err(error(Errno::NOSPC.into())),
                Fault::Broken => return Err(error(Errno::IO.into())),
                Fault::DoneButNoSpace | Fault::DoneButBroken | Fault::DoneButStuck => {}
            }
        }
        let done = inner.await;
        if gives_way {
            tokio::task::yield_now().await;
        }
        for fault in &faults {
            match fault {
                Fault::DoneButStuck => std::future::pending().await,
                Fault::DoneButNoSpace => return Err(error(Errno::NOSPC.into())),
                Fault::DoneButBroken => return Err(error(Errno::IO.into())),
                Fault::Slow(_) | Fault::Stuck | Fault::NoSpace | Fault::Broken => {}
            }
        }
        done
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn seen(&self, operation: Operation) -> u64 {
        self.log.iter().filter(|seen| **seen == operation).count() as u64
    }

    fn meet(&mut self, operation: Operation) -> Vec<Fault> {
        self.log.push(operation);
        let (nth, of_kind) = (self.log.len() as u64, self.seen(operation));
        let due = |at: &At| match *at {
            At::Kind(kind, number) => kind == operation && number == of_kind,
            At::Any(number) => number == nth,
            At::Since(number) => number <= nth,
        };
        let faults: Vec<Fault> =
            self.planned.iter().filter(|(at, _)| due(at)).map(|(_, fault)| *fault).collect();
        self.stuck |= faults.iter().any(|fault| Fault::CRASHES.contains(fault));
        self.met.extend(faults.iter().map(|fault| Met { nth, operation, fault: *fault }));
        faults
    }
}

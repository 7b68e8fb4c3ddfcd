//! What must be true: a plain picture of sessions, entries and leases, without tasks, locks or stores.

use super::Text;
use crate::domain::{Code, EntryId};
use crate::engine::{Lease, Registration};

/// Nothing is written before so many bytes were looked at.
const HEAD: u64 = 8_192;

/// A page that was opened.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) to: Registration,
    pub(super) caller: usize,
    /// Its page is there.
    pub(super) open: bool,
    /// Its grace time is over.
    pub(super) over: bool,
}

/// Where an entry is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Registered or receiving.
    Open,
    /// Somebody was told that it is complete, and nobody has asked for its end.
    Complete { size: u64 },
    /// It was complete, and the answer to being kept was lost: it is the one or the other.
    Safe { size: u64 },
    /// A stored file.
    Kept { size: u64 },
    /// It has ended.
    Over,
    /// Nobody was told: a fault came between.
    Unknown,
}

/// An entry, as its client knows it.
#[derive(Debug)]
pub(super) struct File {
    pub(super) id: EntryId,
    pub(super) name: usize,
    pub(super) session: usize,
    pub(super) caller: usize,
    /// It came with a request, and has no row before it is complete.
    pub(super) request: bool,
    /// A request has brought it, and it counts to the request's end.
    pub(super) spent: bool,
    /// The size that the client has in mind, and whether it declared it.
    pub(super) size: u64,
    pub(super) declared: bool,
    pub(super) text: Text,
    pub(super) life: Life,
    /// The engine has it among its live ones.
    pub(super) live: bool,
    /// The bytes that are surely there, and the most that may be.
    pub(super) low: u64,
    pub(super) high: u64,
    /// What outlives the process and the machine.
    pub(super) durable: u64,
    /// A rule was broken by its bytes; it ends as soon as somebody has time.
    pub(super) doomed: Option<Code>,
    /// A fault has hit it, or may have: only what it was told holds.
    pub(super) doubt: bool,
    /// When it was surely touched, and when it may have been touched last.
    pub(super) touched: (i64, i64),
}

impl File {
    pub(super) fn bytes(&self) -> Option<u64> {
        match self.life {
            Life::Complete { size } | Life::Safe { size } | Life::Kept { size } => Some(size),
            Life::Open | Life::Over | Life::Unknown => None,
        }
    }

    /// Somebody begins anew with what outlives a holder.
    pub(super) fn rests(&mut self) {
        self.low = self.durable;
        self.doomed = None;
    }

    /// All that was sent is written and synced, but for a beginning that nobody could look at yet.
    pub(super) fn is_released(&mut self) {
        self.low = self.high;
        if self.high >= HEAD || (self.declared && self.high == self.size) {
            self.durable = self.high;
        }
    }

    /// Bytes were handed over now, and are written sooner or later.
    pub(super) fn touch(&mut self, now: i64) {
        self.touched.1 = now;
    }
}

/// A lease that a client holds.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) lease: Lease,
    pub(super) file: usize,
    /// Where its next chunk belongs.
    pub(super) at: u64,
    /// A newer claim took the entry over, or the entry has ended.
    pub(super) stale: bool,
}

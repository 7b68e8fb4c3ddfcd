//! The entries of one live session by their stream number: who may send what, and how far it is.
//!
//! Pure bookkeeping: no socket, no clock. A number is never used twice in a connection, so a late frame of
//! an entry that has ended is told from one that never was.

use std::collections::HashMap;

use crate::domain::{Entry, EntryId, EntryRef};
use crate::uploads::Lease;

/// One entry on this connection.
#[derive(Debug)]
pub(super) struct EntryStream {
    pub(super) id: EntryId,
    pub(super) reference: EntryRef,
    pub(super) phase: Phase,
    /// The last acknowledged offset; a client may have the window's bytes beyond it.
    pub(super) acked: u64,
    /// The last offset that a progress message showed.
    pub(super) shown: u64,
    /// Set while frames at wrong offsets are dropped after a nack, so that one gap gets one answer.
    pub(super) nacked: bool,
}

/// Where an entry is in its life on this connection.
#[derive(Debug)]
pub(super) enum Phase {
    /// Registered; nobody has sent a byte yet.
    Waiting,
    /// Its bytes come in.
    Receiving(Lease),
    /// All bytes are here; it is being verified, published and settled.
    Finishing,
    /// Complete, and not yet taken over by the view.
    Complete,
    /// Its client has cancelled it, and hears nothing of it but that.
    Cancelled,
}

/// All entries of the connection that have not ended.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: HashMap<u32, EntryStream>,
    references: HashMap<EntryRef, u32>,
    last: u32,
}

impl Streams {
    /// Gives an entry its number.
    pub(super) fn open(&mut self, id: EntryId, reference: EntryRef) -> u32 {
        self.last += 1;
        self.references.insert(reference.clone(), self.last);
        let stream =
            EntryStream { id, reference, phase: Phase::Waiting, acked: 0, shown: 0, nacked: false };
        self.open.insert(self.last, stream);
        self.last
    }

    pub(super) fn get(&mut self, stream: u32) -> Option<&mut EntryStream> {
        self.open.get_mut(&stream)
    }

    pub(super) fn find(&self, reference: &EntryRef) -> Option<u32> {
        self.references.get(reference).copied()
    }

    /// True if this number was given to an entry once.
    pub(super) fn was_given(&self, stream: u32) -> bool {
        (1..=self.last).contains(&stream)
    }

    /// Gives an entry that goes on its number.
    pub(super) fn reopen(&mut self, entry: &Entry) -> u32 {
        // It may have had one here before somebody else took it.
        self.close_entry(entry.id);
        let number = self.open(entry.id, entry.reference.clone());
        if let Some(stream) = self.open.get_mut(&number) {
            (stream.acked, stream.shown) = (entry.offset, entry.offset);
            if entry.done() {
                stream.phase = Phase::Finishing;
            }
        }
        number
    }

    /// Ends an entry on this connection; dropping its lease releases it.
    pub(super) fn close(&mut self, stream: u32) -> Option<EntryStream> {
        let closed = self.open.remove(&stream)?;
        if self.references.get(&closed.reference) == Some(&stream) {
            self.references.remove(&closed.reference);
        }
        Some(closed)
    }

    /// Ends an entry that something else than this connection has ended.
    pub(super) fn close_entry(&mut self, id: EntryId) -> Option<EntryStream> {
        let number =
            self.open.iter().find(|(_, stream)| stream.id == id).map(|(number, _)| *number);
        self.close(number?)
    }

    /// Ends all.
    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.references.clear();
    }

    /// The entries whose bytes come in, with their leases.
    pub(super) fn receiving(&mut self) -> impl Iterator<Item = (u32, Receiving<'_>)> {
        self.open.iter_mut().filter_map(|(number, stream)| match &mut stream.phase {
            Phase::Receiving(lease) => {
                let (acked, shown) = (&mut stream.acked, &mut stream.shown);
                Some((*number, Receiving { lease, acked, shown }))
            }
            Phase::Waiting | Phase::Finishing | Phase::Complete | Phase::Cancelled => None,
        })
    }

    /// The complete entries that no view has taken over yet.
    pub(super) fn complete(&self) -> Vec<(u32, EntryId)> {
        let complete = self.open.iter().filter(|(_, s)| matches!(s.phase, Phase::Complete));
        complete.map(|(number, stream)| (*number, stream.id)).collect()
    }

    /// Bytes of all entries that are in memory, not yet written.
    pub(super) fn queued(&mut self) -> u64 {
        self.receiving().map(|(_, entry)| entry.lease.queued()).sum()
    }
}

/// An entry whose bytes come in.
pub(super) struct Receiving<'a> {
    pub(super) lease: &'a mut Lease,
    pub(super) acked: &'a mut u64,
    pub(super) shown: &'a mut u64,
}

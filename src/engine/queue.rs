//! What a lease has taken and its task has not yet written.
//!
//! The queue itself has no bound: a lease's owner knows how much is queued and waits, or stops reading its
//! socket. Tiny pieces are copied together, so that a peer can't make a byte cost a network buffer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::Notify;

use crate::domain::Rejection;

/// As many bytes as make a hop to another thread worth its price.
pub(super) const BATCH: usize = 512 * 1024;
/// Smaller pieces are copied together: each piece would keep a whole network buffer alive.
const SMALL: usize = 4 * 1024;

/// What a lease has taken and its task has not yet written.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    pieces: Vec<Bytes>,
    tail: BytesMut,
    bytes: usize,
    wanted: usize,
    /// What is here is not to wait for a whole batch. It stays so until it is taken: whoever takes may be
    /// disturbed and come again.
    urgent: bool,
    /// What was taken last was urgent.
    hurried: bool,
    /// What was taken last is not written yet, and waits for what comes behind it.
    held: bool,
    end: Option<End>,
}

/// How a lease ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    /// All bytes are there; the head may be short.
    Finish,
    /// The door went away; what it sent is kept.
    Release,
    /// The door takes back what it sent.
    Rewind,
    /// A newer claim, a cancellation: what waits is dropped.
    Abandon,
    /// The bytes themselves broke a rule.
    Refuse(Rejection),
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, bytes: Bytes) {
        let mut waiting = self.waiting();
        waiting.bytes += bytes.len();
        if bytes.len() < SMALL {
            waiting.tail.extend_from_slice(&bytes);
        } else {
            waiting.seal();
            waiting.pieces.push(bytes);
        }
        if waiting.bytes >= waiting.wanted {
            self.wake.notify_one();
        }
    }

    /// Writes what there is, without waiting for a whole batch.
    pub(super) fn flush(&self) {
        let mut waiting = self.waiting();
        waiting.urgent = true;
        if waiting.bytes > 0 || waiting.held {
            self.wake.notify_one();
        }
    }

    /// Whether what was taken last may wait for what comes behind it; a later flush is about both.
    pub(super) fn hold(&self) -> bool {
        let mut waiting = self.waiting();
        waiting.held = !waiting.hurried && !waiting.urgent;
        waiting.held
    }

    pub(super) fn finish(&self) {
        self.end(End::Finish);
    }

    pub(super) fn release(&self) {
        self.end(End::Release);
    }

    pub(super) fn rewind(&self) {
        self.end(End::Rewind);
    }

    pub(super) fn abandon(&self) {
        self.end(End::Abandon);
    }

    pub(super) fn refuse(&self, rejection: Rejection) {
        self.end(End::Refuse(rejection));
    }

    /// The first end counts. Whoever comes next waits for the little that a lease that has ended well left here: of
    /// two who send the same bytes one is to have succeeded.
    fn end(&self, end: End) {
        let mut waiting = self.waiting();
        let over = matches!(waiting.end, Some(End::Finish | End::Release | End::Rewind));
        if waiting.end.is_none() || (end == End::Abandon && !over) {
            waiting.end = Some(end);
        }
        self.wake.notify_one();
    }

    /// The next batch of at least `wanted` bytes, or whatever is left when the lease has ended.
    ///
    /// # Cancellation
    /// Nothing is taken and nothing forgotten.
    pub(super) async fn next(&self, wanted: usize) -> (Vec<Bytes>, Option<End>) {
        self.waiting().wanted = wanted;
        loop {
            {
                let mut waiting = self.waiting();
                if waiting.is_due() {
                    return waiting.take();
                }
            }
            self.wake.notified().await;
        }
    }
}

impl Waiting {
    fn is_due(&self) -> bool {
        // A head is looked at when it is whole, whoever is in a hurry.
        let flushed = self.urgent && self.wanted == BATCH && (self.bytes > 0 || self.held);
        self.end.is_some() || self.bytes >= self.wanted || flushed
    }

    fn seal(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push(self.tail.split().freeze());
        }
    }

    fn take(&mut self) -> (Vec<Bytes>, Option<End>) {
        self.seal();
        self.bytes = 0;
        self.hurried = std::mem::take(&mut self.urgent);
        self.held = false;
        (std::mem::take(&mut self.pieces), self.end.clone())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_flush_counts_also_for_whoever_was_disturbed_while_he_waited() {
        let queue = Queue::default();
        assert!(queue.next(BATCH).now_or_never().is_none());
        queue.push(Bytes::from_static(b"a little"));
        assert!(queue.next(BATCH).now_or_never().is_none(), "it waits for more");
        queue.flush();
        let (batch, end) = queue.next(BATCH).now_or_never().expect("what is here");
        assert_eq!((batch, end), (vec![Bytes::from_static(b"a little")], None));
        assert!(queue.next(BATCH).now_or_never().is_none(), "a flush is about what was here");
    }

    #[test]
    fn what_is_held_back_waits_for_nobody_who_has_asked_for_it() {
        let queue = Queue::default();
        let takes = |wanted| queue.next(wanted).now_or_never();
        queue.push(Bytes::from_static(&[0; 100]));
        assert!(takes(100).is_some());
        assert!(queue.hold());
        assert!(takes(BATCH).is_none());
        queue.flush();
        assert_eq!(takes(BATCH), Some((Vec::new(), None)), "the flush is about what is held");

        queue.push(Bytes::from_static(&[0; 100]));
        queue.flush();
        assert!(takes(100).is_some());
        assert!(!queue.hold(), "it was asked for before it was taken");

        queue.push(Bytes::from_static(&[0; 100]));
        assert!(takes(100).is_some());
        queue.flush();
        assert!(!queue.hold(), "and behind it");
    }

    #[test]
    fn a_head_is_not_cut_short_by_a_flush() {
        let queue = Queue::default();
        queue.push(Bytes::from_static(b"a little"));
        queue.flush();
        assert!(queue.next(100).now_or_never().is_none());
        queue.push(Bytes::from_static(&[0; 100]));
        assert!(queue.next(100).now_or_never().is_some());
    }
}

//! Frame headers, read before anything behind them is buffered.
//!
//! actix-http looks at a frame's length only once the whole frame lies in memory, and actix-web-actors
//! first takes every piece that the connection has and then decodes one frame. So a header that announces
//! a gigabyte costs a gigabyte, and a session that waits for its disk hoards what its client keeps sending.
//! This guard sits on the payload and mends both: it refuses a frame at its header, and hands on at most
//! the rest of one frame for each turn.

mod rules;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

use self::rules::{Header, Life, Rules};
use crate::supervisor::Liveness;

/// What a single frame may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct GuardLimits {
    /// Payload bytes of a binary message.
    pub(super) frame: usize,
    /// Payload bytes of a text message.
    pub(super) text: usize,
}

/// Shared with the session: signs of life, and why the guard ended the stream.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) liveness: Arc<Liveness>,
    violation: AtomicU8,
}

/// What a peer did that ends its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Violation {
    /// A message is larger than it may be.
    TooLarge = 1,
    /// Too many fragments or control frames.
    Flood = 2,
    /// Not a frame of RFC 6455.
    Protocol = 3,
}

impl Watch {
    pub(super) fn new(liveness: Liveness) -> Self {
        Self { liveness: Arc::new(liveness), violation: AtomicU8::new(0) }
    }

    pub(super) fn violation(&self) -> Option<Violation> {
        match self.violation.load(Ordering::Relaxed) {
            1 => Some(Violation::TooLarge),
            2 => Some(Violation::Flood),
            3 => Some(Violation::Protocol),
            _ => None,
        }
    }
}

/// Watches the headers of a stream of frames.
#[derive(Debug)]
pub(super) struct FrameGuard<S> {
    inner: S,
    rules: Rules,
    watch: Arc<Watch>,
    piece: Bytes,
    header: Header,
    /// What is still to come of the frame that has begun, its mask included.
    remaining: u64,
    life: Life,
    rest: bool,
    ended: bool,
}

impl<S> FrameGuard<S> {
    pub(super) fn new(inner: S, limits: GuardLimits, watch: Arc<Watch>) -> Self {
        Self {
            inner,
            rules: Rules::new(limits),
            watch,
            piece: Bytes::new(),
            header: Header::default(),
            remaining: 0,
            life: Life::Part,
            rest: false,
            ended: false,
        }
    }

    /// Cuts from the piece what belongs to the present frame. True if that frame ends with it.
    fn cut(&mut self) -> Result<(Bytes, bool), Violation> {
        let mut at = 0;
        while at < self.piece.len() {
            if self.remaining == 0 {
                let announced = self.header.push(self.piece[at]);
                at += 1;
                if let Some(frame) = announced {
                    let frame = frame?;
                    self.life = self.rules.judge(frame, Instant::now())?;
                    self.remaining = frame.follows();
                }
            } else {
                let here = (self.piece.len() - at) as u64;
                let take = here.min(self.remaining);
                self.remaining -= take;
                at += usize::try_from(take).unwrap_or(usize::MAX);
                if self.remaining == 0 {
                    return Ok((self.piece.split_to(at), true));
                }
            }
        }
        Ok((std::mem::take(&mut self.piece), false))
    }

    /// Not each byte that arrives is a sign of life, but each message, and a good part of one.
    fn note(&self, bytes: usize, frame_ends: bool) {
        match self.life {
            Life::Whole => self.watch.liveness.arrived(bytes, frame_ends),
            Life::Part => self.watch.liveness.arrived(bytes, false),
            Life::Nothing => {}
        }
    }
}

impl<S> Stream for FrameGuard<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if std::mem::take(&mut self.rest) {
            // ORDER: a frame has been handed on; let it be decoded and handled before the next one.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.piece.is_empty() {
            match std::task::ready!(Pin::new(&mut self.inner).poll_next(cx)) {
                Some(Ok(piece)) => self.piece = piece,
                other => {
                    self.ended = true;
                    return Poll::Ready(other);
                }
            }
        }
        match self.cut() {
            Ok((bytes, frame_ends)) => {
                self.note(bytes.len(), frame_ends);
                self.rest = frame_ends;
                Poll::Ready(Some(Ok(bytes)))
            }
            Err(violation) => {
                self.ended = true;
                self.watch.violation.store(violation as u8, Ordering::Relaxed);
                Poll::Ready(Some(Err(PayloadError::Overflow)))
            }
        }
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(feature = "testing")]
pub(super) mod rooms;
#[cfg(test)]
mod tests;

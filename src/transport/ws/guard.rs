//! Frame headers, read before anything behind them is buffered.
//!
//! actix-http looks at a frame's length only once the whole frame lies in memory, and actix-web-actors
//! first takes every piece that the connection has and then decodes one frame. So a header that announces
//! a gigabyte costs a gigabyte, and a session that waits for its disk hoards what its client keeps sending.
//! This guard sits on the payload and mends both: it refuses a frame at its header, and hands on at most
//! the rest of one frame for each turn. The payload of data frames doesn't go through the codec at all (`aside.rs`).

mod aside;
mod rules;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::error::PayloadError;
use actix_web::web::{Buf, Bytes};
use futures_util::Stream;

use self::aside::{Aside, Laid, STAND_IN};
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

/// Shared with the session: signs of life, data that goes past the codec, and why the guard ended the stream.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) liveness: Arc<Liveness>,
    laid: Laid,
    violation: AtomicU8,
    broken: AtomicBool,
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
        let (liveness, laid) = (Arc::new(liveness), Laid::default());
        Self { liveness, laid, violation: AtomicU8::new(0), broken: AtomicBool::new(false) }
    }

    /// The connection ended in the middle of something.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// The payload of the data frame in whose place the codec has just found an empty one.
    pub(super) fn data(&self) -> Option<Vec<Bytes>> {
        self.laid.pop()
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
    frame: Frame,
    life: Life,
    rest: bool,
    ended: bool,
}

/// The frame that has begun.
#[derive(Debug)]
enum Frame {
    /// None; its header comes first.
    Next,
    /// It is handed on; so many bytes are still to come, its mask included.
    Passing(u64),
    /// Its bytes are taken past the codec.
    Aside(Aside),
}

impl<S> FrameGuard<S> {
    pub(super) fn new(inner: S, limits: GuardLimits, watch: Arc<Watch>) -> Self {
        Self {
            inner,
            rules: Rules::new(limits),
            watch,
            piece: Bytes::new(),
            header: Header::default(),
            frame: Frame::Next,
            life: Life::Part,
            rest: false,
            ended: false,
        }
    }

    /// Cuts from the piece what is to be handed on of the present frame, and whether that is its end. Nothing, if the
    /// piece has no more of it.
    fn cut(&mut self) -> Result<Option<(Bytes, bool)>, Violation> {
        match &mut self.frame {
            Frame::Next => Ok(self.begin()?.map(|header| (header, false))),
            Frame::Passing(left) => {
                let here = self.piece.len() as u64;
                let take = usize::try_from(here.min(*left)).unwrap_or(self.piece.len());
                *left -= take as u64;
                let is_end = *left == 0;
                if is_end {
                    self.frame = Frame::Next;
                }
                self.note(take, is_end);
                Ok(Some((self.piece.split_to(take), is_end)))
            }
            Frame::Aside(aside) => {
                let taken = aside.take(&self.piece);
                let is_end = aside.is_whole();
                self.piece.advance(taken);
                self.note(taken, is_end);
                if !is_end {
                    return Ok(None);
                }
                if let Frame::Aside(aside) = std::mem::replace(&mut self.frame, Frame::Next) {
                    self.watch.laid.push(aside.into_pieces());
                }
                Ok(Some((Bytes::from_static(STAND_IN), true)))
            }
        }
    }

    /// Reads the header of the next frame, and answers it if it is to be handed on.
    fn begin(&mut self) -> Result<Option<Bytes>, Violation> {
        while !self.piece.is_empty() {
            let announced = self.header.push(self.piece.get_u8());
            let Some(frame) = announced.transpose()? else { continue };
            self.life = self.rules.judge(frame, Instant::now())?;
            let header = self.header.take();
            self.note(header.len(), false);
            if frame.is_data() {
                self.frame = Frame::Aside(Aside::of(frame.length()));
                return Ok(None);
            }
            self.frame = Frame::Passing(frame.follows());
            return Ok(Some(header));
        }
        Ok(None)
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
        loop {
            if self.piece.is_empty() {
                match std::task::ready!(Pin::new(&mut self.inner).poll_next(cx)) {
                    Some(Ok(piece)) => self.piece = piece,
                    other => {
                        self.ended = true;
                        self.watch.broken.store(other.is_some(), Ordering::Relaxed);
                        return Poll::Ready(other);
                    }
                }
            }
            match self.cut() {
                Ok(None) => {}
                Ok(Some((bytes, frame_ends))) => {
                    self.rest = frame_ends;
                    return Poll::Ready(Some(Ok(bytes)));
                }
                Err(violation) => {
                    self.ended = true;
                    self.watch.violation.store(violation as u8, Ordering::Relaxed);
                    return Poll::Ready(Some(Err(PayloadError::Overflow)));
                }
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

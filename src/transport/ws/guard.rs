//! Frame headers, read before anything behind them is buffered.
//!
//! actix-http looks at a frame's length only once the whole frame lies in memory, and actix-web-actors
//! first takes every piece that the connection has and then decodes one frame. So a header that announces
//! a gigabyte costs a gigabyte, and a session that waits for its disk hoards what its client keeps sending.
//! This guard sits on the payload and mends both: it refuses a frame at its header, and hands on at most
//! the rest of one frame for each turn.

use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

use crate::supervisor::Liveness;

/// A message may come in this many frames; a peer that sends endless empty continuations is cut off.
const MAX_FRAGMENTS: usize = 256;
/// Pings and pongs between two data frames.
const MAX_CONTROLS: usize = 64;

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
    pub(super) liveness: std::sync::Arc<Liveness>,
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
        Self { liveness: std::sync::Arc::new(liveness), violation: AtomicU8::new(0) }
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
    limits: GuardLimits,
    watch: std::sync::Arc<Watch>,
    piece: Bytes,
    header: Header,
    remaining: u64,
    message: Message,
    controls: usize,
    rest: bool,
    ended: bool,
}

/// The bytes of a header that have come so far; a header may be split over pieces.
#[derive(Debug, Default)]
struct Header {
    bytes: [u8; 10],
    have: usize,
}

/// The message that fragments belong to.
#[derive(Debug, Default)]
struct Message {
    text: bool,
    bytes: u64,
    fragments: usize,
}

impl<S> FrameGuard<S> {
    pub(super) fn new(inner: S, limits: GuardLimits, watch: std::sync::Arc<Watch>) -> Self {
        Self {
            inner,
            limits,
            watch,
            piece: Bytes::new(),
            header: Header::default(),
            remaining: 0,
            message: Message::default(),
            controls: 0,
            rest: false,
            ended: false,
        }
    }

    /// Cuts from the piece what belongs to the present frame. True if that frame ends with it.
    fn cut(&mut self) -> Result<(Bytes, bool), Violation> {
        let mut at = 0;
        while at < self.piece.len() {
            if self.remaining == 0 {
                self.header.bytes[self.header.have] = self.piece[at];
                self.header.have += 1;
                at += 1;
                if let Some((length, masked)) = self.header.length() {
                    self.judge(length)?;
                    self.header.have = 0;
                    self.remaining = length + if masked { 4 } else { 0 };
                    if self.remaining == 0 {
                        return Ok((self.piece.split_to(at), true));
                    }
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

    fn judge(&mut self, length: u64) -> Result<(), Violation> {
        let (fin, opcode) = (self.header.bytes[0] & 0x80 != 0, self.header.bytes[0] & 0x0f);
        if opcode >= 8 {
            self.controls += 1;
            if length > 125 || !fin {
                return Err(Violation::Protocol);
            }
            return if self.controls > MAX_CONTROLS { Err(Violation::Flood) } else { Ok(()) };
        }
        self.controls = 0;
        if opcode != 0 {
            self.message = Message { text: opcode == 1, ..Message::default() };
        }
        self.message.bytes = self.message.bytes.saturating_add(length);
        self.message.fragments += 1;
        let limit = if self.message.text { self.limits.text } else { self.limits.frame };
        if length > limit as u64 || self.message.bytes > limit as u64 {
            return Err(Violation::TooLarge);
        }
        if self.message.fragments > MAX_FRAGMENTS { Err(Violation::Flood) } else { Ok(()) }
    }
}

impl Header {
    /// The payload's length and whether a mask follows, once enough of the header is there.
    fn length(&self) -> Option<(u64, bool)> {
        if self.have < 2 {
            return None;
        }
        let masked = self.bytes[1] & 0x80 != 0;
        let long = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        match self.bytes[1] & 0x7f {
            126 => (self.have == 4).then(|| (long(&self.bytes[2..4]), masked)),
            127 => (self.have == 10).then(|| (long(&self.bytes[2..10]), masked)),
            short => Some((u64::from(short), masked)),
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
                // Not each byte that arrives is a sign of life, but each frame, and a good part of one.
                self.watch.liveness.arrived(bytes.len(), frame_ends);
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
mod tests {
    use std::sync::Arc;

    use futures_util::{StreamExt, stream};

    use super::*;

    fn frame(opcode: u8, length: usize) -> Vec<u8> {
        let mut frame = vec![opcode];
        match length {
            0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
            126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.resize(frame.len() + length, 7);
        frame
    }

    async fn guarded(bytes: Vec<u8>, pieces: usize) -> (Vec<Vec<u8>>, Option<Violation>) {
        let watch = Arc::new(Watch::new(Liveness::new()));
        let pieces: Vec<_> =
            bytes.chunks(pieces).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let limits = GuardLimits { frame: 70_000, text: 1_000 };
        let guard = FrameGuard::new(stream::iter(pieces), limits, Arc::clone(&watch));
        let out: Vec<_> = guard.map(|piece| piece.map(|bytes| bytes.to_vec())).collect().await;
        (out.into_iter().flatten().collect(), watch.violation())
    }

    #[actix_web::test]
    async fn frames_pass_unchanged_however_they_are_cut() {
        let mut bytes = frame(0x82, 0);
        bytes.extend(frame(0x82, 5));
        bytes.extend(frame(0x81, 200));
        bytes.extend(frame(0x82, 66_000));
        bytes.extend(frame(0x89, 3));
        for size in [1, 2, 3, 7, 64, 1_000, 65_536, 1_000_000] {
            let (out, violation) = guarded(bytes.clone(), size).await;
            assert_eq!(out.concat(), bytes, "cut into {size}");
            assert_eq!(violation, None);
        }
    }

    #[actix_web::test]
    async fn each_turn_hands_on_one_frame_at_most() {
        let bytes: Vec<u8> = (0..50).flat_map(|_| frame(0x82, 10)).collect();
        let (out, _) = guarded(bytes, 10_000).await;
        assert_eq!(out.len(), 50);
    }

    #[actix_web::test]
    async fn an_announced_gigabyte_is_refused_at_its_header() {
        let mut bytes = vec![0x82, 0x80 | 127];
        bytes.extend((1_u64 << 30).to_be_bytes());
        let (out, violation) = guarded(bytes, 1).await;
        assert_eq!(violation, Some(Violation::TooLarge));
        assert!(out.concat().len() < 10);
    }

    #[actix_web::test]
    async fn lengths_that_wrap_around_are_refused() {
        for length in [u64::MAX, 1 << 63, u64::MAX - 3] {
            let mut bytes = vec![0x82, 0x80 | 127];
            bytes.extend(length.to_be_bytes());
            assert_eq!(guarded(bytes, 4).await.1, Some(Violation::TooLarge));
        }
    }

    #[actix_web::test]
    async fn long_text_is_refused() {
        assert_eq!(guarded(frame(0x81, 1_001), 9_999).await.1, Some(Violation::TooLarge));
    }

    #[actix_web::test]
    async fn fragments_count_together() {
        let mut bytes = frame(0x02, 40_000);
        bytes.extend(frame(0x00, 40_000));
        assert_eq!(guarded(bytes, 8_192).await.1, Some(Violation::TooLarge));
    }

    #[actix_web::test]
    async fn endless_empty_continuations_are_refused() {
        let mut bytes = frame(0x02, 1);
        (0..1_000).for_each(|_| bytes.extend(frame(0x00, 0)));
        assert_eq!(guarded(bytes, 100).await.1, Some(Violation::Flood));
    }

    #[actix_web::test]
    async fn a_flood_of_pings_is_refused() {
        let bytes: Vec<u8> = (0..1_000).flat_map(|_| frame(0x89, 0)).collect();
        assert_eq!(guarded(bytes, 100).await.1, Some(Violation::Flood));
    }
}

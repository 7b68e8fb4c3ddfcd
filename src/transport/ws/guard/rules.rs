//! What a frame's header must be (RFC 6455 §5), and how many frames of a kind may come.
//!
//! Judged here, before actix-http sees a byte: it checks less (any length may be written in nine bytes, for one), and it
//! checks some of it only when the whole payload is there. Nothing here reads a payload or a clock.

use std::time::{Duration, Instant};

use actix_web::web::Bytes;

use super::super::allowance::Allowance;
use super::{GuardLimits, Violation};

/// A message may come in this many frames; a peer that sends endless empty continuations is cut off.
const MAX_FRAGMENTS: usize = 256;
/// Pings and pongs at once. Whoever sends more than that is not asking whether we are there.
const MAX_CONTROLS: u32 = 64;
/// In so much time one more of them is allowed.
const CONTROL: Duration = Duration::from_millis(100);
/// The mask that follows the header of each frame of a client.
const MASK: u64 = 4;

/// The bytes of a header that have come so far; a header may be split over pieces.
#[derive(Debug, Default)]
pub(super) struct Header {
    bytes: [u8; 10],
    have: usize,
}

/// A frame as its header announces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Announced {
    fin: bool,
    opcode: u8,
    length: u64,
}

/// What a frame is worth as a sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// Its end is one.
    Whole,
    /// It is a part of a message: as many bytes as of a large frame are one.
    Part,
    /// Nothing: a ping in the middle of a message would hold that for ever.
    Nothing,
}

/// Where a peer is in what it says.
#[derive(Debug)]
pub(super) struct Rules {
    limits: GuardLimits,
    message: Option<Message>,
    controls: Allowance,
}

/// The message that fragments belong to.
#[derive(Debug, Clone, Copy)]
struct Message {
    text: bool,
    bytes: u64,
    fragments: usize,
}

impl Header {
    /// Takes one byte more. The frame is known with the last byte before the mask.
    pub(super) fn push(&mut self, byte: u8) -> Option<Result<Announced, Violation>> {
        self.bytes[self.have] = byte;
        self.have += 1;
        let announced = self.announced()?;
        Some(announced)
    }

    /// The bytes that have come; the next one begins another header.
    pub(super) fn take(&mut self) -> Bytes {
        Bytes::copy_from_slice(&self.bytes[..std::mem::take(&mut self.have)])
    }

    fn announced(&self) -> Option<Result<Announced, Violation>> {
        let [first, second, long @ ..] = self.bytes;
        if self.have < 2 {
            return None;
        }
        let (size, least) = match second & 0x7f {
            126 => (2, 126),
            127 => (8, 0x1_0000),
            _ => (0, 0),
        };
        if self.have < 2 + size {
            return None;
        }
        let length = match size {
            0 => u64::from(second & 0x7f),
            size => long[..size].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        // No extension is spoken that gives the reserved bits a meaning; a client masks; and a length is written in as
        // few bytes as it needs, or two readers could differ about where the frame ends.
        let sound = first & 0x70 == 0 && second & 0x80 != 0 && length >= least;
        let frame = Announced { fin: first & 0x80 != 0, opcode: first & 0x0f, length };
        Some(if sound { Ok(frame) } else { Err(Violation::Protocol) })
    }
}

impl Announced {
    /// Whether it is a message of bytes, all of it.
    pub(super) fn is_data(&self) -> bool {
        self.fin && self.opcode == 2
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that follow its header.
    pub(super) fn follows(&self) -> u64 {
        self.length.saturating_add(MASK)
    }
}

impl Rules {
    pub(super) fn new(limits: GuardLimits) -> Self {
        Self { limits, message: None, controls: Allowance::new(MAX_CONTROLS, CONTROL) }
    }

    /// What a frame is worth that may come now.
    pub(super) fn judge(&mut self, frame: Announced, now: Instant) -> Result<Life, Violation> {
        match frame.opcode {
            8..=10 => self.control(frame, now),
            0..=2 => self.data(frame),
            _ => Err(Violation::Protocol),
        }
    }

    fn control(&mut self, frame: Announced, now: Instant) -> Result<Life, Violation> {
        // A close has a code of two bytes, or nothing.
        if frame.length > 125 || !frame.fin || (frame.opcode == 8 && frame.length == 1) {
            return Err(Violation::Protocol);
        }
        match self.controls.take(now) {
            false => Err(Violation::Flood),
            true if self.message.is_some() => Ok(Life::Nothing),
            true => Ok(Life::Whole),
        }
    }

    fn data(&mut self, frame: Announced) -> Result<Life, Violation> {
        let mut message = match (frame.opcode, self.message) {
            (0, Some(message)) => message,
            (1 | 2, None) => Message { text: frame.opcode == 1, bytes: 0, fragments: 0 },
            // A continuation of nothing, or a message within a message.
            _ => return Err(Violation::Protocol),
        };
        message.bytes = message.bytes.saturating_add(frame.length);
        message.fragments += 1;
        let limit = if message.text { self.limits.text } else { self.limits.frame };
        if message.bytes > limit as u64 {
            return Err(Violation::TooLarge);
        }
        if message.fragments > MAX_FRAGMENTS {
            return Err(Violation::Flood);
        }
        self.message = (!frame.fin).then_some(message);
        Ok(if frame.fin { Life::Whole } else { Life::Part })
    }
}

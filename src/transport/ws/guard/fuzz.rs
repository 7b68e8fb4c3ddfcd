//! Any bytes, cut anywhere: what the guard lets through is what a slow and simple reader of RFC 6455 finds sound, and
//! the codec behind it has nothing more to complain of.

use std::sync::Arc;

use actix_codec::Decoder;
use actix_http::ws::{Codec, ProtocolError};
use actix_web::web::{Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt, stream};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::fuzz::{cases, cuts, pieces};

const LIMITS: GuardLimits = GuardLimits { frame: 300, text: 200 };

/// A frame as somebody might write it: mostly well.
#[derive(Debug, Clone)]
struct Written {
    first: u8,
    masked: bool,
    mask: [u8; 4],
    /// Bytes that the length is written in: as few as it needs, 2 or 8.
    width: u8,
    announced: Option<u64>,
    payload: Vec<u8>,
}

fn written() -> impl Strategy<Value = Written> {
    let well =
        proptest::sample::select(&[0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x88, 0x89, 0x8a][..]);
    let first = prop_oneof![12 => well, 1 => any::<u8>()];
    let announced = prop_oneof![
        30 => Just(None),
        1 => any::<u64>().prop_map(Some),
        1 => (0..400_u64).prop_map(Some),
    ];
    let payload = prop_oneof![6 => vec(any::<u8>(), 0..20), 1 => vec(any::<u8>(), 100..320)];
    let width = prop_oneof![20 => Just(0), 1 => Just(2), 1 => Just(8)];
    (first, proptest::bool::weighted(0.97), any::<[u8; 4]>(), width, announced, payload).prop_map(
        |(first, masked, mask, width, announced, payload)| Written {
            first,
            masked,
            mask,
            width,
            announced,
            payload,
        },
    )
}

fn bytes_of(frame: &Written) -> Vec<u8> {
    let length = frame.announced.unwrap_or(frame.payload.len() as u64);
    let least = if length < 126 {
        0
    } else if length < 65_536 {
        2
    } else {
        8
    };
    let mask = if frame.masked { 0x80 } else { 0 };
    let mut bytes = vec![frame.first];
    match frame.width.max(least) {
        0 => bytes.push(mask | u8::try_from(length).unwrap()),
        2 => {
            bytes.push(mask | 126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend(length.to_be_bytes());
        }
    }
    if frame.masked {
        bytes.extend(frame.mask);
    }
    bytes.extend(&frame.payload);
    bytes
}

/// At most as many control frames as are allowed at once, so that no clock decides.
fn stream_of_bytes() -> impl Strategy<Value = Vec<u8>> {
    let frames = vec(written(), 0..60)
        .prop_map(|frames| frames.iter().flat_map(bytes_of).collect::<Vec<_>>());
    let fragments = (vec(written(), 0..3), 200..300_usize).prop_map(|(frames, count)| {
        let mut bytes = vec![0x02, 0x80, 0, 0, 0, 0];
        bytes.extend([0x00, 0x80, 0, 0, 0, 0].repeat(count));
        bytes.extend(frames.iter().flat_map(bytes_of));
        bytes
    });
    prop_oneof![6 => frames, 1 => fragments, 1 => vec(any::<u8>(), 0..60)]
}

/// The frames that are whole and sound, as the place where each of them ends, and what is wrong with the next one.
fn simple_reader(bytes: &[u8]) -> (Vec<usize>, Option<Violation>) {
    let (mut ends, mut at) = (Vec::new(), 0);
    let mut message: Option<(bool, u64, usize)> = None;
    loop {
        let rest = &bytes[at..];
        let Some((&first, &second)) = rest.first().zip(rest.get(1)) else { return (ends, None) };
        let wide = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(long) = rest.get(2..2 + wide) else { return (ends, None) };
        let length = match wide {
            0 => u128::from(second & 0x7f),
            _ => long.iter().fold(0, |sum, byte| sum * 256 + u128::from(*byte)),
        };
        let minimal = match wide {
            0 => true,
            2 => length > 125,
            _ => length > 65_535,
        };
        let (fin, opcode) = (first >= 0x80, first % 16);
        if (first / 16) % 8 != 0 || second < 0x80 || !minimal {
            return (ends, Some(Violation::Protocol));
        }
        if opcode >= 8 {
            if opcode > 10 || !fin || length > 125 || (opcode == 8 && length == 1) {
                return (ends, Some(Violation::Protocol));
            }
        } else {
            if opcode > 2 || (opcode == 0) != message.is_some() {
                return (ends, Some(Violation::Protocol));
            }
            let (text, bytes, count) = message.unwrap_or((opcode == 1, 0, 0));
            let sum = u128::from(bytes) + length;
            if sum > if text { 200 } else { 300 } {
                return (ends, Some(Violation::TooLarge));
            }
            if count == 256 {
                return (ends, Some(Violation::Flood));
            }
            message = (!fin).then(|| (text, u64::try_from(sum).unwrap(), count + 1));
        }
        let end = at + 2 + wide + 4 + usize::try_from(length).unwrap();
        if end > bytes.len() {
            return (ends, None);
        }
        ends.push(end);
        at = end;
    }
}

/// What the codec sees of sound frames, as where each of them ends there, and the payloads that go past it.
fn simple_guard(bytes: &[u8], ends: &[usize]) -> (Vec<u8>, Vec<usize>, Vec<Vec<u8>>) {
    let (mut seen, mut seen_ends, mut data, mut at) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for end in ends {
        let frame = &bytes[at..*end];
        at = *end;
        if frame[0] == 0x82 {
            let header = match frame[1] & 0x7f {
                126 => 8,
                127 => 14,
                _ => 6,
            };
            let mask = &frame[header - 4..header];
            let payload = frame[header..].iter().zip(mask.iter().cycle());
            data.push(payload.map(|(byte, key)| byte ^ key).collect());
            seen.extend(STAND_IN);
        } else {
            seen.extend(frame);
        }
        seen_ends.push(seen.len());
    }
    (seen, seen_ends, data)
}

/// What comes out of the guard, what goes past the codec, and why it ended.
fn guarded(pieces: Vec<Bytes>) -> (Vec<Bytes>, Vec<Vec<u8>>, Option<Violation>) {
    let watch = Arc::new(Watch::new(Liveness::new()));
    let guard =
        FrameGuard::new(stream::iter(pieces.into_iter().map(Ok)), LIMITS, Arc::clone(&watch));
    let mut out = Vec::new();
    let mut guard = std::pin::pin!(guard);
    loop {
        // It wakes itself whenever it waits.
        match guard.next().now_or_never() {
            None => {}
            Some(Some(Ok(piece))) => out.push(piece),
            Some(_) => break,
        }
    }
    let data = std::iter::from_fn(|| watch.data().map(|pieces| pieces.concat())).collect();
    (out, data, watch.violation())
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn the_guard_agrees_with_a_simple_reader_however_bytes_are_cut(bytes in stream_of_bytes(), cuts in cuts()) {
        let (ends, expected) = simple_reader(&bytes);
        let (seen, seen_ends, aside) = simple_guard(&bytes, &ends);
        let (out, data, violation) = guarded(pieces(&bytes, &cuts));
        prop_assert_eq!(violation, expected);
        prop_assert_eq!(data, aside);
        let whole = out.concat();
        prop_assert!(whole.starts_with(&seen));
        // Of a frame that is not whole, or that was refused, the codec sees nothing that isn't there.
        let (begun, sent) = (&whole[seen.len()..], &bytes[ends.last().copied().unwrap_or(0)..]);
        prop_assert!(sent.starts_with(begun));
        prop_assert!(begun.is_empty() || (violation.is_none() && begun.len() == sent.len()));
        // Each turn hands on one frame at most.
        let mut at = 0;
        for piece in &out {
            at += piece.len();
            let begun = at - piece.len();
            prop_assert!(seen_ends.iter().filter(|end| begun < **end && **end < at).count() == 0);
        }
    }

    #[test]
    fn the_codec_behind_the_guard_finds_every_frame_that_it_let_through(bytes in stream_of_bytes(), cuts in cuts()) {
        let (ends, _) = simple_reader(&bytes);
        let (out, ..) = guarded(pieces(&bytes, &cuts));
        let (seen, ..) = simple_guard(&bytes, &ends);
        let mut left = BytesMut::from(&out.concat()[..seen.len()]);
        let mut codec = Codec::new().max_size(LIMITS.frame);
        for _ in &ends {
            match codec.decode(&mut left) {
                Ok(Some(_)) => {}
                // A close is judged by its payload too: by its code, and by its reason's encoding.
                Err(ProtocolError::BadOpCode) => return Ok(()),
                other => prop_assert!(false, "{:?}", other),
            }
        }
        prop_assert!(left.is_empty());
    }
}

/// Found by the properties above while they were written.
#[test]
fn a_refused_header_in_single_bytes_is_refused_alike() {
    let bytes = [0x82, 0xfe, 0, 5, 0, 0, 0, 0];
    for cut in [1, 2, 3, 8] {
        assert_eq!(guarded(pieces(&bytes, &[cut])).2, Some(Violation::Protocol), "{cut}");
    }
}

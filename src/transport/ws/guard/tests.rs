//! Frames that pass, and frames that don't.

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
    (through(&watch, bytes, pieces).await, watch.violation())
}

/// What the codec sees.
async fn through(watch: &Arc<Watch>, bytes: Vec<u8>, pieces: usize) -> Vec<Vec<u8>> {
    let pieces: Vec<_> =
        bytes.chunks(pieces).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let limits = GuardLimits { frame: 70_000, text: 1_000 };
    let guard = FrameGuard::new(stream::iter(pieces), limits, Arc::clone(watch));
    let out: Vec<_> = guard.map(|piece| piece.map(|bytes| bytes.to_vec())).collect().await;
    out.into_iter().flatten().collect()
}

#[actix_web::test]
async fn frames_pass_unchanged_and_data_goes_past_the_codec_however_they_are_cut() {
    let passing = [frame(0x81, 200), frame(0x02, 300), frame(0x80, 9), frame(0x89, 3)];
    let data = [0, 5, 66_000];
    let bytes = [
        &frame(0x82, data[0])[..],
        &passing[0],
        &frame(0x82, data[1]),
        &frame(0x82, data[2]),
        &passing[1..].concat(),
    ]
    .concat();
    let seen = [STAND_IN, &passing[0], STAND_IN, STAND_IN, &passing[1..].concat()].concat();
    for size in [1, 2, 3, 7, 64, 1_000, 65_536, 1_000_000] {
        let watch = Arc::new(Watch::new(Liveness::new()));
        let out = through(&watch, bytes.clone(), size).await;
        assert_eq!(out.concat(), seen, "cut into {size}");
        for length in data {
            assert_eq!(watch.data().unwrap().concat(), vec![7; length], "cut into {size}");
        }
        assert_eq!(watch.data(), None);
        assert_eq!(watch.violation(), None);
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

#[actix_web::test]
async fn a_connection_that_breaks_in_the_middle_of_a_frame_is_no_violation() {
    let cut = frame(0x82, 500);
    for end in [None, Some(Err(PayloadError::Incomplete(None)))] {
        let watch = Arc::new(Watch::new(Liveness::new()));
        let is_error = end.is_some();
        let pieces = std::iter::once(Ok(Bytes::copy_from_slice(&cut[..100]))).chain(end);
        let limits = GuardLimits { frame: 70_000, text: 1_000 };
        let guard = FrameGuard::new(stream::iter(pieces), limits, Arc::clone(&watch));
        assert_eq!(guard.filter(|piece| std::future::ready(piece.is_ok())).count().await, 0);
        assert_eq!((watch.violation(), watch.is_broken()), (None, is_error));
        assert_eq!(watch.data(), None, "half a frame is none");
    }
}

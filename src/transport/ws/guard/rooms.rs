//! For `benches/`: frames through the guard, without a socket and a session.

use std::sync::Arc;

use actix_codec::Decoder;
use actix_http::ws::{Codec, Frame};
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};

use super::{FrameGuard, GuardLimits, Watch};
use crate::supervisor::Liveness;
use crate::uploads::Limits;

fn guard(pieces: &[Bytes]) -> (impl Stream<Item = Result<Bytes, PayloadError>>, Arc<Watch>) {
    let limits = Limits::default();
    let bounds = GuardLimits { frame: limits.max_frame, text: limits.max_text };
    let pieces = stream::iter(pieces.iter().cloned().map(Ok).collect::<Vec<_>>());
    let watch = Arc::new(Watch::new(Liveness::new()));
    (FrameGuard::new(pieces, bounds, Arc::clone(&watch)), watch)
}

/// How many bytes the guard lets through to the codec.
pub async fn guarded(pieces: &[Bytes]) -> usize {
    let through = |sum, piece: Result<Bytes, _>| {
        std::future::ready(sum + piece.map_or(0, |bytes| bytes.len()))
    };
    guard(pieces).0.fold(0, through).await
}

/// How many bytes of payload an actor hears of behind it, once the frames are decoded as actix-web-actors decodes them.
pub async fn unmasked(pieces: &[Bytes]) -> usize {
    let (mut frames, watch) = guard(pieces);
    let mut codec = Codec::new().max_size(Limits::default().max_frame);
    let (mut buffer, mut sum) = (BytesMut::new(), 0);
    while let Some(Ok(piece)) = frames.next().await {
        buffer.extend_from_slice(&piece);
        while let Ok(Some(frame)) = codec.decode(&mut buffer) {
            if let Frame::Binary(_) = frame {
                sum += watch.data().iter().flatten().map(Bytes::len).sum::<usize>();
            }
        }
    }
    sum
}

//! [`Aside`]: the payload of a data frame, which goes past the codec.
//!
//! actix-web-actors gathers a frame in a buffer of its own, copies it there and keeps that buffer for as long as the
//! connection lives. So the guard takes the bytes of data frames itself, unmasks them on the way, and leaves the codec an
//! empty frame in their place: the actor hears of them where it would have, and memory is held only by bytes that are here.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::web::{Bytes, BytesMut};

/// What the codec sees in place of a frame: binary, whole, masked, empty.
pub(super) const STAND_IN: &[u8] = &[0x82, 0x80, 0, 0, 0, 0];

/// Room is made for so many bytes at least, if so many are announced: a peer may send them one by one.
const LEAST: usize = 4 * 1024;
/// Bytes that are copied and then unmasked while they are near.
const NEAR: usize = 8 * 1024;
const MASK: usize = 4;

/// A payload that comes in.
#[derive(Debug)]
pub(super) struct Aside {
    mask: [u8; MASK],
    mask_left: usize,
    left: u64,
    /// Where in the mask the next byte is.
    turn: usize,
    full: Vec<Bytes>,
    filling: BytesMut,
}

/// Payloads that are whole, in their order.
#[derive(Debug, Default)]
pub(super) struct Laid(Mutex<VecDeque<Vec<Bytes>>>);

impl Aside {
    pub(super) fn of(length: u64) -> Self {
        let (mask, mask_left, turn) = ([0; MASK], MASK, 0);
        Self { mask, mask_left, left: length, turn, full: Vec::new(), filling: BytesMut::new() }
    }

    /// Takes what belongs to it from the beginning of a piece, and answers how much that was.
    pub(super) fn take(&mut self, piece: &[u8]) -> usize {
        let key = piece.len().min(self.mask_left);
        let at = MASK - self.mask_left;
        self.mask[at..at + key].copy_from_slice(&piece[..key]);
        self.mask_left -= key;
        let here = piece.len() - key;
        let payload = usize::try_from(self.left).unwrap_or(usize::MAX).min(here);
        self.unmask(&piece[key..key + payload]);
        self.left -= payload as u64;
        key + payload
    }

    pub(super) fn is_whole(&self) -> bool {
        self.mask_left == 0 && self.left == 0
    }

    /// Its bytes, in pieces none of which is empty.
    pub(super) fn into_pieces(mut self) -> Vec<Bytes> {
        self.seal();
        self.full
    }

    fn unmask(&mut self, mut masked: &[u8]) {
        let mut left = self.left;
        while !masked.is_empty() {
            let mut room = self.filling.capacity() - self.filling.len();
            if room == 0 {
                self.seal();
                let announced = usize::try_from(left).unwrap_or(usize::MAX);
                self.filling = BytesMut::with_capacity(announced.min(masked.len().max(LEAST)));
                room = self.filling.capacity();
            }
            let (now, later) = masked.split_at(masked.len().min(room).min(NEAR));
            let begun = self.filling.len();
            self.filling.extend_from_slice(now);
            apply(self.mask, self.turn, &mut self.filling[begun..]);
            self.turn = (self.turn + now.len()) % MASK;
            left -= now.len() as u64;
            masked = later;
        }
    }

    fn seal(&mut self) {
        if !self.filling.is_empty() {
            self.full.push(std::mem::take(&mut self.filling).freeze());
        }
    }
}

/// RFC 6455 §5.3, beginning in the middle of the mask.
fn apply(mask: [u8; MASK], turn: usize, bytes: &mut [u8]) {
    let mut turned = mask;
    turned.rotate_left(turn);
    let [a, b, c, d] = turned;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(turned.iter().cycle()) {
        *byte ^= key;
    }
}

impl Laid {
    fn all(&self) -> MutexGuard<'_, VecDeque<Vec<Bytes>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, pieces: Vec<Bytes>) {
        self.all().push_back(pieces);
    }

    pub(super) fn pop(&self) -> Option<Vec<Bytes>> {
        self.all().pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_unmasked_however_they_are_cut() {
        // RFC 6455 §5.7, and something longer than what is unmasked at once.
        let hello = ([0x37, 0xfa, 0x21, 0x3d], vec![0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        let long: Vec<u8> = (0..20_011_usize).map(|at| (at * 7 % 251) as u8).collect();
        let mask = [1, 200, 3, 77];
        let masked = long.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect();
        for ((mask, masked), plain) in
            [(hello, b"Hello".to_vec()), ((mask, masked), long), (([9; 4], vec![]), vec![])]
        {
            let all = [&mask[..], &masked].concat();
            for cut in [1, 2, 3, 5, 9, 4_095, 4_097, 8_193, 30_000] {
                let mut aside = Aside::of(plain.len() as u64);
                for piece in all.chunks(cut) {
                    assert!(!aside.is_whole());
                    assert_eq!(aside.take(piece), piece.len());
                }
                assert!(aside.is_whole());
                assert_eq!(aside.take(b"what follows"), 0);
                let pieces = aside.into_pieces();
                assert_eq!(pieces.concat(), plain, "cut into {cut}");
                assert!(pieces.iter().all(|piece| !piece.is_empty()));
            }
        }
    }

    #[test]
    fn a_peer_that_sends_byte_by_byte_costs_no_more_than_its_bytes() {
        let mut aside = Aside::of(100_000);
        aside.take(&[0; MASK]);
        (0..50_000).for_each(|_| assert_eq!(aside.take(&[1]), 1));
        let held: usize = aside.full.iter().map(Bytes::len).sum();
        assert!(held + aside.filling.capacity() <= 50_000 + LEAST);
        assert!(aside.full.iter().all(|piece| piece.len() >= LEAST));
        let announced = Aside::of(1 << 40);
        assert_eq!(announced.filling.capacity(), 0, "what is only announced costs nothing");
    }
}

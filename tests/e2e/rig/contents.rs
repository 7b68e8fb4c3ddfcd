//! [`Contents`]: the bytes of a file, made again from a seed whenever somebody wants them.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::Chance;

/// A prime, so that no block of a file looks like the block a round number of bytes further on: bytes that were
/// glued together at a wrong offset are other bytes.
const PERIOD: usize = 1_048_573;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contents {
    seed: u64,
    pub(crate) size: u64,
}

impl Contents {
    pub(crate) fn new(chance: &mut Chance, size: u64) -> Self {
        Self { seed: chance.next(), size }
    }

    /// The bytes from here on, not more than so many and not more than there are.
    pub(crate) fn piece(&self, offset: u64, length: u64) -> Vec<u8> {
        let length = usize::try_from(length.min(self.size - offset)).unwrap();
        let mut at = usize::try_from(self.seed.wrapping_add(offset) % PERIOD as u64).unwrap();
        let mut piece = Vec::with_capacity(length);
        while piece.len() < length {
            let end = PERIOD.min(at + length - piece.len());
            piece.extend_from_slice(&pattern()[at..end]);
            at = 0;
        }
        piece
    }

    pub(crate) fn all(&self) -> Vec<u8> {
        self.piece(0, self.size)
    }

    pub(crate) fn sha256(&self) -> String {
        sha256(&self.all())
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that begin no known type of file.
fn pattern() -> &'static [u8] {
    static PATTERN: OnceLock<Vec<u8>> = OnceLock::new();
    PATTERN.get_or_init(|| {
        let mut chance = Chance::new(1);
        (0..PERIOD).map(|_| 0x80 | (chance.next().to_be_bytes()[0] >> 2)).collect()
    })
}

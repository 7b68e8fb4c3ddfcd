//! Which digests an entry's bytes need, running and finished.
//!
//! A slot says which digest its files get, and a client may declare a SHA-256 besides. What is declared is compared
//! whatever the slot says; what nobody asks for is not computed.

use sha2::digest::common::hazmat::SerializableState;
use sha2::{Digest as _, Sha256};

use crate::domain::{
    Blake3Digest, Digest, DigestKind, Entry, EntryKind, PartialDigest, Sha256Digest, Slot,
};

/// What is to be computed of an entry's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) sha256: bool,
    pub(super) blake3: bool,
}

impl Needs {
    pub(super) fn of(slot: &Slot, entry: &Entry) -> Self {
        // A piece is never complete by itself; the file that is joined of it has a digest.
        if entry.kind == EntryKind::Piece {
            return Self { sha256: false, blake3: false };
        }
        let (kind, declared) = (slot.digest(), entry.facts.client_sha256.is_some());
        Self { sha256: declared || kind == DigestKind::Sha256, blake3: kind == DigestKind::Blake3 }
    }

    pub(super) fn is_nothing(self) -> bool {
        !self.sha256 && !self.blake3
    }

    /// Of no bytes yet.
    pub(super) fn start(self) -> Running {
        Running {
            sha256: self.sha256.then(Sha256::default),
            blake3: self.blake3.then(Box::default),
        }
    }

    /// Behind a state that was remembered; `None` if all has to be read again. A state of which only a part is known is
    /// no state.
    pub(super) fn go_on(self, state: Option<&PartialDigest>) -> Option<Running> {
        if self.is_nothing() {
            return Some(self.start());
        }
        if self.blake3 {
            return None;
        }
        let state = state?.as_bytes().try_into().ok()?;
        let sha256 = Sha256::deserialize(&state).ok()?;
        Some(Running { sha256: Some(sha256), blake3: None })
    }
}

/// Digests of the bytes so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Running {
    sha256: Option<Sha256>,
    /// Its state is 2 KB, which those who don't want it don't carry about.
    blake3: Option<Box<blake3::Hasher>>,
}

impl Running {
    pub(super) fn is_nothing(&self) -> bool {
        self.sha256.is_none() && self.blake3.is_none()
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.sha256 {
            hasher.update(bytes);
        }
        if let Some(hasher) = &mut self.blake3 {
            hasher.update(bytes);
        }
    }

    /// As the catalogue remembers it: a SHA-256 alone can be gone on with.
    pub(super) fn partial(&self) -> Option<PartialDigest> {
        match (&self.sha256, &self.blake3) {
            (Some(hasher), None) => Some(PartialDigest::new(hasher.serialize().to_vec())),
            _ => None,
        }
    }

    pub(super) fn finish(self) -> Digests {
        Digests {
            sha256: self.sha256.map(|hasher| <[u8; 32]>::from(hasher.finalize()).into()),
            blake3: self.blake3.map(|hasher| Blake3Digest::from(*hasher.finalize().as_bytes())),
        }
    }
}

/// What was computed of all bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Digests {
    sha256: Option<Sha256Digest>,
    blake3: Option<Blake3Digest>,
}

impl Digests {
    /// Whether all that is needed was computed.
    pub(super) fn has(&self, needs: Needs) -> bool {
        (self.sha256.is_some() || !needs.sha256) && (self.blake3.is_some() || !needs.blake3)
    }

    /// Those that are needed.
    pub(super) fn only(self, needs: Needs) -> Self {
        Self {
            sha256: self.sha256.filter(|_| needs.sha256),
            blake3: self.blake3.filter(|_| needs.blake3),
        }
    }

    /// Whether the bytes are those of a declared SHA-256. What was not computed is not confirmed.
    pub(super) fn confirm(&self, declared: Option<Sha256Digest>) -> bool {
        declared.is_none_or(|declared| self.sha256 == Some(declared))
    }

    /// The one that is kept: the slot's, or else the one that was computed because it was declared.
    pub(super) fn kept(&self) -> Option<Digest> {
        self.blake3.map(Digest::from).or(self.sha256.map(Digest::from))
    }
}

#[cfg(test)]
mod tests;

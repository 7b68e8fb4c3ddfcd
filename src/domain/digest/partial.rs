//! `PartialDigest`: a SHA-256 that is not finished.

use std::fmt;

/// As much of a SHA-256's state as it needs to go on, in the engine's own form.
///
/// Kept beside an offset, it saves reading gigabytes again when an upload goes on after a restart. There is none of a
/// BLAKE3, whose library gives its state to nobody: those bytes are read again.
#[derive(Clone, PartialEq, Eq)]
pub struct PartialDigest(Box<[u8]>);

impl PartialDigest {
    /// Wraps a state.
    pub fn new(state: impl Into<Box<[u8]>>) -> Self {
        Self(state.into())
    }

    /// The state.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PartialDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartialDigest")
    }
}

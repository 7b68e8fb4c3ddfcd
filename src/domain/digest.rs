//! `Digest`: what is remembered of a file's bytes, and by which algorithm it was computed.
//!
//! One slot's files are held against a SHA-256 for years, another's are gone in a minute, and hashing is a good part of
//! what an upload costs. So a slot says which digest its files get ([`DigestKind`]), and a digest says which one it is: a
//! bare string would be compared with the wrong algorithm's sooner or later. Computing it is the engine's business.

mod blake3;
mod hex;
mod partial;
mod sha256;

use std::{fmt, str::FromStr};

pub use self::blake3::Blake3Digest;
pub use self::hex::DigestError;
pub use self::partial::PartialDigest;
pub use self::sha256::Sha256Digest;
use crate::domain::text_form::text_form;

/// Which digest a slot's files get.
///
/// A SHA-256 that a client declares is computed and compared whatever this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DigestKind {
    /// SHA-256, which everything else can compare.
    #[default]
    Sha256,
    /// BLAKE3, for a part of the work.
    Blake3,
    /// None: nobody needs it, or whoever does computes it later.
    None,
}

impl DigestKind {
    /// Every kind, as configurations and documents list them.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Blake3, Self::None];

    /// `sha256`, `blake3` or `none`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Blake3 => "blake3",
            Self::None => "none",
        }
    }
}

impl fmt::Display for DigestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no kind of digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of digest: expected `sha256`, `blake3` or `none`")]
pub struct DigestKindError;

impl FromStr for DigestKind {
    type Err = DigestKindError;

    fn from_str(text: &str) -> Result<Self, DigestKindError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(DigestKindError)
    }
}

/// The digest of a file's bytes.
///
/// As text a SHA-256 is its bare hexadecimal digits, as it was before there was another; a BLAKE3 is `blake3:HEX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Digest {
    /// A SHA-256.
    Sha256(Sha256Digest),
    /// A BLAKE3 of 32 bytes, without a key.
    Blake3(Blake3Digest),
}

/// What stands before a BLAKE3.
const BLAKE3: &str = "blake3:";

impl Digest {
    /// The SHA-256, if it is one.
    pub const fn sha256(&self) -> Option<Sha256Digest> {
        match self {
            Self::Sha256(digest) => Some(*digest),
            Self::Blake3(_) => None,
        }
    }

    /// The BLAKE3, if it is one.
    pub const fn blake3(&self) -> Option<Blake3Digest> {
        match self {
            Self::Blake3(digest) => Some(*digest),
            Self::Sha256(_) => None,
        }
    }
}

impl From<Sha256Digest> for Digest {
    fn from(digest: Sha256Digest) -> Self {
        Self::Sha256(digest)
    }
}

impl From<Blake3Digest> for Digest {
    fn from(digest: Blake3Digest) -> Self {
        Self::Blake3(digest)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(digest) => digest.fmt(f),
            Self::Blake3(digest) => write!(f, "{BLAKE3}{digest}"),
        }
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        match text.strip_prefix(BLAKE3) {
            Some(hex) => hex.parse().map(Self::Blake3),
            None => text.parse().map(Self::Sha256),
        }
    }
}

text_form!(Digest);

#[cfg(test)]
mod tests;

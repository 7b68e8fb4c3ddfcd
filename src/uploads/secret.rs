//! The secret behind cookies and form tokens.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::Sha256Digest;

/// 64 random bytes. Whoever has them can speak for anybody, so they are never printed.
#[derive(Clone)]
pub struct Secret([u8; 64]);

impl Secret {
    /// Takes 64 random bytes, as read from the file `secret` of the data folder.
    #[must_use]
    pub fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// New random bytes from the operating system.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0; 64];
        for part in bytes.chunks_exact_mut(16) {
            part.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        }
        Self(bytes)
    }

    /// The bytes, for the cookie jar and for keeping them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// A tag that only we can make, for one purpose and one text.
    pub(crate) fn tag(&self, purpose: &str, text: &str) -> String {
        let mac = self.mac(purpose, text).finalize().into_bytes();
        Sha256Digest::from(<[u8; 32]>::from(mac)).to_string()
    }

    /// True if `tag` is ours, in constant time.
    pub(crate) fn checks(&self, purpose: &str, text: &str, tag: &str) -> bool {
        let Ok(tag) = tag.parse::<Sha256Digest>() else { return false };
        self.mac(purpose, text).verify_slice(tag.as_bytes()).is_ok()
    }

    #[allow(clippy::expect_used)] // HMAC takes keys of any length.
    fn mac(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::new_from_slice(&self.0).expect("any length will do");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        mac
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

//! How a file ended, as its live page was told.

use std::fmt;
use std::ops::Index;

use serde_json::Value;

/// The last `progress` message of a file. Whatever else that message says is found by its field's name:
/// `settled["loaded"]`, null if it isn't there.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled(Value);

impl Settled {
    pub(super) fn of(message: Value) -> Self {
        Self(message)
    }

    /// `complete`, `error` or `cancelled`.
    #[must_use]
    pub fn status(&self) -> &str {
        self.0["status"].as_str().unwrap_or_default()
    }

    /// Whether all its bytes are safe.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.status() == "complete"
    }

    /// Where the file is served, if the page kept it.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.0["url"].as_str()
    }

    /// The SHA-256 of a complete file, in hex, if its slot has one computed.
    #[must_use]
    pub fn sha256(&self) -> Option<&str> {
        self.0["sha256"].as_str()
    }

    /// The BLAKE3 of a complete file, in hex, if its slot has that.
    #[must_use]
    pub fn blake3(&self) -> Option<&str> {
        self.0["blake3"].as_str()
    }

    /// The code of the refusal, if there was one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0["error"]["code"].as_str()
    }

    /// The words of the refusal, if there was one.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0["error"]["message"].as_str()
    }

    /// The message itself.
    #[must_use]
    pub fn into_json(self) -> Value {
        self.0
    }
}

impl Index<&str> for Settled {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.0[field]
    }
}

impl fmt::Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

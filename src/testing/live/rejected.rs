//! Why something was refused, as a client is told.

use std::fmt;

use serde_json::Value;

/// A refusal: a stable code, and words for the person who sees it. It equals its code.
///
/// ```
/// # use longshore::testing::Rejected;
/// # let error = serde_json::json!({ "code": "too_large", "message": "Too large.", "params": { "max": 5 } });
/// let refused = Rejected::of(&error);
/// assert_eq!(refused, "too_large");
/// assert_eq!(refused.params()["max"], 5);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    code: String,
    message: String,
    params: Value,
}

impl Rejected {
    /// Reads the `error` of a message; panics unless it has a code and a message.
    #[must_use]
    pub fn of(error: &Value) -> Self {
        let text = |field: &str| match error[field].as_str() {
            Some(text) => text.to_owned(),
            None => panic!("no error with a `{field}`: {error}"),
        };
        Self { code: text("code"), message: text("message"), params: error["params"].clone() }
    }

    /// The stable code, such as `too_large`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The words for the visitor.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The numbers behind the words, such as `max`; null if there are none.
    #[must_use]
    pub fn params(&self) -> &Value {
        &self.params
    }
}

impl PartialEq<&str> for Rejected {
    fn eq(&self, code: &&str) -> bool {
        self.code == *code
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code, self.message)
    }
}

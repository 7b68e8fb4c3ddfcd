//! What happened on a page.

use serde_json::Value;

/// An event of a page: a button, or a form that was submitted.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its name: the value of `data-event`, or of the form's field `_event`.
    pub name: String,
    /// What came with it, as the client said it: the form's fields, or the button's `data-value-…`.
    pub payload: Value,
}

impl Event {
    /// A field of the payload, if it is there and is text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.payload.get(field)?.as_str()
    }
}

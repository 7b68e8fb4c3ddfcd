//! What happened on a page.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ViewError;

/// An event of a page: a button, or a form that was submitted.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its name: the value of `data-event`, or of the form's field `_event`.
    pub name: String,
    /// What came with it, as the client said it: the form's fields, or the button's `data-value-…`.
    pub payload: Value,
}

impl Event {
    /// The payload as a type of the application's. Forms send every field as text.
    ///
    /// # Errors
    /// [`ViewError::Payload`] if it has another shape: the caller gets an error, the log a warning.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ViewError> {
        T::deserialize(&self.payload).map_err(|error| ViewError::Payload {
            event: self.name.chars().take(64).collect(),
            reason: error.to_string().chars().take(200).collect(),
        })
    }

    /// One field of the payload as a type of the application's, such as an [`EntryId`](crate::EntryId).
    ///
    /// # Errors
    /// [`ViewError::Payload`] if it isn't there or has another shape.
    pub fn get<T: DeserializeOwned>(&self, field: &str) -> Result<T, ViewError> {
        let value = self.payload.get(field).unwrap_or(&Value::Null);
        T::deserialize(value).map_err(|error| ViewError::Payload {
            event: self.name.chars().take(64).collect(),
            reason: format!("{field}: {error}").chars().take(200).collect(),
        })
    }

    /// A field of the payload, if it is there and is text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.payload.get(field)?.as_str()
    }
}

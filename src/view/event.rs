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
            // It quotes what the client said, and stands in the log: on one line.
            reason: error.to_string().chars().filter(|c| !c.is_control()).take(200).collect(),
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

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        amount: u32,
    }

    fn parsed(payload: Value) -> Result<Order, ViewError> {
        Event { name: "order".to_owned(), payload }.parse()
    }

    #[test]
    fn a_payload_is_what_its_handler_wants_or_says_why_not() {
        assert_eq!(parsed(json!({ "amount": 3 })).unwrap().amount, 3);
        let error = parsed(json!({ "amount": "three" })).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the payload of the event \"order\" has the wrong shape: invalid type: string \"three\", \
             expected u32"
        );
        assert_eq!(error.rejection().message(), "The event “order” came without what it needs.");
    }

    #[test]
    fn what_a_client_says_stays_on_one_line_and_short() {
        let error = parsed(json!({ "a\nERROR forged": 1 })).unwrap_err().to_string();
        assert!(error.contains("ERROR forged") && !error.contains('\n'), "{error}");
        let error = parsed(json!({ "x".repeat(9_000): 1 })).unwrap_err();
        assert!(error.to_string().len() < 400);
    }
}

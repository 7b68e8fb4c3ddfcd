//! A file that was chosen and registered.

use serde_json::Value;

/// An entry of a [`LivePage`](super::LivePage), which has just been registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The page's own short name of it.
    pub reference: String,
    /// The entry's id, as in `/api/entries/{id}`.
    pub id: String,
    /// The number that its data frames carry.
    pub stream: u32,
    /// What `send` sends; an entry that was registered by hand has none.
    pub(super) bytes: Option<Vec<u8>>,
}

impl Selected {
    /// Reads an entry of a `registered` message.
    #[must_use]
    pub fn of(answer: &Value) -> Self {
        let text = |field: &str| match answer[field].as_str() {
            Some(text) => text.to_owned(),
            None => panic!("no entry with a `{field}`: {answer}"),
        };
        let stream = answer["stream"].as_u64().and_then(|stream| u32::try_from(stream).ok());
        Self {
            reference: text("ref"),
            id: text("id"),
            stream: stream.unwrap_or_else(|| panic!("no entry with a `stream`: {answer}")),
            bytes: None,
        }
    }
}

/// Its reference, for [`LivePage::settled`](super::LivePage::settled).
impl AsRef<str> for Selected {
    fn as_ref(&self) -> &str {
        &self.reference
    }
}

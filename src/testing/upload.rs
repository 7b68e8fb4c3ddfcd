//! A file that a test uploads, and what is claimed about it.

use serde_json::{Value, json};

/// A file in the hand of a visitor: its bytes, and what their browser says of it.
///
/// ```
/// use longshore::testing::Upload;
///
/// let note = Upload::text("a.txt", "hello").in_folder("holiday/a.txt");
/// assert_eq!((note.name(), note.contents()), ("a.txt", &b"hello"[..]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    name: String,
    mime: String,
    bytes: Vec<u8>,
    more: serde_json::Map<String, Value>,
}

impl Upload {
    /// A file of a type that the browser doesn't know.
    pub fn bytes(name: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        let (mime, bytes) = (String::new(), bytes.as_ref().to_vec());
        Self { name: name.into(), mime, bytes, more: serde_json::Map::new() }
    }

    /// A file of type `text/plain`.
    pub fn text(name: impl Into<String>, text: impl AsRef<str>) -> Self {
        Self::bytes(name, text.as_ref()).of_type("text/plain")
    }

    /// A real picture: one white pixel.
    pub fn png(name: impl Into<String>) -> Self {
        Self::bytes(name, super::samples::png()).of_type("image/png")
    }

    /// Claims this media type, whatever the bytes are.
    #[must_use]
    pub fn of_type(self, mime: impl Into<String>) -> Self {
        Self { mime: mime.into(), ..self }
    }

    /// Says that the file lies here in the folder that was chosen.
    #[must_use]
    pub fn in_folder(self, relative_path: impl Into<String>) -> Self {
        self.claiming("relative_path", relative_path.into())
    }

    /// Claims anything: a field of an entry in `register` (`docs/wire.md`), such as `size`, `sha256` or
    /// `last_modified`.
    #[must_use]
    pub fn claiming(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.more.insert(field.to_owned(), value.into());
        self
    }

    /// The name that is claimed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The media type that is claimed; empty if none is.
    #[must_use]
    pub fn mime(&self) -> &str {
        &self.mime
    }

    /// The bytes.
    #[must_use]
    pub fn contents(&self) -> &[u8] {
        &self.bytes
    }

    /// The entry of a `register` message.
    pub(super) fn facts(&self, reference: &str) -> Value {
        let mut facts = json!({ "ref": reference, "name": self.name, "size": self.bytes.len(),
            "mime": self.mime });
        for (field, value) in &self.more {
            facts[field] = value.clone();
        }
        facts
    }

    pub(super) fn into_contents(self) -> Vec<u8> {
        self.bytes
    }
}

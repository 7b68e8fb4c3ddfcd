//! A multipart body, made by hand: a library would be too polite for most of what a test wants to send.

use super::Upload;

/// The boundary between the parts of every [`Form`].
pub const BOUNDARY: &str = "----longshore-test-7MA4YWxkTrZu0gW";

/// A form as a browser sends it: parts in the order in which they are added.
///
/// ```
/// use longshore::testing::Form;
///
/// let body = Form::new().text("note", "hello").file("photos", "a.jpg", b"\xff\xd8").body();
/// assert!(body.starts_with(b"------longshore-test"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Form {
    body: Vec<u8>,
}

impl Form {
    /// A form without parts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A part with exactly these header lines (separated by CR and LF, without a last one).
    #[must_use]
    pub fn part(mut self, headers: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.body.extend(format!("--{BOUNDARY}\r\n{headers}\r\n\r\n").as_bytes());
        self.body.extend(bytes.as_ref());
        self.body.extend(b"\r\n");
        self
    }

    /// A text field. The form's event is the field `_event`.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("Content-Disposition: form-data; name=\"{name}\""), value)
    }

    /// A file of a type that the browser doesn't know. The field is named after its slot.
    #[must_use]
    pub fn file(self, field: &str, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.file_of_type(field, name, "application/octet-stream", bytes)
    }

    /// A file as browsers write it (HTML, "multipart/form-data encoding algorithm").
    #[must_use]
    pub fn file_of_type(
        self,
        field: &str,
        name: &str,
        mime: &str,
        bytes: impl AsRef<[u8]>,
    ) -> Self {
        let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let headers = format!(
            "Content-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: {mime}"
        );
        self.part(&headers, bytes)
    }

    /// The same file that a live page would [`select`](super::LivePage::select).
    #[must_use]
    pub fn upload(self, field: &str, upload: &Upload) -> Self {
        let mime =
            if upload.mime().is_empty() { "application/octet-stream" } else { upload.mime() };
        self.file_of_type(field, upload.name(), mime, upload.contents())
    }

    /// The header `Content-Type` of a request with this body.
    #[must_use]
    pub fn content_type() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    /// The whole body.
    #[must_use]
    pub fn body(mut self) -> Vec<u8> {
        self.body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.body
    }

    /// The body as far as it goes, without its end.
    #[must_use]
    pub fn cut_off(self) -> Vec<u8> {
        self.body
    }
}

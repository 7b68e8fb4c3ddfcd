//! A multipart body, made by hand: a library would be too polite for most of what is sent here.

/// Parts in the order in which they are added.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    body: Vec<u8>,
}

pub(crate) const BOUNDARY: &str = "----longshore-test-7MA4YWxkTrZu0gW";

impl Form {
    pub(crate) fn new() -> Self {
        Self { body: Vec::new() }
    }

    /// A part with exactly these header lines.
    pub(crate) fn part(mut self, headers: &str, bytes: &[u8]) -> Self {
        self.body.extend(format!("--{BOUNDARY}\r\n{headers}\r\n\r\n").as_bytes());
        self.body.extend(bytes);
        self.body.extend(b"\r\n");
        self
    }

    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("Content-Disposition: form-data; name=\"{name}\""), value.as_bytes())
    }

    pub(crate) fn file(self, field: &str, name: &str, bytes: &[u8]) -> Self {
        self.file_of_type(field, name, "application/octet-stream", bytes)
    }

    /// A file as browsers write it (HTML, "multipart/form-data encoding algorithm").
    pub(crate) fn file_of_type(self, field: &str, name: &str, mime: &str, bytes: &[u8]) -> Self {
        let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let headers = format!(
            "Content-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: {mime}"
        );
        self.part(&headers, bytes)
    }

    pub(crate) fn content_type() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    pub(crate) fn body(mut self) -> Vec<u8> {
        self.body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.body
    }

    /// The body as far as it goes, without its end.
    pub(crate) fn cut_off(self) -> Vec<u8> {
        self.body
    }
}

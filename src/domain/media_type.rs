//! `MediaType`: what the bytes of a file are, as `type/subtype`.
//!
//! Clients write types with parameters, in any case, and with anything else in them; what is stored
//! and later sent in a header must be one plain token pair.
//!
//! INVARIANT: lower case, no parameters, only token characters; safe in a header and in HTML.

use std::{fmt, str::FromStr, sync::Arc};

use crate::domain::text_form::text_form;

/// Longest type and longest subtype, RFC 6838 §4.2.
const LONGEST_PART: usize = 127;

/// Types that a browser may show in place: pixels, sound, film and plain text. PDF is left out on
/// purpose: a PDF viewer inside the site's origin runs the document's own scripts.
const INLINE_SAFE: &[&str] = &[
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/avif",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "audio/webm",
    "audio/wav",
    "audio/x-wav",
    "audio/flac",
    "audio/x-flac",
    "text/plain",
];

/// A media type such as `image/png`. The default is [`MediaType::OCTET_STREAM`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaType(Arc<str>);

impl MediaType {
    /// The type of bytes of which nothing is known.
    pub const OCTET_STREAM: &'static str = "application/octet-stream";

    /// Reads a type as a client or a header writes it; parameters are dropped, case is lowered.
    /// `None` if that leaves no two tokens with a slash between them.
    pub fn parse(text: &str) -> Option<Self> {
        let essence = text.split(';').next().unwrap_or_default().trim();
        let (kind, subtype) = essence.split_once('/')?;
        (is_token(kind) && is_token(subtype)).then(|| Self(essence.to_ascii_lowercase().into()))
    }

    /// The type as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a browser may show such a file in place when its bytes are of that type; everything
    /// else is offered as a download.
    pub fn is_inline_safe(&self) -> bool {
        INLINE_SAFE.contains(&self.as_str())
    }

    /// Whether it is any `image/…`, SVG included.
    pub fn is_image(&self) -> bool {
        self.0.starts_with("image/")
    }
}

impl Default for MediaType {
    fn default() -> Self {
        Self(Self::OCTET_STREAM.into())
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Text that is no media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a media type: expected type/subtype")]
pub struct MediaTypeError;

impl FromStr for MediaType {
    type Err = MediaTypeError;

    fn from_str(text: &str) -> Result<Self, MediaTypeError> {
        Self::parse(text).ok_or(MediaTypeError)
    }
}

text_form!(MediaType);

/// RFC 6838 §4.2 "restricted-name": what may stand on either side of the slash.
fn is_token(text: &str) -> bool {
    let tail = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
    (1..=LONGEST_PART).contains(&text.len())
        && text.as_bytes()[0].is_ascii_alphanumeric()
        && text.bytes().all(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_are_dropped() {
        for text in ["image/png", " IMAGE/PNG ", "image/png; charset=binary", "image/png;x"] {
            assert_eq!(MediaType::parse(text).unwrap().as_str(), "image/png", "{text}");
        }
        assert!(MediaType::parse("application/vnd.oasis.opendocument.text").is_some());
        assert!(MediaType::parse("image/svg+xml").is_some());
    }

    #[test]
    fn what_could_break_a_header_or_a_page_is_no_type() {
        for text in [
            "",
            "image",
            "/png",
            "image/",
            "image/*",
            "a/b/c",
            "text/html\"><script>",
            "a b/c",
            "text/pl\r\nX: y",
            "é/x",
            "+a/b",
        ] {
            assert_eq!(MediaType::parse(text), None, "{text:?}");
        }
        assert_eq!(MediaType::parse(&format!("a/{}", "b".repeat(128))), None);
    }

    #[test]
    fn only_harmless_types_are_shown_in_place() {
        let safe = |text: &str| MediaType::parse(text).unwrap().is_inline_safe();
        assert!(safe("image/jpeg") && safe("text/plain") && safe("video/mp4"));
        for text in ["image/svg+xml", "text/html", "application/pdf", "text/xml", "text/javascript"]
        {
            assert!(!safe(text), "{text}");
        }
        assert!(!MediaType::default().is_inline_safe());
    }
}

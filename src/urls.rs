//! Where stored files are served.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::StoredFile;

/// Unreserved characters of RFC 3986 stay as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path under which a stored file is served: `/_upload/{id}/{name}`. Only its owner may fetch it. The
/// name is for people; the id decides.
#[must_use]
pub fn get_upload_url(file: &StoredFile) -> String {
    format!("/_upload/{}/{}", file.id, utf8_percent_encode(file.name.as_str(), SEGMENT))
}

//! `Upload-Expires`: until when an unfinished upload is waited for.

use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::header::{HeaderName, HttpDate};

use crate::domain::Entry;
use crate::uploads::Uploads;

const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// "Expiration": the answers to POST and to each PATCH of an unfinished upload say when it goes, as an HTTP date.
/// Of one that is complete nothing is said: it is no longer the client's to go on with.
pub(super) fn header(uploads: &Uploads, entry: &Entry) -> Option<(HeaderName, String)> {
    let at = uploads.expires_at(entry).filter(|_| !entry.done())?;
    let since = Duration::from_millis(u64::try_from(at.as_millis()).ok()?);
    Some((UPLOAD_EXPIRES, HttpDate::from(UNIX_EPOCH.checked_add(since)?).to_string()))
}

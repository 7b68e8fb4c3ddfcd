//! Files as JSON answers of all doors tell of them: what was stored, and what was refused.

use serde_json::{Value, json};

use crate::domain::{Entry, Rejection, Sha256Digest, StoredFile};
use crate::uploads::Uploads;

/// A file that is complete. One that the view has not taken over yet, or that it took elsewhere, has no `url`.
pub(super) fn file(uploads: &Uploads, entry: &Entry, stored: Option<&StoredFile>) -> Value {
    match stored {
        Some(file) => json!(uploads.facts(file)),
        None => with_blake3(
            entry,
            json!({
                "id": entry.id,
                "name": entry.name,
                "size": entry.length,
                "type": entry.media_type,
                "sha256": sha256(entry),
                "url": null,
            }),
        ),
    }
}

/// Its digest where that is a SHA-256.
pub(super) fn sha256(entry: &Entry) -> Option<Sha256Digest> {
    entry.digest?.sha256()
}

/// Adds the field that only entries with such a digest have.
pub(super) fn with_blake3(entry: &Entry, mut facts: Value) -> Value {
    if let Some(digest) = entry.digest.and_then(|digest| digest.blake3()) {
        facts["blake3"] = json!(digest);
    }
    facts
}

/// What became of files, as one document.
pub(super) fn body(success: bool, files: &[Value], refused: &[(String, Rejection)]) -> Value {
    let mut body = json!({ "success": success, "files": files, "errors": errors(refused) });
    if let Some((_, rejection)) = refused.first().filter(|_| !success) {
        // Dropzone shows this, and knows no other field.
        body["error"] = rejection.message().into();
    }
    body
}

/// What was refused: the name as it may be shown, and why.
pub(super) fn errors(refused: &[(String, Rejection)]) -> Vec<Value> {
    let error = |(name, rejection): &(String, Rejection)| {
        json!({
            "name": name,
            "code": rejection.code().as_str(),
            "message": rejection.message(),
            "params": rejection.params(),
        })
    };
    refused.iter().map(error).collect()
}

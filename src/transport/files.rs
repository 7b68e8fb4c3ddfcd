//! Files as JSON answers of all doors tell of them: what was stored, and what was refused.

use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::{Entry, Rejection, Sha256Digest, StoredFile};
use crate::templates::FileFacts;
use crate::uploads::Uploads;

/// A file that is complete.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Told {
    Stored(Box<FileFacts>),
    /// The view has not taken it over yet, or took it elsewhere: it has no `url`.
    Complete(Value),
}

/// What became of files, as one document.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    success: bool,
    files: &'a [Told],
    errors: Vec<Value>,
    /// Dropzone shows this, and knows no other field.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

pub(super) fn file(uploads: &Uploads, entry: &Entry, stored: Option<&StoredFile>) -> Told {
    match stored {
        Some(file) => Told::Stored(Box::new(uploads.facts(file))),
        None => Told::Complete(with_blake3(
            entry,
            json!({
                "id": entry.id,
                "name": entry.name,
                "size": entry.length,
                "type": entry.media_type,
                "sha256": sha256(entry),
                "url": null,
            }),
        )),
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

pub(super) fn body<'a>(
    success: bool,
    files: &'a [Told],
    refused: &'a [(String, Rejection)],
) -> Body<'a> {
    let error = refused.first().filter(|_| !success).map(|(_, rejection)| rejection.message());
    Body { success, files, errors: errors(refused), error }
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

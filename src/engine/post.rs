//! Telling receivers outside what became of files.
//!
//! The engine writes letters and sends none. A letter is committed with the row that it speaks of, so that no death
//! of the process can lie between the two; whoever delivers it may take days, and no upload waits for that.

use std::sync::Arc;

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;
use uuid::Uuid;

use super::record::patiently;
use super::{Causes, Engine, UploadError};
use crate::catalogue::{Envelope, Outbox};
use crate::domain::{Entry, EntryId, Letter, LetterId, Occasion, StoredFile, Timestamp};

/// Where letters are put, and for whom.
#[derive(Debug, Clone)]
pub struct Post {
    /// Where they wait. It must be the catalogue of the engine, as an outbox.
    pub outbox: Arc<dyn Outbox>,
    /// The names of the receivers.
    pub to: Arc<[String]>,
    /// Rung when there is a new letter.
    pub bell: watch::Sender<()>,
}

impl Post {
    fn envelope(&self, occasion: Occasion, file: &StoredFile, now: Timestamp) -> Envelope {
        let id = LetterId::from_uuid(Uuid::now_v7());
        let letter = Letter {
            id,
            occasion,
            entry: file.id,
            body: body(id, occasion, file, now),
            created_at: now,
        };
        Envelope { letter, to: self.to.to_vec() }
    }
}

impl Engine {
    /// Settles a row; if the application keeps a file by that, its receivers are told in the same commit. If it
    /// fails nobody knows what the row says, and it has to say what the application is told: that the entry is as
    /// it was before. Its first row is brought patiently.
    pub(super) async fn settle_or_restore(
        &self,
        entry: &Entry,
        before: &Entry,
        is_first: bool,
    ) -> Result<(), UploadError> {
        let catalogue = &self.parts().catalogue;
        let Some((post, file)) = self.post().zip(StoredFile::of(entry)) else {
            let settled = match is_first {
                true => patiently(entry.id, || catalogue.settle(entry)).await,
                false => catalogue.settle(entry).await,
            };
            let Err(error) = settled else { return Ok(()) };
            if let Err(error) = catalogue.settle(before).await {
                in_doubt(entry.id, &error);
            }
            return Err(error.into());
        };
        let envelope = post.envelope(Occasion::Stored, &file, self.now());
        let tell = || post.outbox.settle_and_tell(entry, &envelope);
        let told = if is_first { patiently(entry.id, tell).await } else { tell().await };
        if let Err(error) = told {
            if let Err(error) = post.outbox.take_back(before, envelope.letter.id).await {
                in_doubt(entry.id, &error);
            }
            return Err(error.into());
        }
        post.bell.send_replace(());
        Ok(())
    }

    /// Removes a stored file, and tells its receivers: its row with the letter, then its bytes.
    pub(super) async fn forget_stored(&self, file: &StoredFile) -> Result<(), UploadError> {
        let Some(post) = self.post() else { return self.forget_whole(file.id).await };
        let envelope = post.envelope(Occasion::Deleted, file, self.now());
        if let Err(error) = post.outbox.remove_and_tell(file.id, &envelope).await {
            // An error leaves it open whether the row was removed; bytes go only without one.
            match self.parts().catalogue.load(file.id).await {
                Ok(None) => {
                    tracing::warn!(entry.id = %file.id, error = %Causes(&error), "a row is gone though that failed");
                }
                Ok(Some(_)) | Err(_) => return Err(error.into()),
            }
        }
        post.bell.send_replace(());
        Ok(self.parts().blobs.remove(file.id).await?)
    }
}

fn in_doubt(id: EntryId, error: &dyn std::error::Error) {
    tracing::warn!(entry.id = %id, error = %Causes(error), "a row is in doubt");
}

/// What a letter says. Receivers read this for years: names stay, and more may come.
fn body(id: LetterId, occasion: Occasion, file: &StoredFile, now: Timestamp) -> String {
    let mut body = json!({
        "id": id,
        "event": occasion.as_str(),
        "created_at": rfc3339(now),
        "file": {
            "id": file.id,
            "name": file.name.as_str(),
            "relative_path": file.relative_path.as_ref().map(|path| path.as_str()),
            "size": file.size,
            "type": file.media_type.as_str(),
            "sha256": file.digest.and_then(|digest| digest.sha256()),
            "page": file.page.as_str(),
            "slot": file.slot.as_str(),
            "owner": file.owner,
            "created_at": rfc3339(file.created_at),
        },
    });
    if let Some(digest) = file.digest.and_then(|digest| digest.blake3()) {
        body["file"]["blake3"] = json!(digest);
    }
    body.to_string()
}

fn rfc3339(at: Timestamp) -> Option<String> {
    let nanos = i128::from(at.as_millis()) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?.format(&Rfc3339).ok()
}

//! Chunks of files that come in no order and with no last one: where each lies, and who joins them.
//!
//! Two requests may both bring what was missing last, and a client may repeat one whose answer was lost. A file that is
//! joined twice would be stored twice, so there is one gate for each file, and what was joined there is remembered for
//! a while. The file's id follows from its chunks, so that it is found after a restart too.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;
use uuid::{Builder, Uuid};

use super::Uploads;
use crate::domain::{Caller, Entry, EntryId, OwnerId, PageName};

/// As many files as are remembered.
const REMEMBERED: usize = 1_000;

type Gate = Arc<tokio::sync::Mutex<Option<EntryId>>>;

/// The files that are being joined, and those that were lately, oldest first.
#[derive(Debug, Default)]
pub(super) struct Gates(Mutex<VecDeque<(String, Gate)>>);

/// The chunks of one file.
#[derive(Debug)]
pub(crate) struct Chunks {
    uploads: Uploads,
    key: String,
}

impl Uploads {
    /// Somebody whom nothing but a secret of theirs makes known.
    pub(crate) fn stranger(&self, said: &str) -> Caller {
        Caller::new(OwnerId::from_uuid(uuid_of(&self.secret().tag("stranger", said))))
    }

    /// The chunks of a file that a caller sends into a slot under a name of its client's own.
    pub(crate) fn chunks(&self, of: &Caller, page: &PageName, slot: &str, file: &str) -> Chunks {
        let place = format!("{} {page} {slot} {file}", of.claim());
        Chunks { uploads: self.clone(), key: self.secret().tag("chunks", &place) }
    }
}

impl Chunks {
    /// The id of a chunk, the same each time.
    pub(crate) fn piece(&self, index: u64) -> EntryId {
        let tag = self.uploads.secret().tag("chunk", &format!("{} {index}", self.key));
        EntryId::from_uuid(uuid_of(&tag))
    }

    /// The id of the file that is joined of them, the same each time: whoever joins once more, because an earlier
    /// process died between that and the removal of its chunks, finds the file. It says when the file was begun, as all
    /// ids do, so that it is listed in its place.
    pub(crate) fn file(&self, first: &Entry) -> EntryId {
        let tail = uuid_of(&self.uploads.secret().tag("joined", &self.key)).into_bytes();
        let [tail @ .., _, _, _, _, _, _] = tail;
        let begun = u64::try_from(first.created_at.as_millis()).unwrap_or_default();
        EntryId::from_uuid(Builder::from_unix_timestamp_millis(begun, &tail).into_uuid())
    }

    /// The file that was joined of them lately.
    pub(crate) fn joined(&self) -> Option<EntryId> {
        let gate = self.uploads.0.gates.find(&self.key)?;
        *gate.try_lock().ok()?
    }

    /// Lets one at a time look whether all are there, and note the file that it has joined.
    pub(crate) async fn gate(&self) -> OwnedMutexGuard<Option<EntryId>> {
        self.uploads.0.gates.open(&self.key).lock_owned().await
    }
}

impl Gates {
    fn find(&self, key: &str) -> Option<Gate> {
        let gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gates.iter().rev().find(|(known, _)| known == key).map(|(_, gate)| Arc::clone(gate))
    }

    fn open(&self, key: &str) -> Gate {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, gate)) = gates.iter().rev().find(|(known, _)| known == key) {
            return Arc::clone(gate);
        }
        // A gate at which somebody stands has to stay.
        if gates.len() >= REMEMBERED
            && let Some(free) = gates.iter().position(|(_, gate)| Arc::strong_count(gate) == 1)
        {
            gates.remove(free);
        }
        let gate = Gate::default();
        gates.push_back((key.to_owned(), Arc::clone(&gate)));
        gate
    }
}

/// The first half of a tag.
fn uuid_of(tag: &str) -> Uuid {
    let half = tag.get(..32).and_then(|half| u128::from_str_radix(half, 16).ok());
    Uuid::from_u128(half.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_gate_at_which_nobody_stands_is_forgotten() {
        let gates = Gates::default();
        let held = gates.open("first").lock_owned().await;
        for n in 0..REMEMBERED {
            gates.open(&n.to_string());
        }
        assert!(gates.find("first").is_some());
        assert!(gates.find("0").is_none());
        assert!(gates.find("1").is_some());
        assert_eq!(gates.0.lock().unwrap().len(), REMEMBERED);
        drop(held);
        gates.open("one more");
        assert!(gates.find("first").is_none());
    }
}

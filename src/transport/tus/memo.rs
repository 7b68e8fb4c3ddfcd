//! What this protocol has to echo, as it was sent. It lies in the entry's memo, which nobody else reads.

use serde::{Deserialize, Serialize};

use super::concat::Concat;
use super::metadata::Metadata;
use crate::domain::Entry;

/// The words of an upload's creation.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Words {
    pub(super) metadata: Option<String>,
    pub(super) concat: Option<String>,
}

/// Under a name of ours: another door's memo is not taken for one of these.
#[derive(Debug, Serialize, Deserialize)]
struct Memo {
    tus: Words,
}

impl Words {
    pub(super) fn new(metadata: Option<&Metadata>, concat: Option<&Concat>) -> Self {
        let concat = concat.map(|concat| match concat {
            Concat::Partial => "partial".to_owned(),
            Concat::Final(addresses) => format!("final;{}", addresses.join(" ")),
        });
        Self { metadata: metadata.map(|metadata| metadata.raw.clone()), concat }
    }

    /// Those of an entry; none if it came by another door.
    pub(super) fn of(entry: &Entry) -> Self {
        let memo = entry.memo.as_deref().and_then(|memo| serde_json::from_str::<Memo>(memo).ok());
        memo.map(|memo| memo.tus).unwrap_or_default()
    }

    pub(super) fn into_memo(self) -> Option<String> {
        serde_json::to_string(&Memo { tus: self }).ok()
    }

    /// "Concatenation": a final upload is joined at once and takes no bytes.
    pub(super) fn is_final(&self) -> bool {
        self.concat.as_deref().is_some_and(|concat| concat.starts_with("final;"))
    }
}

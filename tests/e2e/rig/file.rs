//! [`File`]: one file of a client, and what the client was told of it. It lives in the test's memory, so no blow at the
//! server touches it.

use std::cell::OnceCell;

use super::{Chance, Contents};

/// How a file ended for its client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// It was told so.
    Complete { url: String },
    /// Nothing was said, or an error.
    Unknown,
}

#[derive(Debug, Clone)]
pub(crate) struct File {
    /// No two files of a rig have the same, so a row can be matched with its file.
    pub(crate) name: String,
    pub(crate) contents: Contents,
    sha256: OnceCell<String>,
    /// It was offered to the server, which may have registered it without being heard.
    pub(crate) offered: bool,
    pub(crate) id: Option<String>,
    /// How many bytes left the client, at most.
    pub(crate) sent: u64,
    /// How far the server has said that bytes are written.
    pub(crate) acked: u64,
    /// From where the server has said that an upload goes on, at most.
    pub(crate) told: u64,
    pub(crate) end: Option<End>,
    /// Its bytes were fetched and compared since the last blow.
    pub(crate) compared: bool,
}

impl File {
    pub(crate) fn new(name: String, contents: Contents) -> Self {
        let (id, end, offered, compared) = (None, None, false, false);
        let sha256 = OnceCell::new();
        Self { name, contents, sha256, offered, id, sent: 0, acked: 0, told: 0, end, compared }
    }

    /// A file of any size up to `largest`.
    pub(crate) fn any(name: String, chance: &mut Chance, largest: u64) -> Self {
        let size = chance.size(largest);
        Self::new(name, Contents::new(chance, size))
    }

    /// The same bytes under another name, after this one ended without a good word.
    pub(crate) fn again(&self) -> Self {
        Self::new(format!("again-{}", self.name), self.contents)
    }

    pub(crate) fn size(&self) -> u64 {
        self.contents.size
    }

    pub(crate) fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| self.contents.sha256())
    }

    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.end, Some(End::Complete { .. }))
    }
}

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
    /// Its client took it back, and was told that it is gone.
    Cancelled,
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
    /// Its client changes its mind when so many bytes have left it.
    pub(crate) whim: Option<u64>,
    /// It has said so.
    pub(crate) taken_back: bool,
    /// Its bytes were fetched and compared since the last blow.
    pub(crate) compared: bool,
}

impl File {
    pub(crate) fn new(name: String, contents: Contents) -> Self {
        let (id, end, offered, compared) = (None, None, false, false);
        let sha256 = OnceCell::new();
        let (sent, acked, told, whim, taken_back) = (0, 0, 0, None, false);
        Self {
            name,
            contents,
            sha256,
            offered,
            id,
            sent,
            acked,
            told,
            end,
            whim,
            taken_back,
            compared,
        }
    }

    /// A file of any size up to `largest`.
    pub(crate) fn any(name: String, chance: &mut Chance, largest: u64) -> Self {
        let size = chance.size(largest);
        Self::new(name, Contents::new(chance, size))
    }

    /// Somebody chose the wrong file, and notices somewhere on the way.
    pub(crate) fn perhaps_a_mistake(mut self, chance: &mut Chance) -> Self {
        if chance.one_in(8) {
            self.whim = Some(chance.within(0..self.size() + 1));
        }
        self
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

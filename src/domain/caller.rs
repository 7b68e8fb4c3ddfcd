//! Who asks.
//!
//! Every verb that touches an entry wants a [`Caller`], so that no door can forget to ask whose it is. It says more
//! than a name, because a proof may be worth less than its owner: a token for a camera uploads and reads nothing.

use super::{OwnerId, Rights};

/// Who asks: the owner that a request or a socket speaks for, and what its proof allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    owner: OwnerId,
    rights: Rights,
}

impl Caller {
    /// A caller who speaks for this owner, with all rights.
    #[must_use]
    pub fn new(owner: OwnerId) -> Self {
        Self { owner, rights: Rights::ALL }
    }

    /// The same with fewer rights.
    #[must_use]
    pub fn with_rights(mut self, rights: Rights) -> Self {
        self.rights = rights;
        self
    }

    /// Whose entries and files this caller may see and change.
    #[must_use]
    pub fn owner(&self) -> OwnerId {
        self.owner
    }

    /// What of it the caller's proof allows.
    #[must_use]
    pub fn rights(&self) -> Rights {
        self.rights
    }
}

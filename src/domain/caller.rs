//! Who asks.
//!
//! Every verb that touches an entry wants a [`Caller`], so that no door can forget to ask whose it is.

use super::OwnerId;

/// Who asks: the owner that a request or a socket speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    owner: OwnerId,
}

impl Caller {
    /// A caller who speaks for this owner.
    #[must_use]
    pub fn new(owner: OwnerId) -> Self {
        Self { owner }
    }

    /// Whose entries and files this caller may see and change.
    #[must_use]
    pub fn owner(&self) -> OwnerId {
        self.owner
    }
}

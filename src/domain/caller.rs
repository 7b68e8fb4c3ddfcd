//! Who asks.
//!
//! Every verb that touches an entry wants a [`Caller`], so that no door can forget to ask whose it is. It says more
//! than a name, because a proof may be worth less than its owner: a token for a camera uploads and reads nothing.

use std::sync::Arc;

use super::{Entry, Grant, OwnerId, Rights, TicketId};

/// Who asks: the owner that a request or a socket speaks for, and what its proof allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    owner: OwnerId,
    rights: Rights,
    grant: Option<Arc<Grant>>,
}

impl Caller {
    /// A caller who speaks for this owner, with all rights.
    #[must_use]
    pub fn new(owner: OwnerId) -> Self {
        Self { owner, rights: Rights::ALL, grant: None }
    }

    /// The same with fewer rights.
    #[must_use]
    pub fn with_rights(mut self, rights: Rights) -> Self {
        self.rights = rights;
        self
    }

    /// The same within what a ticket permits: one slot, and there what began with the ticket.
    #[must_use]
    pub(crate) fn with_grant(mut self, grant: Grant) -> Self {
        self.grant = Some(Arc::new(grant));
        self
    }

    /// What the caller's ticket permits, if they came with one.
    #[must_use]
    pub fn grant(&self) -> Option<&Grant> {
        self.grant.as_deref()
    }

    /// The ticket with which the caller came.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketId> {
        self.grant().map(|grant| grant.ticket)
    }

    /// Whether an entry is this caller's: their owner's, and for whoever came with a ticket, begun with it.
    #[must_use]
    pub fn owns(&self, entry: &Entry) -> bool {
        self.owner == entry.owner && self.ticket().is_none_or(|own| entry.ticket == Some(own))
    }

    /// What tells callers apart that are not the same, in a text that is signed.
    pub(crate) fn claim(&self) -> String {
        match self.ticket() {
            None => self.owner.to_string(),
            Some(ticket) => format!("{} {ticket}", self.owner),
        }
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

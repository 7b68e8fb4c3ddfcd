//! Who may do what: the one place that every verb of every door asks.
//!
//! A ticket opens what began with it, in its slot and for its time. Beyond that three must agree. The caller's proof has to allow the act at all ([`Rights`](crate::domain::Rights)). The entry has to be the caller's
//! own. And the application's [`Authorizer`], if it has one, has to say yes, at this moment: it is asked again when
//! all bytes of an upload are there. Doors ask nothing, so none can forget to.
//!
//! What isn't the caller's own looks like what never was, whatever was asked.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{Engine, Registration, UploadError};
use crate::domain::{Act, Caller, Code, Entry, Grant, PageName, Rejection, SlotName};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Ask<'a> {
    /// Who.
    pub caller: &'a Caller,
    /// What.
    pub act: Act,
    /// On which page; `None` where files of all pages are listed.
    pub page: Option<&'a PageName>,
    /// In which slot; `None` where files of all slots are listed.
    pub slot: Option<&'a SlotName>,
    /// With which upload or file; `None` for [`Act::Register`] and [`Act::List`].
    pub entry: Option<&'a Entry>,
}

/// An application's own rule of who may do what.
///
/// # Contract
/// It is asked for each verb of each door, and may wait for a database. The same ask may be put several times for one
/// request. What the application itself does with a complete file (consuming, keeping, refusing it) isn't asked.
///
/// # Errors
/// There are none: who can't find out says no.
///
/// # Cancellation
/// The future may be dropped at any await when a client leaves.
#[async_trait]
pub trait Authorizer: Send + Sync + Debug {
    /// Whether a caller may do this with what is their own; nothing else is asked here. A no to [`Act::Look`] or
    /// [`Act::Read`] reads like "there is no such file", any other like `forbidden`.
    async fn may(&self, ask: Ask<'_>) -> bool;

    /// Whether a caller may do this with what belongs to somebody else: [`Act::Look`], [`Act::Read`],
    /// [`Act::Cancel`] and [`Act::Delete`] are asked. Nobody may unless it is said here. Nobody ever sends bytes into
    /// another's upload.
    async fn may_with_anothers(&self, ask: Ask<'_>) -> bool {
        let _ = ask;
        false
    }
}

/// What holds unless an application says otherwise: everybody may do everything with what is their own.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwnersOnly;

#[async_trait]
impl Authorizer for OwnersOnly {
    async fn may(&self, _: Ask<'_>) -> bool {
        true
    }
}

impl Engine {
    /// Whether a caller may do this with an entry.
    ///
    /// # Errors
    /// [`UploadError::NotFound`] for what isn't theirs, or must not be seen; `forbidden`.
    pub(super) async fn may(
        &self,
        caller: &Caller,
        act: Act,
        entry: &Entry,
    ) -> Result<(), UploadError> {
        let (page, slot) = (Some(&entry.page), Some(&entry.slot));
        let ask = Ask { caller, act, page, slot, entry: Some(entry) };
        let own = caller.owns(entry);
        if let Some(grant) = caller.grant() {
            // A ticket opens what began with it, and nobody else's, whatever the application would allow.
            if !own {
                return Err(UploadError::NotFound);
            }
            self.runs(grant)?;
        }
        let may = caller.rights().allow(act)
            && match own {
                true => self.authorizer().may(ask).await,
                false => reaches(act) && self.authorizer().may_with_anothers(ask).await,
            };
        match may {
            true => Ok(()),
            false if own && !matches!(act, Act::Look | Act::Read) => Err(forbidden().into()),
            false => Err(UploadError::NotFound),
        }
    }

    /// Whether a caller may begin uploads in a slot.
    pub(super) async fn may_register(&self, to: &Registration) -> Result<(), Rejection> {
        let (page, slot) = (Some(&to.page), Some(to.slot.name()));
        let ask = Ask { caller: &to.caller, act: Act::Register, page, slot, entry: None };
        if let Some(grant) = to.caller.grant() {
            if !grant.is_for(&to.page, to.slot.name()) {
                return Err(forbidden().with_message("This ticket is for another place."));
            }
            self.runs(grant)?;
        }
        let may = to.caller.rights().allow(ask.act) && self.authorizer().may(ask).await;
        if may { Ok(()) } else { Err(forbidden()) }
    }

    /// Whether a ticket's time isn't over.
    fn runs(&self, grant: &Grant) -> Result<(), Rejection> {
        match grant.expires_at > self.parts().clock.now() {
            true => Ok(()),
            false => Err(Rejection::ticket_expired()),
        }
    }

    /// Whether a caller may list their stored files.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn may_list(
        &self,
        caller: &Caller,
        page: Option<&PageName>,
        slot: Option<&SlotName>,
    ) -> Result<(), UploadError> {
        let ask = Ask { caller, act: Act::List, page, slot, entry: None };
        let may = caller.rights().allow(ask.act) && self.authorizer().may(ask).await;
        if may { Ok(()) } else { Err(forbidden().into()) }
    }
}

/// Whether an act may ever be allowed with what is another's.
fn reaches(act: Act) -> bool {
    match act {
        Act::Look | Act::Read | Act::Cancel | Act::Delete => true,
        Act::Register | Act::Write | Act::Complete | Act::List => false,
    }
}

fn forbidden() -> Rejection {
    Rejection::new(Code::Forbidden)
}

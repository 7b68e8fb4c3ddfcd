//! Quotas: what a caller may have is reserved when a file is registered, and not found out when it is there.
//!
//! The catalogue knows what its rows weigh. What has no row yet, or weighs more by now than its row says, holds a
//! share beside it: a file between registration and its row, one that a form brings, the bytes of one whose length
//! nobody knows. Shares and rows together are what somebody has, and a new share is taken only if all of it fits, so
//! that uploads side by side through any doors can't overrun a quota together.
//!
//! INVARIANT: nothing is ever missed. A row is committed first and its share goes afterwards, and whoever has looked at
//! the rows before that adds what went since (`Line::moved`). For a moment something counts twice, and then it is
//! looked again.

mod account;
mod share;

pub(super) use self::account::{Account, Ledger};
pub(super) use self::share::Share;

use std::sync::Arc;
use std::time::Duration;

use super::live::LiveEntry;
use super::{Engine, Registration, UploadError};
use crate::catalogue::Holder;
use crate::domain::{Amount, Entry, HEAVIEST, Quota, Rejection, Whose};

/// Streams of unknown length reserve so much ahead, if there is so much, and look again when it is used.
const AHEAD: u64 = 1024 * 1024;
/// How often a refusal is looked at again, because something may have counted twice.
const LOOKS: usize = 2;

/// Bounds of what is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Of each caller.
    pub caller: Quota,
    /// Of all callers together.
    pub all: Quota,
    /// How long an upload may stay unfinished, however often somebody goes on with it.
    pub life: Option<Duration>,
}

/// The quotas that hold for one batch of entries.
#[derive(Debug)]
pub(super) struct Allotment<'a> {
    engine: &'a Engine,
    account: Option<Arc<Account>>,
    seen: Option<account::Seen>,
}

impl Engine {
    /// Whose quotas hold for what is registered there.
    pub(super) fn allotment(&self, to: &Registration) -> Allotment<'_> {
        Allotment { engine: self, account: self.account(to), seen: None }
    }

    fn account(&self, to: &Registration) -> Option<Arc<Account>> {
        let Quotas { caller, all, .. } = *self.quotas();
        let limits = [(Whose::Slot, *to.slot.quota()), (Whose::Caller, caller), (Whose::All, all)];
        if limits.iter().all(|(_, quota)| quota.is_none()) {
            return None;
        }
        let (page, slot) = (to.page.clone(), to.slot.name().clone());
        let holder = Holder { owner: to.caller.owner(), page, slot };
        Some(Account::open(self.shares(), holder, limits))
    }

    async fn reserve(
        &self,
        account: &Arc<Account>,
        seen: &mut Option<account::Seen>,
        more: Amount,
    ) -> Result<Share, UploadError> {
        if seen.is_none()
            && let Some(share) = account.reserve_unseen(more)
        {
            return Ok(share);
        }
        let mut looks = 0;
        loop {
            let known = match seen.take() {
                Some(known) => known,
                None => {
                    looks += 1;
                    account.look(&*self.parts().catalogue).await?
                }
            };
            match account.reserve(&known, more) {
                Ok(share) => {
                    *seen = Some(known);
                    return Ok(share);
                }
                Err(refusal) if looks >= LOOKS => return Err(refusal.into()),
                Err(_) => {}
            }
        }
    }

    /// Gives an entry that is taken up from its row a share of its own, to grow by.
    /// An earlier process may have reserved it under other quotas: then it is unsure whether it still fits.
    pub(super) fn share_of_row(
        &self,
        to: &Registration,
        live: &LiveEntry,
        durable: u64,
        unsure: bool,
    ) {
        if let Some(account) = self.account(to) {
            live.hold(Some(Share::of_row(account, durable, unsure)));
        }
    }

    /// Reserves what an entry of unknown length needs to have so many bytes, before they are written.
    pub(super) async fn mind_the_quota(
        &self,
        live: &LiveEntry,
        written: u64,
    ) -> Result<(), UploadError> {
        if live.entry().length.is_some() {
            return Ok(());
        }
        let durable = live.marks.borrow().durable;
        let Some((account, missing)) = live.missing(durable, written.min(HEAVIEST)) else {
            return Ok(());
        };
        let bytes = |bytes| Amount { bytes, ..Amount::default() };
        let mut seen = None;
        let share = match self.reserve(&account, &mut seen, bytes(missing.max(AHEAD))).await {
            Err(UploadError::Rejected(_)) => {
                self.reserve(&account, &mut seen, bytes(missing)).await?
            }
            share => share?,
        };
        live.grow(share);
        Ok(())
    }

    /// Reserves the rest of an entry whose length has become known.
    pub(super) async fn share_of_the_rest(
        &self,
        live: &LiveEntry,
        length: u64,
    ) -> Result<(), UploadError> {
        let durable = live.marks.borrow().durable;
        let Some((account, missing)) = live.missing(durable, length.min(HEAVIEST)) else {
            return Ok(());
        };
        let more = Amount { bytes: missing, ..Amount::default() };
        let share = self.reserve(&account, &mut None, more).await?;
        live.grow(share);
        Ok(())
    }

    /// Whether a file that was registered by an earlier process still has its place: quotas may have changed since.
    pub(super) async fn still_fits(&self, live: &LiveEntry) -> Result<(), UploadError> {
        let Some(account) = live.unsure() else { return Ok(()) };
        let mut looks = 0;
        loop {
            looks += 1;
            let seen = account.look(&*self.parts().catalogue).await?;
            match account.holds(&seen) {
                Ok(()) => return Ok(()),
                Err(refusal) if looks >= LOOKS => return Err(refusal.into()),
                Err(_) => {}
            }
        }
    }
}

impl Allotment<'_> {
    /// Reserves what an entry weighs beside what is known to be its caller's already, or refuses it.
    pub(super) async fn take(
        &mut self,
        entry: &Entry,
        known: u64,
    ) -> Result<Result<Option<Share>, Rejection>, UploadError> {
        self.take_amount(Amount::of(entry).without(Amount { bytes: known, ..Amount::default() }))
            .await
    }

    pub(super) async fn take_amount(
        &mut self,
        more: Amount,
    ) -> Result<Result<Option<Share>, Rejection>, UploadError> {
        let Some(account) = &self.account else { return Ok(Ok(None)) };
        match self.engine.reserve(account, &mut self.seen, more).await {
            Ok(share) => Ok(Ok(Some(share))),
            Err(UploadError::Rejected(refusal)) => Ok(Err(refusal)),
            Err(error) => Err(error),
        }
    }
}

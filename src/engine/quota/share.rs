//! Shares: what one entry holds beside its row. Dropping it gives it back.

use std::sync::{Arc, PoisonError};

use super::Account;
use crate::domain::{Amount, Entry};
use crate::engine::Lifetime;
use crate::engine::live::LiveEntry;

/// What an entry holds.
#[derive(Debug)]
pub(in crate::engine) struct Share {
    account: Arc<Account>,
    held: Amount,
    /// As many of its bytes as its row weighs, while nobody knows its length.
    in_row: u64,
    /// It was reserved by another process, perhaps under other quotas.
    unsure: bool,
}

impl Share {
    pub(super) fn new(account: Arc<Account>, held: Amount) -> Self {
        Self { account, held, in_row: 0, unsure: false }
    }

    /// Of an entry whose row weighs all of it.
    pub(super) fn of_row(account: Arc<Account>, durable: u64, unsure: bool) -> Self {
        Self { account, held: Amount::default(), in_row: durable, unsure }
    }

    /// A row that was just committed weighs all of it.
    pub(in crate::engine) fn move_to_row(&mut self) {
        self.account.let_go(std::mem::take(&mut self.held), true);
    }

    /// The row weighs so many bytes now.
    fn follow_row(&mut self, durable: u64) {
        let bytes = durable.saturating_sub(self.in_row).min(self.held.bytes);
        self.in_row = durable;
        self.held.bytes -= bytes;
        self.account.let_go(Amount { bytes, ..Amount::default() }, true);
    }

    /// Of what was reserved ahead only so many bytes are needed.
    fn keep_bytes(&mut self, needed: u64) {
        let bytes = self.held.bytes.saturating_sub(needed);
        self.held.bytes -= bytes;
        self.account.let_go(Amount { bytes, ..Amount::default() }, false);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.account.let_go(self.held, false);
    }
}

impl LiveEntry {
    /// From now on it holds this, and no longer what it held.
    pub(in crate::engine) fn hold(&self, share: Option<Share>) {
        let held = std::mem::replace(&mut *self.share(), share);
        drop(held);
    }

    /// A share that is needed no longer is held by nobody.
    pub(in crate::engine) fn let_go(&self) {
        self.hold(None);
    }

    /// Its row weighs all that it holds.
    pub(in crate::engine) fn share_is_in_row(&self) {
        if let Some(share) = &mut *self.share() {
            share.move_to_row();
        }
    }

    /// Nobody writes it for now: what was reserved ahead is given back.
    pub(in crate::engine) fn rest_share(&self) {
        let entry: Entry = self.snapshot();
        if entry.length.is_some() {
            return;
        }
        let durable = self.row_says();
        if let Some(share) = &mut *self.share() {
            share.follow_row(durable);
            share.keep_bytes(entry.offset.saturating_sub(share.in_row));
        }
    }

    /// How much more it has to hold to have so many bytes, and where; nothing if it holds enough.
    pub(super) fn missing(&self, durable: u64, bytes: u64) -> Option<(Arc<Account>, u64)> {
        let durable = if self.lifetime == Lifetime::Session { durable } else { 0 };
        let mut share = self.share();
        let share = share.as_mut()?;
        share.follow_row(durable);
        let missing = bytes.saturating_sub(share.in_row).saturating_sub(share.held.bytes);
        (missing > 0).then(|| (Arc::clone(&share.account), missing))
    }

    /// It holds that too.
    pub(super) fn grow(&self, mut more: Share) {
        match &mut *self.share() {
            Some(share) => share.held = share.held.and(std::mem::take(&mut more.held)),
            // It has ended meanwhile, and nothing is held for it.
            None => drop(more),
        }
    }

    pub(in crate::engine) fn unsure(&self) -> Option<Arc<Account>> {
        let share = self.share();
        share.as_ref().filter(|share| share.unsure).map(|share| Arc::clone(&share.account))
    }

    fn row_says(&self) -> u64 {
        if self.lifetime == Lifetime::Session { self.marks.borrow().durable } else { 0 }
    }

    fn share(&self) -> std::sync::MutexGuard<'_, Option<Share>> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

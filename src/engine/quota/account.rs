//! Accounts: what is held for a caller in a slot, for the caller, and for all, beside what rows weigh.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Share;
use crate::catalogue::{Catalogue, CatalogueError, Holder, Usage};
use crate::domain::{Amount, OwnerId, Quota, Rejection, Whose};

/// All that is held.
#[derive(Debug, Default)]
pub(in crate::engine) struct Ledger {
    lines: Mutex<HashMap<Key, Line>>,
    /// What all rows weighed when they were last looked at, and what had moved into them by then.
    everybody: Mutex<Option<(Amount, Amount)>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Slot(Holder),
    Caller(OwnerId),
    All,
}

/// What is held under one key.
#[derive(Debug, Default)]
struct Line {
    /// What no row weighs yet.
    held: Amount,
    /// All that was ever held here and that a row weighs now.
    moved: Amount,
    /// How many accounts stand on it; without any it is forgotten, but for that of everybody.
    accounts: usize,
}

/// The three lines that an entry counts on, and their quotas.
#[derive(Debug)]
pub(in crate::engine) struct Account {
    ledger: Arc<Ledger>,
    holder: Holder,
    keys: [Key; 3],
    limits: [(Whose, Quota); 3],
}

/// One look at the rows, and what had moved into them before.
#[derive(Debug)]
pub(super) struct Seen {
    rows: [Amount; 3],
    moved: [Amount; 3],
}

impl Account {
    pub(super) fn open(
        ledger: &Arc<Ledger>,
        holder: Holder,
        limits: [(Whose, Quota); 3],
    ) -> Arc<Self> {
        let keys = [Key::Slot(holder.clone()), Key::Caller(holder.owner), Key::All];
        let mut lines = ledger.lines();
        for key in &keys {
            lines.entry(key.clone()).or_default().accounts += 1;
        }
        drop(lines);
        Arc::new(Self { ledger: Arc::clone(ledger), holder, keys, limits })
    }

    pub(super) async fn look(&self, catalogue: &dyn Catalogue) -> Result<Seen, CatalogueError> {
        // ORDER: first what has moved, then the rows. What moves in between counts twice, and never not at all.
        let moved = self.each(|line| line.moved);
        let Usage { slot, caller, all } = catalogue.usage(&self.holder).await?;
        *self.ledger.everybody() = Some((all, moved[2]));
        Ok(Seen { rows: [slot, caller, all], moved })
    }

    /// Reserves so much more without a look, if nobody counts bytes and files and the unfinished files of everybody together
    /// are few enough for each quota. Rows that end are not noticed before the next look, so it is too many rather than too few.
    pub(super) fn reserve_unseen(self: &Arc<Self>, more: Amount) -> Option<Share> {
        let (rows, moved) = (*self.ledger.everybody())?;
        let mut lines = self.ledger.lines();
        let line = lines.get(&Key::All)?;
        let used = rows.and(line.moved.without(moved)).and(line.held);
        let fits = self.limits.iter().all(|(whose, quota)| {
            let counts = quota.bytes.is_some() || quota.files.is_some();
            !counts && quota.check(*whose, used, more).is_ok()
        });
        fits.then(|| self.hold(&mut lines, more))
    }

    /// Reserves so much more, if all quotas have room for it beside all that is there and held.
    pub(super) fn reserve(self: &Arc<Self>, seen: &Seen, more: Amount) -> Result<Share, Rejection> {
        let mut lines = self.ledger.lines();
        for (index, (whose, quota)) in self.limits.iter().enumerate() {
            let used = lines
                .get(&self.keys[index])
                .map_or(seen.rows[index], |line| used(line, seen, index));
            quota.check(*whose, used, more)?;
        }
        Ok(self.hold(&mut lines, more))
    }

    fn hold(self: &Arc<Self>, lines: &mut HashMap<Key, Line>, more: Amount) -> Share {
        for key in &self.keys {
            let line = lines.entry(key.clone()).or_default();
            line.held = line.held.and(more);
        }
        Share::new(Arc::clone(self), more)
    }

    /// Whether what is there and held keeps the quotas of bytes and files.
    pub(super) fn holds(&self, seen: &Seen) -> Result<(), Rejection> {
        let lines = self.ledger.lines();
        for (index, (whose, quota)) in self.limits.iter().enumerate() {
            let Some(line) = lines.get(&self.keys[index]) else { continue };
            let used = used(line, seen, index);
            let quota = Quota { unfinished: None, ..*quota };
            // As if all of it were asked for now.
            quota.check(*whose, Amount::default(), used)?;
        }
        Ok(())
    }

    /// It is not held any more: a row weighs it, or nobody wants it.
    pub(super) fn let_go(&self, amount: Amount, is_in_row: bool) {
        if amount == Amount::default() {
            return;
        }
        let mut lines = self.ledger.lines();
        for key in &self.keys {
            let Some(line) = lines.get_mut(key) else { continue };
            line.held = line.held.without(amount);
            if is_in_row {
                line.moved = line.moved.and(amount);
            }
        }
    }

    fn each(&self, of: impl Fn(&Line) -> Amount) -> [Amount; 3] {
        let lines = self.ledger.lines();
        self.keys.each_ref().map(|key| lines.get(key).map_or(Amount::default(), &of))
    }
}

fn used(line: &Line, seen: &Seen, index: usize) -> Amount {
    seen.rows[index].and(line.moved.without(seen.moved[index])).and(line.held)
}

impl Ledger {
    fn lines(&self) -> MutexGuard<'_, HashMap<Key, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn everybody(&self) -> MutexGuard<'_, Option<(Amount, Amount)>> {
        self.everybody.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many lines there are but for that of everybody, and what all callers hold.
    #[cfg(test)]
    pub(in crate::engine) fn held(&self) -> (usize, Amount) {
        let lines = self.lines();
        let all = lines.get(&Key::All);
        (lines.len() - usize::from(all.is_some()), all.map_or(Amount::default(), |line| line.held))
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let mut lines = self.ledger.lines();
        for key in &self.keys {
            let Some(line) = lines.get_mut(key) else { continue };
            line.accounts = line.accounts.saturating_sub(1);
            // What all rows weighed is known as of some moment, and this says what has become of it since.
            if line.accounts == 0 && *key != Key::All {
                lines.remove(key);
            }
        }
    }
}

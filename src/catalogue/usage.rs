//! [`Usage`]: how much a catalogue remembers, for quotas.

use crate::domain::{Amount, Entry, OwnerId, PageName, SlotName};

/// What the rows of somebody weigh together ([`Amount::of`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The caller's in one slot.
    pub slot: Amount,
    /// The caller's.
    pub caller: Amount,
    /// That of all callers.
    pub all: Amount,
}

/// Whose usage is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Holder {
    /// The caller.
    pub owner: OwnerId,
    /// The page of the slot.
    pub page: PageName,
    /// The slot.
    pub slot: SlotName,
}

impl Usage {
    /// One row more.
    pub fn add(&mut self, holder: &Holder, entry: &Entry) {
        let weight = Amount::of(entry);
        self.all = self.all.and(weight);
        if entry.owner == holder.owner {
            self.caller = self.caller.and(weight);
            if entry.page == holder.page && entry.slot == holder.slot {
                self.slot = self.slot.and(weight);
            }
        }
    }
}

//! `Grant`: what an upload ticket permits, and no more.

use crate::domain::{Accept, PageName, SlotName, TicketId, Timestamp};

/// A permission for one slot of one page, until a time, within narrower limits than the slot's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The ticket. What began with it is all that it opens.
    pub ticket: TicketId,
    /// The page.
    pub page: PageName,
    /// The slot of that page.
    pub slot: SlotName,
    /// When it ends. What has begun before may not go on after.
    pub expires_at: Timestamp,
    /// The largest file in bytes, if less than the slot takes.
    pub max_file_size: Option<u64>,
    /// Which kinds of files, of those that the slot takes. Any, unless something is said.
    pub accept: Accept,
    /// How many files in all, by all doors together.
    pub count: Option<u32>,
}

impl Grant {
    /// As many files as a ticket can count.
    pub const MOST: u32 = 10_000;

    /// Whether it is for this slot.
    #[must_use]
    pub fn is_for(&self, page: &PageName, slot: &SlotName) -> bool {
        self.page == *page && self.slot == *slot
    }
}

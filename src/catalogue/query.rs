//! [`Query`]: which entries a listing is about.
//!
//! Listings for people, the sweep of what has expired and the recovery after a crash ask for
//! entries by the same few things; one closed form of asking keeps SQL out of them.

use crate::domain::{
    Entry, EntryId, EntryState, OwnerId, PageName, SessionId, SlotName, TicketId, Timestamp,
};

/// The stage of life that a listing is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All there is.
    Any,
    /// Files that the application keeps: consumed, kept, and not lost.
    Stored,
    /// Uploads that the application took and did not keep: all that is left of them is a row.
    Taken,
    /// Uploads that are not over: registered, receiving, verifying.
    Unfinished,
    /// Uploads that are complete and that nobody has consumed.
    Unconsumed,
}

impl Wanted {
    /// Whether an entry is at that stage.
    #[must_use]
    pub fn matches(self, entry: &Entry) -> bool {
        match self {
            Self::Any => true,
            Self::Stored => {
                *entry.state() == EntryState::Consumed
                    && entry.kept_at.is_some()
                    && entry.lost_at.is_none()
            }
            Self::Taken => *entry.state() == EntryState::Consumed && entry.kept_at.is_none(),
            Self::Unfinished => entry.state().is_active(),
            Self::Unconsumed => *entry.state() == EntryState::Complete,
        }
    }
}

/// A listing: newest id first, at most `limit` entries, those that fit everything that is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The stage of life.
    pub wanted: Wanted,
    /// Whose entries.
    pub owner: Option<OwnerId>,
    /// Those that began with one ticket.
    pub ticket: Option<TicketId>,
    /// Those of one session.
    pub session: Option<SessionId>,
    /// Those of one page.
    pub page: Option<PageName>,
    /// Those of one slot.
    pub slot: Option<SlotName>,
    /// Those that were last touched before this time.
    pub before: Option<Timestamp>,
    /// Those that were registered before this time.
    pub born_before: Option<Timestamp>,
    /// The last id that was listed; the older ones follow.
    pub cursor: Option<EntryId>,
    /// The most entries to list.
    pub limit: u32,
}

impl Query {
    /// All entries of that stage, up to `limit`.
    #[must_use]
    pub fn new(wanted: Wanted, limit: u32) -> Self {
        Self {
            wanted,
            owner: None,
            ticket: None,
            session: None,
            page: None,
            slot: None,
            before: None,
            born_before: None,
            cursor: None,
            limit,
        }
    }

    /// Whether an entry fits, but for the limit.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        self.wanted.matches(entry)
            && self.owner.is_none_or(|owner| entry.owner == owner)
            && self.ticket.is_none_or(|ticket| entry.ticket == Some(ticket))
            && self.session.is_none_or(|session| entry.session == session)
            && self.page.as_ref().is_none_or(|page| entry.page == *page)
            && self.slot.as_ref().is_none_or(|slot| entry.slot == *slot)
            && self.before.is_none_or(|before| entry.touched_at < before)
            && self.born_before.is_none_or(|before| entry.created_at < before)
            && self.cursor.is_none_or(|cursor| entry.id < cursor)
    }
}

//! Grants: how many files a ticket still permits.
//!
//! Nothing is written down about a ticket, so its uses are counted by what began with it: what lies in the catalogue,
//! and what is on its way and has no row yet. So it holds at all doors together, and over a restart.

use std::collections::HashSet;

use tokio::sync::OwnedMutexGuard;

use super::register::PIECES;
use super::{Engine, Registration, UploadError};
use crate::catalogue::{Query, Wanted};
use crate::domain::{Entry, EntryKind, Grant, Rejection, SessionId, TicketId};

/// Pieces are no files, and may be listed among them.
#[allow(clippy::cast_possible_truncation)]
const ROWS: u32 = Grant::MOST + PIECES as u32;

/// How many files a grant still permits. While it lives nobody else registers under the same one.
#[derive(Debug)]
pub(super) struct Left {
    _one_after_the_other: OwnedMutexGuard<()>,
    count: u32,
    left: u32,
}

impl Left {
    /// Takes one file of them.
    ///
    /// # Errors
    /// `too_many_files`.
    pub(super) fn take(&mut self) -> Result<(), Rejection> {
        self.left =
            self.left.checked_sub(1).ok_or_else(|| Rejection::too_many_files(self.count))?;
        Ok(())
    }
}

impl Engine {
    /// How many files a registration's ticket still permits; nothing where nobody counts.
    pub(super) async fn left(&self, to: &Registration) -> Result<Option<Left>, UploadError> {
        let Some((ticket, count)) =
            to.caller.grant().and_then(|grant| Some((grant.ticket, grant.count?)))
        else {
            return Ok(None);
        };
        // ORDER: before the gate of a session, wherever both are passed.
        let gate = self.registry().gate(SessionId::from_uuid(ticket.as_uuid()));
        let gate = gate.lock_owned().await;
        let live = self.registry().of_owner(to.caller.owner());
        let live: Vec<Entry> = live.iter().map(|live| live.snapshot()).collect();
        let known: HashSet<_> = live.iter().map(|entry| entry.id).collect();
        let mut used =
            live.iter().filter(|entry| entry.ticket == Some(ticket)).filter(counts).count();
        for wanted in COUNTED {
            let rows = self.rows_of(ticket, wanted).await?;
            used += rows.iter().filter(|row| !known.contains(&row.id)).filter(counts).count();
        }
        let left = count.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX));
        Ok(Some(Left { _one_after_the_other: gate, count, left }))
    }

    async fn rows_of(&self, ticket: TicketId, wanted: Wanted) -> Result<Vec<Entry>, UploadError> {
        let query = Query { ticket: Some(ticket), ..Query::new(wanted, ROWS) };
        Ok(self.parts().catalogue.list(&query).await?)
    }
}

/// Files on their way, complete ones, and those that the application took. What has failed is none.
const COUNTED: [Wanted; 4] =
    [Wanted::Unfinished, Wanted::Unconsumed, Wanted::Taken, Wanted::Stored];

fn counts(entry: &&Entry) -> bool {
    entry.kind == EntryKind::File && COUNTED.iter().any(|wanted| wanted.matches(entry))
}

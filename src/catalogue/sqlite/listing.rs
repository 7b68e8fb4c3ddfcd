//! A [`Query`] as a statement.

use rusqlite::types::Value;

use super::row;
use crate::catalogue::{Query, Wanted};

/// The text, and what stands for its question marks.
pub(super) struct Listing {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Listing {
    /// Only conditions that are asked for stand in the text, so that SQLite finds its indexes. Those of the stages of life
    /// hold the rows of one stage only, and SQLite knows them by these very words (`0009_stages.sql`, `0010_words.sql`).
    pub(super) fn of(query: &Query) -> Self {
        let mut sql = row::SELECT.clone();
        sql.push_str(" WHERE ");
        sql.push_str(match query.wanted {
            Wanted::Any => "TRUE",
            Wanted::Stored => "state = 'consumed' AND kept_at IS NOT NULL AND lost_at IS NULL",
            Wanted::Taken => "state = 'consumed' AND kept_at IS NULL",
            Wanted::Unfinished => {
                "(state = 'registered' OR state = 'receiving' OR state = 'verifying')"
            }
            Wanted::Unconsumed => "state = 'complete'",
        });
        let mut listing = Self { sql, values: Vec::new() };
        listing.and("owner =", query.owner.map(|owner| owner.to_string()));
        listing.and("ticket =", query.ticket.map(|ticket| ticket.to_string()));
        listing.and("session =", query.session.map(|session| session.to_string()));
        listing.and("page =", query.page.as_ref().map(ToString::to_string));
        listing.and("slot =", query.slot.as_ref().map(ToString::to_string));
        listing.and("touched_at <", query.before.map(|before| before.as_millis()));
        listing.and("created_at <", query.born_before.map(|before| before.as_millis()));
        listing.and("id <", query.cursor.map(|cursor| cursor.to_string()));
        listing.sql.push_str(" ORDER BY id DESC LIMIT ?");
        listing.values.push(i64::from(query.limit).into());
        listing
    }

    fn and(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            for part in [" AND ", condition, " ?"] {
                self.sql.push_str(part);
            }
            self.values.push(value.into());
        }
    }
}

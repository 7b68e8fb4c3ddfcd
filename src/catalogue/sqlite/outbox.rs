//! [`Posted`]: changes of the outbox, made by the one writer in the same transaction as the rows they speak of.

use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use rusqlite::types::FromSql;
use rusqlite::{Connection, Error, Row, params};

use super::Sqlite;
use super::writer::{Change, remove, settle};
use crate::catalogue::CatalogueError;
use crate::catalogue::outbox::{Bounds, Envelope, Fate, Outbox, Waiting};
use crate::domain::{Entry, EntryId, Letter, LetterId, Occasion, Timestamp};

/// A change that has to do with letters.
#[derive(Debug)]
pub(super) enum Posted {
    Settle(Entry, Envelope),
    TakeBack(Entry, LetterId),
    Remove(EntryId, Envelope),
    Attempted(LetterId, String, Fate),
    Tidy { receivers: Vec<String>, now: Timestamp, bounds: Bounds, given_up: Arc<AtomicU64> },
}

impl Posted {
    /// The row that it may change.
    pub(super) fn changed(&self) -> &[EntryId] {
        match self {
            Self::Settle(entry, _) | Self::TakeBack(entry, _) => slice::from_ref(&entry.id),
            Self::Remove(id, _) => slice::from_ref(id),
            Self::Attempted(..) | Self::Tidy { .. } => &[],
        }
    }

    /// The entry whose row it writes.
    pub(super) fn settled(self) -> Option<Entry> {
        match self {
            Self::Settle(entry, _) | Self::TakeBack(entry, _) => Some(entry),
            Self::Remove(..) | Self::Attempted(..) | Self::Tidy { .. } => None,
        }
    }
}

#[async_trait]
impl Outbox for Sqlite {
    async fn settle_and_tell(
        &self,
        entry: &Entry,
        envelope: &Envelope,
    ) -> Result<(), CatalogueError> {
        self.post(Posted::Settle(entry.clone(), envelope.clone())).await
    }

    async fn take_back(&self, entry: &Entry, letter: LetterId) -> Result<(), CatalogueError> {
        self.post(Posted::TakeBack(entry.clone(), letter)).await
    }

    async fn remove_and_tell(
        &self,
        id: EntryId,
        envelope: &Envelope,
    ) -> Result<(), CatalogueError> {
        self.post(Posted::Remove(id, envelope.clone())).await
    }

    async fn due(
        &self,
        receiver: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Waiting>, CatalogueError> {
        let values = (receiver.to_owned(), now.as_millis(), i64::from(limit));
        self.reader.fetch(include_str!("due.sql"), values, waiting).await
    }

    async fn attempted(
        &self,
        letter: LetterId,
        receiver: &str,
        fate: &Fate,
    ) -> Result<(), CatalogueError> {
        self.post(Posted::Attempted(letter, receiver.to_owned(), fate.clone())).await
    }

    async fn tidy(
        &self,
        receivers: &[String],
        now: Timestamp,
        bounds: &Bounds,
    ) -> Result<u64, CatalogueError> {
        let given_up = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&given_up);
        let (receivers, bounds) = (receivers.to_vec(), *bounds);
        self.post(Posted::Tidy { receivers, now, bounds, given_up }).await?;
        Ok(counted.load(Ordering::SeqCst))
    }
}

impl Sqlite {
    async fn post(&self, posted: Posted) -> Result<(), CatalogueError> {
        self.change(Change::Posted(Box::new(posted))).await
    }
}

/// One change, within the writer's transaction.
pub(super) fn make(connection: &Connection, posted: &Posted) -> Result<(), Error> {
    match posted {
        Posted::Settle(entry, envelope) => {
            settle(connection, entry)?;
            tell(connection, envelope)
        }
        Posted::TakeBack(entry, letter) => {
            settle(connection, entry)?;
            let mut forget = connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?;
            forget.execute([letter.to_string()]).map(drop)
        }
        Posted::Remove(id, envelope) => match remove(connection, *id)? {
            0 => Ok(()),
            _ => tell(connection, envelope),
        },
        Posted::Attempted(letter, receiver, fate) => attempted(connection, *letter, receiver, fate),
        Posted::Tidy { receivers, now, bounds, given_up } => {
            let count = tidy(connection, receivers, *now, bounds)?;
            given_up.store(count, Ordering::SeqCst);
            Ok(())
        }
    }
}

fn tell(connection: &Connection, envelope: &Envelope) -> Result<(), Error> {
    let letter = &envelope.letter;
    let mut tell = connection.prepare_cached(include_str!("tell.sql"))?;
    for receiver in &envelope.to {
        tell.execute(params![
            letter.id.to_string(),
            receiver,
            letter.entry.to_string(),
            letter.occasion.as_str(),
            letter.body,
            letter.created_at.as_millis(),
        ])?;
    }
    Ok(())
}

fn attempted(
    connection: &Connection,
    letter: LetterId,
    receiver: &str,
    fate: &Fate,
) -> Result<(), Error> {
    let letter = letter.to_string();
    let (attempts, due_at, trouble, dead_at) = match fate {
        Fate::Delivered => {
            let forget = "DELETE FROM outbox WHERE receiver = ?1 AND id = ?2";
            return connection.prepare_cached(forget)?.execute((receiver, letter)).map(drop);
        }
        Fate::Later { attempts, due_at, trouble } => (*attempts, *due_at, trouble, None),
        Fate::Dead { attempts, at, trouble } => (*attempts, *at, trouble, Some(at.as_millis())),
    };
    let mut note = connection.prepare_cached(
        "UPDATE outbox SET attempts = ?3, due_at = ?4, trouble = ?5, dead_at = ?6 \
         WHERE receiver = ?1 AND id = ?2 AND dead_at IS NULL",
    )?;
    note.execute((receiver, letter, attempts, due_at.as_millis(), trouble, dead_at)).map(drop)
}

fn tidy(
    connection: &Connection,
    receivers: &[String],
    now: Timestamp,
    bounds: &Bounds,
) -> Result<u64, Error> {
    let known = serde_json::json!(receivers).to_string();
    let mut unknown = connection.prepare_cached(
        "UPDATE outbox SET dead_at = ?1, trouble = 'nobody of that name is told any more' \
         WHERE dead_at IS NULL AND receiver NOT IN (SELECT value FROM json_each(?2))",
    )?;
    let mut given_up = unknown.execute((now.as_millis(), known))?;
    let mut beyond = connection.prepare_cached(include_str!("beyond.sql"))?;
    for receiver in receivers {
        given_up += beyond.execute((receiver, now.as_millis(), bounds.waiting))?;
    }
    let old = now.checked_sub(bounds.dead_for).unwrap_or_default();
    let mut forget = connection.prepare_cached(
        "DELETE FROM outbox WHERE dead_at IS NOT NULL AND (dead_at < ?1 OR rowid IN ( \
         SELECT rowid FROM outbox WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, id DESC LIMIT -1 OFFSET ?2))",
    )?;
    forget.execute((old.as_millis(), bounds.dead))?;
    Ok(given_up as u64)
}

fn waiting(found: &Row<'_>) -> Result<Waiting, CatalogueError> {
    let id: String = field(found, "id")?;
    let bad = |column: &str| CatalogueError::Corrupt { what: format!("`{column}` of letter {id}") };
    let entry: String = field(found, "entry")?;
    let occasion: String = field(found, "occasion")?;
    Ok(Waiting {
        letter: Letter {
            id: id.parse().map_err(|_| bad("id"))?,
            occasion: Occasion::named(&occasion).ok_or_else(|| bad("occasion"))?,
            entry: entry.parse().map_err(|_| bad("entry"))?,
            body: field(found, "body")?,
            created_at: Timestamp::from_millis(field(found, "created_at")?),
        },
        attempts: u32::try_from(field::<i64>(found, "attempts")?).map_err(|_| bad("attempts"))?,
    })
}

fn field<T: FromSql>(row: &Row<'_>, column: &str) -> Result<T, CatalogueError> {
    row.get(column).map_err(super::database)
}

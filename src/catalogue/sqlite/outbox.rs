//! [`Posted`]: changes of the outbox, made by the one writer in the same transaction as the rows they speak of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Error, Row};

use super::writer::Change;
use super::{Sqlite, row};
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
        let receiver = receiver.to_owned();
        let rows = self
            .reader
            .fetch(move || {
                sqlx::query(include_str!("due.sql"))
                    .bind(receiver)
                    .bind(now.as_millis())
                    .bind(i64::from(limit))
            })
            .await?;
        rows.iter().map(waiting).collect()
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
pub(super) async fn make(connection: &mut SqliteConnection, posted: &Posted) -> Result<(), Error> {
    match posted {
        Posted::Settle(entry, envelope) => {
            settle(connection, entry).await?;
            tell(connection, envelope).await
        }
        Posted::TakeBack(entry, letter) => {
            settle(connection, entry).await?;
            let forget = sqlx::query("DELETE FROM outbox WHERE id = $1").bind(letter.to_string());
            forget.execute(connection).await.map(drop)
        }
        Posted::Remove(id, envelope) => {
            let remove = sqlx::query("DELETE FROM entries WHERE id = $1").bind(id.to_string());
            match remove.execute(&mut *connection).await?.rows_affected() {
                0 => Ok(()),
                _ => tell(connection, envelope).await,
            }
        }
        Posted::Attempted(letter, receiver, fate) => {
            attempted(connection, *letter, receiver, fate).await
        }
        Posted::Tidy { receivers, now, bounds, given_up } => {
            let count = tidy(connection, receivers, *now, bounds).await?;
            given_up.store(count, Ordering::SeqCst);
            Ok(())
        }
    }
}

async fn settle(connection: &mut SqliteConnection, entry: &Entry) -> Result<(), Error> {
    let statement = row::bind(sqlx::query(include_str!("settle.sql")), entry);
    statement.execute(connection).await.map(drop)
}

async fn tell(connection: &mut SqliteConnection, envelope: &Envelope) -> Result<(), Error> {
    let letter = &envelope.letter;
    for receiver in &envelope.to {
        sqlx::query(include_str!("tell.sql"))
            .bind(letter.id.to_string())
            .bind(receiver.clone())
            .bind(letter.entry.to_string())
            .bind(letter.occasion.as_str())
            .bind(letter.body.clone())
            .bind(letter.created_at.as_millis())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn attempted(
    connection: &mut SqliteConnection,
    letter: LetterId,
    receiver: &str,
    fate: &Fate,
) -> Result<(), Error> {
    let (attempts, due_at, trouble, dead_at) = match fate {
        Fate::Delivered => {
            let forget = sqlx::query("DELETE FROM outbox WHERE receiver = $1 AND id = $2");
            let forget = forget.bind(receiver.to_owned()).bind(letter.to_string());
            return forget.execute(connection).await.map(drop);
        }
        Fate::Later { attempts, due_at, trouble } => (*attempts, *due_at, trouble, None),
        Fate::Dead { attempts, at, trouble } => (*attempts, *at, trouble, Some(at.as_millis())),
    };
    let note = sqlx::query(
        "UPDATE outbox SET attempts = $3, due_at = $4, trouble = $5, dead_at = $6 \
         WHERE receiver = $1 AND id = $2 AND dead_at IS NULL",
    );
    let note = note.bind(receiver.to_owned()).bind(letter.to_string()).bind(i64::from(attempts));
    let note = note.bind(due_at.as_millis()).bind(trouble.clone()).bind(dead_at);
    note.execute(connection).await.map(drop)
}

async fn tidy(
    connection: &mut SqliteConnection,
    receivers: &[String],
    now: Timestamp,
    bounds: &Bounds,
) -> Result<u64, Error> {
    let known = serde_json::json!(receivers).to_string();
    let unknown = sqlx::query(
        "UPDATE outbox SET dead_at = $1, trouble = 'nobody of that name is told any more' \
         WHERE dead_at IS NULL AND receiver NOT IN (SELECT value FROM json_each($2))",
    );
    let unknown = unknown.bind(now.as_millis()).bind(known).execute(&mut *connection).await?;
    let mut given_up = unknown.rows_affected();
    for receiver in receivers {
        let beyond = sqlx::query(include_str!("beyond.sql"))
            .bind(receiver.clone())
            .bind(now.as_millis())
            .bind(i64::from(bounds.waiting));
        given_up += beyond.execute(&mut *connection).await?.rows_affected();
    }
    let old = now.checked_sub(bounds.dead_for).unwrap_or_default();
    let forget = sqlx::query(
        "DELETE FROM outbox WHERE dead_at IS NOT NULL AND (dead_at < $1 OR rowid IN ( \
         SELECT rowid FROM outbox WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, id DESC LIMIT -1 OFFSET $2))",
    );
    let forget = forget.bind(old.as_millis()).bind(i64::from(bounds.dead));
    forget.execute(connection).await?;
    Ok(given_up)
}

fn waiting(found: &SqliteRow) -> Result<Waiting, CatalogueError> {
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

fn field<'r, T>(row: &'r SqliteRow, column: &str) -> Result<T, CatalogueError>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(column).map_err(super::database)
}

//! The application's own table, with a row for each document.

use std::path::PathBuf;

use actix_web::web;
use longshore::{EntryId, OwnerId, ViewError};
use rusqlite::{Connection, Params, Result as Sql};

/// The table's file. A new one has no table yet.
#[derive(Clone)]
pub(crate) struct Table(pub(crate) PathBuf);

/// Id, name and size.
pub(crate) type Rows = Vec<(String, String, i64)>;

impl Table {
    pub(crate) async fn make(&self) -> Result<Rows, ViewError> {
        self.ask("CREATE TABLE IF NOT EXISTS docs (id, owner, name, size)", []).await
    }

    pub(crate) async fn add(
        &self,
        by: OwnerId,
        row: (String, String, i64),
    ) -> Result<Rows, ViewError> {
        let row = (row.0, by.to_string(), row.1, row.2);
        self.ask("INSERT INTO docs VALUES (?, ?, ?, ?)", row).await
    }

    pub(crate) async fn of(&self, owner: OwnerId) -> Result<Rows, ViewError> {
        let owner = [owner.to_string()];
        self.ask("SELECT id, name, size FROM docs WHERE owner = ?", owner).await
    }

    /// One row, or none if it is somebody else's.
    pub(crate) async fn find(&self, id: EntryId, by: OwnerId) -> Result<Rows, ViewError> {
        let which = (id.to_string(), by.to_string());
        self.ask("SELECT id, name, size FROM docs WHERE id = ? AND owner = ?", which).await
    }

    /// The row that is gone, if there was one.
    pub(crate) async fn delete(&self, id: EntryId, by: OwnerId) -> Result<Rows, ViewError> {
        let gone = "DELETE FROM docs WHERE id = ? AND owner = ? RETURNING id, name, size";
        self.ask(gone, (id.to_string(), by.to_string())).await
    }

    /// Not on this thread, where many pages live: a database waits for its disk.
    async fn ask<P>(&self, sql: &'static str, with: P) -> Result<Rows, ViewError>
    where
        P: Params + Send + 'static,
    {
        let file = self.0.clone();
        let ask = move || -> Sql<Rows> {
            Connection::open(file)?.prepare(sql)?.query_map(with, |row| row.try_into())?.collect()
        };
        web::block(ask).await.map_err(ViewError::failed)?.map_err(ViewError::failed)
    }
}

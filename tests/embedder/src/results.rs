//! The desk's own store of results: what came in, from whom, and where it is.
//!
//! A line of JSON for each change, appended and synced before anybody is told. What was told is there after
//! a restart; a line that a crash cut off was told to nobody, and goes when the file is opened.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::web::block;
use longshore::EntryId;
use longshore::domain::OwnerId;
use serde::{Deserialize, Serialize};

/// One thing that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The upload that brought it.
    pub id: EntryId,
    /// Whose it is.
    pub owner: OwnerId,
    /// What the visitor calls it.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What came in, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// A photo, served by Longshore.
    Evidence {
        /// Where.
        url: String,
    },
    /// A signed statement, served by Longshore.
    Statement {
        /// Where.
        url: String,
        /// The claim that it belongs to.
        claim: String,
    },
    /// A device's log, packed in the desk's archive.
    Log {
        /// Its size there, in bytes.
        packed: u64,
    },
}

/// A change, as it stands on a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Added(Row),
    Removed(EntryId),
}

/// The store. Clones are the same store.
#[derive(Debug, Clone)]
pub struct Results(Arc<Mutex<Book>>);

#[derive(Debug)]
struct Book {
    file: File,
    length: u64,
    rows: Vec<Row>,
}

impl Results {
    /// Opens the store, or begins it.
    ///
    /// # Errors
    /// The file can't be read, or a whole line of it is not ours.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let mut file = options.create(true).read(true).append(true).open(path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        file.set_len(whole as u64)?;
        let mut book = Book { file, length: whole as u64, rows: Vec::new() };
        for line in text[..whole].split_inclusive(|byte| *byte == b'\n') {
            book.apply(serde_json::from_slice(line)?);
        }
        Ok(Self(Arc::new(Mutex::new(book))))
    }

    /// What belongs to somebody, newest first.
    #[must_use]
    pub fn of(&self, owner: OwnerId) -> Vec<Row> {
        self.book().rows.iter().rev().filter(|row| row.owner == owner).cloned().collect()
    }

    /// Remembers a row.
    ///
    /// # Errors
    /// It could not be written down; nothing is remembered then.
    pub async fn add(&self, row: Row) -> io::Result<()> {
        self.write(Change::Added(row)).await
    }

    /// Forgets a row.
    ///
    /// # Errors
    /// It could not be written down; nothing is forgotten then.
    pub async fn remove(&self, id: EntryId) -> io::Result<()> {
        self.write(Change::Removed(id)).await
    }

    async fn write(&self, change: Change) -> io::Result<()> {
        let store = self.clone();
        block(move || store.book().write(change)).await.map_err(io::Error::other)?
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn write(&mut self, change: Change) -> io::Result<()> {
        let mut line = serde_json::to_vec(&change)?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        if written.is_err() {
            // Half a line would spoil the next one.
            self.file.set_len(self.length)?;
            return written;
        }
        self.length += line.len() as u64;
        self.apply(change);
        Ok(())
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Added(row) => self.rows.push(row),
            Change::Removed(id) => self.rows.retain(|row| row.id != id),
        }
    }
}

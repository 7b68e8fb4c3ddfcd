//! The thread that the database lives in, from the first pragma to the last checkpoint.
//!
//! Its runtime only waits for changes; whatever is done with the file is done where it is called.
//!
//! ORDER at the end: the writer finishes what was sent, readers finish what they began, the log
//! is moved into the file, connections close, and only then whoever waits in `close` goes on.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};

use super::crew::Crew;
use super::lanes::lanes;
use super::reader::Reader;
use super::recent::Recent;
use super::writer::{Counters, Writer};
use super::{Sqlite, Synchronous, connection, database, migrations};
use crate::catalogue::CatalogueError;

/// How many read at a time. They sleep unless they do.
const READERS: usize = 4;

/// Starts the thread and waits until the database is open.
pub(super) async fn start(path: &Path, synchronous: Synchronous) -> Result<Sqlite, CatalogueError> {
    let path = path.to_owned();
    let (opened, is_open) = oneshot::channel();
    std::thread::Builder::new()
        .name("catalogue".to_owned())
        .spawn(move || live(&path, synchronous, opened))
        .map_err(database)?;
    is_open.await.unwrap_or(Err(CatalogueError::Closed))
}

type Opened = oneshot::Sender<Result<Sqlite, CatalogueError>>;

fn live(path: &Path, synchronous: Synchronous, opened: Opened) {
    match Builder::new_current_thread().enable_time().build() {
        Err(error) => drop(opened.send(Err(database(error)))),
        Ok(runtime) => match open(path, synchronous) {
            Err(error) => drop(opened.send(Err(error))),
            Ok(parts) => runtime.block_on(serve(parts, opened)),
        },
    }
}

struct Parts {
    connection: Connection,
    crew: Crew,
}

fn open(path: &Path, synchronous: Synchronous) -> Result<Parts, CatalogueError> {
    make_file(path).map_err(database)?;
    let mut connection = connection::writing(path, synchronous).map_err(database)?;
    migrations::run(&mut connection).map_err(database)?;
    sync_folder(path).map_err(database)?;
    let readers: Result<Vec<_>, _> = (0..READERS).map(|_| connection::reading(path)).collect();
    let crew = Crew::start(readers.map_err(database)?).map_err(database)?;
    Ok(Parts { connection, crew })
}

async fn serve(parts: Parts, opened: Opened) {
    let (lanes, received) = lanes();
    let (ending, ended) = watch::channel(());
    let counters = Arc::new(Counters::default());
    let Parts { connection, crew } = parts;
    let recent = Recent::default();
    let reader = Reader::new(crew.desk(), recent.clone());
    let writer = Writer::new(connection, received, Arc::clone(&counters), recent.clone());
    let catalogue = Sqlite { lanes, reader, counters, ended };
    // Nobody waits any more: the catalogue is dropped here, and the writer finds that it is alone.
    drop(opened.send(Ok(catalogue)));

    let connection = writer.run().await;
    recent.end();
    drop(crew);
    // What stays in the log is durable there and moved at the next start.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
    let _ = connection.close();
    drop(ending);
}

/// SQLite would make the file readable for others; its log gets the rights of the file.
fn make_file(path: &Path) -> io::Result<()> {
    const OURS_ALONE: u32 = 0o600;
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(OURS_ALONE)
        .open(path)
        .map(drop)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// The file's own name must survive a power cut as well as what is in it.
fn sync_folder(path: &Path) -> io::Result<()> {
    let path: PathBuf = std::path::absolute(path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

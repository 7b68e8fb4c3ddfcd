//! The thread that the database lives in, from the first pragma to the last checkpoint.
//!
//! ORDER at the end: the writer finishes what was sent, readers finish what they began, the log
//! is moved into the file, connections close, and only then whoever waits in `close` goes on.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};

use super::lanes::lanes;
use super::reader::Reader;
use super::writer::{Counters, Writer};
use super::{Sqlite, Synchronous, database};
use crate::catalogue::CatalogueError;

/// The tables, and how older ones become newer ones.
static MIGRATIONS: Migrator = sqlx::migrate!("src/catalogue/migrations/sqlite");

/// How long to wait for another process that has the file, such as a person with a shell.
const PATIENCE: Duration = Duration::from_secs(5);

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
        Ok(runtime) => runtime.block_on(async {
            match open(path, synchronous).await {
                Err(error) => drop(opened.send(Err(error))),
                Ok(parts) => serve(parts, opened).await,
            }
        }),
    }
}

struct Parts {
    connection: SqliteConnection,
    reader: Reader,
}

async fn open(path: &Path, synchronous: Synchronous) -> Result<Parts, CatalogueError> {
    make_file(path).map_err(database)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(match synchronous {
            Synchronous::Full => SqliteSynchronous::Full,
            Synchronous::Normal => SqliteSynchronous::Normal,
        })
        .busy_timeout(PATIENCE)
        .disable_statement_logging();
    let mut connection = options.connect().await.map_err(database)?;
    MIGRATIONS.run(&mut connection).await.map_err(database)?;
    sync_folder(path).map_err(database)?;
    Ok(Parts { connection, reader: Reader::open(options).await? })
}

async fn serve(parts: Parts, opened: Opened) {
    let (lanes, received) = lanes();
    let (ending, ended) = watch::channel(());
    let counters = Arc::new(Counters::default());
    let writer = Writer::new(parts.connection, received, Arc::clone(&counters));
    let reader = parts.reader;
    let catalogue = Sqlite { lanes, reader: reader.clone(), counters, ended };
    // Nobody waits any more: the catalogue is dropped here, and the writer finds that it is alone.
    drop(opened.send(Ok(catalogue)));

    let mut connection = writer.run().await;
    reader.close().await;
    // What stays in the log is durable there and moved at the next start.
    let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await;
    let _ = connection.close().await;
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

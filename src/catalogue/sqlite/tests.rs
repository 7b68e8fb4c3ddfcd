mod steps;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::{join_all, maybe_done};
use futures_util::{FutureExt, poll};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use super::lanes::lanes as lanes_of_a_writer;
use super::recent::Recent;
use super::writer::Writer;
use super::*;
use crate::catalogue::conformance::{self, bare_entry, full_entry};
use crate::catalogue::{Catalogue, Wanted};
use crate::domain::{Code, EntryState, Rejection};

async fn open(path: &Path) -> Sqlite {
    Sqlite::open(path, Synchronous::Full).await.unwrap()
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalogue.sqlite3");
    (folder, path)
}

/// A connection beside the catalogue's own ones, as a person with a shell has it.
fn stranger(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

fn say(connection: &Connection, sql: &str) {
    connection.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn the_database_does_what_every_catalogue_must() {
    let folder = tempfile::tempdir().unwrap();
    for synchronous in [Synchronous::Full, Synchronous::Normal] {
        conformance::suite(async || {
            let path = folder.path().join(Uuid::now_v7().to_string());
            Sqlite::open(&path, synchronous).await.unwrap()
        })
        .await;
    }
    conformance::outbox(async || {
        let path = folder.path().join(Uuid::now_v7().to_string());
        Sqlite::open(&path, Synchronous::Full).await.unwrap()
    })
    .await;
}

#[tokio::test]
async fn changes_that_wait_together_are_committed_together() {
    let (_folder, path) = place();
    let catalogue = open(&path).await;
    let known = bare_entry();
    catalogue.insert(std::slice::from_ref(&known)).await.unwrap();
    let before = catalogue.tally();

    // While somebody else holds the file, the first change waits in its transaction and the
    // others gather behind it.
    let stranger = stranger(&path);
    say(&stranger, "BEGIN IMMEDIATE");
    let entries: Vec<Entry> = (0..100).map(|_| full_entry()).collect();
    let mut changes: Vec<_> = entries.iter().map(|entry| catalogue.settle(entry)).collect();
    // A duplicate in the midst of them.
    changes.insert(50, catalogue.insert(std::slice::from_ref(&known)));
    for change in &mut changes {
        assert!(poll!(change).is_pending(), "sent, and not yet answered");
    }
    say(&stranger, "COMMIT");
    let mut outcomes = join_all(changes).await;

    let duplicate = outcomes.remove(50);
    assert!(matches!(duplicate, Err(CatalogueError::Duplicate(id)) if id == known.id));
    outcomes.into_iter().for_each(|outcome| outcome.unwrap());
    let after = catalogue.tally();
    assert_eq!(after.changes - before.changes, 101);
    let transactions = after.transactions - before.transactions;
    assert!(transactions <= 2, "the first one alone at worst, then all: {transactions}");
    for entry in entries {
        assert_eq!(catalogue.load(entry.id).await.unwrap(), Some(entry));
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_close() {
    let (_folder, path) = place();
    let entry = full_entry().with_state(EntryState::Complete);
    let catalogue = open(&path).await;
    catalogue.settle(&entry).await.unwrap();
    let clone = catalogue.clone();
    catalogue.close().await;
    let logs = ["-wal", "-shm"].map(|end| PathBuf::from(format!("{}{end}", path.display())));
    assert!(logs.iter().all(|log| !log.exists()), "the log went into the file");
    assert!(matches!(clone.settle(&entry).await, Err(CatalogueError::Closed)));
    assert!(matches!(clone.load(entry.id).await, Err(CatalogueError::Closed)));
    clone.close().await;
    assert_eq!(open(&path).await.load(entry.id).await.unwrap(), Some(entry));
}

#[tokio::test]
async fn a_close_waits_for_what_was_sent() {
    let (_folder, path) = place();
    let catalogue = open(&path).await;
    let entries: Vec<Entry> = (0..100).map(|_| full_entry()).collect();
    let mut changes: Vec<_> =
        entries.iter().map(|entry| Box::pin(maybe_done(catalogue.settle(entry)))).collect();
    for change in &mut changes {
        // A quick disk may have answered some of them already.
        let _ = poll!(change);
    }
    catalogue.close().await;
    for mut change in changes {
        (&mut change).await;
        change.as_mut().take_output().unwrap().unwrap();
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_drop() {
    let (_folder, path) = place();
    let entry = full_entry();
    open(&path).await.settle(&entry).await.unwrap();
    assert_eq!(open(&path).await.load(entry.id).await.unwrap(), Some(entry));
}

#[test]
fn callers_come_and_go_with_runtimes_of_their_own() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (_folder, path) = place();
    let catalogue = runtime().block_on(open(&path));
    let abandoned = full_entry();
    let unanswered = catalogue.settle(&abandoned);
    // One turn of a runtime that is gone right afterwards, and with it whoever waited.
    runtime().block_on(async { unanswered.now_or_never() });

    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                runtime().block_on(async {
                    for _ in 0..20 {
                        let entry = full_entry();
                        catalogue.insert(std::slice::from_ref(&entry)).await.unwrap();
                        catalogue.settle(&entry).await.unwrap();
                        assert_eq!(catalogue.load(entry.id).await.unwrap(), Some(entry));
                    }
                });
            });
        }
    });
    runtime().block_on(async {
        let unfinished = Query::new(Wanted::Unfinished, 100);
        assert_eq!(catalogue.list(&unfinished).await.unwrap().len(), 81);
        assert_eq!(catalogue.load(abandoned.id).await.unwrap(), Some(abandoned));
    });
}

#[tokio::test]
async fn a_change_that_breaks_the_database_breaks_alone() {
    let (_folder, path) = place();
    let catalogue = open(&path).await;
    let stranger = stranger(&path);
    let good = [full_entry(), full_entry()];
    let mut bad = full_entry();
    bad.page = "cursed".parse().unwrap();
    say(
        &stranger,
        "CREATE TRIGGER curse BEFORE INSERT ON entries WHEN new.page = 'cursed'
         BEGIN SELECT raise(ROLLBACK, 'cursed'); END",
    );
    say(&stranger, "BEGIN IMMEDIATE");
    let order = [&good[0], &bad, &good[1]];
    let mut changes: Vec<_> = order.iter().map(|entry| catalogue.settle(entry)).collect();
    for change in &mut changes {
        assert!(poll!(change).is_pending());
    }
    say(&stranger, "COMMIT");
    let outcomes = join_all(changes).await;
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");
    assert!(matches!(outcomes[1], Err(CatalogueError::Database(_))), "{outcomes:?}");
    assert_eq!(catalogue.load(bad.id).await.unwrap(), None);
    catalogue.settle(&good[0]).await.unwrap();
}

/// A writer on a connection of its own, without the thread around it.
fn writer_on(connection: Connection) -> (Sending, impl Future) {
    let (lanes, received) = lanes_of_a_writer();
    (lanes, Writer::new(connection, received, Arc::default(), Recent::default()).run())
}

async fn settle(lanes: &Sending, entry: &Entry) -> Result<(), CatalogueError> {
    let (answer, answered) = oneshot::channel();
    let change = Change::Settle(Box::new(entry.clone()));
    lanes.foreground.send(Request::Change { change, answer }).await.unwrap();
    answered.await.unwrap()
}

#[tokio::test]
async fn a_file_that_somebody_keeps_to_himself_is_an_error_and_no_end() {
    let (_folder, path) = place();
    open(&path).await.close().await;
    let hasty = stranger(&path);
    hasty.busy_timeout(Duration::ZERO).unwrap();
    let (lanes, writer) = writer_on(hasty);
    let steps = async move {
        let stranger = stranger(&path);
        say(&stranger, "BEGIN IMMEDIATE");
        let refused = settle(&lanes, &full_entry()).await;
        assert!(matches!(refused, Err(CatalogueError::Busy(_))), "{refused:?}");
        say(&stranger, "COMMIT");
        settle(&lanes, &full_entry()).await.unwrap();
    };
    tokio::join!(steps, writer);
}

#[tokio::test]
async fn a_full_disk_is_an_error_until_there_is_room_again() {
    let (_folder, path) = place();
    open(&path).await.close().await;
    let connection = stranger(&path);
    say(&connection, "PRAGMA max_page_count = 12");
    let (lanes, writer) = writer_on(connection);
    let steps = async move {
        let mut settled = Vec::new();
        let refused = loop {
            let entry = full_entry();
            match settle(&lanes, &entry).await {
                Ok(()) => settled.push(entry),
                Err(refused) => break refused,
            }
        };
        assert!(matches!(refused, CatalogueError::Full(_)), "{refused:?}");
        let stranger = stranger(&path);
        say(&stranger, "DELETE FROM entries");
        settle(&lanes, &settled[0]).await.unwrap();
    };
    tokio::join!(steps, writer);
}

#[tokio::test]
async fn what_can_not_be_understood_is_said_and_hurts_nobody_else() {
    let (_folder, path) = place();
    let catalogue = open(&path).await;
    let failed = EntryState::Failed(Rejection::new(Code::TooLarge));
    let stranger = stranger(&path);
    let spoil = [
        "state = 'levitating'",
        "state = 'complete'",
        "rejection_code = NULL",
        "rejection_code = 'too_purple'",
        "rejection_message = NULL",
        "rejection_params = '{'",
        "owner = 'me'",
        "reference = ''",
        "page = 'Not A Page'",
        "name = ''",
        "relative_path = '../x'",
        "client_sha256 = 'abc'",
        "digest = 'xyz'",
        "digest = 'blake3:xyz'",
        "digest = 'md5:' || digest",
        "media_type = 'nonsense'",
    ];
    for assignment in spoil {
        let entry = full_entry().with_state(failed.clone());
        catalogue.insert(std::slice::from_ref(&entry)).await.unwrap();
        say(&stranger, &format!("UPDATE entries SET {assignment} WHERE id = '{}'", entry.id));
        let CatalogueError::Corrupt { what } = catalogue.load(entry.id).await.unwrap_err() else {
            panic!("{assignment} is corrupt");
        };
        assert!(what.contains(&entry.id.to_string()), "{what}");
        catalogue.settle(&entry).await.unwrap();
        assert_eq!(catalogue.load(entry.id).await.unwrap(), Some(entry));
    }
}

#[tokio::test]
async fn a_row_of_before_there_were_kinds_has_a_sha_256() {
    let (_folder, path) = place();
    let catalogue = open(&path).await;
    let entry = full_entry();
    catalogue.settle(&entry).await.unwrap();
    let stranger = stranger(&path);
    let kept: String =
        stranger.query_row("SELECT digest FROM entries", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "07".repeat(32), "and is written as it was then");
    let bare = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    say(&stranger, &format!("UPDATE entries SET digest = '{bare}'"));
    let digest = catalogue.load(entry.id).await.unwrap().unwrap().digest.unwrap();
    assert_eq!(digest.sha256().unwrap().to_string(), bare);
    say(&stranger, &format!("UPDATE entries SET digest = 'blake3:{bare}'"));
    let digest = catalogue.load(entry.id).await.unwrap().unwrap().digest.unwrap();
    assert_eq!(digest.blake3().unwrap().to_string(), bare);
}

#[tokio::test]
async fn the_file_is_ours_alone() {
    let (_folder, path) = place();
    let catalogue = open(&path).await;
    catalogue.settle(&full_entry()).await.unwrap();
    for end in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{end}", path.display()));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{end}");
    }
}

#[tokio::test]
async fn a_place_without_a_folder_is_an_error_that_names_it() {
    let (_folder, path) = place();
    let path = path.join("not there");
    let CatalogueError::Database(error) = Sqlite::open(&path, Synchronous::Full).await.unwrap_err()
    else {
        panic!("it can't be opened");
    };
    assert!(error.to_string().contains("not there"), "{error}");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let (_folder, path) = place();
    open(&path).await.close().await;
    say(&stranger(&path), "PRAGMA user_version = 1000");
    let refused = Sqlite::open(&path, Synchronous::Full).await.unwrap_err();
    let CatalogueError::Database(error) = refused else { panic!("{refused}") };
    assert!(error.to_string().contains("newer version"), "{error}");
}

//! What outlives a process (a disk, a catalogue, a clock), and processes that can be killed at any moment.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::blob::Spool;
use crate::blob::faulty::Faults;
use crate::blob::frail::FrailStore;
use crate::catalogue::faulty::FaultyCatalogue;

/// Longer than any entry is waited for in these tests.
pub(super) const TTL: Duration = Duration::from_secs(3_600);
/// The largest file of these tests, and the limit of their slot.
pub(super) const LARGEST: u64 = 20_000;
/// How often a process is polled for one verb, at most. Nothing here waits for anything outside, so whoever needs
/// more is stuck for ever.
const POLLS: usize = 20_000;
/// How often it is polled after an operation got stuck, so that all else comes to rest.
const REST: usize = 200;

/// What outlives a process.
#[derive(Debug)]
pub(super) struct World {
    pub(super) store: FrailStore,
    pub(super) catalogue: Memory,
    pub(super) clock: Arc<HandClock>,
    pub(super) faults: Faults,
    /// A verb did not end though nothing was stuck.
    pub(super) hung: Cell<bool>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            store: FrailStore::new(),
            catalogue: Memory::new(),
            clock: Arc::default(),
            faults: Faults::none().giving_way(),
            hung: Cell::new(false),
        }
    }
}

impl World {
    pub(super) fn tick(&self, by: Duration) {
        self.clock.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// A new process on this world. The one before it must be gone.
    pub(super) fn start(&self) -> Process {
        // Its time stands still but for `Process::wait`.
        let runtime =
            Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let store = Arc::new(FaultyStore::sharing(self.store.clone(), self.faults.clone()));
        let catalogue = FaultyCatalogue::sharing(self.catalogue.clone(), self.faults.clone());
        let engine = Engine::new(Parts {
            blobs: Arc::<FaultyStore<FrailStore>>::clone(&store),
            spool: Some(store as Arc<dyn Spool>),
            room: None,
            catalogue: Arc::new(catalogue),
            checks: vec![Arc::new(MagicBytes)],
            jobs: Jobs::default(),
            clock: Arc::<HandClock>::clone(&self.clock),
        });
        Process { engine, runtime }
    }

    pub(super) fn rows(&self) -> Vec<Entry> {
        now(self.catalogue.list(&Query::new(Wanted::Any, u32::MAX))).unwrap()
    }

    pub(super) fn row(&self, id: EntryId) -> Option<Entry> {
        now(self.catalogue.load(id)).unwrap()
    }

    /// What lies around without a row that explains it, and rows without their bytes. Holds whenever nothing is
    /// under way.
    pub(super) fn unexplained(&self) -> Vec<String> {
        let (rows, mut strange) = (self.rows(), Vec::new());
        let explained =
            |id: EntryId, by: fn(&Entry) -> bool| rows.iter().any(|row| row.id == id && by(row));
        for (key, bytes) in self.store.unfinished() {
            if !explained(key.id, |row| row.state().is_active()) {
                strange.push(format!("{} unfinished bytes of {} have no row", bytes.len(), key.id));
            }
        }
        for id in self.store.published() {
            if !explained(id, is_shown) {
                strange.push(format!("the file {id} has no row"));
            }
        }
        for row in rows.iter().filter(|row| is_shown(row)) {
            if self.store.bytes(row.id).is_none() {
                strange.push(format!("the row {} has no file", row.id));
            }
        }
        strange
    }

    /// How much is left that was not kept: rows of uploads that are not over, and what was put aside.
    pub(super) fn waiting(&self) -> usize {
        let kept = |row: &&Entry| is_shown(row) && row.kept_at.is_some();
        let rows = self.rows();
        rows.len() - rows.iter().filter(kept).count() + self.store.quarantined()
    }
}

/// Whether its owner can see it: complete, and not yet taken.
pub(super) fn is_shown(row: &Entry) -> bool {
    *row.state() == EntryState::Complete || (row.done() && row.kept_at.is_some())
}

/// One process: an engine and everything that runs for it. It dies where it stands when it is dropped.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) engine: Engine,
    runtime: Runtime,
}

impl Process {
    /// Runs one verb to its end; nothing if an operation got stuck, as the faults of the world want it, or if it
    /// never ends though nothing is.
    pub(super) fn run<T>(&self, world: &World, verb: impl Future<Output = T>) -> Option<T> {
        self.runtime.block_on(async {
            let mut verb = std::pin::pin!(verb);
            let mut rest = REST;
            for _ in 0..POLLS {
                if let std::task::Poll::Ready(value) = futures_util::poll!(&mut verb) {
                    return Some(value);
                }
                if world.faults.stuck() {
                    rest -= 1;
                }
                if rest == 0 {
                    return None;
                }
                tokio::task::yield_now().await;
            }
            world.hung.set(true);
            None
        })
    }

    /// Lets everything that was begun come to its end.
    pub(super) fn rest(&self) {
        self.runtime.block_on(async {
            for _ in 0..REST {
                tokio::task::yield_now().await;
            }
        });
    }
}

impl Process {
    /// Lets the process's own time pass, and everything happen that is due then.
    pub(super) fn wait(&self, time: Duration) {
        self.runtime.block_on(tokio::time::advance(time));
        self.rest();
    }
}

/// The answer of what has no reason to wait.
fn now<T>(answer: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(answer).unwrap()
}

/// The bytes of a file of these tests: text that no check minds, different for each seed.
pub(super) fn text(seed: usize, length: u64) -> Vec<u8> {
    let letter = |at: u64| {
        let number = (at / 7 + at * (seed as u64 % 5 + 1) + seed as u64) % 26;
        b'a' + u8::try_from(number).unwrap()
    };
    (0..length).map(letter).collect()
}

/// A session of a caller, with a slot that takes a few small files.
pub(super) fn registration(caller: &Caller, lifetime: Lifetime) -> Registration {
    let options = Declaration::new().max_entries(6).max_file_size(LARGEST);
    Registration {
        session: SessionId::from_uuid(Uuid::now_v7()),
        caller: caller.clone(),
        page: PageName::try_from("files").unwrap(),
        slot: Arc::new(Slot::declare("files", options).unwrap()),
        hooks: Arc::default(),
        lifetime,
    }
}

pub(super) fn caller() -> Caller {
    Caller::new(OwnerId::from_uuid(Uuid::new_v4()))
}

//! Whether new uploads are taken, and if not, why: for whoever sends the traffic, and whoever mends the disk.
//!
//! A disk that has turned read-only or full is found by the next upload, which is too late for its client. So
//! whoever asks makes the store try, at most once a second however often it is asked.

use std::fmt;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::{Inner, UploadError, Uploads};
use crate::domain::{Caller, EntryId, OwnerId};
use crate::engine::{Engine, Lack};

/// How long an answer holds.
const YOUNG: Duration = Duration::from_secs(1);
/// How long the disk and the catalogue may take to answer. A dead network disk answers never.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why new uploads are not taken. More reasons may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotReady {
    /// The service shuts down.
    Draining,
    /// The catalogue doesn't answer.
    Catalogue,
    /// Fewer bytes are free than [`min_free`](super::UploadsBuilder::min_free) leaves alone.
    LowSpace,
    /// Hardly a file can be made any more: the file system runs out of inodes.
    LowInodes,
    /// Nothing may be written to the store.
    ReadOnly,
    /// The store fails or doesn't answer; the log says how.
    Store,
    /// A check without which nothing is taken can't ask its scanner.
    Scanner,
}

impl NotReady {
    /// The reason as `/readyz` says it: `draining`, `catalogue`, `low_space`, `low_inodes`, `read_only`, `store` or
    /// `scanner`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draining => "draining",
            Self::Catalogue => "catalogue",
            Self::LowSpace => "low_space",
            Self::LowInodes => "low_inodes",
            Self::ReadOnly => "read_only",
            Self::Store => "store",
            Self::Scanner => "scanner",
        }
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Lack> for NotReady {
    fn from(lack: Lack) -> Self {
        match lack {
            Lack::Bytes => Self::LowSpace,
            Lack::Files => Self::LowInodes,
            Lack::ReadOnly => Self::ReadOnly,
            Lack::Broken => Self::Store,
        }
    }
}

impl Uploads {
    /// True while new uploads are taken.
    pub async fn is_ready(&self) -> bool {
        self.not_ready().await.is_empty()
    }

    /// Why new uploads are not taken; nothing while they are. The store is tried for it with a small file,
    /// and the answer holds for a second. What mends itself is ready again by itself.
    pub async fn not_ready(&self) -> Vec<NotReady> {
        let Inner { engine, trial, .. } = &*self.0;
        if engine.is_closing() {
            return vec![NotReady::Draining];
        }
        trial.outcome(engine).await
    }
}

/// The latest trial of store and catalogue, and the one that is under way.
#[derive(Debug, Default)]
pub(super) struct Trial(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    latest: Option<(Instant, Vec<NotReady>)>,
    store: Option<JoinHandle<Option<Lack>>>,
}

impl Trial {
    /// Those who ask at the same time are answered by one trial.
    async fn outcome(&self, engine: &Engine) -> Vec<NotReady> {
        let mut state = self.0.lock().await;
        if let Some((at, reasons)) = &state.latest
            && at.elapsed() < YOUNG
        {
            return reasons.clone();
        }
        let mut reasons = Vec::new();
        if !answers(engine).await {
            reasons.push(NotReady::Catalogue);
        }
        reasons.extend(state.try_store(engine).await);
        if !matches!(timeout(PATIENCE, engine.checks_can_look()).await, Ok(true)) {
            reasons.push(NotReady::Scanner);
        }
        state.latest = Some((Instant::now(), reasons.clone()));
        reasons
    }
}

impl State {
    /// A trial that hangs is waited for again by whoever asks next, and no second one begins: each would
    /// cost a thread for as long as the disk is dead.
    async fn try_store(&mut self, engine: &Engine) -> Option<NotReady> {
        let trying = self.store.get_or_insert_with(|| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.lack().await })
        });
        let Ok(tried) = timeout(PATIENCE, trying).await else {
            return Some(NotReady::Store);
        };
        self.store = None;
        match tried {
            Ok(lack) => lack.map(NotReady::from),
            Err(_) => Some(NotReady::Store),
        }
    }
}

/// Whether the catalogue answers, and takes changes: while another program has it, it may well be read.
async fn answers(engine: &Engine) -> bool {
    let probe = EntryId::from_uuid(Uuid::nil());
    let nobody = Caller::new(OwnerId::from_uuid(Uuid::nil()));
    let asked = timeout(PATIENCE, engine.file(probe, &nobody)).await;
    let changed = timeout(PATIENCE, engine.try_a_change(probe));
    matches!(asked, Ok(Err(UploadError::NotFound))) && matches!(changed.await, Ok(true))
}

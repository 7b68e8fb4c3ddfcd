//! Floor 2: the life of one upload.
//!
//! Every door (a socket, a form, later tus and the others) hands its bytes to this one engine, so every
//! rule is enforced here, once, with one set of codes. Without it each door would grow its own idea of
//! what "too large" or "complete" means.
//!
//! The engine knows the domain and the *traits* of floor 1. It knows no actor, no HTTP, no SQL and no file
//! system. Exclusive writing is ownership of a [`Lease`]; nothing on the way of a chunk waits for a lock.

mod abandon;
mod adopt;
mod authorizer;
mod behind;
mod busy;
mod cancel;
mod checkpoint;
mod claim;
mod clock;
mod consume;
mod declare;
mod digests;
mod error;
mod fail;
mod finish;
mod forget;
mod granted;
mod hashing;
mod hooks;
mod jobs;
mod join;
mod lease;
mod live;
mod name;
mod news;
mod pen;
mod piece;
mod pipe;
mod post;
mod progress;
mod queue;
mod quota;
mod read;
mod record;
mod recover;
mod register;
mod registry;
mod rehash;
mod reopen;
mod rewind;
mod room;
mod sink;
mod standing;
mod sweep;
mod tally;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "testing"))]
mod under_way;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use self::authorizer::{Ask, Authorizer, OwnersOnly};
pub use self::clock::{Clock, SystemClock};
pub use self::consume::Keep;
pub use self::error::{Causes, UploadError};
pub(crate) use self::hooks::contained;
pub use self::hooks::{Hooks, MakeWriter, Validate};
pub use self::lease::Lease;
pub use self::news::{About, News, Watch};
pub use self::post::Post;
pub use self::progress::Mark;
pub use self::quota::Quotas;
pub use self::recover::Recovered;
pub use self::register::{Lifetime, Offered, Registration};
pub use self::room::{Headroom, Lack};
pub use self::sweep::Swept;

use self::busy::Busy;
use self::registry::Registry;
use crate::blob::{BlobStore, Spool};
use crate::catalogue::Catalogue;
use crate::checks::Check;
use crate::domain::DigestKind;
use crate::jobs::Jobs;

/// The one engine of a running Longshore. Cheap to clone; every clone is the same engine.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

/// What an engine is made of: the seams to floor 1.
#[derive(Debug)]
pub struct Parts {
    /// Where bytes go.
    pub blobs: Arc<dyn BlobStore>,
    /// What an earlier process left in the store, if it outlives a process.
    pub spool: Option<Arc<dyn Spool>>,
    /// How much room there is for them, if somebody knows.
    pub room: Option<Headroom>,
    /// What is remembered.
    pub catalogue: Arc<dyn Catalogue>,
    /// What may say no, in this order.
    pub checks: Vec<Arc<dyn Check>>,
    /// What happens to files after they were kept.
    pub jobs: Jobs,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// What an application adds to the engine's own rules.
#[derive(Debug)]
pub struct Rules {
    /// Who may do what; owners only unless said.
    pub authorizer: Arc<dyn Authorizer>,
    /// Receivers outside who are told what is stored and what is deleted.
    pub post: Option<Post>,
    /// Bounds of what is kept.
    pub quotas: Quotas,
    /// Which digest files get whose slots don't say.
    pub digest: DigestKind,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            authorizer: Arc::new(OwnersOnly),
            post: None,
            quotas: Quotas::default(),
            digest: DigestKind::default(),
        }
    }
}

#[derive(Debug)]
struct Inner {
    parts: Parts,
    post: Option<Post>,
    authorizer: Arc<dyn Authorizer>,
    registry: Registry,
    ledger: room::Ledger,
    quotas: Quotas,
    digest: DigestKind,
    shares: Arc<quota::Ledger>,
    closing: AtomicBool,
    busy: Busy,
    news: Arc<news::Board>,
}

impl Engine {
    /// Puts an engine together. Nothing is read or written yet; see [`Engine::recover`].
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self::ruled(parts, Rules::default())
    }

    /// The same with what an application adds to the engine's own rules.
    #[must_use]
    pub fn ruled(parts: Parts, rules: Rules) -> Self {
        let Rules { authorizer, post, quotas, digest } = rules;
        Self(Arc::new(Inner {
            parts,
            post,
            authorizer,
            registry: Registry::default(),
            ledger: room::Ledger::default(),
            quotas,
            digest,
            shares: Arc::default(),
            closing: AtomicBool::new(false),
            busy: Busy::default(),
            news: Arc::default(),
        }))
    }

    /// Refuses new entries and new leases from now on; what is being written may end. Whoever watches is sent away.
    pub fn close(&self) {
        self.0.closing.store(true, Ordering::SeqCst);
        self.news().close();
    }

    /// True once [`Engine::close`] was called.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.0.closing.load(Ordering::SeqCst)
    }

    /// Resolves when nothing is being written, no lease is held, and no entry is between "all bytes are here"
    /// and "the row is committed".
    pub async fn settled(&self) {
        self.0.busy.ended().await;
    }

    /// Which digest files get whose slots don't say.
    pub(crate) fn digest(&self) -> DigestKind {
        self.0.digest
    }

    fn busy(&self) -> &Busy {
        &self.0.busy
    }

    fn authorizer(&self) -> &dyn Authorizer {
        &*self.0.authorizer
    }

    fn parts(&self) -> &Parts {
        &self.0.parts
    }

    fn post(&self) -> Option<&Post> {
        self.0.post.as_ref()
    }

    fn registry(&self) -> &Registry {
        &self.0.registry
    }

    fn ledger(&self) -> &room::Ledger {
        &self.0.ledger
    }

    fn quotas(&self) -> &Quotas {
        &self.0.quotas
    }

    fn shares(&self) -> &Arc<quota::Ledger> {
        &self.0.shares
    }

    fn ensure_open(&self) -> Result<(), UploadError> {
        if self.is_closing() { Err(UploadError::ShuttingDown) } else { Ok(()) }
    }
}

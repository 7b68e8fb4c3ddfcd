//! The builder: pages, stores and times, as an application says them. Starting checks them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::foundation::{Given, Store};
use super::{Factory, Limits, Secret};
use crate::assets::Assets;
use crate::blob::{BlobStore, Durability, Room, Spool};
use crate::catalogue::Catalogue;
use crate::checks::Check;
use crate::engine::Clock;
use crate::jobs::Thumbnails;
use crate::supervisor::Patience;
use crate::templates::Templates;
use crate::view::{Handlers, View};

/// Describes an upload service; [`start`](Self::start) starts it.
///
/// [`data`](Self::data) names the folder that keeps everything. Without it, and without a store and a
/// catalogue of the application's own, everything is kept in memory, which suits tests.
#[derive(Default)]
pub struct UploadsBuilder {
    pub(super) given: Given,
    pub(super) data: Vec<PathBuf>,
    pub(super) prefixes: Vec<String>,
    pub(super) checks: Vec<Arc<dyn Check>>,
    pub(super) thumbnails: Option<Thumbnails>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) templates: Option<Templates>,
    pub(super) pages: Vec<(String, Factory)>,
    pub(super) index: Option<Factory>,
    pub(super) origins: Vec<String>,
    pub(super) proxies: Vec<String>,
    pub(super) limits: Limits,
    pub(super) assets: Assets,
    pub(super) grace: Option<Duration>,
    pub(super) entry_ttl: Option<Duration>,
    pub(super) patience: Patience,
}

impl std::fmt::Debug for UploadsBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pages = self.pages.iter().map(|(name, _)| name);
        f.debug_struct("UploadsBuilder").field("pages", &pages.collect::<Vec<_>>()).finish()
    }
}

impl UploadsBuilder {
    /// The folder that holds everything: it is made if need be (0700) and locked against a second service,
    /// and has the stored files, the unfinished ones, the catalogue and the secret in it.
    ///
    /// What [`store`](Self::store), [`catalogue`](Self::catalogue) and [`secret`](Self::secret) say wins
    /// over what would be made here. The lock is held as long as a clone of [`Uploads`](super::Uploads)
    /// lives.
    #[must_use]
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data.push(folder.into());
        self
    }

    /// This folder, fast rather than safe, as far as the application has not said otherwise; and the folder
    /// that counts in the end.
    #[cfg(feature = "testing")]
    pub(crate) fn data_unless_said(mut self, folder: PathBuf) -> (Self, PathBuf) {
        let whole = self.given.store.is_some() && self.given.catalogue.is_some();
        if !whole {
            self.given.durability.get_or_insert(Durability::Os);
        }
        match self.data.first().cloned() {
            Some(said) => (self, said),
            None => (self.data(&folder), folder),
        }
    }

    /// When a file in the data folder is safe: [`Durability::Always`] unless said.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.given.durability = Some(durability);
        self
    }

    /// The path of the application below which everything of ours is found, such as `/uploads`: pages, live
    /// pages, forms, files, the API and static files. It stands in front of every URL that we make, and the
    /// cookie is sent to nobody else. Without it we are found at `/`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.push(prefix.into());
        self
    }

    /// Where bytes go, if not into the data folder.
    #[must_use]
    pub fn store<S: BlobStore + Spool + 'static>(mut self, store: S) -> Self {
        self.given.store = Some(Store::of(store));
        self
    }

    /// How much room there is, if the application's own store knows: files that won't fit are then refused
    /// before their bytes are sent, and a store that takes nothing makes the service
    /// [not ready](super::Uploads::not_ready). A [`LocalStore`](crate::blob::LocalStore) needs no word.
    #[must_use]
    pub fn room(mut self, room: impl Room + 'static) -> Self {
        self.given.room = Some(Arc::new(room));
        self
    }

    /// The watermark: bytes that uploads leave free on the disk, for the catalogue, the logs and the rest of
    /// the machine. 256 MiB unless said, or a sixteenth of the disk if that is less; with zero only files
    /// that surely don't fit are refused beforehand.
    #[must_use]
    pub fn min_free(mut self, bytes: u64) -> Self {
        self.given.min_free = Some(bytes);
        self
    }

    /// What is remembered, if not in the data folder. Who opened it closes it.
    #[must_use]
    pub fn catalogue(mut self, catalogue: impl Catalogue + 'static) -> Self {
        self.given.catalogue = Some(Arc::new(catalogue));
        self
    }

    /// Something else that may refuse files, after the built-in look at their first bytes.
    #[must_use]
    pub fn check(mut self, check: impl Check + 'static) -> Self {
        self.checks.push(Arc::new(check));
        self
    }

    /// Makes thumbnails of stored pictures, and serves them at the `thumbnail` of
    /// [`FileFacts`](crate::FileFacts). None are made unless asked for.
    #[must_use]
    pub fn thumbnails(mut self, thumbnails: Thumbnails) -> Self {
        self.thumbnails = Some(thumbnails);
        self
    }

    /// What time it is; the machine's clock unless a test says otherwise.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// The pages' templates.
    #[must_use]
    pub fn templates(mut self, templates: Templates) -> Self {
        self.templates = Some(templates);
        self
    }

    /// A page: its name is its path and the prefix of its regions' templates.
    #[must_use]
    pub fn page<V: View>(
        mut self,
        name: &str,
        make: impl Fn() -> V + Send + Sync + 'static,
    ) -> Self {
        self.pages.push((name.to_owned(), factory(make)));
        self
    }

    /// The page at `/`, or at the prefix.
    #[must_use]
    pub fn index<V: View>(mut self, make: impl Fn() -> V + Send + Sync + 'static) -> Self {
        self.index = Some(factory(make));
        self
    }

    /// The secret behind cookies and form tokens, if not that of the data folder. Without either it is a
    /// random one, which forgets everybody at a restart.
    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.given.secret = Some(secret);
        self
    }

    /// Another origin whose pages may open sockets and post forms here, as browsers write it:
    /// `https://app.example`.
    #[must_use]
    pub fn allowed_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// A reverse proxy in front of us, by its address or a range of them: `127.0.0.1`, `10.0.0.0/8`. What it says in
    /// `X-Forwarded-For` or `Forwarded` of its client's address is believed, and nobody else's word. May be said more
    /// than once. Without it every client behind a proxy has the proxy's address, and shares its rates.
    #[must_use]
    pub fn trusted_proxy(mut self, proxy: impl Into<String>) -> Self {
        self.proxies.push(proxy.into());
        self
    }

    /// Bounds of one connection or request.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads static files from a folder at each request, instead of serving the embedded ones: for
    /// developers who are changing them.
    #[must_use]
    pub fn assets_from(mut self, folder: impl Into<PathBuf>) -> Self {
        self.assets = Assets::Folder(folder.into());
        self
    }

    /// How long a disconnected session's unfinished entries are kept: 10 min unless said, zero for not at
    /// all.
    #[must_use]
    pub fn session_grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }

    /// How long an unfinished entry may go without a new byte, and a complete one without being consumed: 24 h
    /// unless said.
    #[must_use]
    pub fn entry_ttl(mut self, ttl: Duration) -> Self {
        self.entry_ttl = Some(ttl);
        self
    }

    /// In which time a request's body has to bring 1 KiB or end: 30 s unless said. Who is slower is answered
    /// 408, or cut off. An answer that its receiver does not go on reading is given up after four times this.
    /// Time in which we don't read, because a disk or a view is slow, does not count.
    #[must_use]
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.patience.body = timeout;
        self
    }

    /// Other times for live pages whose peers don't speak, for tests that can't wait for the real ones.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }
}

fn factory<V: View>(make: impl Fn() -> V + Send + Sync + 'static) -> Factory {
    Arc::new(move || -> Box<dyn Handlers> { Box::new(make()) })
}

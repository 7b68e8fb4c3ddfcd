//! The builder: pages, stores and times, as an application says them. Starting checks them.

mod bounds;

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::foundation::{Given, Remembering, Store};
use super::rates::Pacing;
use super::told::Wished;
use super::{Admission, BearerToken, Factory, Limits, Secret};
use crate::assets::Assets;
use crate::blob::{BlobStore, Durability, Room, Spool};
use crate::catalogue::{Catalogue, Outbox};
use crate::checks::Check;
use crate::domain::DigestKind;
use crate::engine::{Authorizer, Clock, Quotas};
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
    pub(super) digest: DigestKind,
    pub(super) prefixes: Vec<String>,
    pub(super) checks: Vec<Arc<dyn Check>>,
    pub(super) thumbnails: Option<Thumbnails>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) authorizer: Option<Arc<dyn Authorizer>>,
    pub(super) admission: Admission,
    pub(super) templates: Option<Templates>,
    pub(super) pages: Vec<(String, Factory)>,
    pub(super) index: Option<Factory>,
    pub(super) origins: Vec<String>,
    pub(super) proxies: Vec<String>,
    pub(super) quotas: Quotas,
    pub(super) pacing: Pacing,
    pub(super) limits: Limits,
    pub(super) assets: Assets,
    pub(super) grace: Option<Duration>,
    pub(super) entry_ttl: Option<Duration>,
    pub(super) patience: Patience,
    pub(super) told: Wished,
    pub(super) files_origin: Option<String>,
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

    /// Which digest files get whose slots don't say ([`SlotOptions::digest`](crate::SlotOptions::digest)): SHA-256 unless
    /// said. A SHA-256 that a client declares is compared in any case.
    #[must_use]
    pub fn digest(mut self, kind: DigestKind) -> Self {
        self.digest = kind;
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
        self.given.catalogue = Some(Remembering::of(catalogue));
        self
    }

    /// Where letters to webhooks wait, if the application's own [`catalogue`](Self::catalogue) can keep them: the
    /// same database, so that a row and the letter about it are one commit. Those of ours need no word.
    #[must_use]
    pub fn outbox(mut self, outbox: impl Outbox + 'static) -> Self {
        self.told.outbox = Some(Arc::new(outbox));
        self
    }

    /// Another service that is told of every file that is stored or deleted, at least once; 16 at most.
    #[cfg(feature = "webhooks")]
    #[must_use]
    pub fn webhook(mut self, webhook: crate::webhooks::Webhook) -> Self {
        self.told.webhooks.push(webhook);
        self
    }

    /// How often letters that have become due are looked for, for tests that can't wait for the usual 5 s.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn webhook_look(mut self, look: Duration) -> Self {
        self.told.look = Some(look);
        self
    }

    /// Another origin, such as `https://files.example`, that serves stored files and nothing else: then whatever they
    /// hold can do nothing to our pages, in whatever browser. It leads to this same service, with its own name in
    /// `Host`. Every URL of a file that we hand out is then a [link](super::Uploads::link) to it, for a day at
    /// most; on any other origin files are not served, and on this one nothing else is.
    ///
    /// Off unless said, because it needs a second name.
    #[must_use]
    pub fn files_origin(mut self, origin: impl Into<String>) -> Self {
        self.files_origin = Some(origin.into());
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

    /// A rule of the application's own of who may do what; without one everybody may do everything with what is
    /// their own. It is asked for each verb of each door, and again when all bytes of an upload are there.
    #[must_use]
    pub fn authorizer(mut self, authorizer: impl Authorizer + 'static) -> Self {
        self.authorizer = Some(Arc::new(authorizer));
        self
    }

    /// Somebody who is known by a bearer token: `Authorization: Bearer …`. A request with a wrong token is refused
    /// (401), never taken for somebody else's.
    #[must_use]
    pub fn token(mut self, token: BearerToken) -> Self {
        self.admission.add(token);
        self
    }

    /// What the doors know of the application's own identity.
    pub(crate) fn known_by(mut self, own: Arc<dyn Any + Send + Sync>) -> Self {
        self.admission.own = Some(own);
        self
    }

    /// The header in which a reverse proxy that has signed its user in says who that is, such as `X-Remote-User`. It is
    /// believed only on connections from a [`trusted_proxy`](Self::trusted_proxy), of which there has to be one, and
    /// refused (403) on all others. The proxy has to remove what its client has written there. What browsers are known
    /// by then they send by themselves, so changes have to come from pages of ours.
    #[must_use]
    pub fn proxy_user_header(mut self, name: impl Into<String>) -> Self {
        self.admission.proxy_header = Some(name.into());
        self
    }

    /// Whether somebody who shows nothing that makes them known is let in, as somebody new with a cookie; so it is
    /// unless said. With `false` they get nothing (401), pages included; style and scripts, which are the same for
    /// everybody, stay open.
    #[must_use]
    pub fn anonymous(mut self, let_in: bool) -> Self {
        self.admission.anonymous = let_in;
        self
    }

    /// An origin whose pages may show ours in a frame, as browsers write it. Nobody's may unless said: a page in an
    /// invisible frame gets clicks that were meant for something else. A frame of another site has no cookie of ours
    /// (`SameSite=Lax`), so what is shown there needs a proof that comes with its address.
    #[must_use]
    pub fn frame_ancestor(mut self, origin: impl Into<String>) -> Self {
        self.admission.framed_by.push(origin.into());
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

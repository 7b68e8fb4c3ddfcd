//! The builder: pages, stores and times, checked before the first request comes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::Actor;
use thiserror::Error;
use uuid::Uuid;

use super::{Factory, Inner, Limits, Notices, Secret, Uploads};
use crate::assets::Assets;
use crate::blob::{BlobStore, MemoryStore, SessionSpool};
use crate::catalogue::{Catalogue, Memory};
use crate::checks::{Check, MagicBytes};
use crate::domain::{Caller, NameError, OwnerId, PageName, SessionId};
use crate::engine::{Clock, Engine, Lifetime, Parts, SystemClock, UploadError};
use crate::mounted::Mounted;
use crate::session::UploadSession;
use crate::supervisor::{Supervisor, Times};
use crate::templates::Templates;
use crate::view::{Handlers, View, ViewError};

/// Paths that are ours; no page may have such a name (`DESIGN` §9).
pub(crate) const RESERVED: &[&str] = &[
    "upload",
    "tus",
    "resumable",
    "filepond",
    "api",
    "static",
    "healthz",
    "readyz",
    "metrics",
    "index",
];

/// Why an upload service does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// A page's name is not one.
    #[error("`{name}` is no name for a page: {reason}")]
    PageName {
        /// What was given.
        name: String,
        /// What is allowed.
        reason: String,
    },
    /// Two pages have the same name.
    #[error("page `{0}` is declared twice")]
    PageTwice(PageName),
    /// A page does not mount or its template does not exist.
    #[error("page `{page}` does not mount")]
    Page {
        /// Which one.
        page: PageName,
        /// Why.
        #[source]
        source: Box<ViewError>,
    },
    /// A page's template does not exist.
    #[error("page `{page}` wants the template `{template}`, which is not there")]
    Template {
        /// Which page.
        page: PageName,
        /// What it wants.
        template: String,
    },
    /// Clearing away what an earlier process left failed.
    #[error("recovery failed")]
    Recovery(#[from] UploadError),
}

/// Describes an upload service; [`UploadsBuilder::start`] starts it.
///
/// Without a store and a catalogue everything is kept in memory, which suits tests.
#[derive(Default)]
pub struct UploadsBuilder {
    blobs: Option<Arc<dyn BlobStore>>,
    spool: Option<Arc<dyn SessionSpool>>,
    catalogue: Option<Arc<dyn Catalogue>>,
    checks: Vec<Arc<dyn Check>>,
    clock: Option<Arc<dyn Clock>>,
    templates: Option<Templates>,
    pages: Vec<(String, Factory)>,
    index: Option<Factory>,
    secret: Option<Secret>,
    origins: Vec<String>,
    limits: Limits,
    assets: Assets,
    grace: Option<Duration>,
    entry_ttl: Option<Duration>,
}

impl std::fmt::Debug for UploadsBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pages = self.pages.iter().map(|(name, _)| name);
        f.debug_struct("UploadsBuilder").field("pages", &pages.collect::<Vec<_>>()).finish()
    }
}

impl UploadsBuilder {
    /// Where bytes go.
    #[must_use]
    pub fn store<S: BlobStore + SessionSpool + 'static>(mut self, store: S) -> Self {
        let store = Arc::new(store);
        self.blobs = Some(Arc::<S>::clone(&store));
        self.spool = Some(store);
        self
    }

    /// What is remembered.
    #[must_use]
    pub fn catalogue(mut self, catalogue: impl Catalogue + 'static) -> Self {
        self.catalogue = Some(Arc::new(catalogue));
        self
    }

    /// Something else that may refuse files, after the built-in look at their first bytes.
    #[must_use]
    pub fn check(mut self, check: impl Check + 'static) -> Self {
        self.checks.push(Arc::new(check));
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

    /// The page at `/`.
    #[must_use]
    pub fn index<V: View>(mut self, make: impl Fn() -> V + Send + Sync + 'static) -> Self {
        self.index = Some(factory(make));
        self
    }

    /// The secret behind cookies and form tokens; a random one forgets everybody at a restart.
    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// Another origin (`https://app.example`) whose pages may open sockets and post forms here.
    #[must_use]
    pub fn allowed_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
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

    /// How long an entry may stay unfinished, or complete and not consumed: 24 h unless said.
    #[must_use]
    pub fn entry_ttl(mut self, ttl: Duration) -> Self {
        self.entry_ttl = Some(ttl);
        self
    }

    /// Checks the pages, clears away what an earlier process left and starts the supervisor. Call it inside
    /// an actix system.
    ///
    /// # Errors
    /// [`StartError`]: a developer's mistake, or a store that does not work.
    pub async fn start(self) -> Result<Uploads, StartError> {
        let memory = Arc::new(MemoryStore::default());
        let mut checks: Vec<Arc<dyn Check>> = vec![Arc::new(MagicBytes)];
        checks.extend(self.checks);
        let spool: Arc<dyn SessionSpool> = Arc::<MemoryStore>::clone(&memory);
        let engine = Engine::new(Parts {
            spool: if self.blobs.is_some() { self.spool } else { Some(spool) },
            blobs: self.blobs.unwrap_or(memory),
            catalogue: self.catalogue.unwrap_or_else(|| Arc::new(Memory::new())),
            checks,
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
        });
        let given_up = engine.recover().await?;
        if given_up > 0 {
            tracing::info!(given_up, "unfinished entries of an earlier process removed");
        }
        let templates = self.templates.unwrap_or_else(Templates::none);
        let mut pages = BTreeMap::new();
        for (name, make) in self.pages {
            let name = page_name(&name)?;
            try_page(&engine, &templates, &name, &make).await?;
            if pages.insert(name.clone(), make).is_some() {
                return Err(StartError::PageTwice(name));
            }
        }
        let index = match self.index {
            Some(make) => {
                let name = parsed("index")?;
                try_page(&engine, &templates, &name, &make).await?;
                Some((name, make))
            }
            None => None,
        };
        let times = Times {
            grace: self.grace.unwrap_or(Duration::from_secs(600)),
            entry_ttl: self.entry_ttl.unwrap_or(Duration::from_secs(24 * 3600)),
        };
        let arbiter = actix_rt::Arbiter::new();
        let supervisor = Supervisor::new(engine.clone(), times);
        let supervisor = Supervisor::start_in_arbiter(&arbiter.handle(), |_| supervisor);
        Ok(Uploads(Arc::new(Inner {
            engine,
            supervisor,
            arbiter: arbiter.handle(),
            pages,
            index,
            templates,
            secret: self.secret.unwrap_or_else(Secret::random),
            origins: self.origins,
            limits: self.limits,
            notices: Notices::default(),
            assets: self.assets,
        })))
    }
}

fn factory<V: View>(make: impl Fn() -> V + Send + Sync + 'static) -> Factory {
    Arc::new(move || -> Box<dyn Handlers> { Box::new(make()) })
}

fn page_name(name: &str) -> Result<PageName, StartError> {
    if RESERVED.contains(&name) {
        let reason = format!("these paths are ours: {}", RESERVED.join(", "));
        return Err(StartError::PageName { name: name.to_owned(), reason });
    }
    parsed(name)
}

fn parsed(name: &str) -> Result<PageName, StartError> {
    PageName::try_from(name).map_err(|error: NameError| StartError::PageName {
        name: name.to_owned(),
        reason: error.to_string(),
    })
}

/// Mounts a page once, for nobody: a mistake in it stops the start instead of surprising a user.
async fn try_page(
    engine: &Engine,
    templates: &Templates,
    page: &PageName,
    make: &Factory,
) -> Result<(), StartError> {
    let view = make();
    let template = view.template().to_owned();
    if !templates.has(&template) {
        return Err(StartError::Template { page: page.clone(), template });
    }
    let nobody = Caller::new(OwnerId::from_uuid(Uuid::nil()));
    let id = SessionId::from_uuid(Uuid::now_v7());
    let session = UploadSession::new(id, nobody, page.clone(), Lifetime::Request, engine.clone());
    Mounted::new(view, session, templates.clone())
        .await
        .map_err(|error| StartError::Page { page: page.clone(), source: Box::new(error) })?;
    Ok(())
}

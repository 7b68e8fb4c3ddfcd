//! Starting: everything that a developer can have said wrong is refused before the first request comes, with
//! what was given and what is allowed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::Actor;
use uuid::Uuid;

use super::builder::UploadsBuilder;
use super::chunks::Gates;
use super::foundation::Foundation;
use super::origin::is_origin;
use super::ready::Trial;
use super::{Factory, Inner, Meters, Notices, Proxies, StartError, Uploads};
use crate::checks::{Check, Containers, MagicBytes};
use crate::domain::{Caller, NameError, OwnerId, PageName, Quota, SessionId};
use crate::engine::{
    Clock, Engine, Lifetime, OwnersOnly, Parts, Quotas, Recovered, Rules, SystemClock,
};
use crate::jobs::{Job, JobError, Jobs, Thumbnails};
use crate::mounted::Mounted;
use crate::session::UploadSession;
use crate::site::{Signer, Site};
use crate::supervisor::{Supervisor, Times};
use crate::templates::Templates;

/// Unfinished files of one caller unless said: two of the largest pages that are built in.
pub(crate) const UNFINISHED: u64 = 2_000;
/// Those of all callers.
pub(crate) const UNFINISHED_IN_ALL: u64 = 100_000;
/// How long an upload may take unless said.
pub(crate) const LIFE: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Paths that are ours; no page may have such a name (`DESIGN` §9).
const RESERVED: &[&str] = &[
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

impl UploadsBuilder {
    /// Checks what was said, opens the data folder, brings rows and bytes of an earlier process to agreement,
    /// tries the pages and starts the supervisor. Call it inside an actix system.
    ///
    /// # Errors
    /// [`StartError`]: a developer's mistake, or a store that does not work.
    ///
    /// # Cancellation
    /// Nothing runs yet when it is dropped; the data folder is free again.
    pub async fn start(mut self) -> Result<Uploads, StartError> {
        self.given.data = self.ensure_sound()?;
        let proxies = Proxies::read(&self.proxies).map_err(StartError::Proxy)?;
        // What needs no folder is looked at before one is made.
        let prefix = self.prefixes.pop();
        Site::new(prefix.as_deref(), None)?;
        let mut pages = BTreeMap::new();
        for (name, make) in std::mem::take(&mut self.pages) {
            let name = page_name(&name)?;
            if pages.insert(name.clone(), make).is_some() {
                return Err(StartError::PageTwice(name));
            }
        }
        let index = match self.index.take() {
            Some(make) => Some((parsed("index")?, make)),
            None => None,
        };
        let own_outbox = self.told.outbox.take();
        let told = std::mem::take(&mut self.told).checked()?;
        let mut foundation = Foundation::lay(std::mem::take(&mut self.given)).await?;
        (foundation.outbox, foundation.told) = (own_outbox.or(foundation.outbox), told);
        let site = Site::new(prefix.as_deref(), foundation.store.folder.clone())?;
        let opened = foundation.opened.clone();
        let started = self.start_on(foundation, site, proxies, pages, index).await;
        if started.is_err() {
            opened.close().await;
        }
        started
    }

    async fn start_on(
        self,
        foundation: Foundation,
        site: Site,
        proxies: Proxies,
        pages: BTreeMap<PageName, Factory>,
        index: Option<(PageName, Factory)>,
    ) -> Result<Uploads, StartError> {
        let mut checks: Vec<Arc<dyn Check>> = vec![Arc::new(MagicBytes), Arc::new(Containers)];
        checks.extend(self.checks);
        let (thumbnails, jobs) = open_jobs(self.thumbnails)?;
        let clock: Arc<dyn Clock> = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let signer = Signer { secret: foundation.secret.clone(), clock: Arc::clone(&clock) };
        let site = site.linking(signer, self.files_origin);
        let post = foundation.told.post(foundation.outbox.as_ref())?;
        let parts = Parts {
            spool: Some(foundation.store.spool),
            room: foundation.room,
            blobs: foundation.store.blobs,
            catalogue: foundation.catalogue,
            checks,
            jobs,
            clock: Arc::clone(&clock),
        };
        let rules = Rules {
            authorizer: self.authorizer.unwrap_or_else(|| Arc::new(OwnersOnly)),
            post: post.clone(),
            quotas: usual(self.quotas),
            digest: self.digest,
        };
        let engine = Engine::ruled(parts, rules);
        let recovered = engine.recover().await?;
        if recovered != Recovered::default() {
            let Recovered { unfinished, unconsumed, lost, quarantined, .. } = &recovered;
            tracing::info!(
                unfinished,
                unconsumed,
                lost,
                quarantined,
                "what an earlier process left"
            );
        }
        let unconsumed = recovered.unconsumed;
        let templates = self.templates.unwrap_or_else(Templates::none);
        let all = pages.iter().chain(index.as_ref().map(|(name, make)| (name, make)));
        for (name, make) in all {
            try_page(&engine, &templates, &site, name, make).await?;
        }
        let times = Times {
            grace: self.grace.unwrap_or(Duration::from_secs(600)),
            entry_ttl: self.entry_ttl.unwrap_or(Duration::from_secs(24 * 3600)),
        };
        let arbiter = actix_rt::Arbiter::new();
        let patience = self.patience;
        let supervisor = Supervisor::new(engine.clone(), times, recovered.sessions);
        let supervisor = supervisor.patient(patience);
        let watchlist = supervisor.watchlist();
        let supervisor = Supervisor::start_in_arbiter(&arbiter.handle(), |_| supervisor);
        // Last of all: nobody is sent what is not going to be served.
        let delivery = foundation.told.deliver(post.as_ref(), &clock)?;
        let uploads = Uploads(Arc::new(Inner {
            engine,
            trial: Trial::default(),
            supervisor,
            arbiter: arbiter.handle(),
            patience,
            watchlist,
            pages,
            thumbnails,
            index,
            templates,
            secret: foundation.secret,
            origins: self.origins,
            admission: self.admission,
            proxies,
            meters: Meters::new(&self.pacing),
            limits: self.limits,
            entry_ttl: times.entry_ttl,
            notices: Notices::default(),
            gates: Gates::default(),
            assets: self.assets,
            site,
            delivery,
            opened: foundation.opened,
        }));
        if unconsumed > 0 {
            actix_rt::spawn(uploads.clone().offer_again());
        }
        Ok(uploads)
    }

    /// Refuses what contradicts itself, and answers the data folder.
    fn ensure_sound(&self) -> Result<Option<PathBuf>, StartError> {
        if self.data.len() > 1 {
            return Err(StartError::DataTwice(self.data.clone()));
        }
        if self.prefixes.iter().any(|prefix| *prefix != self.prefixes[0]) {
            return Err(StartError::PrefixTwice(self.prefixes.clone()));
        }
        if let Some(durability) = self.given.durability {
            let own = self.given.store.is_some() && self.given.catalogue.is_some();
            let reason = match (self.data.is_empty(), own) {
                (true, false) => Some("there is no data folder"),
                (_, true) => Some("store and catalogue are the application's own"),
                (false, false) => None,
            };
            if let Some(reason) = reason {
                let given = format!("{durability:?}");
                return Err(StartError::Durability { given, reason });
            }
        }
        let origins = self.origins.iter().chain(&self.files_origin);
        if let Some(bad) = origins.into_iter().find(|origin| !is_origin(origin)) {
            return Err(StartError::Origin(bad.clone()));
        }
        self.admission.ensure_sound(&self.proxies)?;
        if let Some(name) = self.limits.zero() {
            return Err(StartError::Limit(name));
        }
        if self.patience.body.is_zero() {
            return Err(StartError::Limit("body_timeout"));
        }
        let quotas = [self.quotas.caller, self.quotas.all];
        if let Some(name) = quotas.iter().find_map(Quota::zero).or(self.pacing.zero()) {
            return Err(StartError::Limit(name));
        }
        Ok(self.data.first().cloned())
    }
}

/// Where nothing is said of unfinished files, they are bounded all the same: they cost memory and a row each, and
/// anybody can begin them.
fn usual(said: Quotas) -> Quotas {
    let Quotas { mut caller, mut all, life } = said;
    caller.unfinished.get_or_insert(UNFINISHED);
    all.unfinished.get_or_insert(UNFINISHED_IN_ALL);
    Quotas { caller, all, life: Some(life.unwrap_or(LIFE)) }
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
    site: &Site,
    page: &PageName,
    make: &Factory,
) -> Result<(), StartError> {
    let view = make();
    let template = view.template().to_owned();
    if !templates.has(&template) {
        let known = templates.names();
        return Err(StartError::Template { page: page.clone(), template, known });
    }
    let nobody = Caller::new(OwnerId::from_uuid(Uuid::nil()));
    let id = SessionId::from_uuid(Uuid::now_v7());
    let (engine, site) = (engine.clone(), site.clone());
    let session = UploadSession::new(id, nobody, page.clone(), Lifetime::Request, engine, site);
    Mounted::new(view, session, templates.clone())
        .await
        .map_err(|error| StartError::Page { page: page.clone(), source: Box::new(error) })?;
    Ok(())
}

fn open_jobs(given: Option<Thumbnails>) -> Result<(Option<Arc<Thumbnails>>, Jobs), JobError> {
    let Some(thumbnails) = given else { return Ok((None, Jobs::default())) };
    thumbnails.open()?;
    let workers = thumbnails.how_many_workers();
    let thumbnails = Arc::new(thumbnails);
    let job: Arc<dyn Job> = Arc::<Thumbnails>::clone(&thumbnails);
    Ok((Some(thumbnails), Jobs::new(vec![job], workers)))
}

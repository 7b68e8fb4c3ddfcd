//! The facade: what an application builds once, and what its doors ask.

mod admission;
mod builder;
mod chunks;
mod data;
mod error;
mod files;
mod foundation;
#[cfg(test)]
mod fuzz;
mod limits;
mod links;
mod notices;
mod offer;
mod origin;
mod pass;
mod proxies;
mod rates;
mod ready;
mod resume;
mod secret;
mod standing;
mod start;
mod sweep;
mod thumbnails;
mod ticket;
mod token;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use actix_rt::ArbiterHandle;
use uuid::Uuid;

pub(crate) use self::admission::Admission;
pub use self::builder::UploadsBuilder;
pub use self::data::DataError;
pub(crate) use self::data::DataFolder;
pub use self::error::StartError;
pub use self::files::FileQuery;
pub use self::limits::Limits;
pub(crate) use self::origin::{ORIGIN, is_origin};
pub(crate) use self::proxies::{PROXY, Proxies};
pub use self::rates::{Holds, Rates};
pub(crate) use self::rates::{Kind, Meters, Origin, Seat, Toll};
pub use self::ready::NotReady;
pub use self::secret::Secret;
pub(crate) use self::ticket::is_ticket;
pub use self::ticket::{Ticket, TicketError, TicketOptions};
pub(crate) use self::token::owner_of;
pub use self::token::{BearerToken, TokenError};
pub(crate) use crate::blob::Pieces;
pub use crate::blob::{Blob, BlobSource};
pub(crate) use crate::engine::{Causes, News, Watch};
pub use crate::engine::{Lease, Mark, UploadError};
pub use crate::jobs::{Thumbnail, Thumbnails};

pub(crate) use self::chunks::Chunks;
use self::chunks::Gates;
use self::foundation::Opened;
use self::notices::Notices;
use self::ready::Trial;
pub(crate) use self::standing::{Outcome, Reached, Save, Standing};
pub(crate) use self::start::{LIFE, UNFINISHED, UNFINISHED_IN_ALL};
use self::told::Delivery;
use crate::assets::Assets;
use crate::domain::{Caller, Code, PageName, Rejection, SessionId};
use crate::engine::{Engine, Lifetime};
use crate::mounted::Mounted;
use crate::session::UploadSession;
use crate::site::Site;
use crate::supervisor::{Drain, Grace, Patience, SessionGuard, Supervisor, Watchlist};
use crate::templates::Templates;
use crate::view::{Handlers, ViewError};

type Factory = Arc<dyn Fn() -> Box<dyn Handlers> + Send + Sync>;

/// A running Longshore. Cheap to clone; hand a clone to each worker.
#[derive(Debug, Clone)]
pub struct Uploads(Arc<Inner>);

struct Inner {
    engine: Engine,
    trial: Trial,
    supervisor: Addr<Supervisor>,
    arbiter: ArbiterHandle,
    patience: Patience,
    watchlist: Watchlist,
    pages: BTreeMap<PageName, Factory>,
    index: Option<(PageName, Factory)>,
    templates: Templates,
    secret: Secret,
    origins: Vec<String>,
    admission: Admission,
    proxies: Proxies,
    meters: Meters,
    limits: Limits,
    entry_ttl: Duration,
    notices: Notices,
    gates: Gates,
    assets: Assets,
    site: Site,
    thumbnails: Option<Arc<Thumbnails>>,
    delivery: Delivery,
    // Last, because fields are dropped in order: the folder's lock goes when nothing uses the folder.
    opened: Opened,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uploads").field("pages", &self.pages.keys()).finish_non_exhaustive()
    }
}

/// Who a page is mounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mount {
    /// A live page: it may come back, so its entries outlive its connection for the grace time.
    Live,
    /// One request.
    Request,
    /// One request of uploads that outlive it.
    Standing,
}

impl Uploads {
    /// Starts to describe an upload service.
    #[must_use]
    pub fn builder() -> UploadsBuilder {
        UploadsBuilder::default()
    }

    /// The names of the pages.
    pub fn pages(&self) -> impl Iterator<Item = &PageName> {
        self.0.pages.keys()
    }

    /// Bounds of one connection or request.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Takes no new uploads from now on, ends all sessions and waits until what is being written is settled,
    /// at most `within`. Requests are still answered: stop the server next, then call
    /// [`shutdown`](Self::shutdown). May be called twice.
    pub async fn drain(&self, within: Duration) {
        let _ = self.0.supervisor.send(Drain { within }).await;
    }

    /// [Drains](Self::drain), and closes what [`UploadsBuilder::data`] opened: the last thing that an
    /// application does with its uploads. A catalogue that the application opened itself is its own to close.
    pub async fn shutdown(&self, within: Duration) {
        self.drain(within).await;
        self.0.arbiter.stop();
        self.0.delivery.stop().await;
        self.0.opened.close().await;
    }

    /// How long peers may let us wait.
    pub(crate) fn patience(&self) -> &Patience {
        &self.0.patience
    }

    /// Where requests are watched.
    pub(crate) fn watchlist(&self) -> &Watchlist {
        &self.0.watchlist
    }

    /// What a test must not leave behind, in words.
    #[cfg(feature = "testing")]
    pub(crate) async fn under_way(&self) -> Result<Vec<String>, UploadError> {
        self.0.engine.under_way().await
    }

    /// Resolves when nothing is written, settled or taken back.
    #[cfg(feature = "testing")]
    pub(crate) async fn settled(&self) {
        self.0.engine.settled().await;
    }

    /// How many live pages and event streams hear of uploads.
    #[cfg(feature = "testing")]
    pub(crate) fn watching(&self) -> usize {
        self.0.engine.watching()
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.0.secret
    }

    pub(crate) fn origins(&self) -> &[String] {
        &self.0.origins
    }

    /// Whom the doors let in, and by what.
    pub(crate) fn admission(&self) -> &Admission {
        &self.0.admission
    }

    /// Whose word about a request's sender is believed.
    pub(crate) fn proxies(&self) -> &Proxies {
        &self.0.proxies
    }

    /// How fast everybody goes.
    pub(crate) fn meters(&self) -> &Meters {
        &self.0.meters
    }

    pub(crate) fn notices(&self) -> &Notices {
        &self.0.notices
    }

    pub(crate) fn templates(&self) -> &Templates {
        &self.0.templates
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.0.assets
    }

    pub(crate) fn site(&self) -> &Site {
        &self.0.site
    }

    pub(crate) fn has_index(&self) -> bool {
        self.0.index.is_some()
    }

    /// Mounts a page for a caller, with a session of its own and the guard that ends it.
    pub(crate) async fn mount(
        &self,
        page: &PageName,
        caller: Caller,
        mount: Mount,
    ) -> Result<(Mounted, SessionGuard), ViewError> {
        self.mount_session(SessionId::from_uuid(Uuid::now_v7()), page, caller, mount).await
    }

    /// Mounts a page on a session, a new one or one that comes back.
    pub(crate) async fn mount_session(
        &self,
        id: SessionId,
        page: &PageName,
        caller: Caller,
        mount: Mount,
    ) -> Result<(Mounted, SessionGuard), ViewError> {
        let index = self.0.index.as_ref().filter(|(name, _)| name == page).map(|(_, make)| make);
        let Some(factory) = self.0.pages.get(page).or(index) else {
            return Err(Rejection::new(Code::UnknownEntry).with_message("No such page.").into());
        };
        let (lifetime, grace) = match mount {
            Mount::Live => (Lifetime::Session, Grace::Usual),
            Mount::Request => (Lifetime::Request, Grace::None),
            Mount::Standing => (Lifetime::Session, Grace::Standing),
        };
        let (engine, site) = (self.0.engine.clone(), self.0.site.clone());
        let guard = SessionGuard::new(id, grace, self.0.supervisor.clone(), engine.clone());
        let session = UploadSession::new(id, caller, page.clone(), lifetime, engine, site);
        let mounted = Mounted::new(factory(), session, self.0.templates.clone()).await?;
        Ok((mounted.guarded(&guard), guard))
    }
}

//! A mounted page: a view and its session, with handlers that run one after the other.
//!
//! A handler may take its time; bytes of other entries go on meanwhile, because they don't pass through
//! here. A handler that panics is caught: its user sees an error, the session lives on. A handler that has
//! begun runs to its end, also when its page goes away meanwhile: half of what an application does when a
//! file arrives is worse than nothing.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use tokio::sync::Mutex;

use crate::domain::{Entry, EntryState};
use crate::engine::{UploadError, contained};
use crate::session::UploadSession;
use crate::supervisor::SessionGuard;
use crate::templates::{self, PageContext, Templates};
use crate::view::{Event, Handlers, ViewError};

/// A view with its session. Clones are the same page.
#[derive(Clone)]
pub(crate) struct Mounted {
    pub(crate) session: UploadSession,
    view: Rc<Mutex<Box<dyn Handlers>>>,
    templates: Templates,
    /// Keeps the session while anybody has the page, a handler too whose client has gone.
    guard: Option<SessionGuard>,
}

impl std::fmt::Debug for Mounted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mounted").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Mounted {
    /// Mounts a view on a session.
    pub(crate) async fn new(
        mut view: Box<dyn Handlers>,
        session: UploadSession,
        templates: Templates,
    ) -> Result<Self, ViewError> {
        caught(|| view.mount(&session)).await?;
        Ok(Self { session, view: Rc::new(Mutex::new(view)), templates, guard: None })
    }

    /// The same page, which holds its session open.
    pub(crate) fn guarded(mut self, guard: &SessionGuard) -> Self {
        self.guard = Some(guard.clone());
        self
    }

    /// # Cancellation
    /// Goes on by itself.
    pub(crate) async fn handle_event(&self, event: Event) -> Result<(), ViewError> {
        let page = self.clone();
        to_the_end(async move {
            let mut view = page.view.lock().await;
            caught(|| view.event(&event, &page.session)).await
        })
        .await
    }

    /// Tells the application that an entry got further. An error ends the entry, with what it says as the
    /// reason.
    ///
    /// # Cancellation
    /// Goes on by itself.
    pub(crate) async fn on_progress(&self, entry: &Entry) -> Result<(), ViewError> {
        let (page, entry) = (self.clone(), entry.clone());
        to_the_end(async move {
            let _offer = if entry.done() { page.session.offer(entry.id).await } else { None };
            let result = page.tell(&entry).await;
            if let Err(error) = &result {
                // It may have ended by itself meanwhile, or been consumed before the error.
                let _ = page.session.refuse(entry.id, error.rejection()).await;
            }
            result
        })
        .await
    }

    async fn tell(&self, entry: &Entry) -> Result<(), ViewError> {
        let kept = self.keep(entry).await?;
        let mut view = self.view.lock().await;
        if kept.is_none() && self.is_old(entry).await {
            return Ok(());
        }
        let entry = kept.as_ref().unwrap_or(entry);
        match self.session.on_progress(&entry.slot) {
            Some(handler) => caught(|| handler(entry.clone(), self.session.clone())).await,
            None => caught(|| view.progress(entry, &self.session)).await,
        }
    }

    /// Keeps what its slot keeps by itself; nothing of all others. Beside the handlers: whoever waits for a commit keeps
    /// nobody waiting.
    async fn keep(&self, entry: &Entry) -> Result<Option<Entry>, UploadError> {
        let is_due = *entry.state() == EntryState::Complete && self.session.keeps(&entry.slot);
        if !is_due || self.is_old(entry).await {
            return Ok(None);
        }
        self.session.keep(entry).await.map(Some)
    }

    /// Tells the application that a file was taken over which came to its page by another way.
    ///
    /// # Cancellation
    /// Goes on by itself.
    pub(crate) async fn on_elsewhere(&self, entry: &Entry) -> Result<(), ViewError> {
        let (page, entry) = (self.clone(), entry.clone());
        to_the_end(async move {
            let mut view = page.view.lock().await;
            caught(|| view.elsewhere(&entry, &page.session)).await
        })
        .await
    }

    /// True if the entry got further, or ended, while its news waited for another handler.
    async fn is_old(&self, news: &Entry) -> bool {
        let Ok(now) = self.session.entry_as_it_is(news.id).await else { return true };
        now.state().is_terminal() || (now.done() && !news.done())
    }

    /// The whole page.
    pub(crate) async fn render(&self, page: &PageContext) -> Result<String, ViewError> {
        let mut view = self.view.lock().await;
        let mut context = templates::context(&self.session, page);
        caught(|| view.fill(&self.session, &mut context)).await?;
        Ok(self.templates.render(view.template(), &context)?)
    }

    /// Whether there is a template for a region.
    pub(crate) fn has_region(&self, region: &str) -> bool {
        self.templates.has(&self.template_of(region))
    }

    fn template_of(&self, region: &str) -> String {
        format!("{}/{region}.html", self.session.page())
    }

    /// One region of the page.
    pub(crate) async fn render_region(
        &self,
        region: &str,
        page: &PageContext,
    ) -> Result<String, ViewError> {
        let mut view = self.view.lock().await;
        let mut context = templates::context(&self.session, page);
        caught(|| view.fill(&self.session, &mut context)).await?;
        Ok(self.templates.render(&self.template_of(region), &context)?)
    }
}

/// Calls a handler. It may panic when it is called, and when it runs.
async fn caught<'a>(
    handler: impl FnOnce() -> LocalBoxFuture<'a, Result<(), ViewError>>,
) -> Result<(), ViewError> {
    contained(handler).await.unwrap_or_else(|panic| Err(ViewError::Panicked(panic)))
}

/// Runs a handler beside whoever waits for it.
async fn to_the_end(
    handler: impl Future<Output = Result<(), ViewError>> + 'static,
) -> Result<(), ViewError> {
    actix_rt::spawn(handler).await.unwrap_or_else(|error| Err(ViewError::failed(error)))
}

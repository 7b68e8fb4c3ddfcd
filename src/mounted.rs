//! A mounted page: a view and its session, with handlers that run one after the other.
//!
//! A handler may take its time; bytes of other entries go on meanwhile, because they don't pass through
//! here. A handler that panics is caught: its user sees an error, the session lives on.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio::sync::Mutex;

use crate::domain::Entry;
use crate::session::UploadSession;
use crate::templates::{self, PageContext, Templates};
use crate::view::{Event, Handlers, ViewError};

/// A view with its session. Clones are the same page.
#[derive(Clone)]
pub(crate) struct Mounted {
    pub(crate) session: UploadSession,
    view: Rc<Mutex<Box<dyn Handlers>>>,
    templates: Templates,
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
        caught(view.mount(&session)).await?;
        Ok(Self { session, view: Rc::new(Mutex::new(view)), templates })
    }

    pub(crate) async fn handle_event(&self, event: &Event) -> Result<(), ViewError> {
        caught(self.view.lock().await.event(event, &self.session)).await
    }

    pub(crate) async fn on_progress(&self, entry: &Entry) -> Result<(), ViewError> {
        caught(self.view.lock().await.progress(entry, &self.session)).await
    }

    /// The whole page.
    pub(crate) async fn render(&self, page: &PageContext) -> Result<String, ViewError> {
        let mut view = self.view.lock().await;
        let mut context = templates::context(&self.session, page);
        caught(view.fill(&self.session, &mut context)).await?;
        Ok(self.templates.render(view.template(), &context)?)
    }

    /// One region of the page.
    pub(crate) async fn render_region(
        &self,
        region: &str,
        page: &PageContext,
    ) -> Result<String, ViewError> {
        let mut view = self.view.lock().await;
        let mut context = templates::context(&self.session, page);
        caught(view.fill(&self.session, &mut context)).await?;
        let template = format!("{}/{region}.html", self.session.page());
        Ok(self.templates.render(&template, &context)?)
    }
}

async fn caught(handler: LocalBoxFuture<'_, Result<(), ViewError>>) -> Result<(), ViewError> {
    match AssertUnwindSafe(handler).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(ViewError::Panicked(text.unwrap_or_else(|| "no message".to_owned())))
        }
    }
}

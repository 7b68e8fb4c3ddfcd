//! A view: a page with slots, a template and handlers.
//!
//! The same handlers run whoever brings the files: a live page over a socket, or a form without
//! JavaScript. A view is made afresh for each mount and used by one session only, so it may keep state of
//! its own; it lives on one thread and need not be `Send`.

mod error;
mod event;
mod handlers;

pub use self::error::ViewError;
pub use self::event::Event;
pub(crate) use self::handlers::Handlers;

use tera::Context;

use crate::domain::Entry;
use crate::session::UploadSession;

/// What a handler of a view answers.
pub type ViewResult<T = ()> = Result<T, ViewError>;

/// A page with slots and handlers.
///
/// ```
/// use longshore::{Consumed, Entry, SlotOptions, UploadSession, View, ViewError};
///
/// #[derive(Debug)]
/// struct Notes;
///
/// impl View for Notes {
///     fn template(&self) -> &str {
///         "notes.html"
///     }
///
///     async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
///         session.allow_upload("notes", SlotOptions::new().accept(".txt").max_entries(3))?;
///         Ok(())
///     }
///
///     async fn on_progress(&mut self, entry: &Entry, session: &UploadSession) -> Result<(), ViewError> {
///         if entry.done() {
///             session
///                 .consume_uploaded_entry(entry, async |file, _| {
///                     file.keep();
///                     Ok::<_, ViewError>(Consumed::Done(()))
///                 })
///                 .await?;
///         }
///         Ok(())
///     }
/// }
/// ```
#[allow(async_fn_in_trait)] // Views live on one thread; a `Send` bound would only be in their way.
pub trait View: 'static {
    /// The name of the page's template. A region `x` of it is the template `<page>/x.html`.
    fn template(&self) -> &str;

    /// Declares the slots. Called for the first rendering, for each live connection and for each upload
    /// that comes in by HTTP.
    ///
    /// # Errors
    /// An error here is an error page for the user; a wrong declaration already stops the start.
    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError>;

    /// Something happened on the page: "save", "delete", … from a socket or from a form.
    ///
    /// # Errors
    /// The user sees it beside the control; [`ViewError::unknown_event`] is what this default answers.
    async fn handle_event(
        &mut self,
        event: &Event,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        let _ = session;
        Err(ViewError::unknown_event(&event.name))
    }

    /// An entry got further; [`Entry::done`] tells that it is complete.
    ///
    /// # Errors
    /// The user sees it beside the file.
    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        let _ = (entry, session);
        Ok(())
    }

    /// A file of this visitor came to this page by another way (another tab, a form, a program), and the application
    /// took it over there. There is nothing to be done about the file; a view that shows it says which regions have
    /// changed. `entry` is as it was then; [`Entry::kept_at`] tells whether it was kept. Called on live pages only;
    /// of hundreds at once the page may hear of the last ones only.
    ///
    /// # Errors
    /// They are logged.
    async fn on_elsewhere(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        let _ = (entry, session);
        Ok(())
    }

    /// Adds what the template needs besides `page`, `path`, `live_path`, `assets`, `token`, `notice` and
    /// `uploads`, which are always there.
    ///
    /// # Errors
    /// An error here is an error page for the user.
    async fn context(
        &mut self,
        session: &UploadSession,
        context: &mut Context,
    ) -> Result<(), ViewError> {
        let _ = (session, context);
        Ok(())
    }
}

//! A view without a server: its handlers, its slots and its templates, called one by one.
//!
//! It is mounted as a live page mounts it, by the same code, on an engine in memory; only the socket is missing.

use actix_web::web::Bytes;
use serde_json::Value;

use crate::domain::{
    Caller, Chunk, ClientFacts, Code, Entry, EntryRef, OwnerId, PageName, Rejection,
};
use crate::mounted::Mounted;
use crate::supervisor::SessionGuard;
use crate::testing::Upload;
use crate::uploads::{Causes, Mount};
use crate::{
    Event, PageContext, Templates, UploadSession, Uploads, UploadsBuilder, View, ViewError,
};

/// A mounted view with a session of its own. Dropping it ends the session.
#[derive(Debug)]
pub struct TestView {
    mounted: Mounted,
    files: u32,
    _guard: SessionGuard,
}

/// Mounts a view alone: its template is empty, its page is called `page`.
///
/// ```
/// # actix_web::rt::System::new().block_on(async {
/// use longshore::testing::{Upload, mount};
/// use longshore::{Code, Event, Rejection, SlotOptions, UploadSession, View, ViewError};
///
/// struct Desk;
///
/// impl View for Desk {
///     fn template(&self) -> &str {
///         "desk.html"
///     }
///
///     async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
///         session.allow_upload("papers", SlotOptions::new().accept(".txt"))?;
///         Ok(())
///     }
///
///     async fn handle_event(&mut self, _: &Event, session: &UploadSession) -> Result<(), ViewError> {
///         if session.uploaded_entries("papers").0.is_empty() {
///             return Err(Rejection::new(Code::EmptyName).with_message("Choose a paper.").into());
///         }
///         session.push_region("list");
///         Ok(())
///     }
/// }
///
/// let mut desk = mount(|| Desk).await;
/// let error = desk.event("save", serde_json::json!({})).await.unwrap_err();
/// assert_eq!(error.rejection().message(), "Choose a paper.");
///
/// assert!(desk.upload("papers", Upload::text("a.txt", "hello")).await.unwrap().done());
/// desk.event("save", serde_json::json!({})).await.unwrap();
/// assert_eq!(desk.pushed_regions(), ["list"]);
/// # });
/// ```
pub async fn mount<V: View>(make: impl Fn() -> V + Send + Sync + 'static) -> TestView {
    let template = make().template().to_owned();
    let templates = Templates::from_texts([(&*template, "")]).expect("an empty template");
    mount_page(|builder| builder.templates(templates).page("page", make), "page").await
}

/// Mounts one page of an application, with its templates and whatever else `describe` says. Bytes and rows are
/// kept in memory unless it says otherwise. Call it in an actix system: `#[actix_web::test]`.
pub async fn mount_page(
    describe: impl FnOnce(UploadsBuilder) -> UploadsBuilder,
    page: &str,
) -> TestView {
    let uploads = describe(Uploads::builder()).start().await;
    let uploads =
        uploads.unwrap_or_else(|error| panic!("the page does not start: {}", Causes(&error)));
    let page = PageName::try_from(page).unwrap_or_else(|error| panic!("`{page}`: {error}"));
    let somebody = Caller::new(OwnerId::from_uuid(uuid::Uuid::new_v4()));
    let mounted = uploads.mount(&page, somebody, Mount::Live).await;
    let (mounted, guard) =
        mounted.unwrap_or_else(|error| panic!("the page does not mount: {}", Causes(&error)));
    TestView { mounted, files: 0, _guard: guard }
}

impl TestView {
    /// The session that the handlers get.
    #[must_use]
    pub fn session(&self) -> &UploadSession {
        &self.mounted.session
    }

    /// Calls [`View::handle_event`].
    ///
    /// # Errors
    /// The handler's own; [`ViewError::Panicked`] if it panicked.
    pub async fn event(&mut self, name: &str, payload: Value) -> Result<(), ViewError> {
        let event = Event { name: name.to_owned(), payload };
        self.mounted.handle_event(event).await
    }

    /// Brings a whole file: it is registered, written and checked, then [`View::on_progress`] is called. Answers
    /// the entry as it was when it became complete.
    ///
    /// # Errors
    /// The refusal that the visitor would see: of the slot, of a check or of the view.
    pub async fn upload(&mut self, slot: &str, upload: Upload) -> Result<Entry, Rejection> {
        self.files += 1;
        let reference = EntryRef::try_from(format!("file{}", self.files).as_str());
        let reference = reference.map_err(|_| Rejection::new(Code::InvalidMessage))?;
        let facts = ClientFacts {
            client_name: upload.name().to_owned(),
            client_type: (!upload.mime().is_empty()).then(|| upload.mime().to_owned()),
            client_size: Some(upload.contents().len() as u64),
            ..ClientFacts::default()
        };
        let session = &self.mounted.session;
        let registered = session.register(slot, vec![(reference, facts)]).await;
        let entry = registered.map_err(|error| error.rejection())?.remove(0)?;
        let written = async {
            let mut lease = session.claim(entry.id).await?;
            lease.write(Chunk::new(0, Bytes::from(upload.into_contents()))).await?;
            lease.finish().await
        };
        let entry = written.await.map_err(|error| error.rejection())?;
        self.mounted.on_progress(&entry).await.map_err(|error| error.rejection())?;
        Ok(entry)
    }

    /// Calls [`View::on_progress`] with an entry as it is: half-way, or offered once more.
    ///
    /// # Errors
    /// The handler's own; [`ViewError::Panicked`] if it panicked.
    pub async fn progress(&mut self, entry: &Entry) -> Result<(), ViewError> {
        self.mounted.on_progress(entry).await
    }

    /// The regions that were pushed since this was last asked, sorted by name.
    pub fn pushed_regions(&mut self) -> Vec<String> {
        self.mounted.session.take_regions().into_iter().collect()
    }

    /// The whole page.
    ///
    /// # Errors
    /// The view's [`context`](View::context) failed, or its template does not render.
    pub async fn render(&self) -> Result<String, ViewError> {
        self.mounted.render(&self.page()).await
    }

    /// One region of the page.
    ///
    /// # Errors
    /// As [`TestView::render`].
    pub async fn region(&self, name: &str) -> Result<String, ViewError> {
        self.mounted.render_region(name, &self.page()).await
    }

    fn page(&self) -> PageContext {
        let path = format!("/{}", self.mounted.session.page());
        PageContext { live_path: format!("{path}/ws"), path, ..PageContext::default() }
    }
}

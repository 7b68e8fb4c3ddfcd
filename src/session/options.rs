//! [`SlotOptions`]: what an application says of a slot, rules and calls into itself alike.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::UploadSession;
use crate::checks::Check;
use crate::domain::{Declaration, DigestKind, Entry, Quota, Rejection};
use crate::engine::Hooks;
use crate::sink::{ChunkStream, StreamWriter, UploadWriter, WriterError};
use crate::view::ViewError;

/// Runs when an entry of the slot got further.
pub(crate) type OnProgress = Arc<
    dyn Fn(Entry, UploadSession) -> LocalBoxFuture<'static, Result<(), ViewError>> + Send + Sync,
>;

/// The options of a slot. Nothing is checked before [`UploadSession::allow_upload`].
///
/// Handlers that capture something are written `move |entry| { let shared = shared.clone(); async move { … } }`:
/// their futures outlive the call, so they can't borrow from the handler.
///
/// ```
/// use longshore::{MB, Rejection, SlotOptions};
///
/// let invoices = SlotOptions::new()
///     .accept(".pdf")
///     .max_entries(5)
///     .max_file_size(10 * MB)
///     .validate(async |entry| match entry.name.as_str().starts_with("invoice") {
///         true => Ok(()),
///         false => Err(Rejection::because("Its name must begin with “invoice”.")),
///     });
/// # drop(invoices);
/// ```
#[derive(Clone, Default)]
pub struct SlotOptions {
    pub(super) declaration: Declaration,
    pub(super) hooks: Hooks,
    pub(super) on_progress: Option<OnProgress>,
    /// How often a place for the bytes was named; once is enough.
    pub(super) writers: usize,
    /// Its files are kept without being asked for.
    pub(super) kept: bool,
}

impl fmt::Debug for SlotOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotOptions")
            .field("declaration", &self.declaration)
            .field("hooks", &self.hooks)
            .field("on_progress", &self.on_progress.is_some())
            .field("kept", &self.kept)
            .finish()
    }
}

/// Options that are the declaration's own.
macro_rules! declared {
    ($($(#[$doc:meta])+ $name:ident($($argument:ident: $kind:ty)?);)+) => {$(
        $(#[$doc])+
        #[must_use]
        pub fn $name(mut self $(, $argument: $kind)?) -> Self {
            self.declaration = self.declaration.$name($($argument)?);
            self
        }
    )+};
}

impl SlotOptions {
    /// One file of any kind, up to 10 MB, sent as soon as it is chosen, kept in the store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    declared! {
        /// Which files, as in HTML: `".jpg,image/png,video/*"`. Empty is any file.
        accept(accept: impl Into<String>);
        /// How many files at once, 1 to 10,000; 1 unless said.
        max_entries(count: u32);
        /// The largest file in bytes; 10 MB unless said.
        max_file_size(bytes: u64);
        /// The smallest file in bytes; 0 unless said.
        min_file_size(bytes: u64);
        /// All files of the slot together, in bytes; no limit unless said.
        max_total_size(bytes: u64);
        /// How many bytes a client should send at once, 1,024 to 1,000,000; 65,536 unless said.
        chunk_size(bytes: u32);
        /// What one caller may have in this slot, in all sessions together and with the files that are stored; no limit
        /// unless said. `quota_exceeded` beyond it.
        quota_per_caller(quota: Quota);
        /// Bytes are sent when the form is submitted.
        manual();
        /// Bytes are sent as soon as a file is chosen.
        auto();
        /// Which digest its files get; what the service has for all slots unless said, and SHA-256 if that says nothing
        /// ([`UploadsBuilder::digest`](crate::UploadsBuilder::digest)). A SHA-256 that a client declares is compared in
        /// any case.
        digest(kind: DigestKind);
        /// Takes HTML, SVG and scripts too. They are still only offered for download.
        allow_active_content();
    }

    /// Asks the application before a file is registered, when the slot's own rules have admitted it and
    /// not a byte has travelled. A refusal's sentence stands beside the file. May be given more than
    /// once; the first refusal counts. What a client says of a file is still only a claim here.
    ///
    /// A validator that panics refuses the file with `check_failed`.
    #[must_use]
    pub fn validate<F, Fut>(mut self, validator: F) -> Self
    where
        F: Fn(Entry) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Rejection>> + Send + 'static,
    {
        self.hooks.validators.push(Arc::new(move |entry| validator(entry).boxed()));
        self
    }

    /// Lets something else look at the files of this slot, behind the checks of all slots: at their first
    /// bytes or, with [`Stage::Complete`](crate::checks::Stage::Complete), at all of them.
    #[must_use]
    pub fn check(mut self, check: impl Check + 'static) -> Self {
        self.hooks.checks.push(Arc::new(check));
        self
    }

    /// Sends the bytes to a writer of the application's, made for each entry, instead of into the store.
    /// What the writer answers when it closes is the entry's `writer_result`.
    #[must_use]
    pub fn writer<W, F>(mut self, make: F) -> Self
    where
        W: UploadWriter + 'static,
        F: Fn(&Entry) -> W + Send + Sync + 'static,
    {
        self.writers += 1;
        self.hooks.writer = Some(Arc::new(move |entry| Box::new(make(entry))));
        self
    }

    /// Hands the bytes to a handler that reads them while they arrive, instead of into the store. The
    /// handler must read to the end of the stream; one that returns earlier fails the upload. What it
    /// answers is the entry's `writer_result`. It runs in a task of its own; at most eight chunks wait
    /// for it, then its browser does.
    #[must_use]
    pub fn chunks<F, Fut>(mut self, read: F) -> Self
    where
        F: Fn(Entry, ChunkStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Value, WriterError>> + Send + 'static,
    {
        let read = Arc::new(read);
        self.writers += 1;
        self.hooks.writer = Some(Arc::new(move |entry| {
            let (read, entry) = (Arc::clone(&read), entry.clone());
            Box::new(StreamWriter::new(Box::new(move |chunks| read(entry, chunks).boxed())))
        }));
        self
    }

    /// Keeps each file as a stored file of its owner as soon as it is complete, by whatever door it comes. The view's
    /// [`on_progress`](crate::View::on_progress) hears of it when it is kept: durable, with its row, and a
    /// [`StoredFile`](crate::StoredFile) by its id.
    ///
    /// A view's handlers run one after the other. One that [keeps](crate::UploadSession::keep_uploaded_entry) a file waits
    /// for the catalogue's commit, and the files behind it for the handler; with this a page's files are kept together, and a
    /// thousand small ones take two thirds of the time. What can't be kept ends, and its client is told why.
    ///
    /// Not for a slot with a writer, nor for one that is [`manual`](Self::manual), whose files wait for their form:
    /// `allow_upload` answers [`AllowError::Kept`](crate::AllowError::Kept).
    #[must_use]
    pub fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    /// Runs for this slot in place of the view's [`on_progress`](crate::View::on_progress).
    #[must_use]
    pub fn on_progress<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Entry, UploadSession) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), ViewError>> + 'static,
    {
        self.on_progress =
            Some(Arc::new(move |entry, session| handler(entry, session).boxed_local()));
        self
    }
}

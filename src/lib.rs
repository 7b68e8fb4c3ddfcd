//! Longshore: uploads for Actix Web.
//!
//! Files come in through many doors (a live page over WebSocket, a plain HTML form, curl), pass one engine
//! with one set of rules, and lie safely in one store. Run it (`cargo run`, open the browser), or embed it:
//!
//! ```no_run
//! use longshore::{Consumed, Entry, SlotOptions, Templates, UploadSession, Uploads, View, ViewError};
//!
//! #[derive(Debug)]
//! struct Notes;
//!
//! impl View for Notes {
//!     fn template(&self) -> &str {
//!         "notes.html"
//!     }
//!
//!     async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
//!         session.allow_upload("notes", SlotOptions::new().accept(".txt").max_entries(3))?;
//!         Ok(())
//!     }
//! }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let uploads = Uploads::builder()
//!     .data("./data")
//!     .templates(Templates::from_folder("templates".into())?)
//!     .page("notes", || Notes)
//!     .start()
//!     .await?;
//! uploads.serve("127.0.0.1:8080", |addresses| println!("http://{}/notes", addresses[0])).await?;
//! # Ok(()) }
//! ```
//!
//! [`UploadsBuilder::data`] names the folder that holds everything, and [`UploadsBuilder::prefix`] the path of
//! the application below which all of it is found.
//!
//! The words are those of Phoenix LiveView's uploads: a page's [`View`] declares slots with
//! [`UploadSession::allow_upload`] in `mount`, and takes complete files over with
//! [`UploadSession::consume_uploaded_entries`]. `ARCHITECTURE.md` shows the floors; a test holds them.

pub mod app;
mod assets;
pub mod blob;
pub mod catalogue;
pub mod checks;
pub mod cli;
pub mod domain;
pub mod engine;
mod folder;
#[cfg(test)]
mod fuzz;
pub mod jobs;
mod lane;
mod mounted;
mod pages;
mod session;
pub mod sink;
mod site;
pub mod supervisor;
mod templates;
#[cfg(feature = "testing")]
pub mod testing;
mod transport;
mod uploads;
mod view;
#[cfg(feature = "webhooks")]
mod webhooks;

pub use crate::assets::embedded_templates;
pub use crate::blob::Durability;
pub use crate::domain::{
    Accept, Act, Caller, Chunk, ClientFacts, Code, Digest, DigestKind, Entry, EntryId, EntryState,
    GB, Grant, KB, MB, OwnerId, Quota, Rejection, Rights, StoredFile, TicketId,
};
pub use crate::engine::{Ask, Authorizer, OwnersOnly};
pub use crate::session::{AllowError, Consumed, SlotOptions, UploadSession, UploadedFile};
pub use crate::sink::{BufferedWriter, ChunkStream, PartWriter, UploadWriter, WriterError};
pub use crate::site::PrefixError;
pub use crate::templates::{FileFacts, PageContext, Templates};
#[cfg(feature = "testing")]
pub(crate) use crate::transport::echo;
pub use crate::transport::{
    Certificate, CertificateError, Identity, Problem, nothing_here, remember_socket,
};
pub use crate::uploads::{
    BearerToken, Blob, BlobSource, DataError, FileQuery, Holds, Lease, Limits, Mark, NotReady,
    Rates, Secret, StartError, Thumbnail, Thumbnails, Ticket, TicketError, TicketOptions,
    TokenError, UploadError, Uploads, UploadsBuilder,
};
pub use crate::view::{Event, View, ViewError, ViewResult};
#[cfg(feature = "webhooks")]
pub use crate::webhooks::{Webhook, WebhookError};
pub use async_trait::async_trait;
pub use tera::Context;

#[cfg(feature = "testing")]
pub mod rooms {
    //! Parsers alone, for those who measure them: frames through the guard of a live page, and the parts of a form.

    pub use crate::transport::{guarded, parts, unmasked};
}

/// The examples of the guide compile.
#[cfg(doctest)]
#[doc = include_str!("../docs/guides/embedding.md")]
#[derive(Debug)]
pub struct Guide;

/// The receiver of the guide knows a letter of ours.
#[cfg(all(doctest, feature = "webhooks"))]
#[doc = include_str!("../docs/guides/webhooks.md")]
#[derive(Debug)]
pub struct WebhookGuide;

/// The examples of the guide to who asks compile.
#[cfg(doctest)]
#[doc = include_str!("../docs/guides/identity.md")]
#[derive(Debug)]
pub struct IdentityGuide;

/// The example of the guide to scanners compiles.
#[cfg(doctest)]
#[doc = include_str!("../docs/guides/scanning.md")]
#[derive(Debug)]
pub struct ScanningGuide;

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[derive(Debug)]
pub struct Readme;

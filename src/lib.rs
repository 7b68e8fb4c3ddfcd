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
pub mod jobs;
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

pub use crate::assets::embedded_templates;
pub use crate::blob::Durability;
pub use crate::domain::{
    Accept, Caller, Chunk, ClientFacts, Code, Entry, EntryId, EntryState, GB, KB, MB, OwnerId,
    Rejection, StoredFile,
};
pub use crate::session::{AllowError, Consumed, SlotOptions, UploadSession, UploadedFile};
pub use crate::sink::{BufferedWriter, ChunkStream, PartWriter, UploadWriter, WriterError};
pub use crate::site::PrefixError;
pub use crate::templates::{FileFacts, PageContext, Templates};
pub use crate::transport::{Certificate, CertificateError, Problem, nothing_here, remember_socket};
pub use crate::uploads::{
    Blob, BlobSource, DataError, FileQuery, Lease, Limits, Mark, NotReady, Secret, StartError,
    Thumbnail, Thumbnails, UploadError, Uploads, UploadsBuilder,
};
pub use crate::view::{Event, View, ViewError, ViewResult};
pub use async_trait::async_trait;
pub use tera::Context;

/// The examples of the guide compile.
#[cfg(doctest)]
#[doc = include_str!("../docs/guides/embedding.md")]
#[derive(Debug)]
pub struct Guide;

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[derive(Debug)]
pub struct Readme;

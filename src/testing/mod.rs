//! Floor 6: the test twin (feature `testing`). A real server on a port of its own, visitors that speak to it as browsers
//! and programs do, and fakes for clock and store.
//!
//! A page is only right if it is right for whoever brings its files: over a socket, by a plain form, honestly or
//! not. Without the twin each application would write its own half of a WebSocket client to find that out, and
//! test its handlers through mocks that nobody holds to the truth. Here nothing of the server is simulated: its
//! routes, its actors, its engine and its disk are those of production.
//!
//! ```
//! use longshore::testing::{Form, TestServer, Upload};
//! use longshore::{
//!     Consumed, Entry, SlotOptions, Templates, UploadSession, UploadsBuilder, View, ViewError,
//! };
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
//!
//!     async fn on_progress(&mut self, entry: &Entry, session: &UploadSession) -> Result<(), ViewError> {
//!         if entry.done() {
//!             session
//!                 .consume_uploaded_entry(entry, async |file, _| {
//!                     file.keep();
//!                     Ok::<_, ViewError>(Consumed::Done(()))
//!                 })
//!                 .await?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! // What `main` and the tests have in common.
//! fn pages(builder: UploadsBuilder) -> UploadsBuilder {
//!     let templates = Templates::from_texts([("notes.html", "<h1>Notes</h1>")]).unwrap();
//!     builder.templates(templates).page("notes", || Notes)
//! }
//!
//! #[actix_web::main] // In a test: `#[actix_web::test]`.
//! async fn main() {
//!     let server = TestServer::start(pages).await;
//!     let visitor = server.visitor();
//!
//!     let mut page = visitor.live("notes").await;
//!     let file = page.select("notes", Upload::text("a.txt", "hello")).await.unwrap();
//!     page.send_all(&file).await;
//!     let settled = page.settled(&file).await;
//!     assert_eq!(visitor.get(settled.url().unwrap()).await.text(), "hello");
//!
//!     let refused = page.select("notes", Upload::bytes("a.exe", "MZ")).await.unwrap_err();
//!     assert_eq!(refused.code(), "not_accepted");
//!     page.disconnect();
//!
//!     let answer = visitor.post("notes", Form::new().file("notes", "b.txt", "by form")).await;
//!     assert_eq!((answer.status, answer.json()["success"].as_bool()), (200, Some(true)));
//!     assert_eq!(visitor.listed().await.len(), 2);
//!     server.end().await;
//! }
//! ```
//!
//! # What is here
//!
//! | to | use |
//! |---|---|
//! | start the application | [`TestServer`], with a data folder that goes when it ends |
//! | be a browser or a program | [`Visitor`], [`Form`], [`Answer`] |
//! | be a live page | [`LivePage`], [`Upload`], [`Settled`], [`Rejected`] |
//! | follow an upload by its events | [`Visitor::follow`], [`Following`] |
//! | attack | the verbs of [`LivePage`] under "Attacks", and [`raw`] for what no library would send |
//! | try handlers without a server | [`mount`], [`TestView`] |
//! | let time pass | [`FakeClock`] with [`TestServer::sweep`] |
//! | break the disk | [`FaultyStore`] around a [`MemoryStore`] or any other store |
//! | fill the disk | [`FakeRoom`] |
//! | break the database | [`FaultyCatalogue`] around a [`MemoryCatalogue`] or any other |
//! | cut the power | [`FrailStore`], which forgets what was not synced |
//! | have a virus scanner that hangs or lies | [`FakeClamd`] |
//! | have files of known kinds | [`samples`] |
//! | wait for something else | [`until`], [`within`] |
//!
//! # Your own store or catalogue
//!
//! A store under the engine must keep each sentence of [`BlobStore`](crate::blob::BlobStore)'s contract. Run
//! [`store_suite`] against it, and [`spool_suite`] if it is a [`Spool`](crate::blob::Spool);
//! for a catalogue it is [`catalogue_suite`]. Each takes a maker of fresh, empty ones, and panics with the
//! words of the rule that was broken.
//!
//! ```
//! # actix_web::rt::System::new().block_on(async {
//! use longshore::testing::{MemoryCatalogue, MemoryStore, catalogue_suite, spool_suite, store_suite};
//!
//! store_suite(async || MemoryStore::new()).await;
//! spool_suite(async || MemoryStore::new()).await;
//! catalogue_suite(async || MemoryCatalogue::new()).await;
//! # });
//! ```
//!
//! # Panics
//!
//! All of it is test code: what does not go as it should panics with a sentence that says what was expected and
//! what came. Every wait ends after [`PATIENCE`], and says what it waited for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A panic is how a test is told.

mod answer;
mod clamd;
mod clock;
mod follow;
mod form;
mod live;
pub mod raw;
pub mod samples;
mod server;
mod upload;
mod view;
mod visitor;
mod wait;

pub use self::answer::Answer;
pub use self::clamd::{FakeClamd, Mood};
pub use self::clock::FakeClock;
pub use self::follow::{Following, Told};
pub use self::form::{BOUNDARY, Form};
pub use self::live::{LivePage, Rejected, Selected, Settled, crc32c, data_frame};
pub use self::server::TestServer;
pub use self::upload::Upload;
pub use self::view::{TestView, mount, mount_page};
pub use self::visitor::Visitor;
pub use self::wait::{PATIENCE, until, within};
pub use crate::blob::conformance::{spool_suite, suite as store_suite};
pub use crate::blob::faulty::{Fault, Faults, FaultyStore, Met, Operation};
pub use crate::blob::frail::{FrailStore, Luck};
pub use crate::blob::{FakeRoom, MemoryStore};
pub use crate::catalogue::Memory as MemoryCatalogue;
pub use crate::catalogue::conformance::suite as catalogue_suite;
pub use crate::catalogue::faulty::FaultyCatalogue;
pub use crate::supervisor::Patience;

/// The examples of the guide run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guides/testing.md")]
#[derive(Debug)]
pub struct Guide;

//! Why a service does not start: what was given, and what is allowed.

use std::path::PathBuf;

use thiserror::Error;

use super::data::DataError;
use super::origin::ORIGIN;
use super::proxies::PROXY;
use crate::domain::PageName;
use crate::engine::UploadError;
use crate::jobs::JobError;
use crate::site::PrefixError;
use crate::view::ViewError;

/// Why an upload service does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// There is no place for thumbnails.
    #[error("thumbnails can't be kept")]
    Thumbnails(#[from] JobError),
    /// A page's name is not one.
    #[error("`{name}` is no name for a page: {reason}")]
    PageName {
        /// What was given.
        name: String,
        /// What is allowed.
        reason: String,
    },
    /// Two pages have the same name.
    #[error("page `{0}` is declared twice; each page needs a name of its own")]
    PageTwice(PageName),
    /// A page does not mount.
    #[error("page `{page}` does not mount")]
    Page {
        /// Which one.
        page: PageName,
        /// Why.
        #[source]
        source: Box<ViewError>,
    },
    /// A page's template does not exist.
    #[error(
        "page `{page}` wants the template `{template}`, which is not there; there is {}",
        listed(known)
    )]
    Template {
        /// Which page.
        page: PageName,
        /// What it wants.
        template: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The prefix is not one.
    #[error(transparent)]
    Prefix(#[from] PrefixError),
    /// The prefix was given more than once, and not the same.
    #[error("the prefix is given as {}; allowed is one", quoted(.0))]
    PrefixTwice(Vec<String>),
    /// An allowed origin is not one.
    #[error("`{0}` is no origin; allowed is {ORIGIN}")]
    Origin(String),
    /// The header of a proxy's user is none.
    #[error(
        "`{0}` is no name of a header for a proxy's user; allowed are letters, digits, `-` and `_`"
    )]
    ProxyHeader(String),
    /// A proxy's user is to be believed, and no proxy is.
    #[error(
        "the header `{0}` is to name a proxy's user, and no proxy is trusted; give `trusted_proxy` with its address"
    )]
    ProxyHeaderOfNobody(String),
    /// A trusted proxy is none.
    #[error("the trusted proxy `{0}` is none; allowed is {PROXY}")]
    Proxy(String),
    /// The data folder was given more than once.
    #[error("the data folder is given as {}; allowed is one", paths(.0))]
    DataTwice(Vec<PathBuf>),
    /// A durability was given and nothing that it would be the durability of.
    #[error(
        "`durability` is given as {given}, and nothing here obeys it: {reason}; give `data`, or open the store \
         and the catalogue with that durability and leave `durability` out"
    )]
    Durability {
        /// What was given.
        given: String,
        /// Why it has no effect.
        reason: &'static str,
    },
    /// A bound is zero, so that nothing could ever come in.
    #[error("the limit `{0}` is 0; allowed is 1 or more")]
    Limit(&'static str),
    /// The data folder can't be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A webhook is not one.
    #[cfg(feature = "webhooks")]
    #[error(transparent)]
    Webhook(#[from] crate::webhooks::WebhookError),
    /// There are webhooks and a catalogue that can't keep letters.
    #[error(
        "`webhook` is given, and the application's own catalogue keeps no letters; give it as `outbox`, too, or leave \
         `catalogue` out"
    )]
    NoOutbox,
    /// Nobody can be sent to webhooks.
    #[error("the threads of the webhooks can't be started")]
    Postmen(#[source] std::io::Error),
    /// Clearing away what an earlier process left failed.
    #[error("recovery failed")]
    Recovery(#[from] UploadError),
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none at all".to_owned() } else { names.join(", ") }
}

fn quoted(texts: &[String]) -> String {
    texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(" and as ")
}

fn paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and as ")
}

//! Why a handler of a view did not do its work.

use std::error::Error;

use thiserror::Error;

use crate::domain::{Code, Rejection, one_line};
use crate::engine::UploadError;
use crate::session::AllowError;

/// What a handler answers when it fails: something to tell the user, or a fault to log.
#[derive(Debug, Error)]
pub enum ViewError {
    /// The user is told this, in these words.
    #[error("{0}")]
    Refused(Rejection),
    /// A verb of the session failed.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The view declares its slots wrongly: a mistake of its developer.
    #[error(transparent)]
    Setup(#[from] AllowError),
    /// A template does not render: a mistake of its developer.
    #[error("the template does not render")]
    Template(#[from] tera::Error),
    /// No handler knows the event.
    #[error("the page does not know the event {0:?}")]
    UnknownEvent(String),
    /// The event's payload has another shape than its handler wants.
    #[error("the payload of the event {event:?} has the wrong shape: {}", one_line(.reason))]
    Payload {
        /// The event's name.
        event: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The application's own fault. The user is told that something went wrong, the log is told what.
    #[error("the view failed: {0}")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
    /// The handler panicked.
    #[error("the handler panicked: {0}")]
    Panicked(String),
}

impl ViewError {
    /// The application's own fault.
    pub fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }

    /// No handler knows the event.
    #[must_use]
    pub fn unknown_event(name: &str) -> Self {
        Self::UnknownEvent(name.chars().take(64).collect())
    }

    /// What the user is told.
    #[must_use]
    pub fn rejection(&self) -> Rejection {
        match self {
            Self::Refused(rejection) => rejection.clone(),
            Self::Upload(error) => error.rejection(),
            Self::UnknownEvent(name) => Rejection::new(Code::InvalidMessage)
                .with_message(format!("This page does not know the event “{name}”.")),
            Self::Payload { event, .. } => Rejection::new(Code::InvalidMessage)
                .with_message(format!("The event “{event}” came without what it needs.")),
            Self::Setup(_) | Self::Template(_) | Self::Failed(_) | Self::Panicked(_) => {
                Rejection::new(Code::StorageError)
                    .with_message("Something went wrong on our side. Please try again.")
            }
        }
    }

    /// True for what no page of ours asks for: a mistake of a page's developer, or somebody who tries things.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        matches!(self, Self::UnknownEvent(_) | Self::Payload { .. })
    }

    /// True for faults of the server, which belong into the log.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        match self {
            Self::Refused(_) | Self::UnknownEvent(_) | Self::Payload { .. } => false,
            Self::Upload(error) => error.is_ours(),
            Self::Setup(_) | Self::Template(_) | Self::Failed(_) | Self::Panicked(_) => true,
        }
    }
}

impl From<Rejection> for ViewError {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

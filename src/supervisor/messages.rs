//! What the supervisor is told, and what it tells sessions.
//!
//! | message | from | answered with | if the receiver is gone |
//! |---|---|---|---|
//! | [`Join`] | a live session, when it starts and when it resumes another | nothing | the server is ending |
//! | [`Leave`] | a session's guard, once, when it is dropped | nothing | the server is ending |
//! | [`Sweep`] | the facade, when an application asks | with what was swept | nothing to sweep |
//! | [`Drain`] | the server, once, at shutdown | when all sessions are gone | nothing to drain |
//! | [`Close`] | the supervisor to a session | nothing | the session has ended already |

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix::{Message, Recipient};

use super::{Connection, Liveness};
use crate::domain::SessionId;
use crate::engine::{Swept, UploadError};

/// A live session begins, or goes on by another connection.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Join {
    /// Which one.
    pub session: SessionId,
    /// By which connection. An older one of the same session is superseded by it.
    pub connection: Connection,
    /// When its peer was last heard of.
    pub liveness: Arc<Liveness>,
    /// How to ask it to close.
    pub close: Recipient<Close>,
    /// How to end its connection when it doesn't hear.
    pub cut: Cut,
}

/// A session is over: its socket is gone, its request has ended, or its actor panicked.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Leave {
    /// Which one.
    pub session: SessionId,
    /// By which connection. One that was superseded leaves nothing.
    pub connection: Connection,
    /// How long what it left is kept.
    pub grace: Grace,
}

impl Leave {
    /// The farewell of a live session that says none.
    pub(super) fn of(join: &Join) -> Self {
        Self { session: join.session, connection: join.connection, grace: Grace::Usual }
    }
}

/// How long what a session left is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grace {
    /// The configured time: a live page may come back.
    Usual,
    /// No time: a request does not come back.
    None,
    /// For ever: the session stands by itself, and what is in it stays until it expires.
    Standing,
}

/// Expire what is older than the entries' time to live, now. Answered when that is done.
#[derive(Debug, Message)]
#[rtype(result = "Result<Swept, UploadError>")]
pub struct Sweep;

/// No new sessions; the present ones close, and what they leave stays for the next process. Answered when they are gone or `within` is over.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Drain {
    /// How long to wait.
    pub within: Duration,
}

/// A session shall close.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Close {
    /// Why.
    pub reason: CloseReason,
}

/// Why a session is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The server shuts down.
    Shutdown,
    /// The peer was silent for too long.
    Silent,
    /// A newer connection has taken the session up.
    Superseded,
    /// The peer did not say hello.
    NoHello,
}

impl CloseReason {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Shutdown => "the server shuts down",
            Self::Silent => "nothing was heard for too long",
            Self::Superseded => "a newer connection has taken over",
            Self::NoHello => "no hello came",
        }
    }
}

/// Ends a connection from outside, also when nobody reads from it any more.
#[derive(Clone)]
pub struct Cut {
    cut: Arc<dyn Fn() + Send + Sync>,
    reset: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Cut {
    /// Wraps what ends the connection.
    pub fn new(cut: impl Fn() + Send + Sync + 'static) -> Self {
        Self { cut: Arc::new(cut), reset: None }
    }

    /// With what ends it without waiting for anything.
    #[must_use]
    pub(crate) fn resetting(mut self, reset: impl Fn() + Send + Sync + 'static) -> Self {
        self.reset = Some(Arc::new(reset));
        self
    }

    /// Ends it.
    pub fn cut(&self) {
        (self.cut)();
    }

    /// Ends it; what was not sent by now will not be, and whatever still comes is refused.
    pub(crate) fn reset(&self) {
        self.reset.as_ref().unwrap_or(&self.cut)();
    }
}

impl fmt::Debug for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cut")
    }
}

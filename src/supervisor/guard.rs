//! The promise that a session is cleaned up: an owned value that tells the supervisor when it is dropped.
//!
//! It is dropped when the actor stops, when its connection is torn down, when a request is cancelled and
//! when a handler panics; no path of an ending session goes past it.

use std::sync::Arc;

use actix::Addr;

use super::{Grace, Leave, Supervisor};
use crate::domain::SessionId;

/// Ends a session when its last clone is dropped.
#[derive(Debug, Clone)]
pub struct SessionGuard(Arc<Promise>);

#[derive(Debug)]
struct Promise {
    session: SessionId,
    grace: Grace,
    supervisor: Addr<Supervisor>,
}

impl SessionGuard {
    /// Guards a session.
    #[must_use]
    pub fn new(session: SessionId, grace: Grace, supervisor: Addr<Supervisor>) -> Self {
        Self(Arc::new(Promise { session, grace, supervisor }))
    }

    /// The supervisor that will be told.
    #[must_use]
    pub fn supervisor(&self) -> &Addr<Supervisor> {
        &self.0.supervisor
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        // Exactly one message for each session, so the mailbox's bound need not hold here.
        self.supervisor.do_send(Leave { session: self.session, grace: self.grace });
    }
}

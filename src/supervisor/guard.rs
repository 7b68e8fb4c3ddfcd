//! The promise that a session is cleaned up: an owned value that tells the supervisor when it is dropped.
//!
//! It is dropped when the actor stops, when its connection is torn down, when a request is cancelled and
//! when a handler panics; no path of an ending session goes past it. A request of which nothing is left needs no clean-up:
//! it ends where it is, and costs the supervisor no message.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix::Addr;

use super::{Grace, Leave, Supervisor};
use crate::domain::SessionId;
use crate::engine::Engine;

/// Tells the connections of one session apart: a page that comes back has a newer one than the socket that is
/// not yet known to be dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection(u64);

impl Connection {
    fn new() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

/// Ends a session when its last clone is dropped.
#[derive(Debug, Clone)]
pub struct SessionGuard(Arc<Promise>);

#[derive(Debug)]
struct Promise {
    session: SessionId,
    connection: Connection,
    grace: Grace,
    supervisor: Addr<Supervisor>,
    engine: Engine,
}

impl SessionGuard {
    /// Guards a session.
    #[must_use]
    pub fn new(
        session: SessionId,
        grace: Grace,
        supervisor: Addr<Supervisor>,
        engine: Engine,
    ) -> Self {
        let connection = Connection::new();
        Self(Arc::new(Promise { session, connection, grace, supervisor, engine }))
    }

    /// Which connection of its session it guards.
    #[must_use]
    pub fn connection(&self) -> Connection {
        self.0.connection
    }

    /// The supervisor that will be told.
    #[must_use]
    pub fn supervisor(&self) -> &Addr<Supervisor> {
        &self.0.supervisor
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        let Self { session, connection, grace, .. } = *self;
        if grace == Grace::None && self.engine.leave_at_once(session) {
            return;
        }
        // No more than one message for each session, so the mailbox's bound need not hold here.
        self.supervisor.do_send(Leave { session, connection, grace });
    }
}

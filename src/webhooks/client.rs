//! One attempt: connect, ask, look at the status, hang up.
//!
//! A name is looked up for each attempt, what it leads to is judged, and the connection goes to the very addresses
//! that were judged: a name that leads somewhere else a moment later (DNS rebinding) is not asked again. Connections
//! are not kept, no proxy of the environment is used, and no redirect is followed, because each would be a way
//! around that.

use std::time::Duration;

use thiserror::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Timeout};

use super::address::is_public;

const CONNECT: Duration = Duration::from_secs(5);
/// For all of an attempt, the looking up of the name too.
const WHOLE: Duration = Duration::from_secs(10);
/// More than this of headers is not wanted; of the body nothing is read.
const HEAD: usize = 16 * 1024;

/// Why an attempt was in vain. Nothing of what the receiver said is in it but a number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Trouble {
    #[error("status {0}")]
    Status(u16),
    #[error("its name leads to an address that is private")]
    Private,
    #[error("its name leads nowhere")]
    Nowhere,
    #[error("it did not answer in time")]
    Timeout,
    #[error("the connection failed: {0}")]
    Connection(std::io::ErrorKind),
    #[error("TLS failed")]
    Tls,
    #[error("what it answers is no HTTP")]
    Protocol,
}

impl Trouble {
    /// The receiver says that it will never want it (RFC 9110, 15.5.11).
    pub(super) fn is_final(&self) -> bool {
        *self == Self::Status(410)
    }
}

/// What is sent.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

#[derive(Debug)]
pub(super) struct Client(Agent);

impl Client {
    pub(super) fn new(may_be_private: bool) -> Self {
        Self::looking_up(DefaultResolver::default(), may_be_private)
    }

    fn looking_up(names: impl Resolver, may_be_private: bool) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("longshore/", env!("CARGO_PKG_VERSION")))
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .max_response_header_size(HEAD)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(WHOLE))
            .build();
        let judge = Judge { names, may_be_private };
        Self(Agent::with_parts(config, DefaultConnector::new(), judge))
    }

    /// Blocks for 10 s at most.
    ///
    /// # Errors
    /// The receiver has not taken it, as far as we know.
    pub(super) fn send(&self, attempt: &Attempt) -> Result<(), Trouble> {
        let mut request = self.0.post(&attempt.url);
        for (name, value) in &attempt.headers {
            request = request.header(*name, value);
        }
        let answer = request.send(&attempt.body).map_err(|error| trouble(&error))?;
        match answer.status().as_u16() {
            200..300 => Ok(()),
            other => Err(Trouble::Status(other)),
        }
    }
}

/// Looks names up, and answers with addresses that may be connected to.
#[derive(Debug)]
struct Judge<R> {
    names: R,
    may_be_private: bool,
}

/// An address that may not be connected to.
#[derive(Debug, Error)]
#[error("a private address")]
struct Private;

impl<R: Resolver> Resolver for Judge<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        // One private address among public ones is a trap, too: it would be the next to be tried.
        if !self.may_be_private && !found.iter().all(|address| is_public(address.ip())) {
            return Err(ureq::Error::Other(Box::new(Private)));
        }
        Ok(found)
    }
}

fn trouble(error: &ureq::Error) -> Trouble {
    match error {
        ureq::Error::Other(other) if other.is::<Private>() => Trouble::Private,
        ureq::Error::HostNotFound => Trouble::Nowhere,
        ureq::Error::Timeout(Timeout::Resolve) => Trouble::Nowhere,
        ureq::Error::Timeout(_) => Trouble::Timeout,
        ureq::Error::Io(error) => Trouble::Connection(error.kind()),
        ureq::Error::ConnectionFailed => Trouble::Connection(std::io::ErrorKind::NotConnected),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::TlsRequired => Trouble::Tls,
        _ => Trouble::Protocol,
    }
}

#[cfg(test)]
mod tests;

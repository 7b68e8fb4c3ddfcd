//! Admission: by what the doors know who asks, as an application has said it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::StartError;
use super::token::{self, BearerToken};
use crate::domain::Caller;

/// By what a caller may be known.
#[derive(Clone)]
pub(crate) struct Admission {
    tokens: Vec<BearerToken>,
    /// Whoever shows nothing is somebody new, and known by a cookie from then on.
    pub(crate) anonymous: bool,
    /// The header in which a reverse proxy says who its user is.
    pub(crate) proxy_header: Option<String>,
    /// The application's own way to know who asks. What that is only the doors know, because it reads requests.
    pub(crate) own: Option<Arc<dyn Any + Send + Sync>>,
    /// Origins whose pages may show ours in a frame.
    pub(crate) framed_by: Vec<String>,
}

impl Default for Admission {
    fn default() -> Self {
        let (tokens, framed_by) = (Vec::new(), Vec::new());
        Self { tokens, anonymous: true, proxy_header: None, own: None, framed_by }
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission")
            .field("tokens", &self.tokens.len())
            .field("anonymous", &self.anonymous)
            .field("proxy_header", &self.proxy_header)
            .field("own", &self.own.is_some())
            .finish_non_exhaustive()
    }
}

impl Admission {
    pub(super) fn add(&mut self, token: BearerToken) {
        self.tokens.push(token);
    }

    /// Who a bearer token speaks for.
    pub(crate) fn bearer(&self, presented: &str) -> Option<Caller> {
        token::find(&self.tokens, presented)
    }

    /// Refuses what contradicts itself.
    pub(super) fn ensure_sound(&self, proxies: &[String]) -> Result<(), StartError> {
        if let Some(name) = &self.proxy_header {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            if name.is_empty() || !name.chars().all(plain) {
                return Err(StartError::ProxyHeader(name.clone()));
            }
            if proxies.is_empty() {
                return Err(StartError::ProxyHeaderOfNobody(name.clone()));
            }
        }
        if let Some(bad) = self.framed_by.iter().find(|origin| !super::is_origin(origin)) {
            return Err(StartError::Origin(bad.clone()));
        }
        Ok(())
    }
}

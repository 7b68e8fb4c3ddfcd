//! How much strangers may have and do: the settings that bound callers, addresses and everybody together.

use std::fmt;

use super::resolve::value;
use super::{ConfigError, Settings};
use crate::UploadsBuilder;
use crate::uploads::{PROXY, Proxies};

/// Bounds of callers and addresses.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// Reverse proxies whose word about a request's sender is believed.
    pub trusted_proxies: Vec<String>,
}

impl Bounds {
    pub(super) fn understand(settings: &Settings) -> Result<Self, ConfigError> {
        let trusted_proxies = settings.trusted_proxy.clone().unwrap_or_default();
        if let Err(bad) = Proxies::read(&trusted_proxies) {
            return Err(value("trusted_proxy", &bad, PROXY));
        }
        Ok(Self { trusted_proxies })
    }

    /// A service with these bounds.
    pub(crate) fn apply(&self, mut builder: UploadsBuilder) -> UploadsBuilder {
        for proxy in &self.trusted_proxies {
            builder = builder.trusted_proxy(proxy);
        }
        builder
    }
}

impl fmt::Display for Bounds {
    /// Lines of a TOML file that say the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "trusted_proxy = {:?}", self.trusted_proxies)
    }
}

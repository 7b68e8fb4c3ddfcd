//! Who is told of files, as an operator says it.
//!
//! The secret is in a file of its own: flags can be read by everybody on the machine, an environment is inherited by
//! every program that is started, and a configuration is printed to be looked at. The file is read at the start, and
//! what is in it is never part of a [`Config`](super::Config).

use std::fmt;
use std::path::PathBuf;

use super::ConfigError;
use super::resolve::value;
use crate::UploadsBuilder;

/// The webhooks of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookConfig {
    /// Their addresses.
    pub urls: Vec<String>,
    /// The file with the secrets that sign what they are sent, one in each line.
    pub secret_file: Option<PathBuf>,
    /// Whether they may lead to private addresses.
    pub allow_private: bool,
}

impl WebhookConfig {
    pub(super) fn understood(
        urls: Option<Vec<String>>,
        secret_file: Option<String>,
        allow_private: Option<bool>,
    ) -> Result<Self, ConfigError> {
        let urls: Vec<String> = urls.unwrap_or_default();
        let urls: Vec<String> = urls.into_iter().filter(|url| !url.is_empty()).collect();
        let secret_file = secret_file.map(PathBuf::from);
        let allow_private = allow_private.unwrap_or(false);
        if let Some(first) = urls.first() {
            if cfg!(not(feature = "webhooks")) {
                return Err(value("webhook", first, "nothing: this build has no webhooks"));
            }
            if secret_file.is_none() {
                let file = "the path of a file with a secret, because there are webhooks";
                return Err(value("webhook_secret_file", "", file));
            }
        }
        Ok(Self { urls, secret_file, allow_private })
    }

    /// # Errors
    /// The file with the secrets can't be read, or there is none in it.
    #[cfg(feature = "webhooks")]
    pub(crate) fn add_to(&self, mut builder: UploadsBuilder) -> anyhow::Result<UploadsBuilder> {
        use anyhow::{Context, ensure};

        if self.urls.is_empty() {
            return Ok(builder);
        }
        let path = self.secret_file.clone().unwrap_or_default();
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("can't read `webhook_secret_file` {}", path.display()))?;
        let secrets: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        ensure!(!secrets.is_empty(), "`webhook_secret_file` {} is empty", path.display());
        for url in &self.urls {
            let mut webhook = crate::Webhook::to(url);
            for secret in &secrets {
                webhook = webhook.secret(*secret);
            }
            if self.allow_private {
                webhook = webhook.allow_private();
            }
            builder = builder.webhook(webhook);
        }
        Ok(builder)
    }

    /// There are none: [`WebhookConfig::understood`] has seen to that.
    ///
    /// # Errors
    /// None.
    #[cfg(not(feature = "webhooks"))]
    #[allow(clippy::unused_self)]
    pub(crate) fn add_to(&self, builder: UploadsBuilder) -> anyhow::Result<UploadsBuilder> {
        Ok(builder)
    }
}

impl fmt::Display for WebhookConfig {
    /// Lines of a TOML file that say the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "webhook = {}", super::written::list(&self.urls))?;
        if let Some(path) = &self.secret_file {
            writeln!(f, "webhook_secret_file = {}", super::written::path(path))?;
        }
        writeln!(f, "webhook_allow_private = {}", self.allow_private)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_without_a_file_of_secrets_is_refused_by_name() {
        let urls = Some(vec!["https://app.example/".to_owned()]);
        let error = WebhookConfig::understood(urls, None, None).unwrap_err().to_string();
        assert!(error.contains("webhook_secret_file"), "{error}");
        assert_eq!(WebhookConfig::understood(None, None, None).unwrap(), WebhookConfig::default());
    }

    #[test]
    fn what_is_printed_names_the_file_and_not_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "0123456789abcdef\nfedcba9876543210\n").unwrap();
        let urls = Some(vec!["https://app.example/".to_owned()]);
        let file = Some(path.to_str().unwrap().to_owned());
        let config = WebhookConfig::understood(urls, file, Some(true)).unwrap();
        let shown = format!("{config}{config:?}");
        assert!(shown.contains(path.to_str().unwrap()) && !shown.contains("0123456789"), "{shown}");
        assert!(config.add_to(crate::Uploads::builder()).is_ok());
        std::fs::write(&path, "\n \n").unwrap();
        assert!(config.add_to(crate::Uploads::builder()).is_err());
        std::fs::remove_file(&path).unwrap();
        let error = config.add_to(crate::Uploads::builder()).unwrap_err().to_string();
        assert!(error.contains("webhook_secret_file"), "{error}");
    }
}

//! [`Webhook`]: another service that is told of files, as an application describes it.

use std::fmt;
use std::net::IpAddr;

use thiserror::Error;
use url::{Host, Url};

use super::address::is_public;

/// A secret that can be guessed signs nothing.
const SHORTEST_SECRET: usize = 16;

/// A service that is told what was stored and what was deleted.
///
/// Each letter is a `POST` with a JSON body, signed with every secret that was given. It is sent at least once, with
/// the same id each time, until it is answered with 2xx; for two days at most. Redirects are not followed.
/// `docs/guides/webhooks.md` shows what is sent and how a receiver verifies it.
///
/// ```
/// # use longshore::{Uploads, Webhook};
/// let secret = std::fs::read("/etc/longshore/webhook-secret").unwrap_or_else(|_| vec![7; 32]);
/// let builder = Uploads::builder().webhook(Webhook::to("https://app.example/hooks").secret(secret));
/// ```
#[derive(Clone)]
pub struct Webhook {
    url: String,
    secrets: Vec<Vec<u8>>,
    private: bool,
}

/// A webhook that can't be one: what was given and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the webhook {receiver} is refused: {given}; allowed is {allowed}")]
pub struct WebhookError {
    receiver: String,
    given: String,
    allowed: String,
}

impl Webhook {
    /// A service at this address, `https://` or `http://`.
    #[must_use]
    pub fn to(url: impl Into<String>) -> Self {
        Self { url: url.into(), secrets: Vec::new(), private: false }
    }

    /// A secret of 16 bytes or more that the receiver knows, too. Say it twice while you exchange one for another:
    /// both sign until the receiver knows the new one.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Vec<u8>>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Lets its name lead to addresses that are not of the internet at large: private, loopback, link-local and the
    /// like. Off unless said, because whoever decides where a name leads would decide whom of your own network we
    /// speak to.
    #[must_use]
    pub fn allow_private(mut self) -> Self {
        self.private = true;
        self
    }

    pub(super) fn wrong(&self, given: &str, allowed: &str) -> WebhookError {
        let receiver =
            Url::parse(&self.url).map_or_else(|_| "address".to_owned(), |url| shown(&url));
        WebhookError { receiver, given: given.to_owned(), allowed: allowed.to_owned() }
    }

    /// # Errors
    /// What is wrong with it.
    pub(super) fn checked(self) -> Result<Receiver, WebhookError> {
        let Ok(mut url) = Url::parse(&self.url) else {
            return Err(self.wrong("no address", "a whole URL such as https://app.example/hooks"));
        };
        if !["https", "http"].contains(&url.scheme()) || url.host().is_none() {
            return Err(self.wrong(&format!("the scheme `{}`", url.scheme()), "https or http"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let instead = "an address without; letters are signed with the secret";
            return Err(self.wrong("a name or a password in the address", instead));
        }
        let literal = match url.host() {
            Some(Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
            Some(Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
            Some(Host::Domain(_)) | None => None,
        };
        if !self.private && literal.is_some_and(|address| !is_public(address)) {
            let instead = "an address of the internet, unless private ones are allowed";
            return Err(self.wrong("an address that is private", instead));
        }
        if self.secrets.is_empty() {
            return Err(self.wrong("no secret", "one, by which the receiver knows us"));
        }
        if self.secrets.iter().any(|secret| secret.len() < SHORTEST_SECRET) {
            return Err(self.wrong("a secret that can be guessed", "one of 16 bytes or more"));
        }
        url.set_fragment(None);
        Ok(Receiver { shown: shown(&url), url, secrets: self.secrets, private: self.private })
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the secrets nor the path, in which some services have another one.
        f.debug_struct("Webhook").field("private", &self.private).finish_non_exhaustive()
    }
}

/// A webhook in which nothing is wrong.
#[derive(Clone)]
pub(super) struct Receiver {
    url: Url,
    shown: String,
    secrets: Vec<Vec<u8>>,
    private: bool,
}

impl Receiver {
    /// As the outbox knows it.
    pub(super) fn name(&self) -> &str {
        self.url.as_str()
    }

    /// As logs may know it.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn secrets(&self) -> &[Vec<u8>] {
        &self.secrets
    }

    pub(super) fn may_be_private(&self) -> bool {
        self.private
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receiver({})", self.shown)
    }
}

/// Paths and queries of webhooks are secrets with some services.
fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(url: &str) -> Webhook {
        Webhook::to(url).secret(*b"0123456789abcdef")
    }

    #[test]
    fn srf_01_a_private_address_is_refused_at_the_start_however_it_is_spelled() {
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://10.0.0.1:8080/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://0/",
            "http://１２７.0.0.1/",
        ] {
            let error = good(url).checked().unwrap_err().to_string();
            assert!(error.contains("private"), "{url}: {error}");
            assert!(good(url).allow_private().checked().is_ok(), "{url}");
        }
    }

    #[test]
    fn srf_01_only_plain_addresses_of_the_web_are_receivers() {
        for url in [
            "",
            "hooks",
            "//app.example/",
            "file:///etc/passwd",
            "gopher://app.example/",
            "ftp://app.example/",
            "data:text/plain,x",
            "https://me:password@app.example/",
            "https://me@app.example/",
            "https://",
        ] {
            assert!(good(url).allow_private().checked().is_err(), "{url}");
        }
        for url in
            ["https://app.example/hooks?key=1", "http://app.example:8080", "https://1.1.1.1/"]
        {
            assert!(good(url).checked().is_ok(), "{url}");
        }
    }

    #[test]
    fn out_04_nothing_is_sent_unsigned_or_signed_with_what_can_be_guessed() {
        let bare = Webhook::to("https://app.example/");
        assert!(bare.clone().checked().unwrap_err().to_string().contains("no secret"));
        for short in ["", "short", "fifteen letters"] {
            assert!(bare.clone().secret(short).checked().is_err(), "{short}");
        }
    }

    #[test]
    fn neither_secrets_nor_paths_are_shown() {
        let webhook = good("https://app.example/T0123/very-secret?key=very-secret");
        let error = webhook.wrong("x", "y").to_string();
        let shown = format!("{webhook:?} {:?} {error}", webhook.clone().checked().unwrap());
        assert!(!shown.contains("secret") && !shown.contains("0123"), "{shown}");
    }
}

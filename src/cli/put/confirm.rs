//! What a Longshore says of a stored file: where it is served, and its SHA-256.
//!
//! Other servers of tus have no such words, and what they have is only known by its length; so it is with a Longshore
//! whose slot has another digest or none.

use ureq::http::Method;
use url::Url;

use super::address::Ours;
use super::http::{Ask, Body, Client, Reply};
use super::trouble::{About, Trouble, Words, plain};

/// What is known of a stored file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) id: Option<String>,
    pub(super) url: Option<String>,
    pub(super) sha256: Option<String>,
}

impl Client {
    /// Asks for a file that was sent to this address.
    pub(super) fn facts(&self, address: &Url) -> Result<Facts, Trouble> {
        let Some(ours) = Ours::of(address) else { return Ok(Facts::default()) };
        // A page may have taken the file elsewhere; then it is known as an entry for a while.
        for kind in ["files", "entries"] {
            let reply = self.get(&ours.api(kind))?;
            if !reply.is_success() {
                match Trouble::with(&reply, About::Facts) {
                    passing @ Trouble::Passing { .. } => return Err(passing),
                    _ => continue,
                }
            }
            let Ok(said) = serde_json::from_str::<serde_json::Value>(&reply.body) else { continue };
            let url = said["url"].as_str().and_then(|url| address.join(url).ok());
            return Ok(Facts {
                id: Some(ours.id),
                url: url.map(String::from),
                sha256: said["sha256"].as_str().map(str::to_owned),
            });
        }
        Ok(Facts { id: Some(ours.id), ..Facts::default() })
    }

    /// Why an upload that was begun is no longer there, if its server remembers.
    pub(super) fn last_words(&self, address: &Url) -> Option<Words> {
        let reply = self.get(&Ours::of(address)?.api("entries")).ok()?;
        let said: serde_json::Value = serde_json::from_str(&reply.body).ok()?;
        let message = said["error"]["message"].as_str()?;
        let code = said["error"]["code"].as_str().map(str::to_owned);
        Some(Words { status: None, code, message: plain(message) }).filter(Words::is_final)
    }

    fn get(&self, url: &Url) -> Result<Reply, Trouble> {
        let ask = Ask { method: Method::GET, url, headers: Vec::new(), body: Body::None };
        Ok(self.send(ask)?)
    }
}

/// Whether the server has what was sent. It can't be said of a server that has no SHA-256 of it.
///
/// # Errors
/// It has something else.
pub(super) fn compare(facts: &Facts, sha256: &str) -> Result<(), Trouble> {
    match &facts.sha256 {
        Some(theirs) if !theirs.eq_ignore_ascii_case(sha256) => Err(Trouble::Failed(format!(
            "The server has other bytes: their SHA-256 is {}, and the file's is {sha256}.",
            plain(theirs)
        ))),
        _ => Ok(()),
    }
}

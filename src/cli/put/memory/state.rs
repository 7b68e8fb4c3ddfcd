//! The file's contents.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::super::cookies::Cookie;
use super::super::fingerprint::Fingerprint;
use super::super::holder::Holder;
use super::Key;

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    #[serde(default)]
    pub(super) cookies: Vec<Cookie>,
    #[serde(default)]
    pub(super) uploads: Vec<Unfinished>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unfinished {
    endpoint: String,
    path: PathBuf,
    name: String,
    pub(super) file: Fingerprint,
    /// None until the server has said it.
    pub(super) address: Option<String>,
    begun: u64,
    /// When the server forgets it, if it said so; seconds since 1970.
    pub(super) until: Option<u64>,
    /// Who is sending it, unless they are gone.
    pub(super) holder: Option<Holder>,
}

impl Unfinished {
    pub(super) fn new(key: &Key, file: Fingerprint, begun: u64) -> Self {
        let Key { endpoint, path, name } = key.clone();
        Self { endpoint, path, name, file, address: None, begun, until: None, holder: None }
    }

    fn is_for(&self, key: &Key) -> bool {
        self.endpoint == key.endpoint && self.path == key.path && self.name == key.name
    }
}

impl State {
    pub(super) fn find(&mut self, key: &Key) -> Option<&mut Unfinished> {
        self.uploads.iter_mut().find(|upload| upload.is_for(key))
    }

    pub(super) fn take(&mut self, key: &Key) -> Option<Unfinished> {
        let at = self.uploads.iter().position(|upload| upload.is_for(key))?;
        Some(self.uploads.remove(at))
    }

    /// Drops what is over at this time, and what was never said to end and is older than this.
    pub(super) fn drop_expired(&mut self, now: u64, age: u64) {
        let is_held = |upload: &Unfinished| upload.holder.is_some_and(|holder| holder.lives());
        self.uploads.retain(|upload| {
            let until = upload.until.unwrap_or_else(|| upload.begun.saturating_add(age));
            let worth = upload.address.is_some() && until > now;
            worth || is_held(upload)
        });
        self.cookies.retain(|cookie| cookie.until.is_none_or(|until| until > now));
    }
}

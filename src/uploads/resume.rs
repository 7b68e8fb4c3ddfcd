//! Resume tokens: how a page that lost its connection shows which session was its own.
//!
//! A token names a session and proves that we gave it to this caller on this page. It holds for as long as the
//! session has anything to go on with, over a restart too, and is nothing that has to be remembered.

use super::Uploads;
use super::secret::Secret;
use crate::domain::{Caller, Entry, PageName, SessionId};
use crate::engine::UploadError;

const PURPOSE: &str = "resume";

impl Uploads {
    /// The token of a session.
    pub(crate) fn resume_token(&self, id: SessionId, page: &PageName, caller: &Caller) -> String {
        token(&self.0.secret, id, page, caller)
    }

    /// The session that a token names, if it is ours and the caller's.
    pub(crate) fn resumed(
        &self,
        token: &str,
        page: &PageName,
        caller: &Caller,
    ) -> Option<SessionId> {
        named(&self.0.secret, token, page, caller)
    }

    /// What a session's page may not have heard of: see [`Engine::left_by`](crate::engine::Engine::left_by).
    pub(crate) async fn left_by(
        &self,
        id: SessionId,
        caller: &Caller,
    ) -> Result<Vec<Entry>, UploadError> {
        self.0.engine.left_by(id, caller).await
    }
}

pub(super) fn token(secret: &Secret, id: SessionId, page: &PageName, caller: &Caller) -> String {
    format!("{id}.{}", secret.tag(PURPOSE, &claim(id, page, caller)))
}

pub(super) fn named(
    secret: &Secret,
    token: &str,
    page: &PageName,
    caller: &Caller,
) -> Option<SessionId> {
    let (id, tag) = token.split_once('.')?;
    let id = id.parse().ok()?;
    secret.checks(PURPOSE, &claim(id, page, caller), tag).then_some(id)
}

fn claim(id: SessionId, page: &PageName, caller: &Caller) -> String {
    format!("{id} {page} {}", caller.claim())
}

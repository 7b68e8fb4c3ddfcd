//! A request's content, counted and, where the request says what it must be, compared.

use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::web::{self, Bytes};

use super::ask::Ask;
use super::digests::Content;
use crate::domain::{Code, Rejection};
use crate::transport::answer::Problem;
use crate::transport::intake::Pieces;
use crate::transport::peers::Incoming;

/// As much of an unwanted body is read past, in bytes; behind more than that the connection ends.
pub(super) const LITTLE: u64 = 64 * 1024;

/// The content of a request.
pub(super) struct Body {
    incoming: Incoming<web::Payload>,
    /// What it must be.
    digest: Option<Content>,
    /// How much has yet to come, if that was announced.
    left: Option<u64>,
    /// Its end was seen.
    over: bool,
    /// Nothing behind it can be read.
    broken: bool,
}

impl Body {
    pub(super) fn new(payload: web::Payload, ask: &Ask) -> Self {
        let headers = ask.request.headers();
        let chunked = headers.contains_key(TRANSFER_ENCODING);
        Self {
            incoming: Incoming::new(payload, &ask.request, &ask.uploads),
            digest: Content::read(headers),
            left: ask.fields.content_length.or((!chunked).then_some(0)),
            over: false,
            broken: false,
        }
    }

    /// Whether it counts only if it is what the request says.
    pub(super) fn is_compared(&self) -> bool {
        self.digest.is_some()
    }

    /// Nobody waits for the rest.
    pub(super) fn give_up(&mut self) {
        self.broken = true;
    }

    /// Whether there is nothing in it.
    pub(super) async fn is_empty(&mut self) -> Result<bool, Problem> {
        match self.left {
            Some(left) => Ok(left == 0),
            None => loop {
                match self.next().await? {
                    None => return Ok(true),
                    Some(piece) if piece.is_empty() => {}
                    Some(_) => return Ok(false),
                }
            },
        }
    }

    /// Reads past the rest if it is little; false if the connection can't go on.
    pub(super) async fn past(&mut self) -> bool {
        if self.broken || self.over || self.left == Some(0) {
            return !self.broken;
        }
        self.skip(LITTLE).await.is_ok()
    }
}

impl Pieces for Body {
    /// Nothing is read if it may be more: nobody may send it before the answer is there.
    async fn skip(&mut self, limit: u64) -> Result<(), Problem> {
        if self.left.is_none_or(|left| left > limit) {
            return Err(Rejection::too_large(self.left, limit).into());
        }
        self.digest = None;
        while self.next().await?.is_some() {}
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        if self.over {
            return Ok(None);
        }
        match Pieces::next(&mut self.incoming).await {
            Ok(Some(piece)) => {
                self.left = self.left.map(|left| left.saturating_sub(piece.len() as u64));
                if let Some(digest) = &mut self.digest {
                    digest.update(&piece);
                }
                Ok(Some(piece))
            }
            Err(problem) => {
                (self.over, self.broken) = (true, true);
                Err(problem)
            }
            Ok(None) => {
                self.over = true;
                match self.digest.take().is_none_or(Content::holds) {
                    true => Ok(None),
                    false => Err(Problem::because(
                        Code::ChecksumMismatch,
                        "The content is not what its Content-Digest says. Send it again.",
                    )),
                }
            }
        }
    }
}

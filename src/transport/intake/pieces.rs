//! The bytes of a request, piece by piece, and their way into an upload.

use actix_web::web::{self, Bytes, BytesMut};
use futures_util::StreamExt;

use crate::domain::{Chunk, Code, Rejection};
use crate::transport::answer::Problem;
use crate::transport::peers::{self, Incoming};
use crate::uploads::{Lease, UploadError};

/// The bytes of one file, as they come.
pub(in crate::transport) trait Pieces {
    /// The next piece; `None` at the end, and for ever after.
    ///
    /// # Errors
    /// The body is broken; nothing behind this can be read.
    async fn next(&mut self) -> Result<Option<Bytes>, Problem>;

    /// All bytes of something small; `what` may have no more than `limit`.
    ///
    /// # Errors
    /// As [`Self::next`]; `too_large`.
    async fn whole(&mut self, what: &str, limit: usize) -> Result<BytesMut, Problem> {
        let mut bytes = BytesMut::new();
        while let Some(piece) = self.next().await? {
            if bytes.len() + piece.len() > limit {
                let message = format!("{what} may have {limit} bytes.");
                return Err(Problem::because(Code::TooLarge, message));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Reads past the rest of a refused file, because something may lie behind it.
    ///
    /// # Errors
    /// As [`Self::next`]; `too_large` if the rest is over the limit.
    async fn skip(&mut self, limit: u64) -> Result<(), Problem> {
        let mut skipped = 0_u64;
        while let Some(piece) = self.next().await? {
            skipped += piece.len() as u64;
            if skipped > limit {
                return Err(Rejection::too_large(None, limit).into());
            }
        }
        Ok(())
    }
}

impl Pieces for Incoming<web::Payload> {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let piece = StreamExt::next(self).await.transpose();
        piece.map_err(|error| peers::broken(&error, "The body"))
    }
}

/// What of a content isn't known yet: a chunk that is sent again may begin where an earlier one got to the end of.
#[derive(Debug)]
pub(in crate::transport) struct Beyond<'a, P> {
    content: &'a mut P,
    first: Option<Bytes>,
    known: u64,
}

impl<'a, P: Pieces> Beyond<'a, P> {
    /// Of a content that begins with `first`, if that was read already, without its first `known` bytes.
    pub(in crate::transport) fn new(content: &'a mut P, first: Option<Bytes>, known: u64) -> Self {
        Self { content, first, known }
    }
}

impl<P: Pieces> Pieces for Beyond<'_, P> {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let piece = match self.first.take() {
                Some(first) => Some(first),
                None => self.content.next().await?,
            };
            let Some(mut bytes) = piece else { return Ok(None) };
            let skipped = usize::try_from(self.known).unwrap_or(usize::MAX).min(bytes.len());
            self.known -= skipped as u64;
            let unknown = bytes.split_off(skipped);
            if !unknown.is_empty() {
                return Ok(Some(unknown));
            }
        }
    }
}

/// Why nothing more of a content is written.
#[derive(Debug)]
pub(in crate::transport) enum Stopped {
    /// It can't be read.
    Content(Problem),
    /// Somebody else has the upload now, or it has ended.
    Lease(UploadError),
}

/// True if nobody waits for what is left of a content: the upload is somebody else's now, or nobody's. Whoever is
/// refused for what he sends is to read why, and a browser does so when it has sent all.
pub(in crate::transport) fn is_outrun(error: &UploadError) -> bool {
    match error {
        UploadError::Superseded => true,
        UploadError::Rejected(it) => matches!(it.code(), Code::Cancelled | Code::Expired),
        _ => false,
    }
}

/// The next piece for an upload; `None` at the end. Whoever pauses, or is on a line that died an hour ago, hears at
/// once that the upload is no longer his, and not with his next byte.
///
/// # Errors
/// [`Stopped`].
pub(in crate::transport) async fn next(
    lease: &mut Lease,
    content: &mut impl Pieces,
) -> Result<Option<Bytes>, Stopped> {
    loop {
        tokio::select! {
            biased;
            moved = lease.changed() => moved.map_err(Stopped::Lease)?,
            piece = content.next() => return piece.map_err(Stopped::Content),
        }
    }
}

/// Writes a content to its end, no faster than it can be written.
///
/// # Errors
/// [`Stopped`].
pub(in crate::transport) async fn pour(
    lease: &mut Lease,
    content: &mut impl Pieces,
) -> Result<(), Stopped> {
    while let Some(bytes) = next(lease, content).await? {
        let offset = lease.offset();
        lease.write(Chunk { offset, bytes }).await.map_err(Stopped::Lease)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces that are all there.
    struct Whole(Vec<&'static str>);

    impl Pieces for Whole {
        async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
            let there = !self.0.is_empty();
            Ok(there.then(|| Bytes::from_static(self.0.remove(0).as_bytes())))
        }
    }

    #[tokio::test]
    async fn what_is_known_is_cut_off_wherever_the_pieces_part() {
        for (first, rest, known, left) in [
            (None::<&'static str>, vec!["abc", "def"], 0, vec!["abc", "def"]),
            (None, vec!["abc", "def"], 2, vec!["c", "def"]),
            (None, vec!["abc", "def"], 3, vec!["def"]),
            (None, vec!["abc", "def"], 5, vec!["f"]),
            (None, vec!["abc", "def"], 6, vec![]),
            (None, vec!["abc", "def"], u64::MAX, vec![]),
            (None, vec!["", "abc", "", "def", ""], 1, vec!["bc", "def"]),
            (Some("abc"), vec!["def"], 0, vec!["abc", "def"]),
            (Some("abc"), vec!["def"], 2, vec!["c", "def"]),
            (Some("abc"), vec!["def"], 4, vec!["ef"]),
            (Some(""), vec![], 0, vec![]),
            (None, vec![], 3, vec![]),
        ] {
            let words = format!("{first:?} {rest:?} {known}");
            let mut content = Whole(rest);
            let mut beyond = Beyond::new(
                &mut content,
                first.map(|first| Bytes::from_static(first.as_bytes())),
                known,
            );
            let mut got = Vec::new();
            while let Ok(Some(piece)) = beyond.next().await {
                got.push(String::from_utf8(piece.to_vec()).unwrap());
            }
            assert_eq!(got, left, "{words}");
            assert!(matches!(beyond.next().await, Ok(None)), "{words}");
        }
    }
}

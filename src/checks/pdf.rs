//! [`PdfScripts`]: does a PDF run something?
//!
//! A PDF may bring JavaScript, and actions that start programs. Both are actions of a kind that has a name (ISO 32000-2,
//! 12.6.4), and a name stands somewhere in the file: as it is, with some of its letters written as `#6a`, or in an object
//! stream, which is packed. So the names of the whole file are read, and those of its object streams. Whatever can't be read,
//! because it is encrypted, packed in another way or made to unpack to too much, counts as if it had one.
//!
//! INVARIANT: one piece of the file and one piece of what is unpacked are in memory.

mod names;
mod objects;

use std::io;

use async_trait::async_trait;
use tokio::task::spawn_blocking;

use self::objects::{Objects, Scan};
use super::{Check, Content, Stage, Subject, Verdict};
use crate::domain::{ActiveContent, Code, Rejection};

const PIECE: usize = 64 * 1024;
/// Bytes that a document may unpack to: a hundred pages in print quality.
const MOST: u64 = 256 * 1024 * 1024;
/// A PDF begins within so many bytes.
const HEAD: usize = 1_024;

/// Refuses PDF documents with JavaScript, or with actions that start programs (`active_content`), and those of which that
/// can't be said: encrypted ones, for example.
///
/// It is off unless a slot or the application asks for it, because forms of authorities are full of scripts that only add up
/// numbers. One whose bytes can't be read back is refused with `check_failed`. Where active content is allowed it refuses
/// nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct PdfScripts;

impl PdfScripts {
    /// The check.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Check for PdfScripts {
    fn name(&self) -> &'static str {
        "pdf_scripts"
    }

    fn stage(&self) -> Stage {
        Stage::Complete
    }

    async fn check(&self, subject: Subject<'_>) -> Verdict {
        if subject.slot.active_content() == ActiveContent::Allow {
            return Verdict::Accept;
        }
        let Some(content) = subject.content else {
            return Verdict::Refuse(Rejection::new(Code::CheckFailed));
        };
        match look(content).await {
            Ok(None) => Verdict::Accept,
            Ok(Some(Scan::Runs)) => Verdict::Refuse(Rejection::active_content(
                "a PDF document with scripts or programs",
            )),
            Ok(Some(Scan::Closed)) => {
                let words = "This PDF document can't be looked into. Save it without a password and try again.";
                Verdict::Refuse(Rejection::new(Code::ActiveContent).with_message(words))
            }
            Err(error) => {
                let id = subject.entry.id;
                tracing::error!(entry.id = %id, error = %error, "entry {id} can't be read back");
                Verdict::Refuse(Rejection::new(Code::CheckFailed))
            }
        }
    }
}

/// What speaks against a file, if anything does.
async fn look(content: &dyn Content) -> io::Result<Option<Scan>> {
    let head = content.read_at(0, HEAD).await?;
    if !head.windows(5).any(|part| part == b"%PDF-") {
        return Ok(None);
    }
    let mut objects = Objects::of_at_most(MOST);
    let mut offset = 0;
    loop {
        let piece = content.read_at(offset, PIECE).await?;
        if piece.is_empty() {
            return Ok(objects.end());
        }
        offset += piece.len() as u64;
        // Unpacking takes a processor.
        let read = spawn_blocking(move || (objects.read(&piece), objects)).await;
        let (found, read) = read.map_err(io::Error::other)?;
        if found.is_some() {
            return Ok(found);
        }
        objects = read;
    }
}

#[cfg(test)]
mod tests;

//! [`Containers`]: does an archive or an office document hold what its name says?
//!
//! Office documents, books and app packages are ZIP archives, older documents are storages of Microsoft's compound
//! format, and their first bytes are those of every other one. What they are stands in their tables of contents: at the
//! end of a ZIP archive, anywhere in a storage. So this check looks when the whole file is there.
//!
//! Nothing is unpacked. A table that is larger than we read is left alone, because nothing is known of it.
//!
//! INVARIANT: at most [`zip::LARGEST_TABLE`] bytes of a file are in memory.

mod cfb;
mod kind;
pub(super) mod zip;

use std::io;

use async_trait::async_trait;

use self::kind::Kind;
use super::promise::{is_ole, is_zip};
use super::sniff::{Found, sniff};
use super::{Check, Content, Stage, Subject, Verdict};
use crate::domain::{Code, Rejection};

/// As much as the look at the first bytes has seen.
const HEAD: usize = 8_192;

/// Refuses documents, books and packages that hold something else than their name's extension says
/// (`content_mismatch`), and a ZIP archive without a table of contents under such a name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Containers;

impl Containers {
    /// The check.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Check for Containers {
    fn name(&self) -> &'static str {
        "containers"
    }

    fn stage(&self) -> Stage {
        Stage::Complete
    }

    async fn check(&self, subject: Subject<'_>) -> Verdict {
        let extension = subject.entry.name.extension().unwrap_or_default();
        // Where the bytes can't be read back, what their beginning said has to do.
        let (Some(wanted), Some(content)) = (Kind::of_extension(extension), subject.content) else {
            return Verdict::Accept;
        };
        match held(content, subject.entry.offset).await {
            Ok(found) => judge(wanted, found),
            Err(error) => {
                let id = subject.entry.id;
                tracing::error!(entry.id = %id, error = %error, "entry {id} can't be read back");
                Verdict::Refuse(Rejection::new(Code::CheckFailed))
            }
        }
    }
}

/// What a file holds; `None` if that can't be said.
async fn held(content: &dyn Content, size: u64) -> io::Result<Option<Kind>> {
    let head = content.read_at(0, HEAD).await?;
    Ok(match sniff(&head) {
        Found::Known("application/rtf") => Some(Kind::Rtf),
        Found::Known(media_type) if is_ole(media_type) => {
            cfb::names(content).await?.map(Kind::of_storage)
        }
        Found::Known(media_type) if is_zip(media_type) => {
            match zip::directory(content, size).await? {
                zip::Read::Directory(entries) => Some(Kind::of_archive(&head, &entries)),
                zip::Read::TooLarge => None,
                zip::Read::Damaged => Some(Kind::DamagedArchive),
            }
        }
        // The look at the first bytes has judged it.
        _ => None,
    })
}

fn judge(wanted: Kind, found: Option<Kind>) -> Verdict {
    let Some(found) = found else { return Verdict::Accept };
    if found.can_be(wanted) {
        Verdict::Accept
    } else {
        Verdict::Refuse(Rejection::content_mismatch(wanted.noun(), found.noun()))
    }
}

#[cfg(test)]
mod tests;

//! Floor 1: checks. Whoever may say no to a file.
//!
//! A check looks at an entry's bytes and gives a verdict. It runs at one of two moments: as soon as
//! the first bytes are there, so that a renamed program is refused before its gigabyte has come, or
//! when all of them are. What only wants to *know* about files is a job, not a check.
//!
//! INVARIANT: a check changes nothing. It knows the domain, and no store, catalogue, door or engine.

mod archive;
mod clamd;
mod command;
mod container;
mod magic;
mod markup;
mod outside;
mod pdf;
mod promise;
mod sniff;
#[cfg(test)]
mod trial;

use std::fmt::Debug;
use std::io;

use async_trait::async_trait;
use bytes::Bytes;

use crate::domain::{Entry, MediaType, Rejection, Slot};

pub use archive::ZipLimits;
pub use clamd::{AddressError, Clamd, ClamdAddress};
pub use command::CommandCheck;
pub use container::Containers;
pub use magic::MagicBytes;
pub use outside::OnFailure;
pub use pdf::PdfScripts;

/// When a check wants to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Once so many bytes of the file's start are there, or the whole file where it is shorter.
    Head(usize),
    /// Once all bytes are there, before the file is published.
    Complete,
}

/// What a check gets to see.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The entry; its `facts` are claims.
    pub entry: &'a Entry,
    /// The slot that admitted it.
    pub slot: &'a Slot,
    /// The first bytes, all that are kept of them.
    pub head: &'a [u8],
    /// Whether `head` is the whole file.
    pub whole: bool,
    /// All bytes, at [`Stage::Complete`]. `None` earlier, and where the bytes went to a writer of the
    /// application's and can't be read back: a check that needs them decides what that means.
    pub content: Option<&'a dyn Content>,
}

/// The bytes of a file that has come whole and is not published yet.
#[async_trait]
pub trait Content: Send + Sync + Debug {
    /// Up to `length` bytes from `offset` on; fewer at the end, none behind it.
    async fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes>;
}

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against it.
    Accept,
    /// Nothing against it, and this is what the bytes are.
    Identified(MediaType),
    /// No. The upload fails with this rejection.
    Refuse(Rejection),
}

/// May say no to a file.
///
/// # Contract
/// The engine calls [`check`](Self::check) once for each entry at the check's [`stage`](Self::stage).
/// For [`Stage::Head`] the head is as long as was asked for, or the whole file; how the bytes came
/// in pieces makes no difference. The same subject gets the same verdict.
///
/// # Errors
/// There are none: a check that can't do its work refuses with `check_failed`.
///
/// # Cancellation
/// The future may be dropped at any await when the upload is cancelled; nothing may be left behind.
///
/// # Implementing
/// Give a [`name`](Self::name) that reads well in a log. Work that blocks belongs on a blocking
/// thread. The sentence of a rejection is read by a person beside the file.
#[async_trait]
pub trait Check: Send + Sync + Debug {
    /// A short name for logs, such as `magic_bytes`.
    fn name(&self) -> &'static str;

    /// When it wants to look.
    fn stage(&self) -> Stage;

    /// Looks, and says yes or no.
    async fn check(&self, subject: Subject<'_>) -> Verdict;

    /// Whether it could look now; `/readyz` says `scanner` while it could not. A check that asks nobody always can, and
    /// so does one that lets in what it could not look at.
    async fn can_look(&self) -> bool {
        true
    }
}

//! [`Checkpoint`]: how far an upload is for good, remembered while it goes on.

use crate::domain::{PartialDigest, Timestamp};

/// How much of an upload is durable, and what is needed to go on from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Bytes below this are durable.
    pub offset: u64,
    /// The digest of those bytes so far.
    pub partial_digest: Option<PartialDigest>,
    /// The length at which it is whole, if that has become known since it was registered. Nothing is forgotten by
    /// a checkpoint that does not say it.
    pub length: Option<u64>,
    /// Now.
    pub at: Timestamp,
}

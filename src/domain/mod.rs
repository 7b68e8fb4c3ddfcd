//! Floor 0: the domain. What a slot, an entry and a file are, and which rules hold between them.
//!
//! Every door and every store speaks of the same things; without one pure place for the rules each
//! would keep its own, slightly different copy. Everything here is a value or a function of values,
//! so that every rule can be tested with a table or a property instead of a running server.
//!
//! INVARIANT: std, bytes, serde, thiserror, uuid (as a type) and Unicode tables only. Nothing here
//! is async, reads a clock, draws a random number or does I/O.

mod accept;
mod act;
mod active_content;
mod caller;
mod chunk;
mod code;
mod constraints;
mod digest;
mod entry;
mod file;
mod filename;
#[cfg(test)]
mod fuzz;
mod grant;
mod id;
mod letter;
mod media_type;
mod name;
mod one_line;
mod quota;
mod rejection;
mod relative_path;
mod size;
mod slot;
mod state;
mod text_form;
mod time;
mod wording;

pub use accept::{Accept, AcceptError, By};
pub use act::{Act, Rights, RightsError};
pub use active_content::{is_active_extension, is_active_type};
pub use caller::Caller;
pub use chunk::{Chunk, Misfit};
pub use code::{Code, UnknownCode};
pub use constraints::{Constraints, Usage};
pub use digest::{
    Blake3Digest, Digest, DigestError, DigestKind, DigestKindError, PartialDigest, Sha256Digest,
};
pub use entry::{ClientFacts, Entry, EntryKind, NewEntry};
pub use file::StoredFile;
pub use filename::FileName;
pub use grant::Grant;
pub use id::{EntryId, IdError, LetterId, OwnerId, SessionId, TicketId};
pub use letter::{Letter, Occasion};
pub use media_type::{MediaType, MediaTypeError};
pub use name::{EntryRef, NameError, PageName, SlotName};
pub use one_line::{disturbs, one_line};
pub use quota::{Amount, HEAVIEST, Quota, Whose};
pub use rejection::{Param, Rejection};
pub use relative_path::RelativePath;
pub use size::{GB, HumanSize, KB, MB};
pub use slot::{ActiveContent, Declaration, Slot, SlotError, Start};
pub use state::{EntryState, IllegalTransition, Transition};
pub use time::Timestamp;

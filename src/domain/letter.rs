//! `Letter`: what receivers outside are told of a file, and the occasion for it.
//!
//! A letter may be read long after it was written, when the file that it is about has gone; so it holds all that
//! its receiver needs, in the words in which it is sent, and nobody looks anything up again.

use crate::domain::{EntryId, LetterId, Timestamp};

/// Why a letter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// A file is stored: the application has kept it.
    Stored,
    /// A stored file was deleted.
    Deleted,
}

impl Occasion {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Stored, Self::Deleted];

    /// The name by which receivers know it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "file.stored",
            Self::Deleted => "file.deleted",
        }
    }

    /// The occasion of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|occasion| occasion.as_str() == name)
    }
}

/// One letter, as it is kept until everybody has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The same at every attempt, so that its receiver can drop doubles.
    pub id: LetterId,
    /// Why it was written.
    pub occasion: Occasion,
    /// Which file it is about.
    pub entry: EntryId,
    /// What it says: JSON, byte for byte as it is signed and sent.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occasion_is_found_by_its_name() {
        for occasion in Occasion::ALL {
            assert_eq!(Occasion::named(occasion.as_str()), Some(occasion));
        }
        assert_eq!(Occasion::named("file.moved"), None);
    }
}

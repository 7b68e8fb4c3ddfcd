//! `Act`: what somebody wants to do with uploads, and `Rights`: which of it a proof allows.
//!
//! Doors have verbs of their own; who asks whether they are allowed must not have to know them all, or one is
//! forgotten. Every verb of every door is one of these acts.

use std::fmt;
use std::str::FromStr;

/// What a caller wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Begin an upload in a slot.
    Register,
    /// Send bytes of an upload, or take it up to do so.
    Write,
    /// End an upload with all its bytes. Asked when they are there: rights may have changed meanwhile.
    Complete,
    /// Ask how far an upload is.
    Look,
    /// Read a file's bytes, or what is known of it.
    Read,
    /// List stored files.
    List,
    /// Give up an upload that nobody has consumed.
    Cancel,
    /// Remove a stored file.
    Delete,
}

/// Which acts a proof allows its bearer on what is their own: `upload`, `read`, `delete`, with `+` between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rights {
    upload: bool,
    read: bool,
    delete: bool,
}

impl Rights {
    /// Everything.
    pub const ALL: Self = Self { upload: true, read: true, delete: true };
    /// Begin, send, end and give up uploads, and ask how far they are.
    pub const UPLOAD: Self = Self { upload: true, read: false, delete: false };
    /// Read and list, and ask how far uploads are.
    pub const READ: Self = Self { upload: false, read: true, delete: false };

    /// Whether an act is among them.
    #[must_use]
    pub const fn allow(self, act: Act) -> bool {
        match act {
            Act::Register | Act::Write | Act::Complete | Act::Cancel => self.upload,
            Act::Look => self.upload || self.read,
            Act::Read | Act::List => self.read,
            Act::Delete => self.delete,
        }
    }
}

impl Default for Rights {
    fn default() -> Self {
        Self::ALL
    }
}

/// A text that names no rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not rights: write upload, read, delete or several of them with + between them")]
pub struct RightsError;

impl FromStr for Rights {
    type Err = RightsError;

    fn from_str(text: &str) -> Result<Self, RightsError> {
        let mut rights = Self { upload: false, read: false, delete: false };
        for word in text.split('+') {
            let right = match word {
                "upload" => &mut rights.upload,
                "read" => &mut rights.read,
                "delete" => &mut rights.delete,
                _ => return Err(RightsError),
            };
            if std::mem::replace(right, true) {
                return Err(RightsError);
            }
        }
        Ok(rights)
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.upload, "upload"), (self.read, "read"), (self.delete, "delete")];
        let words = words.into_iter().filter_map(|(has, word)| has.then_some(word));
        f.write_str(&words.collect::<Vec<_>>().join("+"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_allow_what_they_say_and_nothing_else() {
        use Act::{Cancel, Complete, Delete, List, Look, Read, Register, Write};
        let all = [Register, Write, Complete, Look, Read, List, Cancel, Delete];
        for (text, allowed) in [
            ("upload", vec![Register, Write, Complete, Look, Cancel]),
            ("read", vec![Look, Read, List]),
            ("delete", vec![Delete]),
            ("read+delete", vec![Look, Read, List, Delete]),
            ("upload+read+delete", all.to_vec()),
        ] {
            let rights: Rights = text.parse().unwrap();
            assert_eq!(rights.to_string(), text);
            for act in all {
                assert_eq!(rights.allow(act), allowed.contains(&act), "{text}: {act:?}");
            }
        }
        assert_eq!("upload+read+delete".parse(), Ok(Rights::ALL));
    }

    #[test]
    fn what_names_no_rights_is_refused() {
        for text in ["", "all", "Upload", "upload,read", "upload+", "upload+upload", " upload"] {
            assert_eq!(text.parse::<Rights>(), Err(RightsError), "{text:?}");
        }
    }
}

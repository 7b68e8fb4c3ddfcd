//! `Code`: the stable names of the reasons for which something is refused.
//!
//! Clients branch on these strings, so they live in one table, a row each: wire name, HTTP status
//! of doors that have no status of their own for it, and the sentence for when nothing more
//! precise can be said.
//!
//! INVARIANT: a name in this table never changes its meaning; new reasons get new names.

use std::{fmt, str::FromStr};

use crate::domain::text_form::text_form;

macro_rules! codes {
    ($($variant:ident $name:literal $status:literal $sentence:literal;)+) => {
        /// Why something was refused. Stable on every door and in rows; a door may add a status.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $name, "`: ", $sentence)] $variant,)+
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$variant),+];

            /// The name on the wire, such as `too_large`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name),+ }
            }

            /// The HTTP status with which a door answers, unless its protocol demands another.
            pub const fn status(self) -> u16 {
                match self { $(Code::$variant => $status),+ }
            }

            /// Plain words for the person who sees it, when no numbers are known.
            pub const fn sentence(self) -> &'static str {
                match self { $(Code::$variant => $sentence),+ }
            }
        }
    };
}

codes! {
    TooLarge         "too_large"         413 "This file is too large.";
    TooSmall         "too_small"         422 "This file is too small.";
    TooManyFiles     "too_many_files"    422 "No more files can be uploaded here.";
    TotalTooLarge    "total_too_large"   413 "Together the files are too large.";
    NotAccepted      "not_accepted"      415 "Files of this kind can't be uploaded here.";
    ContentMismatch  "content_mismatch"  415 "The content of this file isn't what its name says.";
    ActiveContent    "active_content"    415 "Files that can run as a web page or script can't be uploaded here.";
    EmptyName        "empty_name"        400 "This file has no name.";
    InvalidName      "invalid_name"      400 "This file's name can't be used. Rename it and try again.";
    QuotaExceeded    "quota_exceeded"    413 "There is no space left for your files.";
    DiskFull         "disk_full"         507 "The server has no space left. Try again later.";
    ChecksumMismatch "checksum_mismatch" 422 "The file was damaged on its way. Try again.";
    SizeMismatch     "size_mismatch"     400 "The file doesn't have the size that was announced. Try again.";
    OffsetMismatch   "offset_mismatch"   409 "The upload is at another position.";
    UnknownSlot      "unknown_slot"      404 "Files can't be uploaded here.";
    UnknownEntry     "unknown_entry"     404 "This upload isn't known here any more. Choose the file again.";
    Infected         "infected"          422 "This file contains a virus or other malware.";
    CheckFailed      "check_failed"      503 "This file couldn't be checked. Try again later.";
    Expired          "expired"           410 "This upload took too long. Choose the file again.";
    TimedOut         "timed_out"         408 "Nothing arrived for too long. Try again.";
    Cancelled        "cancelled"         410 "This upload was cancelled.";
    Superseded       "superseded"        409 "This upload goes on in another window or connection.";
    RateLimited      "rate_limited"      429 "Too much at once. Wait a moment and try again.";
    Forbidden        "forbidden"         403 "This isn't allowed.";
    Unauthenticated  "unauthenticated"   401 "Sign in first.";
    InvalidMessage   "invalid_message"   400 "The request couldn't be understood.";
    UnknownMessage   "unknown_message"   400 "The server doesn't know this kind of message.";
    Busy             "busy"              503 "The server is busy. Try again in a moment.";
    StorageError     "storage_error"     500 "The file couldn't be stored. Try again.";
    ShuttingDown     "shutting_down"     503 "The server is restarting. The upload goes on in a moment.";
}

/// A string that is no rejection code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a rejection code")]
pub struct UnknownCode;

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

text_form!(Code);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_read_back_and_none_is_used_twice() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        assert_eq!("Too_Large".parse::<Code>(), Err(UnknownCode));
    }

    #[test]
    fn every_status_is_an_error_and_every_sentence_a_sentence() {
        for code in Code::ALL {
            assert!((400..600).contains(&code.status()), "{code}");
            let sentence = code.sentence();
            assert!(sentence.ends_with('.') && sentence.starts_with(char::is_uppercase), "{code}");
        }
    }
}

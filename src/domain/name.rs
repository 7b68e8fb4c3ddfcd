//! `SlotName`, `PageName` and `EntryRef`: the short names that appear in URLs, attributes and JSON.
//!
//! They come from URLs and messages, so their grammar is checked once, here; afterwards they can be
//! put into a path segment, an HTML attribute or a log line as they are.
//!
//! INVARIANT: a value of one of these types matches its grammar and is never empty.

use std::{fmt, str::FromStr, sync::Arc};

use crate::domain::text_form::text_form;

/// A name that breaks its grammar: what was given (shortened) and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a {what}: {allowed}")]
pub struct NameError {
    given: String,
    what: &'static str,
    allowed: &'static str,
}

macro_rules! short_name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:literal, $valid:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                if $valid(text) {
                    return Ok(Self(text.into()));
                }
                // A hostile name may be as long as a message; an error isn't its echo.
                let given = text.chars().take(64).collect();
                Err(NameError { given, what: $what, allowed: $allowed })
            }
        }

        impl TryFrom<&str> for $name {
            type Error = NameError;

            fn try_from(text: &str) -> Result<Self, NameError> {
                text.parse()
            }
        }

        text_form!($name);
    };
}

short_name! {
    /// The name of a slot: `[a-z][a-z0-9_-]{0,63}`.
    SlotName, "slot name",
    "a lower-case letter, then up to 63 of a-z, 0-9, _ and -", is_identifier
}
short_name! {
    /// The name of a page, its first path segment: `[a-z][a-z0-9_-]{0,63}`.
    PageName, "page name",
    "a lower-case letter, then up to 63 of a-z, 0-9, _ and -", is_identifier
}
short_name! {
    /// The client's own short name of an entry ("c1"): 1 to 64 printable ASCII characters, no space.
    EntryRef, "entry reference",
    "1 to 64 printable ASCII characters without spaces", is_reference
}

fn is_identifier(text: &str) -> bool {
    let tail =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(tail)
}

fn is_reference(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_would_choose_are_accepted() {
        for name in ["photos", "a", "cover-photo", "cover_photo2", &"a".repeat(64)] {
            assert_eq!(SlotName::try_from(name).unwrap().as_str(), name);
            assert_eq!(name.parse::<PageName>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn names_that_could_mean_something_else_are_refused() {
        for name in ["", "../x", "__proto__", "Photos", "1a", "a b", "a/b", "ä", &"a".repeat(65)] {
            assert!(SlotName::try_from(name).is_err(), "{name}");
        }
        assert!(
            SlotName::try_from("a".repeat(10_240).as_str()).unwrap_err().to_string().len() < 300
        );
    }

    #[test]
    fn a_reference_is_short_printable_ascii() {
        for text in ["c1", "upload-7f", "~", &"x".repeat(64)] {
            assert_eq!(text.parse::<EntryRef>().unwrap().as_str(), text);
        }
        for text in ["", "a b", "a\n", "é", "\u{7f}", &"x".repeat(65)] {
            assert!(text.parse::<EntryRef>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_developer_reads_what_was_given_and_what_is_allowed() {
        let error = SlotName::try_from("My Slot").unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"My Slot\" is not a slot name: a lower-case letter, then up to 63 of a-z, 0-9, _ and -"
        );
    }

    #[test]
    fn deserialising_checks_the_grammar() {
        assert!(serde_json::from_str::<SlotName>("\"photos\"").is_ok());
        assert!(serde_json::from_str::<SlotName>("\"../x\"").is_err());
    }
}

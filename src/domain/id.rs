//! `EntryId`, `SessionId`, `OwnerId`: which upload, which live page, whose.
//!
//! A UUID that may name anything gets passed to the wrong place sooner or later; three types make
//! that a compile error. Parsing is strict because ids arrive in URLs: one id has exactly one
//! spelling, so that no `{braces}`, upper case or encoded rest can name the same thing twice.
//!
//! INVARIANT: ids are made elsewhere (floor 2); this file draws no random numbers.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::domain::text_form::text_form;

/// Text that is not a hyphenated lower-case UUID of 36 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected a lower-case hyphenated UUID")]
pub struct IdError;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that was made elsewhere.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                strict_uuid(text).map(Self)
            }
        }

        text_form!($name);
    };
}

uuid_id! {
    /// One file on its way, and later the stored file. Displayed as a lower-case hyphenated UUID.
    EntryId
}
uuid_id! {
    /// One upload session: a live page, or one visit through an HTTP door.
    SessionId
}
impl SessionId {
    /// The session that is no connection's: all uploads of one caller on one page that come by requests and
    /// outlive them belong to it. `name` says which caller and page; the id is a UUID of version 8 (RFC 9562),
    /// which no other session has.
    #[must_use]
    pub fn standing(name: [u8; 16]) -> Self {
        Self(uuid::Builder::from_custom_bytes(name).into_uuid())
    }

    /// Whether it stands by itself: nobody is connected to it, so nobody can leave it, and what it has not
    /// finished stays until it expires.
    #[must_use]
    pub fn is_standing(&self) -> bool {
        self.0.get_version_num() == 8
    }
}

uuid_id! {
    /// Whoever owns sessions, entries and files.
    OwnerId
}
uuid_id! {
    /// One upload ticket. It is no secret; the ticket's text is.
    TicketId
}
uuid_id! {
    /// One letter to receivers outside. Sent twice it is still the same letter.
    LetterId
}

fn strict_uuid(text: &str) -> Result<Uuid, IdError> {
    if text.len() != 36 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(IdError);
    }
    Uuid::try_parse(text).map_err(|_| IdError)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "0193e0a0-5b7c-7c3a-8f00-0123456789ab";

    #[test]
    fn an_id_is_written_as_it_is_read() {
        let id: EntryId = TEXT.parse().unwrap();
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(EntryId::from_uuid(id.as_uuid()), id);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{TEXT}\""));
        assert_eq!(serde_json::from_str::<EntryId>(&format!("\"{TEXT}\"")).unwrap(), id);
    }

    #[test]
    fn a_standing_session_is_known_by_its_id() {
        let standing = SessionId::standing([7; 16]);
        assert!(standing.is_standing());
        assert_eq!(SessionId::standing([7; 16]), standing);
        assert_ne!(SessionId::standing([8; 16]), standing);
        assert_eq!(standing.to_string().parse(), Ok(standing));
        assert!(!TEXT.parse::<SessionId>().unwrap().is_standing());
        assert!(!SessionId::from_uuid(Uuid::nil()).is_standing());
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for text in [
            "",
            "0193E0A0-5B7C-7C3A-8F00-0123456789AB",
            "0193e0a05b7c7c3a8f000123456789ab",
            "{0193e0a0-5b7c-7c3a-8f00-0123456789ab}",
            "urn:uuid:0193e0a0-5b7c-7c3a-8f00-0123456789ab",
            " 0193e0a0-5b7c-7c3a-8f00-0123456789ab",
            "0193e0a0-5b7c-7c3a-8f00-0123456789ab.info",
            "0193e0a0-5b7c-7c3a-8f00-0123456789a",
            "0193e0a05-b7c-7c3a-8f00-0123456789ab",
            "..%2fa0-5b7c-7c3a-8f00-0123456789abcdef",
        ] {
            assert_eq!(text.parse::<EntryId>(), Err(IdError), "{text}");
        }
    }
}

//! Bearer tokens: who has one speaks for the owner that its name stands for.
//!
//! A token is 256 random bits. Nothing can be guessed of it, so its SHA-256 is kept and no slow hash: what makes slow
//! hashes necessary is that people choose passwords (ADR 25). The configuration holds the hash alone, and a table of
//! hashes is of no use to whoever reads it.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use thiserror::Error;

use super::{Secret, Uploads};
use crate::domain::{Caller, OwnerId, Rights, Sha256Digest};

/// What every token begins with, so that people and programs that look for leaked secrets know it.
const PREFIX: &str = "longshore_";
/// As long as a name may be.
const LONGEST: usize = 64;

/// A bearer token, as a configuration keeps it: `NAME=SHA256`, or `NAME=SHA256:RIGHTS`.
///
/// Several tokens may have one name: they speak for the same owner, so that a new one can be given out before the
/// old one is taken away.
#[derive(Debug, Clone)]
pub struct BearerToken {
    name: String,
    digest: Hash,
    rights: Rights,
}

/// The hash of a token. It can't be compared with `==`, so nobody does.
#[derive(Clone)]
struct Hash(Sha256Digest);

impl Hash {
    fn of(token: &str) -> Self {
        Self(Sha256Digest::from(<[u8; 32]>::from(Sha256::digest(token))))
    }
}

impl ConstantTimeEq for Hash {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.as_bytes().ct_eq(other.0.as_bytes())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}

/// A text that is no token of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a token: write NAME=SHA256 or NAME=SHA256:RIGHTS, as `longshore token NAME` prints it; a name has 1 to 64 \
     letters, digits or `.`, `_`, `@`, `-`, and rights are upload, read, delete with + between them"
)]
pub struct TokenError;

impl BearerToken {
    /// A new random token under a name: what a configuration keeps of it, and its text, which nobody can find out
    /// again.
    ///
    /// # Errors
    /// [`TokenError`] for a bad name.
    pub fn random(name: &str, rights: Rights) -> Result<(Self, String), TokenError> {
        if !is_name(name) {
            return Err(TokenError);
        }
        let random =
            Sha256Digest::from(<[u8; 32]>::from(Sha256::digest(Secret::random().as_bytes())));
        let text = format!("{PREFIX}{random}");
        Ok((Self { name: name.to_owned(), digest: Hash::of(&text), rights }, text))
    }

    /// Whom it speaks for.
    #[must_use]
    pub fn owner(&self) -> OwnerId {
        owner_of("token", &self.name)
    }
}

impl FromStr for BearerToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let (name, rest) = text.trim().split_once('=').ok_or(TokenError)?;
        let (digest, rights) = match rest.split_once(':') {
            Some((digest, rights)) => (digest, rights.parse().map_err(|_| TokenError)?),
            None => (rest, Rights::ALL),
        };
        let digest = Hash(digest.parse().map_err(|_| TokenError)?);
        if !is_name(name) {
            return Err(TokenError);
        }
        Ok(Self { name: name.to_owned(), digest, rights })
    }
}

impl fmt::Display for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.digest.0)?;
        if self.rights == Rights::ALL { Ok(()) } else { write!(f, ":{}", self.rights) }
    }
}

/// Who a presented token speaks for. All known ones are compared, and each of them whole: how long this takes says
/// nothing of which one it was, or how near.
pub(super) fn find(known: &[BearerToken], presented: &str) -> Option<Caller> {
    let given = Hash::of(presented);
    let (mut found, mut at) = (Choice::from(0), 0_u64);
    for (index, token) in (0_u64..).zip(known) {
        let same = token.digest.ct_eq(&given);
        at.conditional_assign(&index, same);
        found |= same;
    }
    let token = known.get(usize::try_from(at).ok()?).filter(|_| bool::from(found))?;
    Some(Caller::new(token.owner()).with_rights(token.rights))
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
    (1..=LONGEST).contains(&name.len()) && name.chars().all(plain)
}

impl Uploads {
    /// The owner that a user of the application stands for, by whatever the application calls them: the same each
    /// time, on each machine, and another one for each text. It is no secret and proves nothing.
    #[must_use]
    pub fn owner_of(user: &str) -> OwnerId {
        owner_of("user", user)
    }
}

/// An owner's id from a name: a UUID of version 8 (RFC 9562) of what its hash begins with.
pub(crate) fn owner_of(realm: &str, name: &str) -> OwnerId {
    let hash = Sha256::digest(format!("longshore owner\0{realm}\0{name}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    OwnerId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_alone() {
        let (camera, text) = BearerToken::random("camera", Rights::UPLOAD).unwrap();
        let (other, second) = BearerToken::random("camera", Rights::ALL).unwrap();
        assert!(text.len() == PREFIX.len() + 64 && text != second);
        let known = [camera.clone(), other];
        let caller = find(&known, &text).unwrap();
        assert_eq!((caller.owner(), caller.rights()), (camera.owner(), Rights::UPLOAD));
        assert_eq!(find(&known, &second).unwrap().owner(), caller.owner());
        for wrong in ["", &text[1..], &text.to_uppercase(), &camera.digest.0.to_string(), "camera"]
        {
            assert_eq!(find(&known, wrong), None, "{wrong}");
        }
        assert_eq!(find(&[], &text), None);
    }

    #[test]
    fn a_token_is_read_as_it_is_printed() {
        let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        for text in [format!("a@b.example={hash}"), format!("camera-1={hash}:upload+read")] {
            assert_eq!(text.parse::<BearerToken>().unwrap().to_string(), text);
        }
        for text in [
            String::new(),
            hash.to_owned(),
            format!("={hash}"),
            format!("a b={hash}"),
            format!("a={}", &hash[1..]),
            format!("a={hash}:"),
            format!("a={hash}:all"),
            format!("{}={hash}", "x".repeat(65)),
        ] {
            assert_eq!(text.parse::<BearerToken>().err(), Some(TokenError), "{text}");
        }
    }

    #[test]
    fn each_name_of_each_realm_is_somebody_else_and_stays_who_they_are() {
        assert_eq!(Uploads::owner_of("alice"), owner_of("user", "alice"));
        assert_ne!(owner_of("user", "alice"), owner_of("token", "alice"));
        assert_ne!(owner_of("user", "alice"), owner_of("user", "Alice"));
        // Written down: files of users must be theirs after an update, too.
        assert_eq!(owner_of("user", "alice").as_uuid().get_version_num(), 8);
    }
}

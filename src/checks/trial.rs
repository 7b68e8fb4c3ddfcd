//! What the tests of checks have in common: an entry, a slot, and bytes to read back.

use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use super::{Check, Content, Subject, Verdict};
use crate::domain::{
    ClientFacts, Code, Declaration, Entry, EntryId, EntryKind, FileName, NewEntry, OwnerId,
    SessionId, Slot, Timestamp,
};

/// An entry of this name and claimed type.
pub(super) fn entry(name: &str, claimed: &str) -> Entry {
    Entry::new(NewEntry {
        id: EntryId::from_uuid(Uuid::from_u128(1)),
        reference: "c1".parse().unwrap(),
        session: SessionId::from_uuid(Uuid::from_u128(2)),
        owner: OwnerId::from_uuid(Uuid::from_u128(3)),
        ticket: None,
        page: "files".parse().unwrap(),
        slot: "files".parse().unwrap(),
        name: FileName::sanitise(name).unwrap(),
        relative_path: None,
        facts: ClientFacts { client_type: Some(claimed.to_owned()), ..ClientFacts::default() },
        kind: EntryKind::File,
        memo: None,
        length: None,
        created_at: Timestamp::from_millis(0),
    })
}

/// Bytes that came whole.
#[derive(Debug)]
pub(super) struct Whole(pub(super) Bytes);

#[async_trait]
impl Content for Whole {
    async fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let begin = usize::try_from(offset).unwrap().min(self.0.len());
        Ok(self.0.slice(begin..(begin + length).min(self.0.len())))
    }
}

/// Bytes that the disk doesn't give back.
#[derive(Debug)]
pub(super) struct Unreadable;

#[async_trait]
impl Content for Unreadable {
    async fn read_at(&self, _: u64, _: usize) -> io::Result<Bytes> {
        Err(io::Error::other("the disk is gone"))
    }
}

/// What a check says of a whole file in a slot, `None` where its bytes can't be read back.
pub(super) async fn verdict_on(
    check: &dyn Check,
    name: &str,
    declaration: Declaration,
    content: Option<&dyn Content>,
) -> Verdict {
    let slot = Slot::declare("files", declaration).unwrap();
    let entry = entry(name, "");
    check.check(Subject { entry: &entry, slot: &slot, head: &[], whole: false, content }).await
}

/// What a check says of these bytes in a slot that takes anything.
pub(super) async fn verdict(check: &dyn Check, name: &str, bytes: impl Into<Bytes>) -> Verdict {
    let content = Whole(bytes.into());
    verdict_on(check, name, Declaration::new(), Some(&content)).await
}

/// The code and the sentence of a refusal.
pub(super) fn refused(verdict: Verdict) -> (Code, String) {
    match verdict {
        Verdict::Refuse(rejection) => (rejection.code(), rejection.message().to_owned()),
        other => panic!("not refused: {other:?}"),
    }
}

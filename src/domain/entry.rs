//! `Entry`: one file on its way, and `ClientFacts`: what the client said of it.
//!
//! Claims and facts kept in one bag get mixed up; a size that the browser announced then decides
//! how much disk is used. Here claims live in [`ClientFacts`] and are believed by nobody; the
//! entry's own fields are what the server decided or measured.
//!
//! INVARIANT: the state changes only through [`Entry::apply`], by the one table of `state.rs`.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Digest, EntryId, EntryRef, EntryState, FileName, IllegalTransition, MediaType, OwnerId,
    PageName, PartialDigest, Rejection, RelativePath, SessionId, Sha256Digest, SlotName, TicketId,
    Timestamp, Transition,
};

/// What a client says of a file. Every field is a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientFacts {
    /// The name as it came. Only [`FileName::sanitise`] may read it.
    pub client_name: String,
    /// The media type.
    pub client_type: Option<String>,
    /// The size in bytes.
    pub client_size: Option<u64>,
    /// The path inside a chosen folder. Only [`RelativePath::sanitise`] may read it.
    pub client_relative_path: Option<String>,
    /// When the file was last changed, in milliseconds since the Unix epoch.
    pub client_last_modified: Option<i64>,
    /// The SHA-256 of the bytes; compared with the computed one at the end.
    pub client_sha256: Option<Sha256Digest>,
}

/// Whether an entry is a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A file.
    #[default]
    File,
    /// A piece of a file that comes in pieces. It is never looked at and never complete by itself: it waits,
    /// whole but unfinished, until a file is joined of it and others.
    Piece,
}

/// One file on its way through a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Ours; also the name of the bytes in the store.
    pub id: EntryId,
    /// The client's own short name of it.
    pub reference: EntryRef,
    /// The session that registered or adopted it.
    pub session: SessionId,
    /// The session that registered it: its unfinished bytes lie in that session's place, whoever adopts it.
    pub home: SessionId,
    /// Whose it is.
    pub owner: OwnerId,
    /// The ticket with which it began.
    pub ticket: Option<TicketId>,
    /// The page on which it is uploaded.
    pub page: PageName,
    /// The slot into which it is uploaded.
    pub slot: SlotName,
    /// The safe name to show.
    pub name: FileName,
    /// The safe path inside a chosen folder.
    pub relative_path: Option<RelativePath>,
    /// What the client said.
    pub facts: ClientFacts,
    /// Whether it is a file, or only a piece of one.
    pub kind: EntryKind,
    /// What its door wrote down about it, in the words of its protocol. Nobody else reads it.
    pub memo: Option<String>,
    /// The length in bytes at which it is whole; `None` while that isn't known (form parts).
    pub length: Option<u64>,
    /// How many bytes have been received; in a catalogue, how many of them are durable.
    pub offset: u64,
    /// The SHA-256 of the first `offset` bytes so far, while the upload rests in a catalogue; `None` also where its slot
    /// has another digest or none.
    pub partial_digest: Option<PartialDigest>,
    /// The digest that was computed, once all bytes are there: the one of its slot's kind. Without a kind it is the
    /// SHA-256 that its client declared, if one was.
    pub digest: Option<Digest>,
    /// What the bytes are, once a check has looked at them.
    pub media_type: Option<MediaType>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it last got further; it expires some time after that. That somebody takes it up and sends nothing is no
    /// progress.
    pub touched_at: Timestamp,
    /// When it became complete or a dead end.
    pub settled_at: Option<Timestamp>,
    /// When the application decided to keep it as a stored file.
    pub kept_at: Option<Timestamp>,
    /// When its bytes were found missing. What is lost is remembered and not shown.
    pub lost_at: Option<Timestamp>,
    /// What the application's own writer answered when it closed; its bytes are not in the store then.
    pub writer_result: Option<serde_json::Value>,
    state: EntryState,
}

/// What is known of an entry when it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// A fresh id.
    pub id: EntryId,
    /// The client's own short name of it.
    pub reference: EntryRef,
    /// The registering session.
    pub session: SessionId,
    /// Whose it is.
    pub owner: OwnerId,
    /// The ticket with which it begins, if there is one.
    pub ticket: Option<TicketId>,
    /// The page on which it is uploaded.
    pub page: PageName,
    /// The slot that admitted it.
    pub slot: SlotName,
    /// The name that the slot's admission made.
    pub name: FileName,
    /// The safe path inside a chosen folder.
    pub relative_path: Option<RelativePath>,
    /// What the client said.
    pub facts: ClientFacts,
    /// Whether it is a file, or only a piece of one.
    pub kind: EntryKind,
    /// What its door wrote down about it.
    pub memo: Option<String>,
    /// The length in bytes at which it is whole, where the door knows it.
    pub length: Option<u64>,
    /// Now.
    pub created_at: Timestamp,
}

impl Entry {
    /// A registered entry without bytes.
    pub fn new(new: NewEntry) -> Self {
        Self {
            id: new.id,
            reference: new.reference,
            session: new.session,
            home: new.session,
            owner: new.owner,
            ticket: new.ticket,
            page: new.page,
            slot: new.slot,
            name: new.name,
            relative_path: new.relative_path,
            facts: new.facts,
            kind: new.kind,
            memo: new.memo,
            length: new.length,
            offset: 0,
            partial_digest: None,
            digest: None,
            media_type: None,
            created_at: new.created_at,
            touched_at: new.created_at,
            settled_at: None,
            kept_at: None,
            lost_at: None,
            writer_result: None,
            state: EntryState::Registered,
        }
    }

    /// The same entry in a state that a catalogue has kept. Not a way around the table.
    #[must_use]
    pub fn with_state(mut self, state: EntryState) -> Self {
        self.state = state;
        self
    }

    /// Where in its life it is.
    pub fn state(&self) -> &EntryState {
        &self.state
    }

    /// Goes on to the next state.
    ///
    /// # Errors
    /// [`IllegalTransition`] if the table doesn't allow it; the entry is unchanged then.
    pub fn apply(&mut self, transition: Transition) -> Result<(), IllegalTransition> {
        self.state = self.state.apply(transition)?;
        Ok(())
    }

    /// Whole percents of the length that have been received; 100 only when all have. Without a
    /// known length 0 until it is done.
    pub fn progress(&self) -> u8 {
        match self.length {
            _ if self.done() => 100,
            None => 0,
            Some(length) if self.offset == length => 100,
            Some(0) => 0,
            Some(length) => {
                let percent = u128::from(self.offset) * 100 / u128::from(length);
                u8::try_from(percent).unwrap_or(99).min(99)
            }
        }
    }

    /// Whether it is complete, consumed or not.
    pub fn done(&self) -> bool {
        matches!(self.state, EntryState::Complete | EntryState::Consumed)
    }

    /// Why it failed, if it did.
    pub fn rejection(&self) -> Option<&Rejection> {
        match &self.state {
            EntryState::Failed(rejection) => Some(rejection),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::{Code, StoredFile};

    fn entry(length: Option<u64>) -> Entry {
        Entry::new(NewEntry {
            id: EntryId::from_uuid(Uuid::from_u128(1)),
            reference: "c1".parse().unwrap(),
            session: SessionId::from_uuid(Uuid::from_u128(2)),
            owner: OwnerId::from_uuid(Uuid::from_u128(3)),
            ticket: None,
            page: "photos".parse().unwrap(),
            slot: "photos".parse().unwrap(),
            name: FileName::sanitise("a.jpg").unwrap(),
            relative_path: None,
            facts: ClientFacts::default(),
            kind: EntryKind::File,
            memo: None,
            length,
            created_at: Timestamp::from_millis(1),
        })
    }

    #[test]
    fn progress_is_100_only_when_every_byte_is_there() {
        for (length, offset, percent) in [
            (Some(10), 0, 0),
            (Some(10), 5, 50),
            (Some(10), 10, 100),
            (Some(1_000), 999, 99),
            (Some(3), 2, 66),
            (Some(0), 0, 100),
            (Some(0), 1, 0),
            (Some(10), 11, 99),
            (Some(u64::MAX), u64::MAX - 1, 99),
            (None, 5_000, 0),
        ] {
            let entry = Entry { offset, ..entry(length) };
            assert_eq!(entry.progress(), percent, "{offset} of {length:?}");
        }
        assert_eq!(entry(None).with_state(EntryState::Complete).progress(), 100);
    }

    #[test]
    fn an_illegal_transition_changes_nothing() {
        let mut entry = entry(Some(1));
        let before = entry.clone();
        assert!(entry.apply(Transition::Complete).is_err());
        assert_eq!(entry, before);
        entry.apply(Transition::Receive).unwrap();
        assert_eq!(entry.state(), &EntryState::Receiving);
    }

    #[test]
    fn a_failed_entry_tells_why() {
        let mut entry = entry(Some(1));
        assert_eq!(entry.rejection(), None);
        entry.apply(Transition::Fail(Code::Infected.into())).unwrap();
        assert_eq!(entry.rejection().unwrap().code(), Code::Infected);
        assert!(!entry.done());
    }

    #[test]
    fn only_what_is_consumed_and_kept_is_a_stored_file() {
        let whole = Entry {
            offset: 7,
            digest: Some(Sha256Digest::from_bytes([1; 32]).into()),
            kept_at: Some(Timestamp::from_millis(9)),
            ..entry(Some(7))
        };
        assert_eq!(StoredFile::of(&whole.clone().with_state(EntryState::Complete)), None);
        let consumed = whole.with_state(EntryState::Consumed);
        let file = StoredFile::of(&consumed).unwrap();
        assert_eq!((file.size, file.created_at), (7, Timestamp::from_millis(9)));
        assert_eq!(file.media_type, MediaType::default());
        assert_eq!(StoredFile::of(&Entry { kept_at: None, ..consumed.clone() }), None);
        let lost = Entry { lost_at: Some(Timestamp::from_millis(9)), ..consumed.clone() };
        assert_eq!(StoredFile::of(&lost), None);
        assert_eq!(StoredFile::of(&Entry { digest: None, ..consumed }).unwrap().digest, None);
    }

    #[test]
    fn facts_are_read_back_and_may_have_gaps() {
        let facts = ClientFacts { client_size: Some(3), ..ClientFacts::default() };
        let row = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<ClientFacts>(&row).unwrap(), facts);
        assert_eq!(serde_json::from_str::<ClientFacts>("{}").unwrap(), ClientFacts::default());
    }
}

//! What the server says.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{
    Blake3Digest, Code, Entry, EntryId, EntryRef, EntryState, Param, Rejection, Sha256Digest, Slot,
    SlotName, Start,
};

/// A text message of the server.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::transport::ws) enum ServerMessage {
    Welcome {
        version: u32,
        session: String,
        resume: String,
        max_frame: usize,
        window: u64,
        checksums: bool,
        slots: BTreeMap<SlotName, SlotRules>,
        entries: Vec<AdoptedEntry>,
    },
    Registered {
        slot: String,
        entries: Vec<Accepted>,
        errors: Vec<Refused>,
    },
    Ack {
        stream: u32,
        offset: u64,
    },
    Nack {
        stream: u32,
        offset: u64,
        code: &'static str,
    },
    Progress(Progress),
    Region {
        name: String,
        html: String,
    },
    Reply {
        seq: u64,
        ok: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<ErrorFacts>,
    },
    Error {
        code: &'static str,
        message: String,
    },
}

impl ServerMessage {
    /// An error that belongs to no entry.
    pub(in crate::transport::ws) fn error(rejection: &Rejection) -> Self {
        Self::Error { code: rejection.code().as_str(), message: rejection.message().to_owned() }
    }
}

/// A slot's rules, so that a client can refuse before it sends.
#[derive(Debug, Serialize)]
pub(in crate::transport::ws) struct SlotRules {
    accept: String,
    accepts: String,
    rules: String,
    max_entries: u32,
    max_file_size: u64,
    min_file_size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_total_size: Option<u64>,
    chunk_size: u32,
    auto_upload: bool,
}

impl From<&Slot> for SlotRules {
    fn from(slot: &Slot) -> Self {
        let constraints = slot.constraints();
        Self {
            accept: constraints.accept.to_string(),
            accepts: constraints.accept.describe(),
            rules: constraints.describe(),
            max_entries: constraints.max_entries,
            max_file_size: constraints.max_file_size,
            min_file_size: constraints.min_file_size,
            max_total_size: constraints.max_total_size,
            chunk_size: slot.chunk_size(),
            auto_upload: slot.start() == Start::Auto,
        }
    }
}

/// An entry that a resumed session brings along: it goes on at `offset`, or its page may not have heard how it
/// ended.
#[derive(Debug, Serialize)]
pub(in crate::transport::ws) struct AdoptedEntry {
    pub(in crate::transport::ws) r#ref: EntryRef,
    pub(in crate::transport::ws) id: EntryId,
    pub(in crate::transport::ws) slot: SlotName,
    pub(in crate::transport::ws) stream: u32,
    pub(in crate::transport::ws) name: String,
    pub(in crate::transport::ws) size: u64,
    pub(in crate::transport::ws) offset: u64,
    pub(in crate::transport::ws) status: &'static str,
}

impl AdoptedEntry {
    pub(in crate::transport::ws) fn new(entry: &Entry, stream: u32) -> Self {
        Self {
            r#ref: entry.reference.clone(),
            id: entry.id,
            slot: entry.slot.clone(),
            stream,
            name: entry.name.to_string(),
            size: entry.length.unwrap_or(entry.offset),
            offset: entry.offset,
            status: entry.state().wire(),
        }
    }
}

/// A registered entry.
#[derive(Debug, Serialize)]
pub(in crate::transport::ws) struct Accepted {
    pub(in crate::transport::ws) r#ref: EntryRef,
    pub(in crate::transport::ws) id: EntryId,
    pub(in crate::transport::ws) stream: u32,
    pub(in crate::transport::ws) offset: u64,
}

/// A file that was not registered.
#[derive(Debug, Serialize)]
pub(in crate::transport::ws) struct Refused {
    r#ref: EntryRef,
    code: &'static str,
    message: String,
    params: BTreeMap<&'static str, Param>,
}

impl Refused {
    pub(in crate::transport::ws) fn new(reference: EntryRef, rejection: &Rejection) -> Self {
        Self {
            r#ref: reference,
            code: rejection.code().as_str(),
            message: rejection.message().to_owned(),
            params: rejection.params().clone(),
        }
    }
}

/// A reason, in a message.
#[derive(Debug, Serialize)]
pub(in crate::transport::ws) struct ErrorFacts {
    code: &'static str,
    message: String,
}

impl From<&Rejection> for ErrorFacts {
    fn from(rejection: &Rejection) -> Self {
        Self { code: rejection.code().as_str(), message: rejection.message().to_owned() }
    }
}

/// How far an entry is.
#[derive(Debug, Serialize)]
pub(in crate::transport::ws) struct Progress {
    r#ref: EntryRef,
    id: EntryId,
    slot: SlotName,
    status: &'static str,
    loaded: u64,
    total: u64,
    progress: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Sha256Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blake3: Option<Blake3Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    taken: bool,
}

impl Progress {
    pub(in crate::transport::ws) fn of(entry: &Entry, url: Option<String>) -> Self {
        Self {
            r#ref: entry.reference.clone(),
            id: entry.id,
            slot: entry.slot.clone(),
            status: entry.state().wire(),
            loaded: entry.offset,
            total: entry.length.unwrap_or(entry.offset),
            progress: entry.progress(),
            error: entry.rejection().map(ErrorFacts::from),
            sha256: entry.digest.and_then(|digest| digest.sha256()),
            blake3: entry.digest.and_then(|digest| digest.blake3()),
            url,
            taken: false,
        }
    }

    /// It has ended without success.
    pub(in crate::transport::ws) fn ended(entry: &Entry) -> Self {
        match entry.state() {
            EntryState::Expired => Self::refused(entry, &Rejection::new(Code::Expired)),
            _ => Self::of(entry, None),
        }
    }

    /// The application has the file, and nothing more will happen to it here; with a URL if it keeps it with us.
    pub(in crate::transport::ws) fn taken(entry: &Entry, url: Option<String>) -> Self {
        Self { taken: true, ..Self::of(entry, url) }
    }

    /// All its bytes are here, and it is being settled.
    pub(in crate::transport::ws) fn verifying(entry: &Entry) -> Self {
        Self { status: "verifying", ..Self::of(entry, None) }
    }

    /// The same entry with a reason that is not its own: its view refused it.
    pub(in crate::transport::ws) fn refused(entry: &Entry, rejection: &Rejection) -> Self {
        let mut progress = Self::of(entry, None);
        if rejection.code() == Code::Cancelled {
            // Whoever cancelled it, nothing went wrong.
            return Self { status: EntryState::Cancelled.wire(), error: None, ..progress };
        }
        progress.status = "error";
        progress.error = Some(rejection.into());
        progress
    }
}

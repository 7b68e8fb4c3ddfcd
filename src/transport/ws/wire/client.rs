//! What a client says.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::strict::Strict;
use crate::domain::{ClientFacts, Code, EntryId, EntryRef};

/// Numbers beyond this are not exact in JavaScript, so they are no sizes (RFC 8259 §6).
const SAFE: u64 = (1 << 53) - 1;
/// Entries of one `register`.
const BATCH: usize = 1_000;
/// Characters of a sentence that quotes what was sent.
const LONGEST: usize = 200;

/// A text message of a client.
#[derive(Debug)]
pub(in crate::transport::ws) enum ClientMessage {
    Hello { resume: Option<String>, checksums: bool },
    Register { slot: String, offers: Vec<Offer> },
    Attach { reference: EntryRef, id: EntryId, size: u64 },
    Cancel { reference: EntryRef },
    Event { name: String, payload: Value, seq: Option<u64> },
}

/// One file that is offered; what is wrong with it hurts no other.
#[derive(Debug)]
pub(in crate::transport::ws) struct Offer {
    pub(in crate::transport::ws) reference: EntryRef,
    pub(in crate::transport::ws) facts: Result<ClientFacts, WireError>,
}

/// Why a message is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::transport::ws) struct WireError {
    pub(in crate::transport::ws) code: Code,
    pub(in crate::transport::ws) message: String,
}

impl WireError {
    fn invalid(message: impl Into<String>) -> Self {
        Self { code: Code::InvalidMessage, message: message.into() }
    }
}

#[derive(Deserialize)]
struct Hello {
    resume: Option<String>,
    #[serde(default)]
    checksums: bool,
}

#[derive(Deserialize)]
struct Register {
    slot: String,
    entries: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Attach {
    id: EntryId,
    size: u64,
}

#[derive(Deserialize)]
struct Event {
    name: String,
    #[serde(default)]
    payload: Value,
    seq: Option<u64>,
}

#[derive(Deserialize)]
struct Facts {
    name: String,
    size: u64,
    mime: Option<String>,
    relative_path: Option<String>,
    last_modified: Option<i64>,
    sha256: Option<String>,
}

/// Reads a text message. Unknown fields are ignored.
pub(in crate::transport::ws) fn decode(text: &str) -> Result<ClientMessage, WireError> {
    let Strict(value) = serde_json::from_str(text)
        .map_err(|_| WireError::invalid("This is not JSON in which each name is there once."))?;
    let kind = value.get("type").and_then(Value::as_str).map(str::to_owned);
    let Some(kind) = kind else {
        return Err(WireError::invalid("A message is a JSON object with a `type`."));
    };
    match kind.as_str() {
        "hello" => {
            let hello: Hello = body(value)?;
            Ok(ClientMessage::Hello { resume: hello.resume, checksums: hello.checksums })
        }
        "register" => {
            let register: Register = body(value)?;
            if register.entries.len() > BATCH {
                return Err(WireError::invalid(format!("At most {BATCH} entries in a message.")));
            }
            let offers = register.entries.into_iter().map(offer).collect::<Result<_, _>>()?;
            Ok(ClientMessage::Register { slot: register.slot, offers })
        }
        "attach" => {
            let reference = reference(value.get("ref"))?;
            let Attach { id, size } = body(value)?;
            Ok(ClientMessage::Attach { reference, id, size })
        }
        "cancel" => Ok(ClientMessage::Cancel { reference: reference(value.get("ref"))? }),
        "event" => {
            let event: Event = body(value)?;
            Ok(ClientMessage::Event { name: event.name, payload: event.payload, seq: event.seq })
        }
        _ => Err(WireError {
            code: Code::UnknownMessage,
            message: "There is no message of this type.".to_owned(),
        }),
    }
}

fn body<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, WireError> {
    // What a reader complains of it also quotes, and that may be as long as the message.
    let shortly =
        |error: serde_json::Error| error.to_string().chars().take(LONGEST).collect::<String>();
    serde_json::from_value(value).map_err(|error| WireError::invalid(shortly(error)))
}

fn reference(value: Option<&Value>) -> Result<EntryRef, WireError> {
    let text = value.and_then(Value::as_str);
    text.and_then(|text| EntryRef::try_from(text).ok())
        .ok_or_else(|| WireError::invalid("`ref` must be 1 to 64 printable ASCII characters."))
}

fn offer(fields: Map<String, Value>) -> Result<Offer, WireError> {
    let reference = reference(fields.get("ref"))?;
    Ok(Offer { reference, facts: facts(fields) })
}

fn facts(fields: Map<String, Value>) -> Result<ClientFacts, WireError> {
    let size = fields.get("size").cloned().unwrap_or_default();
    if size.as_u64().is_none_or(|size| size > SAFE) {
        return Err(WireError::invalid("`size` must be a whole number from 0 to 2^53 - 1."));
    }
    let facts: Facts = body(Value::Object(fields))?;
    let sha256 = facts.sha256.map(|hex| hex.parse()).transpose();
    Ok(ClientFacts {
        client_name: facts.name,
        client_type: facts.mime.filter(|mime| !mime.is_empty()),
        client_size: Some(facts.size),
        client_relative_path: facts.relative_path.filter(|path| !path.is_empty()),
        client_last_modified: facts.last_modified,
        client_sha256: sha256.map_err(|_| WireError::invalid("`sha256` must be 64 hex digits."))?,
    })
}

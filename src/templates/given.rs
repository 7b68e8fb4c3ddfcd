//! What a template hands to a filter: a slot or an entry, and arguments.
//!
//! A filter that silently renders nothing for a misspelt slot leaves a page without its input and its developer
//! without a clue. Whatever isn't what a filter wants is an error that says what was given and what is allowed.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tera::value::ValueKind;
use tera::{Error, Kwargs, State, TeraResult, Value};

use super::facts::{EntryFacts, SlotFacts};

const SLOT: &str = "a slot such as uploads.photos";
const ENTRY: &str = "an entry such as one of uploads.photos.entries";
const EITHER: &str = "a slot such as uploads.photos or one of its entries";

/// What most filters for uploads can be put behind.
#[derive(Debug)]
pub(super) enum Given {
    Slot(SlotFacts),
    Entry(EntryFacts),
}

/// A slot.
pub(super) fn slot(filter: &str, value: &Value, state: &State<'_>) -> TeraResult<SlotFacts> {
    SlotFacts::deserialize(value).map_err(|_| unwanted(filter, SLOT, value, state))
}

/// An entry.
pub(super) fn entry(filter: &str, value: &Value, state: &State<'_>) -> TeraResult<EntryFacts> {
    EntryFacts::deserialize(value).map_err(|_| unwanted(filter, ENTRY, value, state))
}

/// A slot or an entry.
pub(super) fn either(filter: &str, value: &Value, state: &State<'_>) -> TeraResult<Given> {
    if let Ok(slot) = SlotFacts::deserialize(value) {
        return Ok(Given::Slot(slot));
    }
    let entry = EntryFacts::deserialize(value).map(Given::Entry);
    entry.map_err(|_| unwanted(filter, EITHER, value, state))
}

/// The arguments of a filter or function. A name that it does not know is an error, and so is a value of another
/// type.
pub(super) fn arguments<T: DeserializeOwned>(filter: &str, kwargs: &Kwargs) -> TeraResult<T> {
    kwargs.deserialize().map_err(|error| {
        // Serde speaks of deserialization and fields; a template has arguments.
        let what = error.to_string().replacen("deserialization failed: ", "", 1);
        let what = what.replacen("unknown field", "unknown argument", 1);
        Error::message(format!("{filter}: {what}"))
    })
}

/// The error for a value that a filter can't be put behind.
pub(super) fn unwanted(filter: &str, wanted: &str, value: &Value, state: &State<'_>) -> Error {
    let mut message = format!("{filter} wants {wanted}, got {}", name(value));
    if value.is_undefined()
        && let Ok(Some(uploads)) = state.get::<Value>("uploads")
        && let Some(slots) = uploads.as_map()
    {
        let mut names: Vec<&str> = slots.keys().filter_map(|name| name.as_str()).collect();
        names.sort_unstable();
        message += &match &*names {
            [] => "; this page has no slots".to_owned(),
            names => format!("; the slots of this page are: {}", names.join(", ")),
        };
    }
    Error::message(message)
}

fn name(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "something that does not exist",
        ValueKind::None => "none",
        ValueKind::Bool => "true or false",
        ValueKind::String => "a string",
        ValueKind::Array => "an array",
        ValueKind::Bytes => "bytes",
        ValueKind::Map if SlotFacts::deserialize(value).is_ok() => "a slot",
        ValueKind::Map if EntryFacts::deserialize(value).is_ok() => "an entry",
        ValueKind::Map => "a map",
        _ => "a number",
    }
}

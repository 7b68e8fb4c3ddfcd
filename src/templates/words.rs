//! `human_size` and `file_name`: sizes and names as people read them.

use serde::Deserialize;
use tera::{Kwargs, State, TeraResult, Value};

use super::given::{arguments, unwanted};
use super::markup::{Markup, Tag};
use crate::domain::HumanSize;

const SIZE: &str = "human_size";
const FILE_NAME: &str = "file_name";

/// An ending that is longer than this is no ending: "Minutes of the meeting of the 3. November".
const LONGEST_ENDING: usize = 8;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Bytes, as in "4.2 MB". An entry whose size isn't known has none, and of that nothing is shown.
pub(super) fn human_size(value: &Value, kwargs: Kwargs, state: &State<'_>) -> TeraResult<String> {
    let Nothing {} = arguments(SIZE, &kwargs)?;
    if value.is_none() {
        return Ok(String::new());
    }
    match value.as_u64() {
        Some(bytes) => Ok(HumanSize(bytes).to_string()),
        None => Err(unwanted(SIZE, "a whole number of bytes", value, state)),
    }
}

/// A name whose ending stays in sight when there is no room for all of it: the style sheet shortens `.stem`.
pub(super) fn file_name(value: &Value, kwargs: Kwargs, state: &State<'_>) -> TeraResult<Markup> {
    let Nothing {} = arguments(FILE_NAME, &kwargs)?;
    let Some(name) = value.as_str() else {
        return Err(unwanted(FILE_NAME, "a file's name", value, state));
    };
    Ok(parts(name))
}

/// The stem, which may be shortened, and the ending.
pub(super) fn parts(name: &str) -> Markup {
    let (stem, ending) = split(name);
    Tag::new("span").class("stem", None).around_text(stem).then(Markup::text(ending))
}

/// The ending without its dot, as short as it has to be to stand in the place of a picture.
pub(super) fn ending(name: &str) -> &str {
    let ending = split(name).1.trim_start_matches('.');
    ending.char_indices().nth(4).map_or(ending, |(end, _)| &ending[..end])
}

fn split(name: &str) -> (&str, &str) {
    let dot = name.rfind('.').filter(|&dot| dot > 0 && name.len() - dot <= LONGEST_ENDING);
    name.split_at(dot.unwrap_or(name.len()))
}

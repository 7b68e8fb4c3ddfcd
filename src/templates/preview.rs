//! `upload_preview`: the place for pictures of chosen files.
//!
//! The browser shows them from the file itself; nothing is asked of the server, and a picture that is refused
//! later was seen all the same.

use serde::Deserialize;
use tera::{Kwargs, State, TeraResult, Value};

use super::given::{Given, arguments, either};
use super::markup::{Markup, Tag};

const NAME: &str = "upload_preview";

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Container {
    id: Option<String>,
    class: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Picture {
    id: Option<String>,
    class: Option<String>,
    alt: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
}

pub(super) fn upload_preview(
    value: &Value,
    kwargs: Kwargs,
    state: &State<'_>,
) -> TeraResult<Markup> {
    match either(NAME, value, state)? {
        Given::Slot(slot) => {
            let Container { id, class } = arguments(NAME, &kwargs)?;
            let tag = Tag::new("div").maybe("id", id).class("", class.as_deref());
            Ok(tag.with("data-upload-preview", slot.name).empty())
        }
        Given::Entry(entry) => {
            let Picture { id, class, alt, width, height } = arguments(NAME, &kwargs)?;
            Ok(Tag::new("img")
                .maybe("id", id)
                .class("upload-preview-image", class.as_deref())
                .with("data-upload-image", entry.r#ref)
                .with("alt", alt.unwrap_or(entry.name))
                .maybe("width", width)
                .maybe("height", height)
                .void())
        }
    }
}

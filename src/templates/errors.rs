//! `upload_errors`: why files were refused, beside the slot or beside the entry.

use serde::Deserialize;
use tera::{Kwargs, State, TeraResult, Value};

use super::given::{Given, arguments, either};
use super::markup::{Markup, Tag};

const NAME: &str = "upload_errors";

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    id: Option<String>,
    class: Option<String>,
}

pub(super) fn upload_errors(
    value: &Value,
    kwargs: Kwargs,
    state: &State<'_>,
) -> TeraResult<Markup> {
    let given = either(NAME, value, state)?;
    let Options { id, class } = arguments(NAME, &kwargs)?;
    match given {
        Given::Slot(slot) => {
            let lines = slot
                .errors
                .iter()
                .map(|error| line(Tag::new("p"), None, &error.r#ref, &error.name, &error.message));
            Ok(Tag::new("div")
                .maybe("id", id)
                .class("upload-errors", class.as_deref())
                .with("data-upload-errors", &slot.name)
                .around(lines.collect()))
        }
        Given::Entry(entry) => Ok(entry.error.as_ref().map_or_else(Markup::default, |reason| {
            let tag = Tag::new("p").maybe("id", id);
            line(tag, class.as_deref(), &entry.r#ref, &entry.name, &reason.message)
        })),
    }
}

/// The same line as the script writes.
fn line(tag: Tag, class: Option<&str>, reference: &str, name: &str, message: &str) -> Markup {
    let tag = tag.class("upload-error", class).with("data-upload-ref", reference);
    tag.around_text(format!("{name}: {message}"))
}

//! `upload_progress`, `upload_summary` and `upload_cancel`: how far files have come, and giving one up.
//!
//! A list that the server renders and a list that the script keeps would show a file twice. So a slot gets an
//! empty list, which the script fills; an entry gets its own row with what the server knows, which the script
//! finds again by its reference.

use serde::Deserialize;
use tera::{Kwargs, State, TeraResult, Value};

use super::facts::EntryFacts;
use super::given::{Given, arguments, either, entry, slot};
use super::markup::{Markup, Tag};
use super::words::parts;

const PROGRESS: &str = "upload_progress";
const SUMMARY: &str = "upload_summary";
const CANCEL: &str = "upload_cancel";

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct List {
    id: Option<String>,
    class: Option<String>,
    label: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Plain {
    id: Option<String>,
    class: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Button {
    class: Option<String>,
    label: Option<String>,
}

pub(super) fn upload_progress(
    value: &Value,
    kwargs: Kwargs,
    state: &State<'_>,
) -> TeraResult<Markup> {
    match either(PROGRESS, value, state)? {
        Given::Slot(slot) => {
            let List { id, class, label } = arguments(PROGRESS, &kwargs)?;
            let words = if slot.max_entries > 1 { "Your uploads" } else { "Your upload" };
            Ok(Tag::new("ul")
                .maybe("id", id)
                .class("rows uploads", class.as_deref())
                .with("data-upload-progress", &slot.name)
                .with("data-upload-preview", &slot.name)
                .with("aria-label", label.as_deref().unwrap_or(words))
                .empty())
        }
        Given::Entry(entry) => {
            let Plain { id, class } = arguments(PROGRESS, &kwargs)?;
            Ok(Tag::new("div")
                .maybe("id", id)
                .class("upload-progress-item", class.as_deref())
                .with("data-upload-entry", &entry.r#ref)
                .with("data-state", look(&entry.state))
                .around(row(&entry)))
        }
    }
}

fn row(entry: &EntryFacts) -> Markup {
    let bar = Tag::new("div")
        .class("upload-progress-bar", None)
        .with("role", "progressbar")
        .with("aria-label", &entry.name)
        .with("aria-valuemin", 0)
        .with("aria-valuemax", 100)
        .with("aria-valuenow", entry.progress);
    let name = Tag::new("span").class("upload-progress-name", None).around(parts(&entry.name));
    let text = Tag::new("span").class("upload-progress-text", None);
    name.then(text.around_text(format!("{}%", entry.progress)))
        .then(Tag::new("div").class("upload-progress-track", None).around(bar.empty()))
}

/// The word by which the style sheet and the script know a state.
fn look(state: &str) -> &'static str {
    match state {
        "registered" => "queued",
        "receiving" => "uploading",
        "verifying" => "checking",
        "complete" | "consumed" => "uploaded",
        "cancelled" => "cancelled",
        _ => "failed",
    }
}

/// The line that says how all files of a slot stand. The script shows it while there is something to say.
pub(super) fn upload_summary(
    value: &Value,
    kwargs: Kwargs,
    state: &State<'_>,
) -> TeraResult<Markup> {
    let slot = slot(SUMMARY, value, state)?;
    let Plain { id, class } = arguments(SUMMARY, &kwargs)?;
    let tag = Tag::new("div").maybe("id", id).class("summary", class.as_deref());
    Ok(tag.with("data-upload-summary", slot.name).flag("hidden", true).empty())
}

/// A button that gives an entry up; nothing for an entry that has ended.
pub(super) fn upload_cancel(
    value: &Value,
    kwargs: Kwargs,
    state: &State<'_>,
) -> TeraResult<Markup> {
    let entry = entry(CANCEL, value, state)?;
    let Button { class, label } = arguments(CANCEL, &kwargs)?;
    if matches!(look(&entry.state), "cancelled" | "failed") {
        return Ok(Markup::default());
    }
    let word = label.as_deref().unwrap_or("Cancel");
    // Read aloud, a row of buttons that are all called "Cancel" says nothing.
    Ok(Tag::new("button")
        .with("type", "button")
        .class("button", class.as_deref())
        .with("data-upload-cancel", &entry.r#ref)
        .with("aria-label", format!("{word} {}", entry.name))
        .around_text(word))
}

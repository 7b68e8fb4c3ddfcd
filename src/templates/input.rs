//! `live_file_input`: the file field of a slot.
//!
//! What a slot accepts stands in its declaration; a field that repeats it by hand goes stale, and then the picker
//! offers what the server refuses.

use serde::Deserialize;
use tera::{Error, Kwargs, State, TeraResult, Value};

use super::facts::SlotFacts;
use super::given::{arguments, slot};
use super::markup::{Markup, Tag};

const NAME: &str = "live_file_input";

/// Which of a phone's cameras takes the picture.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Camera {
    /// The one that looks at the person.
    User,
    /// The one that looks away.
    Environment,
}

impl Camera {
    fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Environment => "environment",
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Options {
    pub(super) id: Option<String>,
    pub(super) class: Option<String>,
    pub(super) describedby: Option<String>,
    pub(super) capture: Option<Camera>,
    pub(super) folder: bool,
    pub(super) disabled: bool,
    pub(super) required: bool,
    pub(super) hidden: bool,
}

pub(super) fn live_file_input(
    value: &Value,
    kwargs: Kwargs,
    state: &State<'_>,
) -> TeraResult<Markup> {
    let slot = slot(NAME, value, state)?;
    input(NAME, &slot, &arguments(NAME, &kwargs)?)
}

/// The field, for the filter that was called.
pub(super) fn input(filter: &str, slot: &SlotFacts, options: &Options) -> TeraResult<Markup> {
    let name = &slot.name;
    let several = slot.max_entries > 1;
    if options.folder && !several {
        return Err(Error::message(format!(
            "{filter}: a folder has many files, and the slot {name} takes one (max_entries is 1)"
        )));
    }
    // A phone opens its camera only for a kind of file that the camera makes, and takes one at a time.
    let camera = options.capture.map(|_| made_by_camera(&slot.accept));
    let accept = camera.or_else(|| Some(&*slot.accept).filter(|accept| !accept.is_empty()));
    let id = options.id.clone().unwrap_or_else(|| format!("upload-{name}"));
    Ok(Tag::new("input")
        .with("type", "file")
        .with("name", name)
        .with("id", id)
        .class("", options.class.as_deref())
        .with("data-upload", name)
        .maybe("accept", accept)
        .flag("multiple", several && camera.is_none())
        .maybe("capture", options.capture.map(Camera::as_str))
        .flag("webkitdirectory", options.folder)
        .maybe("aria-describedby", options.describedby.as_deref())
        .flag("required", options.required)
        .flag("disabled", options.disabled)
        .flag("hidden", options.hidden)
        .void())
}

fn made_by_camera(accept: &str) -> &'static str {
    match accept.split('/').next() {
        Some("video") => "video/*",
        Some("audio") => "audio/*",
        _ => "image/*",
    }
}

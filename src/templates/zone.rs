//! `upload_zone`: the whole place where files come in: field, label, rules, camera, folder.
//!
//! The zone is where accessibility is easily lost: the field must keep its label, its description and its focus
//! ring while it looks like a drop zone. It is written once, here, and our own pages use it.

use std::num::NonZeroU8;

use serde::Deserialize;
use tera::{Kwargs, State, TeraResult, Value};

use super::facts::SlotFacts;
use super::given::{arguments, slot};
use super::input::{self, Camera, input};
use super::markup::{Markup, Tag};

const NAME: &str = "upload_zone";

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    id: Option<String>,
    class: Option<String>,
    label: Option<String>,
    rules: Option<String>,
    hint: Option<String>,
    camera: Option<Camera>,
    camera_label: Option<String>,
    folder: bool,
    folder_label: Option<String>,
    no_click: bool,
    no_drag: bool,
    no_keyboard: bool,
    no_paste: bool,
    disabled: bool,
    required: bool,
    parallel: Option<NonZeroU8>,
}

pub(super) fn upload_zone(value: &Value, kwargs: Kwargs, state: &State<'_>) -> TeraResult<Markup> {
    let slot = slot(NAME, value, state)?;
    let options: Options = arguments(NAME, &kwargs)?;
    let rules_id = format!("{}-rules", slot.name);
    let inside = label(&slot, &options, &rules_id)?
        .then(rules(&slot, &options, &rules_id))
        .then(extra(&slot, &options)?);
    Ok(Tag::new("div")
        .maybe("id", options.id.as_deref())
        .class("zone", options.class.as_deref())
        .with("data-upload-drop", &slot.name)
        .maybe("data-zone", options.disabled.then_some("disabled"))
        .flag("data-upload-no-click", options.no_click)
        .flag("data-upload-no-drag", options.no_drag)
        .flag("data-upload-no-keyboard", options.no_keyboard)
        .flag("data-upload-no-paste", options.no_paste)
        .maybe("data-upload-parallel", options.parallel)
        .flag("disabled", options.disabled)
        .around(inside))
}

/// The button that the whole zone is: its words, and the field.
fn label(slot: &SlotFacts, options: &Options, rules_id: &str) -> TeraResult<Markup> {
    let words = if slot.max_entries > 1 { "Choose files" } else { "Choose a file" };
    let words = options.label.as_deref().unwrap_or(words);
    let hint = Tag::new("span").flag("data-upload-hint", true).around_text(words);
    let field = input::Options {
        describedby: Some(rules_id.to_owned()),
        disabled: options.disabled,
        required: options.required,
        ..input::Options::default()
    };
    let inside = icon("upload")
        .then(Tag::new("span").class("zone-hint", None).around(hint))
        .then(input(NAME, slot, &field)?);
    Ok(Tag::new("label").class("zone-main", None).around(inside))
}

/// What the slot takes, and that it may be dropped too.
fn rules(slot: &SlotFacts, options: &Options, rules_id: &str) -> Markup {
    let hint = options.hint.clone().unwrap_or_else(|| {
        let verbs = match (options.no_drag, options.no_paste) {
            (false, false) => "drop or paste",
            (false, true) => "drop",
            (true, false) => "paste",
            (true, true) => return String::new(),
        };
        format!("You can {verbs} {} too.", if slot.max_entries > 1 { "them" } else { "it" })
    });
    let hint = match &*hint {
        "" => Markup::default(),
        words => {
            let words = Tag::new("span").class("for-mouse", None).around_text(words);
            Markup::text(" ").then(words)
        }
    };
    let rules = match options.rules.as_deref() {
        Some(words) => Markup::text(words),
        None => Markup::text(format!("{}.", slot.rules)),
    };
    Tag::new("p").class("zone-rules", None).with("id", rules_id).around(rules.then(hint))
}

/// The other ways to choose: a folder, a camera.
fn extra(slot: &SlotFacts, options: &Options) -> TeraResult<Markup> {
    let mut all = Markup::default();
    let id = |way: &str| Some(format!("upload-{}-{way}", slot.name));
    let disabled = options.disabled;
    if options.folder {
        let words = options.folder_label.as_deref().unwrap_or("Choose a folder");
        let field = input::Options {
            id: id("folder"),
            folder: true,
            disabled,
            ..input::Options::default()
        };
        all = all.then(way("zone-extra", "folder", words, input(NAME, slot, &field)?));
    }
    if options.camera.is_some() {
        let words = options.camera_label.as_deref().unwrap_or("Take a photo");
        let (id, capture) = (id("camera"), options.camera);
        let field = input::Options { id, capture, disabled, ..input::Options::default() };
        all = all.then(way("zone-extra for-touch", "camera", words, input(NAME, slot, &field)?));
    }
    Ok(all)
}

fn way(class: &str, picture: &str, words: &str, field: Markup) -> Markup {
    let inside = icon(picture).then(Markup::text(words)).then(field);
    Tag::new("div")
        .class(class, None)
        .around(Tag::new("label").class("button", None).around(inside))
}

fn icon(name: &str) -> Markup {
    Tag::new("span").class(&format!("icon icon-{name}"), None).with("aria-hidden", "true").empty()
}

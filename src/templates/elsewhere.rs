//! `uploads_elsewhere`: what this visitor sends to the page by another way, as far as it has come.
//!
//! The script knows nothing of these files, and must not: the rows have none of the attributes by which it finds its
//! own. A bar is a `<progress>`, because the pages' policy leaves no room for styles in attributes.

use serde::{Deserialize, Serialize};
use tera::{Error, Kwargs, State, TeraResult, Value};

use super::facts::EntryFacts;
use super::given::arguments;
use super::markup::{Markup, Tag};
use super::words::{ending, parts};
use crate::session::UploadSession;

const NAME: &str = "uploads_elsewhere";
/// As many rows as are shown; of the others only the number.
const SHOWN: usize = 8;
/// What stands in the place of a piece's name.
const PIECE: &str = "Part of a file";
/// What is said aloud.
const SPOKEN: &str = "Files are coming in from elsewhere.";

/// What the context has of it: `elsewhere` in a template.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Elsewhere {
    /// How many there are.
    count: usize,
    /// The oldest ones.
    entries: Vec<EntryFacts>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    elsewhere: Option<Elsewhere>,
    id: Option<String>,
    class: Option<String>,
    label: Option<String>,
    #[serde(default)]
    spoken: bool,
}

impl Elsewhere {
    pub(super) fn of(session: &UploadSession) -> Self {
        let entries = session.elsewhere();
        let count = entries.len();
        Self { count, entries: entries.iter().take(SHOWN).map(EntryFacts::of).collect() }
    }
}

/// A section with a row for each, or nothing if there are none.
pub(super) fn uploads_elsewhere(kwargs: Kwargs, state: &State<'_>) -> TeraResult<Markup> {
    let Options { elsewhere, id, class, label, spoken } = arguments(NAME, &kwargs)?;
    let found = match elsewhere {
        Some(given) => Some(given),
        None => state.get::<Value>("elsewhere")?.and_then(|it| Elsewhere::deserialize(&it).ok()),
    };
    let Some(Elsewhere { count, entries }) = found else {
        return Err(Error::message(format!(
            "{NAME} finds no elsewhere here; inside a component hand it in: {NAME}(elsewhere=elsewhere)"
        )));
    };
    let label = label.as_deref();
    if count == 0 {
        return Ok(Markup::default());
    }
    if spoken {
        return Ok(Markup::text(label.unwrap_or(SPOKEN)));
    }
    let id = id.unwrap_or_else(|| "elsewhere".to_owned());
    let title =
        Tag::new("h2").with("id", &id).around_text(label.unwrap_or("Coming from elsewhere"));
    let rows = Tag::new("ul").class("rows", None).around(entries.iter().map(row).collect());
    let more = count.saturating_sub(entries.len());
    let more = (more > 0).then(|| {
        Tag::new("p").class("elsewhere-more", None).around_text(format!("And {more} more."))
    });
    let section = Tag::new("section").class("elsewhere", class.as_deref());
    Ok(section.with("aria-labelledby", id).around(title.then(rows).then(more.unwrap_or_default())))
}

fn row(entry: &EntryFacts) -> Markup {
    let (state, word) = look(&entry.state);
    let span = |class| Tag::new("span").class(class, None);
    // A piece has a name that its sender never gave it.
    let path = entry.relative_path.as_deref().unwrap_or(&entry.name);
    let (name, shown, kind) = match entry.piece {
        true => (PIECE, Markup::text(PIECE), String::new()),
        false => (path, parts(path), ending(path).to_uppercase()),
    };
    let thumb = span("thumb").with("aria-hidden", true).around_text(kind);
    let title = span("upload-progress-name").with("title", name).around(shown);
    let icon = span("icon state-icon").with("aria-hidden", true).empty();
    let words = span("file-state").around_text(word).then(figures(entry, state));
    let meta = span("file-meta").around(icon.then(span("file-words").around(words)));
    // Without a value it says that nobody knows how far it is.
    let value = (entry.size.is_some() || entry.done).then_some(entry.progress);
    let bar = Tag::new("progress").class("elsewhere-bar", None).with("role", "progressbar");
    let bar = bar.with("aria-label", name).maybe("value", value).with("max", 100).empty();
    Tag::new("li")
        .class("row elsewhere-row", None)
        .with("data-key", entry.id)
        .with("data-state", state)
        .around(thumb.then(title).then(meta).then(bar))
}

/// How much of it there is.
fn figures(entry: &EntryFacts, state: &str) -> Markup {
    let (percent, size) = match entry.size {
        Some(_) if state == "uploading" => {
            (format!("{}%", entry.progress), entry.size_human.clone())
        }
        Some(_) => (String::new(), entry.size_human.clone()),
        None => (String::new(), format!("{} so far", entry.size_human)),
    };
    let percent = Tag::new("span").class("upload-progress-text", None).around_text(percent);
    percent.then(Tag::new("span").class("file-detail", None).around_text(size))
}

/// The word by which the style sheet knows a state, and the one that is read.
fn look(state: &str) -> (&'static str, &'static str) {
    match state {
        "registered" => ("queued", "Waiting"),
        "verifying" => ("checking", "Checking…"),
        "complete" => ("uploaded", "Uploaded"),
        _ => ("uploading", "Uploading"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tera::Context;

    use crate::Templates;

    fn entry(at: usize, change: &[(&str, Value)]) -> Value {
        let mut entry = json!({
            "ref": "c1", "id": format!("0190a6e2-7d5b-7c1a-9f00-{at:012}"), "slot": "photos",
            "name": "lake.jpg", "size": 1_000, "size_human": "1 kB", "client_type": null,
            "media_type": null, "relative_path": null, "progress": 42, "status": "uploading",
            "state": "receiving", "done": false, "valid": true, "error": null, "piece": false,
        });
        for (name, value) in change {
            entry[*name] = value.clone();
        }
        entry
    }

    fn rendered(template: &str, count: usize, entries: &[Value]) -> String {
        let templates = Templates::from_texts([("it.html", template)]).unwrap();
        let mut context = Context::new();
        context.insert("elsewhere", &json!({ "count": count, "entries": entries }));
        templates.render("it.html", &context).unwrap()
    }

    const ROWS: &str = "{{ uploads_elsewhere() }}";

    #[test]
    fn without_uploads_there_is_nothing_at_all() {
        assert_eq!(rendered(ROWS, 0, &[]), "");
        assert_eq!(rendered("{{ uploads_elsewhere(spoken=true) }}", 0, &[]), "");
    }

    #[test]
    fn what_is_said_aloud_has_no_figures_that_change() {
        let said = |progress: u8| {
            let entry = entry(1, &[("progress", progress.into())]);
            rendered("{{ uploads_elsewhere(spoken=true) }}", 1, &[entry])
        };
        assert_eq!(said(3), "Files are coming in from elsewhere.");
        assert_eq!(said(3), said(97));
    }

    #[test]
    fn each_state_has_a_word_and_a_bar() {
        for (change, word, bar) in [
            (vec![], "Uploading</span><span class=\"upload-progress-text\">42%<", "value=\"42\""),
            (
                vec![("state", json!("registered")), ("progress", json!(0))],
                ">Waiting<",
                "value=\"0\"",
            ),
            (vec![("state", json!("verifying"))], ">Checking…<", "value=\"42\""),
            (
                vec![("state", json!("complete")), ("progress", json!(100))],
                ">Uploaded<",
                "value=\"100\"",
            ),
            (vec![("size", Value::Null)], ">1 kB so far<", "aria-label=\"lake.jpg\" max"),
            (vec![("piece", json!(true))], ">Part of a file<", "aria-label=\"Part of a file\""),
        ] {
            let html = rendered(ROWS, 1, &[entry(1, &change)]);
            assert!(html.contains(word), "{word}: {html}");
            assert!(html.contains(bar) && html.contains("role=\"progressbar\""), "{bar}: {html}");
        }
    }

    #[test]
    fn of_many_a_few_are_shown_and_the_others_counted() {
        let entries: Vec<Value> = (0..8).map(|at| entry(at, &[])).collect();
        let html = rendered(ROWS, 1_000, &entries);
        assert_eq!(html.matches("<li").count(), 8);
        assert!(html.contains("And 992 more."), "{html}");
    }

    #[test]
    fn names_are_text_and_the_script_finds_nothing_of_its_own() {
        let hostile = "\"><script>alert('1')</script>.jpg";
        let html = rendered(ROWS, 1, &[entry(1, &[("name", hostile.into())])]);
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"), "{html}");
        assert!(!html.contains("data-upload") && !html.contains("style="), "{html}");
    }
}

//! The filters of templates: what `docs/guides/templates.md` says is what they render, on a real page too, and no
//! name of a file breaks out of its place.

use longshore::{
    Context, Event, PageContext, SlotOptions, Templates, UploadSession, View, ViewError,
};
use serde_json::{Value, json};

use crate::support::files::program;
use crate::support::pages;
use crate::support::{LivePage, TestApp};

const GUIDE: &str = include_str!("../../docs/guides/templates.md");

/// Two entries: one on its way, one refused.
fn entries() -> Value {
    let entry = |reference: &str, name: &str, progress: u8, state: &str, error: Value| {
        json!({
            "ref": reference, "id": "0190a6e2-7d5b-7c1a-9f00-00000000000a", "slot": "photos",
            "name": name, "size": 4_200_000, "size_human": "4.2 MB", "client_type": "image/jpeg",
            "media_type": null, "relative_path": null, "progress": progress, "status": "uploading",
            "state": state, "done": false, "valid": error.is_null(), "error": error,
        })
    };
    let message = "Only JPG or PNG can be uploaded here.";
    json!([
        entry("c1", "lake.jpg", 42, "receiving", Value::Null),
        entry(
            "c2",
            "notes.txt",
            0,
            "failed",
            json!({ "code": "not_accepted", "message": message })
        ),
    ])
}

fn slot(name: &str, accept: &str, max_entries: u32, rules: &str, entries: &Value) -> Value {
    let failed = entries.as_array().unwrap().iter().filter(|entry| !entry["error"].is_null());
    let errors: Vec<Value> = failed
        .map(|entry| {
            let (reference, name, error) = (&entry["ref"], &entry["name"], &entry["error"]);
            json!({ "ref": reference, "name": name, "code": error["code"], "message": error["message"] })
        })
        .collect();
    json!({
        "name": name, "accept": accept, "max_entries": max_entries, "max_file_size": 10_000_000,
        "min_file_size": 0, "max_total_size": null, "chunk_size": 65_536, "auto_upload": true,
        "rules": rules, "is_full": false, "complete": 0, "pending": 1, "entries": entries,
        "errors": errors,
    })
}

/// The context of the guide's examples.
fn context(entries: &Value) -> Context {
    let page = PageContext {
        path: "/photos".to_owned(),
        live_path: "/photos/ws".to_owned(),
        assets: "/static/dev".to_owned(),
        token: "a-token".to_owned(),
        notice: None,
    };
    let mut context = Context::from_serialize(&page).unwrap();
    let photos = slot("photos", ".jpg,.png", 10, "JPG or PNG, up to 10 files, 10 MB each", entries);
    let letter = slot("letter", ".pdf", 1, "PDF, up to 10 MB", &json!([]));
    context.insert("uploads", &json!({ "photos": photos, "letter": letter }));
    context
}

fn render(template: &str, context: &Context) -> Result<String, String> {
    let templates = Templates::from_texts([("it.html", template)]).map_err(|e| e.to_string())?;
    templates.render("it.html", context).map_err(|error| error.to_string())
}

/// Markup without the spaces that lines make between and beside tags.
fn closely(html: &str) -> String {
    let words = html.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace("> ", ">").replace(" <", "<")
}

/// The fenced blocks of the guide with their language, in order.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let fenced = GUIDE.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).collect()
}

#[test]
fn every_example_of_the_guide_renders_as_it_says() {
    let context = context(&entries());
    let blocks = blocks();
    let mut compared = 0;
    for (at, (language, text)) in blocks.iter().enumerate() {
        if *language != "jinja" {
            continue;
        }
        let rendered = render(text, &context).unwrap_or_else(|error| panic!("{text}\n{error}"));
        if let Some(("html", expected)) = blocks.get(at + 1) {
            assert_eq!(closely(&rendered), closely(expected), "of {text}");
            compared += 1;
        }
    }
    assert!(compared >= 12, "the guide has examples with what they render: {compared}");
}

#[test]
fn no_name_of_a_file_breaks_out_of_its_place() {
    let hostile = "\"><script>alert('1')</script>&.jpg";
    let mut entries = entries();
    for entry in entries.as_array_mut().unwrap() {
        entry["name"] = hostile.into();
        entry["ref"] = hostile.into();
    }
    entries[1]["error"]["message"] = hostile.into();
    let context = context(&entries);
    for filter in [
        "uploads.photos | upload_errors",
        "uploads.photos.entries[0] | upload_preview",
        "uploads.photos.entries[0] | upload_progress",
        "uploads.photos.entries[0] | upload_cancel",
        "uploads.photos.entries[1] | upload_errors",
        "uploads.photos.entries[0].name | file_name",
        "uploads.photos | upload_zone(label=uploads.photos.entries[0].name)",
        "uploads.photos | live_file_input(id=uploads.photos.entries[0].name)",
        "form_fields(event=uploads.photos.entries[0].name)",
        "longshore_head(assets=uploads.photos.entries[0].name)",
    ] {
        let html = render(&format!("{{{{ {filter} }}}}"), &context).unwrap();
        assert!(
            html.contains("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;"),
            "{html}"
        );
        assert!(!html.contains("<script>") && !html.contains("'1'"), "{html}");
    }
}

#[test]
fn a_mistake_in_a_template_says_what_was_given_and_what_is_allowed() {
    let context = context(&entries());
    for (expression, sentence) in [
        (
            "'photos' | live_file_input",
            "live_file_input wants a slot such as uploads.photos, got a string",
        ),
        (
            "uploads.nope | live_file_input",
            "live_file_input wants a slot such as uploads.photos, got something that does not exist; \
             the slots of this page are: letter, photos",
        ),
        (
            "uploads.nope | upload_zone",
            "upload_zone wants a slot such as uploads.photos, got something that does not exist",
        ),
        ("uploads | upload_zone", "got a map"),
        (
            "uploads.photos.entries[0] | upload_summary",
            "a slot such as uploads.photos, got an entry",
        ),
        (
            "uploads.photos | upload_cancel",
            "upload_cancel wants an entry such as one of uploads.photos.entries, got a slot",
        ),
        (
            "uploads.photos.entries | upload_errors",
            "upload_errors wants a slot such as uploads.photos or one of its entries, got an array",
        ),
        ("7 | upload_preview", "got a number"),
        ("'7' | human_size", "human_size wants a whole number of bytes, got a string"),
        ("-7 | human_size", "human_size wants a whole number of bytes, got a number"),
        ("uploads.photos.sise | human_size", "got something that does not exist"),
        ("7 | file_name", "file_name wants a file's name, got a number"),
        (
            "uploads.photos | upload_zone(lable='x')",
            "upload_zone: unknown argument `lable`, expected one of `id`, `class`, `label`",
        ),
        ("uploads.photos.entries[0] | upload_preview(colour='x')", "unknown argument `colour`"),
        ("7 | human_size(binary=true)", "human_size: unknown argument `binary`"),
        ("form_fields(evnt='save')", "form_fields: unknown argument `evnt`"),
        (
            "uploads.photos | live_file_input(capture='selfie')",
            "live_file_input: unknown variant `selfie`, expected `user` or `environment`",
        ),
        ("uploads.photos | live_file_input(disabled='no')", "expected a boolean"),
        ("uploads.photos | upload_zone(parallel=0)", "expected a nonzero u8"),
        (
            "uploads.letter | live_file_input(folder=true)",
            "live_file_input: a folder has many files, and the slot letter takes one",
        ),
    ] {
        let told = render(&format!("{{{{ {expression} }}}}"), &context).unwrap_err();
        assert!(told.contains(sentence), "{expression}: {told}");
    }
    let nowhere = Context::new();
    let told = render("{{ form_fields() }}", &nowhere).unwrap_err();
    assert!(told.contains("form_fields finds no token here"), "{told}");
    let told = render("{{ uploads.photos | upload_zone }}", &nowhere).unwrap_err();
    assert!(told.contains("uploads"), "{told}");
}

#[test]
fn a_size_that_is_not_known_is_not_shown() {
    let mut context = Context::new();
    context.insert("size", &None::<u64>);
    assert_eq!(render("({{ size | human_size }})", &context).unwrap(), "()");
}

#[test]
fn a_camera_is_asked_for_what_the_slot_takes() {
    for (accept, wanted) in [
        ("video/*", "video/*"),
        ("audio/mpeg,audio/wav", "audio/*"),
        (".jpg,.png", "image/*"),
        ("", "image/*"),
    ] {
        let mut context = Context::new();
        context.insert("slot", &slot("clips", accept, 5, "", &json!([])));
        let html = render("{{ slot | live_file_input(capture='user') }}", &context).unwrap();
        assert!(html.contains(&format!("accept=\"{wanted}\" capture=\"user\"")), "{html}");
        assert!(!html.contains("multiple"), "a camera takes one at a time: {html}");
    }
}

#[test]
fn templates_of_a_folder_have_the_filters_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("size.html"), "{{ 1000 | human_size }}").unwrap();
    let templates = Templates::from_folder(folder.path().to_owned()).unwrap();
    for _ in 0..2 {
        // Each rendering reads the folder again.
        assert_eq!(templates.render("size.html", &Context::new()).unwrap(), "1 kB");
    }
}

/// A page that shows its entries in a region, as an application would.
#[derive(Debug)]
struct Shelf;

const SHELF: &str = r#"{% include "shelf/list.html" %}"#;

const ROWS: &str = r#"{{ uploads.notes | live_file_input }}{{ uploads.notes | upload_zone }}
{{ uploads.notes | upload_preview }}{{ uploads.notes | upload_progress }}{{ uploads.notes | upload_summary }}
<b>{{ uploads.notes.pending }} pending, {{ uploads.notes.complete }} complete{% if uploads.notes.is_full %}, full{% endif %}</b>
<i>{% for key in uploads.notes | keys %}{{ key }} {% endfor %}</i>
{% for entry in uploads.notes.entries %}
<li>{{ entry | upload_preview }}{{ entry | upload_progress }}{{ entry | upload_errors }}{{ entry | upload_cancel }}
<u>{% for key in entry | keys %}{{ key }} {% endfor %}</u>
({{ entry.ref }} {{ entry.state }} {{ entry.status }} {{ entry.size_human }} {{ entry.client_type }} {{ entry.valid }} {{ entry.done }})</li>
{% endfor %}{{ uploads.notes | upload_errors }}"#;

impl View for Shelf {
    fn template(&self) -> &str {
        "shelf.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        let options = SlotOptions::new().max_entries(2).max_total_size(50_000);
        Ok(session.allow_upload("notes", options)?)
    }

    async fn handle_event(&mut self, _: &Event, session: &UploadSession) -> Result<(), ViewError> {
        session.push_region("list");
        Ok(())
    }
}

async fn shelf() -> TestApp {
    let templates = pages::templates(&[("shelf.html", SHELF), ("shelf/list.html", ROWS)]);
    TestApp::with(|builder| builder.templates(templates).page("shelf", || Shelf)).await
}

async fn look(live: &mut LivePage) -> String {
    live.say(&json!({ "type": "event", "name": "look", "seq": 9 })).await;
    let region = live.hear("region").await;
    closely(region["html"].as_str().unwrap())
}

fn has(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part} is not in {html}");
    }
}

#[actix_web::test]
async fn a_live_page_shows_its_own_entries_through_the_filters() {
    let app = shelf().await;
    let visitor = app.visitor();
    let page = visitor.get("/shelf").await;
    assert_eq!(page.status, 200, "{}", page.text());
    has(&page.text(), &["<b>0 pending, 0 complete</b>", "data-upload-drop=\"notes\""]);
    let mut live = visitor.live("shelf").await;

    let first = live.register("notes", "c1", "a <b>.txt", 40_000).await.unwrap();
    live.data(first.stream, 0, &[b'a'; 20_000]).await;
    live.hear_where("half of it", |m| m["type"] == "progress" && m["loaded"] == 20_000).await;
    let html = look(&mut live).await;
    has(
        &html,
        &[
            "<b>1 pending, 0 complete</b>",
            "data-upload-entry=\"c1\" data-state=\"uploading\"",
            "<span class=\"upload-progress-name\">a _b_.txt</span>",
            "aria-valuenow=\"50\"",
            "data-upload-image=\"c1\"",
            "data-upload-cancel=\"c1\"",
            "(c1 receiving uploading 40 kB",
        ],
    );
    assert!(!html.contains("upload-error\""), "nothing is wrong yet: {html}");

    live.data(first.stream, 20_000, &[b'a'; 20_000]).await;
    live.settled("c1").await;
    let second = live.register("notes", "c2", "bad.pdf", 512).await.unwrap();
    let html = look(&mut live).await;
    has(
        &html,
        &["<b>1 pending, 1 complete, full</b>", "data-state=\"queued\"", "data-state=\"uploaded\""],
    );

    live.send(&second, &program()).await;
    live.settled("c2").await;
    let html = look(&mut live).await;
    let error =
        "<p class=\"upload-error\" data-upload-ref=\"c2\">bad.pdf: This is a Windows program";
    assert_eq!(html.matches(error).count(), 2, "on the entry and on the slot: {html}");
    has(&html, &["<b>0 pending, 1 complete</b>", "(c2 failed error 512 bytes"]);
    assert!(
        !html.contains("data-upload-cancel=\"c2\""),
        "what has ended can't be given up: {html}"
    );
    drop(live);
    app.end().await;
}

/// The names in the first column of the table under a heading.
fn documented(heading: &str) -> Vec<&'static str> {
    let section = GUIDE.split_once(heading).expect("the heading").1;
    let rows = section.lines().skip_while(|line| !line.starts_with("|--")).skip(1);
    let mut names: Vec<&str> = rows
        .take_while(|line| line.starts_with('|'))
        .flat_map(|line| line.split('|').nth(1).unwrap().split(','))
        .map(|name| name.trim().trim_matches('`'))
        .collect();
    names.sort_unstable();
    names
}

#[actix_web::test]
async fn the_guide_knows_every_fact_of_a_slot_and_of_an_entry() {
    let app = shelf().await;
    let mut live = app.visitor().live("shelf").await;
    live.register("notes", "c1", "a.txt", 10).await.unwrap();
    let html = look(&mut live).await;
    for (heading, tag) in [("### A slot", "i"), ("### An entry", "u")] {
        let inside = html.split_once(&format!("<{tag}>")).unwrap().1;
        let inside = inside.split_once(&format!("</{tag}>")).unwrap().0;
        let mut facts: Vec<&str> = inside.split_whitespace().collect();
        facts.sort_unstable();
        assert_eq!(facts, documented(heading), "{heading}");
    }
    drop(live);
    app.stop().await;
}

#[derive(Debug)]
struct Typo(&'static str);

impl View for Typo {
    fn template(&self) -> &str {
        self.0
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        Ok(session.allow_upload("notes", SlotOptions::new())?)
    }
}

#[actix_web::test]
async fn a_slot_that_does_not_exist_is_an_error_page_and_nothing_else() {
    const TYPOS: [(&str, &str, &str); 6] = [
        ("printed", "printed.html", "{{ uploads.nope }}"),
        ("filtered", "filtered.html", "{{ uploads.nope | upload_errors }}"),
        ("input", "input.html", "<form>{{ uploads.nope | live_file_input }}</form>"),
        ("field", "field.html", "{{ uploads.nope.name }}"),
        ("loop", "loop.html", "{% for slot in uploads.nope %}{{ slot }}{% endfor %}"),
        (
            "entries",
            "entries.html",
            "{% for entry in uploads.nope.entries %}{{ entry }}{% endfor %}",
        ),
    ];
    let texts: Vec<(&str, &str)> = TYPOS.iter().map(|(_, file, text)| (*file, *text)).collect();
    let templates = pages::templates(&texts);
    let app = TestApp::with(|builder| {
        TYPOS.iter().fold(builder.templates(templates), |builder, (page, file, _)| {
            builder.page(page, || Typo(file))
        })
    })
    .await;
    let visitor = app.visitor();
    for (page, _, text) in TYPOS {
        let answer = visitor.get(&format!("/{page}")).await;
        assert_eq!(answer.status, 500, "{text}: {}", answer.text());
        // Our own error page, which keeps the developer's mistake to the log.
        has(&answer.text(), &["<title>500</title>", "Something went wrong on our side"]);
        assert!(!answer.text().contains("nope"), "{}", answer.text());
    }
    assert_eq!(visitor.get("/inbox").await.status, 200);
    app.is_alive().await;
    app.end().await;
}

//! The filters of templates: what `docs/guides/templates.md` says is what they render, and no name of a file breaks
//! out of its place.

/// The same on pages of a running server.
mod served;

use longshore::{Context, PageContext, Templates};
use serde_json::{Value, json};

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
        ..PageContext::default()
    };
    let mut context = Context::from_serialize(&page).unwrap();
    let photos = slot("photos", ".jpg,.png", 10, "JPG or PNG, up to 10 files, 10 MB each", entries);
    let letter = slot("letter", ".pdf", 1, "PDF, up to 10 MB", &json!([]));
    context.insert("uploads", &json!({ "photos": photos, "letter": letter }));
    let mut tape = entries[0].clone();
    tape["name"] = "tape.bin".into();
    tape["id"] = "0190a6e2-7d5b-7c1a-9f00-00000000000b".into();
    context.insert("elsewhere", &json!({ "count": 3, "entries": [tape] }));
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
        "uploads_elsewhere(label=uploads.photos.entries[0].name)",
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
        ("uploads_elsewhere(lable='x')", "uploads_elsewhere: unknown argument `lable`"),
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
    let told = render("{{ uploads_elsewhere() }}", &nowhere).unwrap_err();
    assert!(told.contains("uploads_elsewhere finds no elsewhere here"), "{told}");
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
fn a_zone_speaks_only_of_the_ways_that_it_leaves_open() {
    for (arguments, said) in [
        ("", Some("You can drop or paste them too.")),
        ("(no_drag=true)", Some("You can paste them too.")),
        ("(no_paste=true)", Some("You can drop them too.")),
        ("(no_drag=true, no_paste=true)", None),
        ("(hint='')", None),
        ("(hint='Or drag it here.')", Some("Or drag it here.")),
    ] {
        let template = format!("{{{{ uploads.photos | upload_zone{arguments} }}}}");
        let html = render(&template, &context(&entries())).unwrap();
        let hint = html.split_once("<span class=\"for-mouse\">").map(|(_, rest)| rest);
        assert_eq!(hint.and_then(|rest| rest.split('<').next()), said, "{arguments}");
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

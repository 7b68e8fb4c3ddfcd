//! Filters on pages of a running server: with slots and entries as they really are, and with a developer's typos.

use longshore::{Event, SlotOptions, UploadSession, View, ViewError};
use serde_json::json;

use super::{GUIDE, closely};
use crate::support::pages;
use crate::support::{LivePage, TestApp};
use longshore::testing::samples::program;

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
            "<span class=\"upload-progress-name\"><span class=\"stem\">a _b_</span>.txt</span>",
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

    live.write(&second, &program()).await;
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

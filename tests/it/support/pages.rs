//! Pages of our own, written against the public API like any application's.

use longshore::{
    Consumed, Context, Entry, Event, SlotOptions, Templates, UploadSession, View, ViewError,
};

/// The sum of all slot rules, kept as soon as they are complete; the first slot takes anything.
#[derive(Debug)]
pub(crate) struct Inbox;

/// Slots of [`Inbox`], each with one rule that a test wants to break.
fn inbox_slots() -> Vec<(&'static str, SlotOptions)> {
    let new = SlotOptions::new;
    vec![
        ("any", new().max_entries(20).max_file_size(1_000_000)),
        ("pictures", new().accept(".jpg,.png").max_entries(5).max_file_size(100_000)),
        ("sized", new().accept(".txt").max_entries(5).min_file_size(10).max_file_size(100)),
        ("pair", new().max_entries(2)),
        ("total", new().max_entries(5).max_total_size(150)),
        ("mixed", new().accept(".pdf,image/*").max_entries(5)),
        ("wild", new().accept("image/*").max_entries(5)),
        ("active", new().max_entries(5).allow_active_content()),
        ("large", new().max_entries(5).max_file_size(64_000_000)),
    ]
}

impl View for Inbox {
    fn template(&self) -> &str {
        "inbox.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        for (name, options) in inbox_slots() {
            session.allow_upload(name, options)?;
        }
        Ok(())
    }

    async fn handle_event(&mut self, event: &Event, _: &UploadSession) -> Result<(), ViewError> {
        match event.name.as_str() {
            "save" | "nothing" => Ok(()),
            other => Err(ViewError::unknown_event(other)),
        }
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        if entry.done() { keep(entry, session).await } else { Ok(()) }
    }

    async fn context(
        &mut self,
        session: &UploadSession,
        context: &mut Context,
    ) -> Result<(), ViewError> {
        list("any", session, context).await
    }
}

/// Manual slots with the same rules: nothing is kept before "save".
#[derive(Debug)]
pub(crate) struct Desk;

impl View for Desk {
    fn template(&self) -> &str {
        "inbox.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        for (name, options) in inbox_slots() {
            session.allow_upload(name, options.manual())?;
        }
        Ok(())
    }

    async fn handle_event(
        &mut self,
        event: &Event,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        if event.name != "save" {
            return Err(ViewError::unknown_event(&event.name));
        }
        for (slot, _) in inbox_slots() {
            keep_all(slot, session).await?;
        }
        session.push_region("list");
        Ok(())
    }

    async fn context(
        &mut self,
        session: &UploadSession,
        context: &mut Context,
    ) -> Result<(), ViewError> {
        list("any", session, context).await
    }
}

pub(crate) async fn keep(entry: &Entry, session: &UploadSession) -> Result<(), ViewError> {
    session
        .consume_uploaded_entry(entry, async |file, _| {
            file.keep();
            Ok::<_, ViewError>(Consumed::Done(()))
        })
        .await
}

pub(crate) async fn keep_all(slot: &str, session: &UploadSession) -> Result<usize, ViewError> {
    let kept = session
        .consume_uploaded_entries(slot, async |file, _| {
            file.keep();
            Ok::<_, ViewError>(Consumed::Done(()))
        })
        .await?;
    Ok(kept.len())
}

async fn list(slot: &str, session: &UploadSession, context: &mut Context) -> Result<(), ViewError> {
    let files = session.stored_files(slot, 100).await?;
    context.insert("files", &files.iter().map(|file| session.facts(file)).collect::<Vec<_>>());
    Ok(())
}

/// What a page of a test looks like; the notice is the one that the product's pages show.
pub(crate) const PAGE: &str = r#"<!doctype html><title>{{ page }}</title>
<input name="_token" value="{{ token }}">
{% include "notice.html" %}
{% if files %}{% for file in files %}<li>{{ file.name }}</li>{% endfor %}{% endif %}"#;

pub(crate) const LIST: &str = "{% for file in files %}<li>{{ file.name }}</li>{% endfor %}";

/// The templates of all test pages.
pub(crate) fn templates(more: &[(&str, &str)]) -> Templates {
    let notice = include_str!("../../../templates/parts/notice.html");
    let error = "<!doctype html><title>{{ status }}</title><p>{{ message }}</p>";
    let mut texts = vec![
        ("inbox.html", PAGE),
        ("inbox/list.html", LIST),
        ("desk/list.html", LIST),
        ("notice.html", notice),
        ("error.html", error),
    ];
    texts.extend(more);
    Templates::from_texts(texts).unwrap()
}

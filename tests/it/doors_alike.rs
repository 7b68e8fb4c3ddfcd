//! A file is the same whichever way it came: the same row, the same digest, the same words to the application.

use std::sync::{Arc, Mutex};

use longshore::testing::samples::{sha256, text};
use longshore::{Entry, Event, SlotOptions, UploadSession, View, ViewError};
use serde_json::Value;

use crate::support::TestApp;
use crate::support::doors::{Outcome, doors_of_few_words, every_door, sent};

/// What the application was told of complete files, and what it did.
type Diary = Arc<Mutex<Vec<String>>>;

/// A page that writes down what happens to it.
#[derive(Debug)]
struct Keeper(Diary);

impl Keeper {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl View for Keeper {
    fn template(&self) -> &str {
        "inbox.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        session.allow_upload("any", SlotOptions::new().max_entries(5))?;
        Ok(())
    }

    async fn handle_event(&mut self, event: &Event, _: &UploadSession) -> Result<(), ViewError> {
        self.note(format!("event {}", event.name));
        Ok(())
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        if !entry.done() {
            return Ok(());
        }
        let (name, size, percent) = (&entry.name, entry.offset, entry.progress());
        let digest = entry.digest.map(|digest| digest.to_string()).unwrap_or_default();
        self.note(format!("{name} of {size} bytes at {percent} %: {digest}"));
        let file = session.keep_uploaded_entry(entry).await?;
        self.note(format!("kept {} as {}", file.name, file.media_type));
        Ok(())
    }
}

/// A row without what differs from file to file.
fn row(mut file: Value) -> Value {
    for changing in ["id", "url", "created_at"] {
        assert!(file[changing].is_string(), "{file}");
        file[changing] = Value::Null;
    }
    file
}

#[actix_web::test]
async fn a_file_is_the_same_whichever_way_it_came() {
    let bytes = text(30_000);
    let mut rows: Vec<(&str, Value)> = Vec::new();
    for door in every_door().into_iter().chain(doors_of_few_words()) {
        let diary = Diary::default();
        let pages = Arc::clone(&diary);
        let app =
            TestApp::with(|builder| builder.page("keeper", move || Keeper(Arc::clone(&pages))))
                .await;
        let visitor = app.visitor();
        let outcomes = door.send(&visitor, "keeper", "any", &[sent("letter.txt", &bytes)]).await;
        assert!(matches!(outcomes[..], [Outcome::Stored(_)]), "{}: {outcomes:?}", door.name());
        let mut listed = visitor.listed().await;
        assert_eq!(listed.len(), 1, "{}", door.name());
        let digest = sha256(&bytes);
        let expected = [
            format!("letter.txt of 30000 bytes at 100 %: {digest}"),
            format!("kept letter.txt as {}", listed[0]["type"].as_str().unwrap()),
        ];
        assert_eq!(*diary.lock().unwrap(), expected, "{}", door.name());
        rows.push((door.name(), row(listed.remove(0))));
        app.end().await;
    }
    assert!(rows.len() >= 8, "every door took part");
    for (door, row) in &rows {
        assert_eq!(*row, rows[0].1, "{door}");
    }
}

//! The usual ends of a complete file: kept in the store, or moved to a place of the application's; and the
//! fields of an event.

use std::path::PathBuf;

use longshore::testing::{Upload, mount};
use longshore::{
    Code, Entry, EntryId, Event, Rejection, SlotOptions, UploadSession, View, ViewError, ViewResult,
};
use serde_json::json;

struct Desk {
    folder: PathBuf,
}

impl View for Desk {
    fn template(&self) -> &str {
        "desk.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> ViewResult {
        session.allow_upload("kept", SlotOptions::new().max_entries(3).manual())?;
        session.allow_upload("one", SlotOptions::new().max_entries(3))?;
        Ok(session.allow_upload("moved", SlotOptions::new().max_entries(3))?)
    }

    async fn on_progress(&mut self, entry: &Entry, session: &UploadSession) -> ViewResult {
        match (entry.done(), entry.slot.as_str()) {
            (true, "one") => {
                let file = session.keep_uploaded_entry(entry).await?;
                assert_eq!((file.id, file.size), (entry.id, entry.offset));
            }
            (true, "moved") => {
                let bytes = session.move_uploaded_entry(entry, self.folder.join("here")).await?;
                assert_eq!(bytes, entry.offset);
            }
            _ => {}
        }
        Ok(())
    }

    async fn handle_event(&mut self, event: &Event, session: &UploadSession) -> ViewResult {
        let said = match event.name.as_str() {
            "save" => {
                let kept = session.keep_uploaded_entries("kept").await?;
                kept.iter().map(|file| file.name.to_string()).collect::<Vec<_>>().join(" ")
            }
            "delete" => session.delete_file(event.get("id")?).await?.name.to_string(),
            "id" => event.get::<EntryId>("id")?.to_string(),
            _ => session.stored_files("one", 10).await?.iter().map(|f| f.id.to_string()).collect(),
        };
        Err(Rejection::new(Code::CheckFailed).with_message(said).into())
    }
}

/// What the page says to an event.
fn said(answer: Result<(), ViewError>) -> String {
    answer.unwrap_err().rejection().message().to_owned()
}

#[actix_web::test]
async fn a_slot_is_kept_whole_and_in_order() {
    let mut desk = mount(|| Desk { folder: PathBuf::new() }).await;
    assert_eq!(said(desk.event("save", json!({})).await), "", "there is nothing to keep");
    for name in ["a.txt", "b.txt"] {
        desk.upload("kept", Upload::text(name, "hello")).await.unwrap();
    }
    assert_eq!(said(desk.event("save", json!({})).await), "a.txt b.txt");
    assert_eq!(said(desk.event("save", json!({})).await), "", "they are kept once");
}

#[actix_web::test]
async fn a_kept_file_is_stored_and_deleted_by_the_id_of_an_event() {
    let mut desk = mount(|| Desk { folder: PathBuf::new() }).await;
    desk.upload("one", Upload::text("a.txt", "hello")).await.unwrap();
    let id = said(desk.event("list", json!({})).await);
    assert_eq!(said(desk.event("delete", json!({ "id": id })).await), "a.txt");
    assert_eq!(said(desk.event("list", json!({})).await), "");
}

#[actix_web::test]
async fn a_moved_file_is_at_its_target_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let mut desk = mount(move || Desk { folder: path.clone() }).await;
    let moved = desk.upload("moved", Upload::text("a.txt", "hello")).await.unwrap();
    assert_eq!(std::fs::read(folder.path().join("here")).unwrap(), b"hello");
    let error = desk.event("delete", json!({ "id": moved.id.to_string() })).await.unwrap_err();
    assert_eq!(error.rejection().code(), Code::UnknownEntry);
    // The target exists now, so a second file is refused and the first one stays.
    assert!(desk.upload("moved", Upload::text("b.txt", "bye")).await.is_err());
    assert_eq!(std::fs::read(folder.path().join("here")).unwrap(), b"hello");
}

#[actix_web::test]
async fn a_field_that_is_missing_or_of_another_shape_names_itself() {
    let mut desk = mount(|| Desk { folder: PathBuf::new() }).await;
    for payload in [json!({}), json!({ "id": 7 }), json!({ "id": "../secret" }), json!("id")] {
        let error = desk.event("id", payload.clone()).await.unwrap_err();
        assert_eq!(error.rejection().code(), Code::InvalidMessage, "{payload}");
        assert!(error.to_string().contains("id: "), "{payload}: {error}");
    }
}

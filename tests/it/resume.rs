//! Going on: dropped sockets, second tabs, pages loaded anew, restarts.

use std::path::Path;
use std::time::Duration;

use longshore::testing::samples::sha256;
use longshore::testing::{LivePage, Selected, TestServer, Upload, until};
use longshore::{Entry, Event, SlotOptions, Templates, UploadSession, View, ViewError};
use serde_json::json;

/// A page that keeps what comes into one slot at once, drops what comes into another, and waits for "save" with
/// the third.
struct Desk;

impl View for Desk {
    fn template(&self) -> &str {
        "desk.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        let room = || SlotOptions::new().max_entries(5).max_file_size(50_000_000);
        session.allow_upload("kept", room())?;
        session.allow_upload("taken", room())?;
        session.allow_upload("saved", room().manual())?;
        Ok(())
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        match entry.slot.as_str() {
            "kept" if entry.done() => drop(session.keep_uploaded_entry(entry).await?),
            "taken" if entry.done() => {
                let taken = async |_: &longshore::UploadedFile<'_>, _: &Entry| {
                    Ok::<_, ViewError>(longshore::Consumed::Done(()))
                };
                session.consume_uploaded_entry(entry, taken).await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn handle_event(&mut self, _: &Event, session: &UploadSession) -> Result<(), ViewError> {
        session.keep_uploaded_entries("saved").await?;
        Ok(())
    }
}

async fn desk(data: Option<&Path>) -> TestServer {
    TestServer::start(|uploads| {
        let templates = Templates::from_texts([("desk.html", "")]).unwrap();
        let uploads = uploads.templates(templates).page("desk", || Desk);
        let uploads = uploads.session_grace(Duration::from_secs(600));
        match data {
            Some(data) => uploads.data(data),
            None => uploads,
        }
    })
    .await
}

fn paper(name: &str) -> Upload {
    let bytes: Vec<u8> =
        (0..1_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    Upload::bytes(name, bytes)
}

/// Registers a file and sends half of it.
async fn half(page: &mut LivePage, slot: &str) -> Selected {
    let file = page.select(slot, paper("a.bin")).await.unwrap();
    page.send(&file, 50).await;
    page.progressed(&file, 50).await;
    file
}

async fn sends_the_rest(page: &mut LivePage, file: &Selected) {
    page.send_all(file).await;
    let end = page.settled(file).await;
    assert_eq!(end.sha256(), Some(&*sha256(paper("a.bin").contents())), "{end}");
}

#[actix_web::test]
async fn a_page_whose_connection_broke_goes_on_from_the_byte_that_the_server_has() {
    let server = desk(None).await;
    let visitor = server.visitor();
    let mut page = visitor.live("desk").await;
    let (file, token) = (half(&mut page, "kept").await, page.token());
    page.disconnect();
    let mut page = visitor.live_again("desk", &token).await;
    let (again, offset) = page.adopted(&file.reference, paper("a.bin"));
    assert_eq!((again.id.as_str(), page.token()), (&*file.id, token));
    assert!((500_000..1_000_000).contains(&offset), "{offset}");
    sends_the_rest(&mut page, &again).await;
    assert_eq!(visitor.listed().await.len(), 1);
}

#[actix_web::test]
async fn a_connection_that_is_not_known_to_be_dead_is_superseded_at_once() {
    let server = desk(None).await;
    let visitor = server.visitor();
    let mut old = visitor.live("desk").await;
    let file = half(&mut old, "kept").await;
    let mut page = visitor.live_again("desk", &old.token()).await;
    let (again, _) = page.adopted(&file.reference, paper("a.bin"));
    // What the old one still sends lands nowhere, and the old one is told why it is closed.
    old.data(file.stream, 500_000, &[0; 1_000]).await;
    assert_eq!(old.close_code().await, 4001);
    sends_the_rest(&mut page, &again).await;
}

#[actix_web::test]
async fn a_second_tab_takes_an_entry_over_and_the_first_one_is_told() {
    let server = desk(None).await;
    let visitor = server.visitor();
    let (mut first, mut second) = (visitor.live("desk").await, visitor.live("desk").await);
    for sent in [0, 50] {
        let file = first.select("kept", paper("a.bin")).await.unwrap();
        first.send(&file, sent).await;
        let reference = format!("taken-{sent}");
        let (mine, _) = second.attach(&reference, &file.id, paper("a.bin")).await.unwrap();
        assert_eq!(mine.id, file.id);
        first.fails(&file, "superseded").await;
        sends_the_rest(&mut second, &mine).await;
    }
    // The first one's connection is none the worse for it.
    first.upload("kept", paper("b.bin")).await;
}

#[actix_web::test]
async fn a_page_loaded_anew_takes_up_what_it_knows_by_its_id() {
    let server = desk(None).await;
    let visitor = server.visitor();
    let mut page = visitor.live("desk").await;
    let file = half(&mut page, "saved").await;
    page.disconnect();
    let mut page = visitor.live("desk").await;
    let (again, offset) = page.attach("n1", &file.id, paper("a.bin")).await.unwrap();
    assert!(offset >= 500_000);
    // Twice is once: it goes on where it stands.
    let (again, _) = page.attach(&again.reference, &again.id, paper("a.bin")).await.unwrap();
    sends_the_rest(&mut page, &again).await;
    page.event("save", json!({})).await.unwrap();
    assert!(page.settled(&again).await.url().is_some());
    until("the folder where it began is gone", || server.spool().is_empty()).await;
}

#[actix_web::test]
async fn another_file_is_not_glued_onto_an_entry() {
    let server = desk(None).await;
    let visitor = server.visitor();
    let mut page = visitor.live("desk").await;
    let file = half(&mut page, "kept").await;
    let longer = Upload::bytes("a.bin", vec![0; 1_000_001]);
    let refused = page.attach("n1", &file.id, longer).await.unwrap_err();
    assert_eq!(refused.code(), "size_mismatch");
    let unknown = uuid::Uuid::now_v7().to_string();
    for (visitor, id) in [(visitor.clone(), &unknown), (server.visitor(), &file.id)] {
        let mut other = visitor.live("desk").await;
        let refused = other.attach("n1", id, paper("a.bin")).await.unwrap_err();
        assert_eq!(refused.code(), "unknown_entry");
    }
    sends_the_rest(&mut page, &file).await;
}

#[actix_web::test]
async fn a_token_that_is_not_the_callers_brings_nothing() {
    let server = desk(None).await;
    let visitor = server.visitor();
    let mut page = visitor.live("desk").await;
    let file = half(&mut page, "kept").await;
    let token = page.token();
    let forged = token.replace('.', ".0");
    for (visitor, token) in
        [(server.visitor(), &*token), (visitor.clone(), &*forged), (visitor.clone(), "nonsense")]
    {
        let other = visitor.live_again("desk", token).await;
        assert!(other.adopted_references().is_empty());
        assert_ne!(other.welcome()["session"], page.welcome()["session"]);
    }
    sends_the_rest(&mut page, &file).await;
}

#[actix_web::test]
async fn an_upload_goes_on_after_a_restart_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = desk(Some(folder.path())).await;
    let visitor = server.visitor();
    let mut page = visitor.live("desk").await;
    let mut files = Vec::new();
    for slot in ["kept", "saved", "taken"] {
        files.push(half(&mut page, slot).await);
    }
    let waiting = page.select("saved", paper("b.bin")).await.unwrap();
    page.send_all(&waiting).await;
    assert!(page.settled(&waiting).await.is_complete());
    let (token, cookie) = (page.token(), visitor.cookie().unwrap());
    server.stop().await;

    let server = desk(Some(folder.path())).await;
    let visitor = server.visitor().with_cookie(&cookie);
    let mut page = visitor.live_again("desk", &token).await;
    assert_eq!(page.adopted_references().len(), 4);
    for file in &files {
        let (again, offset) = page.adopted(&file.reference, paper("a.bin"));
        assert!(offset >= 500_000, "{offset}");
        sends_the_rest(&mut page, &again).await;
    }
    assert!(page.settled(&waiting).await.is_complete(), "it is here, and still waits for `save`");
    page.event("save", json!({})).await.unwrap();
    assert_eq!(visitor.listed().await.len(), 3);
}

#[actix_web::test]
async fn a_page_that_did_not_hear_of_its_success_is_told_when_it_comes_back() {
    let server = desk(None).await;
    let visitor = server.visitor();
    let mut page = visitor.live("desk").await;
    let token = page.token();
    let mut files = Vec::new();
    for slot in ["kept", "taken"] {
        let file = page.select(slot, paper("a.bin")).await.unwrap();
        page.send_all(&file).await;
        files.push(page.settled(&file).await);
    }
    page.disconnect();
    let mut page = visitor.live_again("desk", &token).await;
    assert_eq!(page.adopted_references().len(), 2);
    for before in files {
        let now = page.settled(before["ref"].as_str().unwrap()).await;
        assert_eq!((now.url(), now.sha256()), (before.url(), before.sha256()));
        assert_eq!(now["taken"], true);
    }
}

#[actix_web::test]
async fn an_entry_tells_when_it_expires() {
    let server = desk(None).await;
    let visitor = server.visitor();
    let mut page = visitor.live("desk").await;
    let file = half(&mut page, "kept").await;
    let entry = visitor.get(&format!("api/entries/{}", file.id)).await.json();
    assert!(entry["offset"].as_u64().unwrap() >= 500_000);
    assert!(entry["expires_at"].is_string(), "{entry}");
    sends_the_rest(&mut page, &file).await;
    let entry = visitor.get(&format!("api/entries/{}", file.id)).await.json();
    assert!(entry["expires_at"].is_null(), "what is kept does not expire: {entry}");
}

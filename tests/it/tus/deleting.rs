//! DELETE: on its way, complete, stored, taken.

use std::time::Duration;

use longshore::testing::samples::text;
use longshore::testing::{TestServer, within};
use longshore::{Consumed, Entry, SlotOptions, Templates, UploadSession, View, ViewError};

use crate::support::TestApp;
use crate::support::tus::{BYTES, Tus, id};

/// TE-01, TE-03
#[actix_web::test]
async fn an_upload_that_is_deleted_is_gone_with_its_bytes() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    for sent in [0, 40, 50_000] {
        let url = client.create("pair", 90_000).await;
        client.brings(&url, 0, &text(sent)).await;
        assert_eq!(client.send("DELETE", &url, &[], b"").await.status, 204);
        let head = client.head(&url).await;
        assert_eq!((head.status, head.header("upload-offset")), (404, None));
        assert_eq!(client.patch(&url, sent as u64, b"x").await.status, 404);
        assert_eq!(client.send("GET", &url, &[], b"").await.status, 404);
        assert_eq!(client.send("DELETE", &url, &[], b"").await.status, 404);
        app.spool_empties().await;
    }
    // What it had taken of the slot is free again: three in one for two.
    client.create("pair", 10).await;
    client.create("pair", 10).await;
    app.stop().await;
}

/// TE-02
#[actix_web::test]
async fn a_stored_file_is_deleted_by_its_owner() {
    let app = TestApp::start().await;
    let (client, other) = (Tus::of(&app).await, Tus::of(&app).await);
    let url = client.create("any", 100).await;
    client.brings(&url, 0, &text(100)).await;
    assert_eq!(other.send("DELETE", &url, &[], b"").await.status, 404);
    assert_eq!(client.stored().await, text(100));
    assert_eq!(client.send("DELETE", &url, &[], b"").await.status, 204);
    client.nothing_is_stored().await;
    assert!(app.blobs().is_empty());
    assert_eq!(client.head(&url).await.status, 404);
    app.end().await;
}

/// TE-05
#[actix_web::test]
async fn an_upload_that_is_deleted_while_it_is_written_stays_deleted() {
    let app = TestApp::start().await;
    let client = Tus::of(&app).await;
    for (length, sent) in [(100, 40), (900_000, 20_000), (900_000, 700_000)] {
        let url = client.create("any", length as u64).await;
        let total = length.to_string();
        let headers = [BYTES, ("upload-offset", "0"), ("content-length", &total)];
        let mut writer = client.raw(&app, "PATCH", &url, &headers).await;
        writer.send(&text(sent)).await;
        let path = format!("api/entries/{}", id(&url));
        let begun = async {
            while client.visitor().get(&path).await.json()["state"] != "receiving" {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within("the first bytes", begun).await;
        assert_eq!(client.send("DELETE", &url, &[], b"").await.status, 204);
        // Without another byte: whoever waits for the answer is told now.
        let told = writer.answer().await;
        assert_eq!(told.status, 410, "{}", told.head);
        writer.send_what_goes(&text(length)[sent..]).await;
        assert_eq!(client.head(&url).await.status, 404);
        app.spool_empties().await;
    }
    client.nothing_is_stored().await;
    app.end().await;
}

/// Takes what comes into one slot for itself, and lets what comes into the other wait.
struct Till;

impl View for Till {
    fn template(&self) -> &str {
        "till.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        session.allow_upload("taken", SlotOptions::new().max_entries(5))?;
        session.allow_upload("waiting", SlotOptions::new().max_entries(5))?;
        Ok(())
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        if entry.done() && entry.slot.as_str() == "taken" {
            let take = async |_: &longshore::UploadedFile<'_>, _: &Entry| {
                Ok::<_, ViewError>(Consumed::Done(()))
            };
            session.consume_uploaded_entry(entry, take).await?;
        }
        Ok(())
    }
}

/// TE-02, C-HEAD-03
#[actix_web::test]
async fn a_file_that_waits_is_deleted_and_one_that_was_taken_is_not_ours() {
    let server = TestServer::start(|builder| {
        let templates = Templates::from_texts([("till.html", "")]).unwrap();
        builder.templates(templates).page("till", || Till)
    })
    .await;
    let client = Tus::of(&server).await;
    client.visitor().get("till").await;
    for (slot, status, afterwards) in [("taken", 403, 200), ("waiting", 204, 404)] {
        let headers = [BYTES, ("upload-length", "4")];
        let answer = client.send("POST", &format!("/tus/till/{slot}"), &headers, b"text").await;
        let url = answer.header("location").unwrap();
        let head = client.head(url).await;
        assert_eq!((head.status, head.header("upload-offset")), (200, Some("4")), "{slot}");
        assert_eq!(client.send("DELETE", url, &[], b"").await.status, status, "{slot}");
        assert_eq!(client.head(url).await.status, afterwards, "{slot}");
    }
    server.end().await;
}

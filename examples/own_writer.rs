//! Bytes that go to a store of the application's as they arrive, in numbered parts as object stores take
//! them; a folder plays the store. Longshore keeps no copy, and a slow store slows the browser down.
//!
//! `cargo run --example own_writer`; `curl -F backup=@large.iso http://127.0.0.1:8080/own_writer`
#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use longshore::{
    BufferedWriter, Consumed, Context, Entry, GB, PartWriter, Rejection, SlotOptions, Templates,
    UploadSession, Uploads, View, ViewError, ViewResult, WriterError,
};
use serde_json::{Value, json};
use tokio::fs;

/// One upload on its way into the store.
struct Object(PathBuf);

#[async_trait::async_trait]
impl PartWriter for Object {
    async fn open(&mut self) -> Result<(), WriterError> {
        Ok(fs::create_dir_all(&self.0).await?)
    }

    async fn write_part(&mut self, number: u32, part: bytes::Bytes) -> Result<(), WriterError> {
        Ok(fs::write(self.0.join(format!("part-{number:05}")), part).await?)
    }

    async fn complete(&mut self, parts: u32) -> Result<Value, WriterError> {
        Ok(json!({ "key": self.0.file_name().map(|key| key.to_string_lossy()), "parts": parts }))
    }

    async fn abort(&mut self, _: &Rejection) {
        let _ = fs::remove_dir_all(&self.0).await;
    }
}

struct Backup(PathBuf, Vec<Value>);

impl View for Backup {
    fn template(&self) -> &str {
        "backup.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> ViewResult {
        let folder = self.0.clone();
        let object = move |entry: &Entry| Object(folder.join(entry.id.to_string()));
        let options = SlotOptions::new().max_entries(20).max_file_size(50 * GB);
        let writer = move |entry: &_| BufferedWriter::with_part_size(object(entry), 5_000_000);
        Ok(session.allow_upload("backup", options.writer(writer))?)
    }

    async fn on_progress(&mut self, entry: &Entry, session: &UploadSession) -> ViewResult {
        let Some(object) = &entry.writer_result else { return Ok(()) };
        self.1.push(json!({ "name": entry.name, "object": object }));
        session.push_region("stored");
        let done = Consumed::Done(());
        session.consume_uploaded_entry(entry, async |_, _| Ok::<_, ViewError>(done)).await
    }

    async fn context(&mut self, _: &UploadSession, context: &mut Context) -> ViewResult {
        context.insert("stored", &self.1);
        Ok(())
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::var("DATA").unwrap_or_else(|_| "data/own_writer".to_owned());
    let port: u16 = std::env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let layout = ("layout.html", include_str!("templates/layout.html"));
    let page = ("backup.html", include_str!("templates/own_writer.html"));
    let region = ("own_writer/stored.html", include_str!("templates/own_writer/stored.html"));
    let templates = Templates::from_texts([layout, page, region])?;
    let objects = PathBuf::from(&data).join("objects");
    let uploads = Uploads::builder().data(data).templates(templates);
    let uploads = uploads.page("own_writer", move || Backup(objects.clone(), Vec::new()));
    let shown = |at: &[std::net::SocketAddr]| println!("http://{}/own_writer", at[0]);
    Ok(uploads.start().await?.serve(("127.0.0.1", port), shown).await?)
}

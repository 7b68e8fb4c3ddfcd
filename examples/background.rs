//! Work that goes on after a file has arrived: the page says "working…", then the result.
//!
//! `cargo run --example background`; `curl -F texts=@novel.txt http://127.0.0.1:8080/background`
#![allow(clippy::print_stdout)]

use std::{collections::BTreeMap, sync::Arc};

use longshore::{
    Consumed, Context, Entry, EntryId, MB, SlotOptions, Templates, UploadSession, Uploads, View,
    ViewError, ViewResult, domain::OwnerId,
};
use tokio::sync::Mutex;

#[derive(serde::Serialize)]
struct Job {
    name: String,
    words: Option<usize>,
}

/// The application's own memory, shared by all pages: whose jobs there are, and how far they are.
#[derive(Clone, Default)]
struct Jobs(Arc<Mutex<BTreeMap<OwnerId, BTreeMap<EntryId, Job>>>>);

impl Jobs {
    async fn put(&self, entry: &Entry, words: Option<usize>, session: &UploadSession) {
        let job = Job { name: entry.name.to_string(), words };
        self.0.lock().await.entry(entry.owner).or_default().insert(entry.id, job);
        session.push_region("counts");
    }
}

impl View for Jobs {
    fn template(&self) -> &str {
        "texts.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> ViewResult {
        let options = SlotOptions::new().accept(".txt,.md").max_entries(5).max_file_size(2 * MB);
        Ok(session.allow_upload("texts", options)?)
    }

    async fn on_progress(&mut self, entry: &Entry, session: &UploadSession) -> ViewResult {
        if !entry.done() {
            return Ok(());
        }
        // The text is read and not kept, so nothing is left of the file from here on.
        let read = session.consume_uploaded_entry(entry, async |file, _| {
            Ok::<_, ViewError>(Consumed::Done(file.read().await?))
        });
        let text = read.await?;
        self.put(entry, None, session).await;
        let (jobs, session, entry) = (self.clone(), session.clone(), entry.clone());
        actix_web::rt::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await; // Real work takes time.
            let words = String::from_utf8_lossy(&text).split_whitespace().count();
            jobs.put(&entry, Some(words), &session).await;
        });
        Ok(())
    }

    async fn context(&mut self, session: &UploadSession, context: &mut Context) -> ViewResult {
        context.insert("jobs", &self.0.lock().await.get(&session.caller().owner()));
        Ok(())
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::var("DATA").unwrap_or_else(|_| "data/background".to_owned());
    let port: u16 = std::env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let layout = ("layout.html", include_str!("templates/layout.html"));
    let page = ("texts.html", include_str!("templates/background.html"));
    let region = ("background/counts.html", include_str!("templates/background/counts.html"));
    let templates = Templates::from_texts([layout, page, region])?;
    let jobs = Jobs::default();
    let uploads = Uploads::builder().data(data).templates(templates);
    let uploads = uploads.page("background", move || jobs.clone()).start().await?;
    uploads.serve(("127.0.0.1", port), |at| println!("http://{}/background", at[0])).await?;
    Ok(())
}

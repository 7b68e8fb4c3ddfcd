//! Papers that are gathered, checked and sent together, with the reason beside each that is refused.
//!
//! `cargo run --example documents` prints the page's address. Curl is told the same reasons:
//! `curl -F papers=@report.pdf -F papers=@draft.txt http://127.0.0.1:8080/documents`
#![allow(clippy::print_stdout)]

use longshore::{
    Context, Entry, Event, FileFacts, MB, Rejection, SlotOptions, Templates, UploadSession,
    Uploads, View, ViewError, ViewResult,
};

struct Documents;

/// A rule that no list of options has. It is asked before a byte of the file travels.
async fn no_drafts(paper: Entry) -> Result<(), Rejection> {
    match paper.name.as_str().to_lowercase().contains("draft") {
        true => Err(Rejection::because("This is a draft by its name. Send the final version.")),
        false => Ok(()),
    }
}

impl View for Documents {
    fn template(&self) -> &str {
        "documents.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> ViewResult {
        let options = SlotOptions::new()
            .accept(".pdf,.docx,.txt")
            .max_entries(3)
            .min_file_size(1)
            .max_file_size(20 * MB)
            .validate(no_drafts)
            .manual();
        Ok(session.allow_upload("papers", options)?)
    }

    async fn handle_event(&mut self, event: &Event, session: &UploadSession) -> ViewResult {
        if event.name != "save" {
            return Err(ViewError::unknown_event(&event.name));
        }
        session.keep_uploaded_entries("papers").await?;
        session.push_region("list");
        Ok(())
    }

    async fn context(&mut self, session: &UploadSession, context: &mut Context) -> ViewResult {
        let files = session.stored_files("papers", 100).await?;
        let papers: Vec<FileFacts> = files.iter().map(|file| session.facts(file)).collect();
        context.insert("papers", &papers);
        Ok(())
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let data = std::env::var("DATA").unwrap_or_else(|_| "data/documents".to_owned());
    let port: u16 = std::env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let templates = Templates::from_texts([
        ("layout.html", include_str!("templates/layout.html")),
        ("documents.html", include_str!("templates/documents.html")),
        ("documents/list.html", include_str!("templates/documents/list.html")),
    ])?;
    let builder = Uploads::builder().data(data).templates(templates);
    let uploads = builder.page("documents", || Documents).start().await?;
    uploads.serve(("127.0.0.1", port), |at| println!("http://{}/documents", at[0])).await?;
    Ok(())
}

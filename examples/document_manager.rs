//! Documents in a table and a folder of the application's own, listed, served and deleted by it.
//!
//! `cargo run --example document_manager`; `curl -F documents=@a.pdf http://127.0.0.1:8080/documents`
#![allow(clippy::print_stdout)]

#[path = "document_manager/table.rs"]
mod table;

use actix_web::error::{ErrorInternalServerError, ErrorNotFound};
use actix_web::web::{self, Data, Path};
use actix_web::{Responder, Result, http::header::ContentDisposition};
use longshore::{Caller, Context, Entry, EntryId, Event, SlotOptions, Templates, UploadSession};
use longshore::{Uploads, View, ViewError, ViewResult};

/// Rows in a table, and files in a folder, called by their ids.
#[derive(Clone)]
struct Archive(table::Table, std::path::PathBuf);

impl View for Archive {
    fn template(&self) -> &str {
        "documents.html"
    }
    async fn mount(&mut self, session: &UploadSession) -> ViewResult {
        Ok(session.allow_upload("documents", SlotOptions::new().max_entries(10))?)
    }
    async fn on_progress(&mut self, entry: &Entry, session: &UploadSession) -> ViewResult {
        if entry.done() {
            let id = entry.id.to_string();
            let size = session.move_uploaded_entry(entry, self.1.join(&id)).await? as i64;
            self.0.add(entry.owner, (id, entry.name.to_string(), size)).await?;
            session.push_region("list");
        }
        Ok(())
    }
    async fn handle_event(&mut self, event: &Event, session: &UploadSession) -> ViewResult {
        let id: EntryId = event.get("id")?; // "delete" is the only event.
        if !self.0.delete(id, session.caller().owner()).await?.is_empty() {
            std::fs::remove_file(self.1.join(id.to_string())).map_err(ViewError::failed)?;
        }
        session.push_region("list");
        Ok(())
    }
    async fn context(&mut self, session: &UploadSession, context: &mut Context) -> ViewResult {
        context.insert("documents", &self.0.of(session.caller().owner()).await?);
        Ok(())
    }
}

async fn download(id: Path<EntryId>, by: Caller, own: Data<Archive>) -> Result<impl Responder> {
    let row = own.0.find(*id, by.owner()).await.map_err(ErrorInternalServerError)?.pop();
    let (_, name, _) = row.ok_or_else(|| ErrorNotFound("There is no such document."))?;
    let file = actix_files::NamedFile::open(own.1.join(id.to_string()))?;
    Ok(file.set_content_disposition(ContentDisposition::attachment(name)))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::var("DATA").unwrap_or_else(|_| "data/document_manager".to_owned());
    let port: u16 = std::env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    std::fs::create_dir_all(format!("{data}/archive"))?;
    let table = table::Table(format!("{data}/archive.sqlite3").into());
    table.make().await?;
    let layout = ("layout.html", include_str!("templates/layout.html"));
    let page = ("documents.html", include_str!("templates/document_manager.html"));
    let list = ("documents/list.html", include_str!("templates/document_manager/list.html"));
    let templates = Templates::from_texts([layout, page, list])?;
    let archive = Archive(table, format!("{data}/archive").into());
    let uploads = Uploads::builder().data(data).templates(templates);
    let own = Data::new(archive.clone());
    let uploads = uploads.page("documents", move || archive.clone()).start().await?;
    let own = move |app: &mut web::ServiceConfig| {
        app.app_data(own.clone()).route("/archive/{id}", web::get().to(download));
    };
    let shown = |at: &[std::net::SocketAddr]| println!("http://{}/documents", at[0]);
    Ok(uploads.serve_with(("127.0.0.1", port), own, shown).await?)
}

//! Documents in a table and a folder of the application's own, listed, served and deleted by it.
//!
//! `cargo run --example document_manager`; `curl -F documents=@a.pdf http://127.0.0.1:8080/documents`
#![allow(clippy::print_stdout)]

use actix_web::web::{self, Data, Path};
use actix_web::{Responder, Result, error::ErrorNotFound, http::header::ContentDisposition};
use longshore::{Caller, Context, Entry, EntryId, Event, SlotOptions, Templates, UploadSession};
use longshore::{Uploads, View, ViewError, ViewResult};

/// Rows in a database, and files in a folder, called by their ids.
#[derive(Clone)]
struct Archive(sqlx::SqlitePool, std::path::PathBuf);

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
            let row = sqlx::query("INSERT INTO docs VALUES (?, ?, ?, ?)").bind(id);
            let row = row.bind(entry.owner.to_string()).bind(entry.name.to_string()).bind(size);
            row.execute(&self.0).await.map_err(ViewError::failed)?;
            session.push_region("list");
        }
        Ok(())
    }
    async fn handle_event(&mut self, event: &Event, session: &UploadSession) -> ViewResult {
        let id = event.get::<EntryId>("id")?.to_string(); // "delete" is the only event.
        let row = sqlx::query("DELETE FROM docs WHERE id = ? AND owner = ?").bind(&id);
        let gone = row.bind(session.caller().owner().to_string()).execute(&self.0).await;
        if gone.map_err(ViewError::failed)?.rows_affected() == 1 {
            std::fs::remove_file(self.1.join(id)).map_err(ViewError::failed)?;
        }
        session.push_region("list");
        Ok(())
    }
    async fn context(&mut self, session: &UploadSession, context: &mut Context) -> ViewResult {
        let rows = sqlx::query_as("SELECT id, name, size FROM docs WHERE owner = ?");
        let rows = rows.bind(session.caller().owner().to_string()).fetch_all(&self.0).await;
        let rows: Vec<(String, String, i64)> = rows.map_err(ViewError::failed)?;
        context.insert("documents", &rows);
        Ok(())
    }
}

async fn download(id: Path<EntryId>, by: Caller, own: Data<Archive>) -> Result<impl Responder> {
    let name = sqlx::query_scalar("SELECT name FROM docs WHERE id = ? AND owner = ?");
    let name = name.bind(id.to_string()).bind(by.owner().to_string()).fetch_one(&own.0).await;
    let name: String = name.map_err(|_| ErrorNotFound("There is no such document."))?;
    let file = actix_files::NamedFile::open(own.1.join(id.to_string()))?;
    Ok(file.set_content_disposition(ContentDisposition::attachment(name)))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::var("DATA").unwrap_or_else(|_| "data/document_manager".to_owned());
    let port: u16 = std::env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    std::fs::create_dir_all(format!("{data}/archive"))?;
    let db = sqlx::SqlitePool::connect(&format!("sqlite:{data}/archive.sqlite3?mode=rwc")).await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS docs (id, owner, name, size)").execute(&db).await?;
    let layout = ("layout.html", include_str!("templates/layout.html"));
    let page = ("documents.html", include_str!("templates/document_manager.html"));
    let list = ("documents/list.html", include_str!("templates/document_manager/list.html"));
    let templates = Templates::from_texts([layout, page, list])?;
    let archive = Archive(db, format!("{data}/archive").into());
    let uploads = Uploads::builder().data(data).templates(templates);
    let own = Data::new(archive.clone());
    let uploads = uploads.page("documents", move || archive.clone()).start().await?;
    let own = move |app: &mut web::ServiceConfig| {
        app.app_data(own.clone()).route("/archive/{id}", web::get().to(download));
    };
    let shown = |at: &[std::net::SocketAddr]| println!("http://{}/documents", at[0]);
    Ok(uploads.serve_with(("127.0.0.1", port), own, shown).await?)
}

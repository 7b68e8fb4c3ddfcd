//! Documents in a table and a folder of the application's own, listed, served and deleted by it.
//!
//! `cargo run --example document_manager`; `curl -F documents=@a.pdf http://127.0.0.1:8080/documents`
#![allow(clippy::print_stdout)]

use actix_web::web::{self, Data, Path};
use actix_web::{Responder, Result, error::ErrorNotFound, http::header::ContentDisposition};
use longshore::{Caller, Context, Entry, EntryId, Event, SlotOptions, Templates, UploadSession};
use longshore::{Uploads, View, ViewError, ViewResult};
use rusqlite::Connection;

/// Files in a folder, called by their ids, and a database with a row for each.
#[derive(Clone)]
struct Archive(std::path::PathBuf);

impl Archive {
    /// A database waits for its disk, and many pages live on this thread: so it is asked on another one.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ViewError> {
        let file = self.0.with_extension("sqlite3");
        let answer = web::block(move || question(Connection::open(file)?)).await;
        answer.map_err(ViewError::failed)?.map_err(ViewError::failed)
    }
}

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
            let size = session.move_uploaded_entry(entry, self.0.join(&id)).await? as i64;
            let row = (id, entry.owner.to_string(), entry.name.to_string(), size);
            self.ask(|db| db.execute("INSERT INTO docs VALUES (?, ?, ?, ?)", row)).await?;
            session.push_region("list");
        }
        Ok(())
    }
    async fn handle_event(&mut self, event: &Event, session: &UploadSession) -> ViewResult {
        let id = event.get::<EntryId>("id")?.to_string(); // "delete" is the only event.
        let row = (id.clone(), session.caller().owner().to_string());
        let gone = |db: Connection| db.execute("DELETE FROM docs WHERE id = ? AND owner = ?", row);
        if self.ask(gone).await? == 1 {
            std::fs::remove_file(self.0.join(id)).map_err(ViewError::failed)?;
        }
        session.push_region("list");
        Ok(())
    }
    async fn context(&mut self, session: &UploadSession, context: &mut Context) -> ViewResult {
        let owner = session.caller().owner().to_string();
        let own = |db: Connection| -> rusqlite::Result<Vec<(String, String, i64)>> {
            let mut rows = db.prepare("SELECT id, name, size FROM docs WHERE owner = ?")?;
            let rows = rows.query_map([owner], |row| row.try_into())?;
            rows.collect()
        };
        context.insert("documents", &self.ask(own).await?);
        Ok(())
    }
}

async fn download(id: Path<EntryId>, by: Caller, own: Data<Archive>) -> Result<impl Responder> {
    let row = (id.to_string(), by.owner().to_string());
    let name = "SELECT name FROM docs WHERE id = ? AND owner = ?";
    let name = own.ask(move |db| db.query_row(name, row, |row| row.get::<_, String>(0))).await;
    let name = name.map_err(|_| ErrorNotFound("There is no such document."))?;
    let file = actix_files::NamedFile::open(own.0.join(id.to_string()))?;
    Ok(file.set_content_disposition(ContentDisposition::attachment(name)))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::var("DATA").unwrap_or_else(|_| "data/document_manager".to_owned());
    let port: u16 = std::env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    std::fs::create_dir_all(format!("{data}/archive"))?;
    let layout = ("layout.html", include_str!("templates/layout.html"));
    let page = ("documents.html", include_str!("templates/document_manager.html"));
    let list = ("documents/list.html", include_str!("templates/document_manager/list.html"));
    let templates = Templates::from_texts([layout, page, list])?;
    let archive = Archive(format!("{data}/archive").into());
    let table = "CREATE TABLE IF NOT EXISTS docs (id, owner, name, size)";
    archive.ask(move |db| db.execute(table, [])).await?;
    let uploads = Uploads::builder().data(data).templates(templates);
    let own = Data::new(archive.clone());
    let uploads = uploads.page("documents", move || archive.clone()).start().await?;
    let own = move |app: &mut web::ServiceConfig| {
        app.app_data(own.clone()).route("/archive/{id}", web::get().to(download));
    };
    let shown = |at: &[std::net::SocketAddr]| println!("http://{}/documents", at[0]);
    Ok(uploads.serve_with(("127.0.0.1", port), own, shown).await?)
}

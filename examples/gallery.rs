//! Pictures that are sent as soon as they are chosen and appear in a gallery one by one.
//!
//! `cargo run --example gallery` prints the page's address. Files come in without a page, too:
//! `curl -F photos=@one.jpg -F photos=@two.jpg http://127.0.0.1:8080/gallery`
#![allow(clippy::print_stdout)]

use longshore::{
    Context, Entry, Event, FileFacts, MB, SlotOptions, Templates, Thumbnails, UploadSession,
    Uploads, View, ViewError, ViewResult,
};

struct Gallery;

impl View for Gallery {
    fn template(&self) -> &str {
        "gallery.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> ViewResult {
        let options = SlotOptions::new()
            .accept(".jpg,.jpeg,.png,.webp,.gif")
            .max_entries(5)
            .max_file_size(10 * MB);
        Ok(session.allow_upload("photos", options)?)
    }

    async fn on_progress(&mut self, entry: &Entry, session: &UploadSession) -> ViewResult {
        if entry.done() {
            session.keep_uploaded_entry(entry).await?;
            session.push_region("photos");
        }
        Ok(())
    }

    async fn handle_event(&mut self, event: &Event, session: &UploadSession) -> ViewResult {
        match event.name.as_str() {
            "delete" => drop(session.delete_file(event.get("id")?).await?),
            other => return Err(ViewError::unknown_event(other)),
        }
        session.push_region("photos");
        Ok(())
    }

    async fn context(&mut self, session: &UploadSession, context: &mut Context) -> ViewResult {
        let files = session.stored_files("photos", 100).await?;
        let photos: Vec<FileFacts> = files.iter().map(|file| session.facts(file)).collect();
        context.insert("photos", &photos);
        Ok(())
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let data = std::env::var("DATA").unwrap_or_else(|_| "data/gallery".to_owned());
    let port: u16 = std::env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let templates = Templates::from_texts([
        ("layout.html", include_str!("templates/layout.html")),
        ("gallery.html", include_str!("templates/gallery.html")),
        ("gallery/photos.html", include_str!("templates/gallery/photos.html")),
    ])?;
    let thumbnails = Thumbnails::in_folder(format!("{data}/thumbnails"));
    let builder = Uploads::builder().data(data).thumbnails(thumbnails).templates(templates);
    let uploads = builder.page("gallery", || Gallery).start().await?;
    uploads.serve(("127.0.0.1", port), |at| println!("http://{}/gallery", at[0])).await?;
    Ok(())
}

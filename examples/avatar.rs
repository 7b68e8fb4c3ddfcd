//! One picture of a visitor: chosen, looked at and saved. A new one takes the place of the old one.
//!
//! `cargo run --example avatar` prints the page's address. The same form takes a file from curl:
//! `curl -F avatar=@me.jpg http://127.0.0.1:8080/avatar`
#![allow(clippy::print_stdout)]

use longshore::{
    Context, Event, MB, SlotOptions, Templates, UploadSession, Uploads, View, ViewError, ViewResult,
};

struct Avatar;

impl View for Avatar {
    fn template(&self) -> &str {
        "avatar.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> ViewResult {
        let options = SlotOptions::new().accept(".jpg,.png,.webp").max_file_size(5 * MB).manual();
        Ok(session.allow_upload("avatar", options)?)
    }

    async fn handle_event(&mut self, event: &Event, session: &UploadSession) -> ViewResult {
        if event.name != "save" {
            return Err(ViewError::unknown_event(&event.name));
        }
        let before = session.stored_files("avatar", 100).await?;
        // The old picture goes when the new one is safe, never before.
        if !session.keep_uploaded_entries("avatar").await?.is_empty() {
            for old in before {
                session.delete_file(old.id).await?;
            }
        }
        session.push_region("current");
        Ok(())
    }

    async fn context(&mut self, session: &UploadSession, context: &mut Context) -> ViewResult {
        let files = session.stored_files("avatar", 1).await?;
        context.insert("avatar", &files.first().map(|file| session.facts(file)));
        Ok(())
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let data = std::env::var("DATA").unwrap_or_else(|_| "data/avatar".to_owned());
    let port: u16 = std::env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let templates = Templates::from_texts([
        ("layout.html", include_str!("templates/layout.html")),
        ("avatar.html", include_str!("templates/avatar.html")),
        ("avatar/current.html", include_str!("templates/avatar/current.html")),
    ])?;
    let uploads = Uploads::builder()
        .data(data)
        .templates(templates)
        .page("avatar", || Avatar)
        .start()
        .await?;
    uploads.serve(("127.0.0.1", port), |at| println!("http://{}/avatar", at[0])).await?;
    Ok(())
}

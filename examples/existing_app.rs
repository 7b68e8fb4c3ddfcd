//! An Actix application with routes, state and a layout of its own, which takes photos at `/uploads`.
//!
//! `cargo run --example existing_app`. Everything of Longshore's is below the prefix, and nothing else
//! changes: `curl -F photos=@me.jpg http://127.0.0.1:8080/uploads/photos`
#![allow(clippy::print_stdout)]

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::web::{self, Data, Html};
use actix_web::{App, HttpServer, error::ErrorInternalServerError};
use longshore::{Caller, Context, Entry, FileQuery, Problem, SlotOptions, Templates};
use longshore::{UploadSession, Uploads, View, ViewResult};

/// The application's own state: how many photos its members have sent.
type Sent = Data<AtomicUsize>;

/// The application's own page. Below the prefix it knows the caller, and shows what is theirs.
async fn home(
    caller: Option<Caller>,
    (sent, uploads, templates): (Sent, Data<Uploads>, Data<Templates>),
) -> actix_web::Result<Html> {
    let mut context = Context::new();
    context.insert("sent", &sent.load(Ordering::Relaxed));
    context.insert("assets", &uploads.get_assets_url());
    if let Some(caller) = caller {
        let all = FileQuery { limit: 100, ..FileQuery::default() };
        let files = uploads.files(&caller, &all).await.map_err(Problem::from)?;
        context.insert("yours", &files.len());
    }
    let html = templates.render("home.html", &context);
    html.map(Html::new).map_err(ErrorInternalServerError)
}

struct Photos(Sent);

impl View for Photos {
    fn template(&self) -> &str {
        "photos.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> ViewResult {
        let options = SlotOptions::new().accept("image/*").max_entries(10);
        Ok(session.allow_upload("photos", options)?)
    }

    async fn on_progress(&mut self, entry: &Entry, session: &UploadSession) -> ViewResult {
        if entry.done() {
            session.keep_uploaded_entry(entry).await?;
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::var("DATA").unwrap_or_else(|_| "data/existing_app".to_owned());
    let port: u16 = std::env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let layout = ("club.html", include_str!("templates/existing_app/club.html"));
    let first = ("home.html", include_str!("templates/existing_app/home.html"));
    let photos = ("photos.html", include_str!("templates/existing_app.html"));
    let templates = Templates::from_texts([layout, first, photos])?;
    let sent = Data::new(AtomicUsize::new(0));
    let (count, uploads) = (sent.clone(), Uploads::builder().prefix("/uploads").data(data));
    let uploads =
        uploads.templates(templates.clone()).page("photos", move || Photos(count.clone()));
    let uploads = uploads.start().await?;
    let mounted = uploads.clone();
    let app = move || {
        let app = App::new().app_data(sent.clone()).app_data(Data::new(templates.clone()));
        let app = app.route("/", web::get().to(home)).route("/uploads", web::get().to(home));
        app.configure(mounted.routes())
    };
    let server = HttpServer::new(app).on_connect(longshore::remember_socket);
    let server = server.bind(("127.0.0.1", port))?;
    println!("http://{}/", server.addrs()[0]);
    server.run().await?;
    uploads.shutdown(std::time::Duration::from_secs(10)).await;
    Ok(())
}

//! An application that has been there before us, running.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::cookie::Cookie;
use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use longshore::{Caller, FileQuery, Problem, Uploads, remember_socket};

use super::Browser;
use longshore::testing::within;

/// The application's own state.
#[derive(Default)]
pub(crate) struct Visits(AtomicU32);

/// `/`: a page of the application, which sets a cookie of its own.
async fn home(visits: web::Data<Visits>) -> HttpResponse {
    let visit = visits.0.fetch_add(1, Ordering::SeqCst) + 1;
    let cookie = Cookie::build("longshoreman", "theirs").path("/").finish();
    HttpResponse::Ok().cookie(cookie).body(format!("visit {visit}"))
}

/// `/inbox` and others: paths that would be ours without a prefix.
async fn theirs(request: HttpRequest) -> String {
    let mut cookies: Vec<_> =
        request.cookies().unwrap().iter().map(|cookie| cookie.name().to_owned()).collect();
    cookies.sort();
    format!("theirs, with {}", cookies.join(" "))
}

/// `/count`: a page of the application that asks the uploads, too.
async fn count(uploads: web::Data<Uploads>) -> String {
    format!("{} pages below {}", uploads.pages().count(), uploads.prefix())
}

/// `/uploads/mine`: a page of the application below the prefix, which asks who its visitor is.
async fn mine(caller: Caller, uploads: web::Data<Uploads>) -> Result<String, Problem> {
    let all = FileQuery { limit: 100, ..FileQuery::default() };
    Ok(format!("{} files", uploads.files(&caller, &all).await?.len()))
}

/// The application, running.
pub(crate) struct Host {
    address: SocketAddr,
    server: ServerHandle,
    pub(crate) all: Vec<Uploads>,
}

impl Host {
    pub(crate) async fn with(all: Vec<Uploads>) -> Self {
        let visits = web::Data::new(Visits::default());
        let mounted = all.clone();
        let factory = move || {
            let mut app = App::new()
                .app_data(web::Data::clone(&visits))
                .route("/", web::get().to(home))
                .route("/inbox", web::get().to(theirs))
                .route("/uploadsx", web::get().to(theirs))
                .route("/api/files", web::get().to(theirs))
                .route("/uploads/mine", web::get().to(mine))
                .route("/uploads/theirs", web::get().to(theirs));
            for uploads in &mounted {
                app = app.configure(uploads.routes());
            }
            app.route("/count", web::get().to(count))
                .default_service(web::to(|| async { HttpResponse::NotFound().body("not theirs") }))
        };
        let server = HttpServer::new(factory)
            .workers(1)
            .on_connect(remember_socket)
            .disable_signals()
            .shutdown_timeout(1)
            .bind("127.0.0.1:0")
            .unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { address, server: handle, all }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    pub(crate) async fn stop(self) {
        for uploads in &self.all {
            within("the drain", uploads.drain(Duration::from_secs(10))).await;
        }
        within("the server's stop", self.server.stop(true)).await;
        for uploads in &self.all {
            within("the shutdown", uploads.shutdown(Duration::ZERO)).await;
        }
    }
}

//! `Uploads::serve`: for applications that are nothing but their upload pages.
//!
//! An application with a server of its own uses [`Uploads::routes`] instead, and does what this does:
//! `on_connect(remember_socket)`, and `shutdown` before its server stops.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, web};
use tokio::signal::unix::{SignalKind, signal};

use super::identity::remember_socket;
use super::page::nothing_here;
use crate::uploads::Uploads;

/// How long what is being written may take when the server is told to stop.
const DRAIN: Duration = Duration::from_secs(30);

impl Uploads {
    /// Serves the pages and doors on an address until SIGTERM or SIGINT, then drains: no new uploads, open
    /// pages are told, what is being settled is settled, for 30 s at most. `ready` is told the addresses
    /// that were bound, before the first request is answered.
    ///
    /// # Errors
    /// The address can't be bound, or the server failed.
    pub async fn serve(
        self,
        address: impl ToSocketAddrs,
        ready: impl FnOnce(&[SocketAddr]),
    ) -> io::Result<()> {
        self.serve_with(address, |_| {}, ready).await
    }

    /// As [`serve`](Self::serve), with routes and data of the application's own, which are asked before
    /// ours. `own` is called once for each worker.
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    pub async fn serve_with(
        self,
        address: impl ToSocketAddrs,
        own: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
        ready: impl FnOnce(&[SocketAddr]),
    ) -> io::Result<()> {
        // Whoever stops us as soon as we are ready is heard, too.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let uploads = self.clone();
        let app = move || {
            let app = App::new().configure(&own).configure(uploads.routes());
            app.default_service(web::to(nothing_here))
        };
        let server = HttpServer::new(app)
            .on_connect(remember_socket)
            .disable_signals()
            .shutdown_timeout(DRAIN.as_secs())
            .bind(address)?;
        ready(&server.addrs());
        let server = server.run();
        let handle = server.handle();
        let serving = actix_web::rt::spawn(server);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // ORDER: sessions first, with their own close codes; then connections; then the catalogue.
        self.drain(DRAIN).await;
        handle.stop(true).await;
        let served = serving.await.map_err(io::Error::other)?;
        self.shutdown(Duration::ZERO).await;
        served
    }
}

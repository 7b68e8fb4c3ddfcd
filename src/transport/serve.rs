//! Serving until somebody says stop, and stopping in the right order.
//!
//! A live page's socket stays open for as long as its browser likes. A server that waits for its connections
//! before it tells the pages would wait for all of its patience each time, and cut off what is being settled.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, web};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, timeout_at};

use super::page::nothing_here;
use super::peers::watch_rests;
use super::tls::Certificate;
use crate::uploads::Uploads;

/// How long what is being written may take when the server is told to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// How long requests have when the time was over before the server could be stopped.
const LAST_WORDS: Duration = Duration::from_secs(1);

impl Uploads {
    /// For applications that are nothing but their upload pages: serves the pages and doors on an address
    /// until SIGTERM or SIGINT, then drains: no new uploads, open pages are told, what is being settled is
    /// settled, for 30 s at most. `ready` is told the addresses that were bound, before the first request is
    /// answered.
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
        self.serve_all(address, None, own, ready).await
    }

    /// As [`serve_with`](Self::serve_with), by HTTPS and nothing else. The certificate's files are read again when
    /// they change, and at SIGHUP.
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    pub async fn serve_tls(
        self,
        address: impl ToSocketAddrs,
        certificate: Certificate,
        own: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
        ready: impl FnOnce(&[SocketAddr]),
    ) -> io::Result<()> {
        self.serve_all(address, Some(certificate), own, ready).await
    }

    async fn serve_all(
        self,
        address: impl ToSocketAddrs,
        certificate: Option<Certificate>,
        own: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
        ready: impl FnOnce(&[SocketAddr]),
    ) -> io::Result<()> {
        // Whoever stops us as soon as we are ready is heard, too.
        let stop = Stop::listen()?;
        let (uploads, welcoming) = (self.clone(), self.clone());
        let app = move || {
            let app = App::new().wrap(from_fn(watch_rests));
            let app = app.configure(&own).configure(uploads.routes());
            app.default_service(web::to(nothing_here))
        };
        let server = HttpServer::new(app)
            .on_connect(move |connection, extensions| welcoming.welcome(connection, extensions))
            .disable_signals()
            .shutdown_timeout(DRAIN.as_secs());
        let server = match &certificate {
            None => server.bind(address)?,
            Some(certificate) => server.bind_rustls_0_23(address, certificate.server_config()?)?,
        };
        if let Some(certificate) = certificate {
            actix_web::rt::spawn(certificate.watch());
        }
        ready(&server.addrs());
        self.run_until(stop, server.run(), DRAIN).await
    }

    /// For applications with a server of their own: runs it until SIGTERM or SIGINT, then stops in the right
    /// order. First the live pages are told and what is being settled is settled, `within` this time at most;
    /// then the server stops; then [`Uploads::shutdown`]. If the server stops for another reason, the rest is
    /// done all the same.
    ///
    /// The server should be made with `.disable_signals()`, so that it waits for this, and with
    /// `.on_connect(remember_socket)`; its `.shutdown_timeout(..)` is its own patience with open connections.
    ///
    /// ```no_run
    /// # async fn example(uploads: longshore::Uploads) -> std::io::Result<()> {
    /// use std::time::Duration;
    /// use actix_web::{App, HttpResponse, HttpServer, web};
    ///
    /// let served = uploads.clone();
    /// let server = HttpServer::new(move || {
    ///     App::new()
    ///         .route("/", web::get().to(async || HttpResponse::Ok().body("ours")))
    ///         .configure(served.routes())
    /// })
    /// .on_connect(longshore::remember_socket)
    /// .disable_signals()
    /// .bind("127.0.0.1:8080")?
    /// .run();
    /// uploads.run(server, Duration::from_secs(30)).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// The server failed.
    ///
    /// # Cancellation
    /// The server goes on, and nobody listens to signals any more.
    pub async fn run(self, server: Server, within: Duration) -> io::Result<()> {
        self.run_until(Stop::listen()?, server, within).await
    }

    /// As [`run`](Self::run), for a server that somebody may already want to stop.
    pub(crate) async fn run_until(
        self,
        mut stop: Stop,
        server: Server,
        within: Duration,
    ) -> io::Result<()> {
        let handle = server.handle();
        let mut serving = actix_web::rt::spawn(server);
        let ended = tokio::select! {
            () = stop.asked() => None,
            ended = &mut serving => Some(ended),
        };
        tracing::info!("draining");
        let deadline = Instant::now() + within;
        // ORDER: sessions first, with their own close codes; then connections; then the catalogue.
        self.drain(within).await;
        let ended = match ended {
            Some(ended) => ended,
            None => {
                // What time is left is the requests'; whoever has none loses its connection with the process.
                let stopping = async {
                    handle.stop(true).await;
                    serving.await
                };
                let patience = deadline.max(Instant::now() + LAST_WORDS);
                timeout_at(patience, stopping).await.unwrap_or_else(|_| {
                    tracing::warn!("some requests did not end in time");
                    Ok(Ok(()))
                })
            }
        };
        self.shutdown(Duration::ZERO).await;
        tracing::info!("stopped");
        ended.map_err(io::Error::other)?
    }
}

/// Somebody outside who says stop.
#[derive(Debug)]
pub(crate) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Hears SIGTERM and SIGINT from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        survive_large_files()?;
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// A write beyond the largest size that a file may have (`ulimit -f`) is an error like that of a full disk.
/// Before it is one, the system sends SIGXFSZ, and whoever doesn't listen to that dies of it, with all uploads.
/// That nobody waits for the signal here doesn't matter: it is listened to for as long as the process lives.
fn survive_large_files() -> io::Result<()> {
    let number = rustix::process::Signal::XFSZ.as_raw();
    signal(SignalKind::from_raw(number)).map(drop)
}

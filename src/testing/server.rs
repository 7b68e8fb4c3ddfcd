//! A whole Longshore on a port of its own, with a data folder that goes when the test ends.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, web};

use tokio::time::Instant;

use super::{FakeClock, PATIENCE, Visitor, until, within};
use crate::engine::Swept;
use crate::uploads::DataFolder;
use crate::{DataError, Uploads, UploadsBuilder, nothing_here};

/// A running server on the loopback interface. Start it in an actix system: `#[actix_web::test]`.
///
/// Unless the application says otherwise it has what the binary has, faster: a temporary data folder that is not
/// synced, a [`FakeClock`], and no grace time for sessions whose socket is gone.
///
/// It stops when it is dropped, and asserts then that nothing is left behind: no lease is held, no job waits, and
/// no unfinished bytes lie around that no entry explains. [`TestServer::end`] asserts besides that nothing
/// unfinished is left at all. A test that leaves more than that behind on purpose says so with
/// [`TestServer::abandon`].
///
/// An application that names its [`data`](UploadsBuilder::data) folder finds everything there again after a restart:
/// [`stop`](TestServer::stop) the server, and start another on the same folder.
#[derive(Debug)]
pub struct TestServer {
    uploads: Uploads,
    address: SocketAddr,
    server: ServerHandle,
    clock: FakeClock,
    data: PathBuf,
    /// Nobody has to look any more at what is left.
    looked_at: bool,
    // Held, not used: the folder goes with it.
    _folder: tempfile::TempDir,
}

impl TestServer {
    /// Starts a server. `describe` gets a builder with the twin's defaults and adds the application: its pages
    /// and templates, and whatever else it wants to have different.
    pub async fn start(describe: impl FnOnce(UploadsBuilder) -> UploadsBuilder) -> Self {
        Self::start_with_routes(describe, |_| {}).await
    }

    /// As [`TestServer::start`], for an application that has routes of its own. They are registered before
    /// Longshore's, so that they may lie below its prefix.
    pub async fn start_with_routes(
        describe: impl FnOnce(UploadsBuilder) -> UploadsBuilder,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = FakeClock::new();
        let builder = Uploads::builder().clock(clock.clone()).session_grace(Duration::ZERO);
        let (builder, data) = describe(builder).data_unless_said(folder.path().join("data"));
        // The workers of a server that was stopped a moment ago may still let go of it.
        until(&format!("nobody else is on {}", data.display()), || {
            !matches!(DataFolder::open(&data), Err(DataError::Taken(_)))
        })
        .await;
        let uploads = builder.start().await;
        let uploads = uploads.unwrap_or_else(|error| {
            panic!("the service does not start: {}", crate::uploads::Causes(&error))
        });
        let factory = {
            let uploads = uploads.clone();
            move || {
                App::new()
                    .configure(routes.clone())
                    .configure(uploads.routes())
                    .default_service(web::to(nothing_here))
            }
        };
        let welcoming = uploads.clone();
        let server = HttpServer::new(factory)
            .workers(1)
            .on_connect(move |connection, extensions| welcoming.welcome(connection, extensions))
            .disable_signals()
            .shutdown_timeout(1)
            .bind("127.0.0.1:0")
            .expect("a free port");
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let looked_at = false;
        Self { uploads, address, server: handle, clock, data, looked_at, _folder: folder }
    }

    /// The service itself.
    #[must_use]
    pub fn uploads(&self) -> &Uploads {
        &self.uploads
    }

    /// The clock that entries expire by, unless the application brought another.
    #[must_use]
    pub fn clock(&self) -> &FakeClock {
        &self.clock
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The origin that its pages have, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A browser that was never here.
    #[must_use]
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self)
    }

    /// Sweeps now, as the supervisor does from time to time: what is older than the entries' time to live
    /// expires. Let that time pass with [`TestServer::clock`] first.
    ///
    /// ```
    /// # actix_web::rt::System::new().block_on(async {
    /// use std::time::Duration;
    /// use longshore::testing::{TestServer, Upload};
    /// # use longshore::{SlotOptions, Templates, UploadSession, View, ViewError};
    /// # struct Desk;
    /// # impl View for Desk {
    /// #     fn template(&self) -> &str { "desk.html" }
    /// #     async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
    /// #         session.allow_upload("papers", SlotOptions::new())?;
    /// #         Ok(())
    /// #     }
    /// # }
    /// # let templates = Templates::from_texts([("desk.html", "")]).unwrap();
    ///
    /// let server = TestServer::start(|uploads| {
    ///     uploads.templates(templates).page("desk", || Desk).entry_ttl(Duration::from_secs(60))
    /// })
    /// .await;
    /// // Nobody consumes what lies on this desk.
    /// let mut page = server.visitor().live("desk").await;
    /// page.upload("papers", Upload::text("a.txt", "hello")).await;
    /// assert_eq!(server.sweep().await.unconsumed, 0);
    /// server.clock().advance(Duration::from_secs(61));
    /// assert_eq!(server.sweep().await.unconsumed, 1);
    /// # });
    /// ```
    pub async fn sweep(&self) -> Swept {
        let swept = within("the sweep", self.uploads.sweep()).await;
        swept.unwrap_or_else(|error| panic!("the sweep failed: {}", crate::uploads::Causes(&error)))
    }

    /// Waits until nothing is being written or settled, and nothing is being removed that an answer left behind.
    pub async fn settles(&self) {
        within("the end of what is under way", self.uploads.settled()).await;
    }

    /// How many live pages and event streams hear of uploads: each for as long as its client is there.
    #[must_use]
    pub fn watching(&self) -> usize {
        self.uploads.watching()
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.data.clone()
    }

    /// Everything under the spool, folders too: what is unfinished.
    #[must_use]
    pub fn spool(&self) -> Vec<PathBuf> {
        below(&self.data().join("spool"))
    }

    /// The stored blobs.
    #[must_use]
    pub fn blobs(&self) -> Vec<PathBuf> {
        below(&self.data().join("files"))
    }

    /// The bytes of a stored blob, as they lie on the disk.
    #[must_use]
    pub fn blob(&self, id: &str) -> Vec<u8> {
        std::fs::read(self.data().join("files").join(id))
            .unwrap_or_else(|error| panic!("no blob {id}: {error}"))
    }

    /// Waits until nothing unfinished lies around.
    pub async fn spool_empties(&self) {
        until("the spool is empty", || self.spool().is_empty()).await;
    }

    /// The end of a test whose pages are gone: asserts that nothing unfinished is left, and stops the server.
    pub async fn end(self) {
        self.spool_empties().await;
        self.stop().await;
    }

    /// Stops the server in good order: live pages are told, then the port is closed. What is unfinished may stay;
    /// asserts that nothing else does.
    pub async fn stop(mut self) {
        within("the drain", self.uploads.drain(Duration::from_secs(10))).await;
        self.looked_at = true;
        if let Err(left) = all_done(&self.uploads).await {
            panic!("{left}");
        }
        self.close().await;
    }

    /// Stops the server, whatever is left.
    pub async fn abandon(mut self) {
        self.looked_at = true;
        self.close().await;
    }

    async fn close(&self) {
        within("the drain", self.uploads.shutdown(Duration::from_secs(10))).await;
        within("the server's stop", self.server.stop(false)).await;
    }

    /// Waits, in a place where nothing can be awaited, until nothing is left behind.
    fn wait_until_all_is_done(&self) -> Result<(), String> {
        // Whoever drops this is blocked meanwhile. The server isn't: it lives on threads of its own.
        let uploads = self.uploads.clone();
        let waiting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            runtime.expect("a runtime").block_on(all_done(&uploads))
        });
        waiting.join().unwrap_or_else(|_| Err("nobody could look at what is left".to_owned()))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // A test that fails already says why; a second panic would end the process instead.
        let looks = !self.looked_at && !std::thread::panicking();
        let left = if looks { self.wait_until_all_is_done() } else { Ok(()) };
        // The order is given at once; only its end would have to be awaited.
        drop(self.server.stop(false));
        if let Err(left) = left {
            panic!("{left}");
        }
    }
}

/// Waits until nothing is left behind; the error is what is.
async fn all_done(uploads: &Uploads) -> Result<(), String> {
    let end = Instant::now() + PATIENCE;
    loop {
        let left = match uploads.under_way().await {
            Ok(left) if left.is_empty() => return Ok(()),
            Ok(left) => left.join(", "),
            Err(error) => crate::uploads::Causes(&error).to_string(),
        };
        if Instant::now() > end {
            return Err(format!("left behind {PATIENCE:?} after the test's end: {left}"));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // A folder may go while it is looked at.
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

//! A whole Longshore on a port of its own, with a data folder that goes when the test ends.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use longshore::blob::{Durability, LocalStore};
use longshore::catalogue::{Sqlite, Synchronous};
use longshore::{Limits, Uploads, UploadsBuilder, nothing_here, remember_socket};

use super::pages::{Desk, Inbox, templates};
use super::wait::{until, within};
use super::{LivePage, Visitor};

/// A running server with the pages `inbox` and `desk`.
pub(crate) struct TestApp {
    pub(crate) uploads: Uploads,
    address: SocketAddr,
    server: ServerHandle,
    catalogue: Sqlite,
    folder: tempfile::TempDir,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with_limits(limits: Limits) -> Self {
        Self::with(|builder| builder.limits(limits)).await
    }

    /// With something else than the usual: other pages, limits or times.
    pub(crate) async fn with(change: impl FnOnce(UploadsBuilder) -> UploadsBuilder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A canary beside the data folder: whoever climbs out of that meets it.
        std::fs::write(folder.path().join("canary"), b"untouched").unwrap();
        let data = folder.path().join("data");
        let store = LocalStore::open(&data, Durability::Os).unwrap();
        let database = data.join("catalogue.sqlite3");
        let catalogue = Sqlite::open(&database, Synchronous::Normal).await.unwrap();
        let builder = Uploads::builder()
            .store(store)
            .catalogue(catalogue.clone())
            .templates(templates(&[]))
            .page("inbox", || Inbox)
            .page("desk", || Desk)
            .session_grace(Duration::ZERO);
        let uploads = change(builder).start().await.unwrap();
        let factory = {
            let uploads = uploads.clone();
            move || App::new().configure(uploads.routes()).default_service(web::to(nothing_here))
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
        Self { uploads, address, server: handle, catalogue, folder }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The origin that pages of ours have.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A browser that was never here.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(self)
    }

    /// The live page `inbox` of a browser that was never here, greeted.
    pub(crate) async fn live(&self) -> LivePage {
        self.visitor().live("inbox").await
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Everything under the spool, folders too.
    pub(crate) fn spool(&self) -> Vec<PathBuf> {
        below(&self.data().join("spool"))
    }

    /// The stored blobs.
    pub(crate) fn blobs(&self) -> Vec<PathBuf> {
        below(&self.data().join("files"))
    }

    pub(crate) fn blob(&self, id: &str) -> Vec<u8> {
        std::fs::read(self.data().join("files").join(id)).unwrap()
    }

    /// Waits until nothing unfinished lies around.
    pub(crate) async fn spool_empties(&self) {
        until("the spool is empty", || self.spool().is_empty()).await;
    }

    /// Nothing was written anywhere but into the data folder, and there only under names of ours.
    pub(crate) fn nothing_strayed(&self) {
        let mut around: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        around.sort();
        assert_eq!(around, ["canary", "data"]);
        assert_eq!(std::fs::read(self.folder.path().join("canary")).unwrap(), b"untouched");
        for blob in self.blobs() {
            let name = blob.file_name().unwrap().to_str().unwrap();
            assert!(name.parse::<uuid::Uuid>().is_ok(), "{name} is no name of ours");
        }
        for entry in std::fs::read_dir(self.data()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let ours = ["files", "spool"].contains(&&*name) || name.starts_with("catalogue.sqlite");
            assert!(ours, "{name} has no business in the data folder");
        }
    }

    /// The server still takes a good file.
    pub(crate) async fn is_alive(&self) {
        let answer = self.visitor().post(super::Form::new().file("any", "alive.txt", b"yes")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["success"], true);
    }

    /// The end of a test whose clients are gone: nothing unfinished is left, and the server stops.
    pub(crate) async fn end(self) {
        self.spool_empties().await;
        self.nothing_strayed();
        self.stop().await;
    }

    /// Stops the server, whatever is left.
    pub(crate) async fn stop(self) {
        within("the drain", self.uploads.shutdown(Duration::from_secs(10))).await;
        within("the server's stop", self.server.stop(false)).await;
        self.catalogue.close().await;
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

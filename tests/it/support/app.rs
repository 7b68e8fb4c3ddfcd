//! A server with the pages `inbox` and `desk`, and what must hold when a test with it ends.

use std::ops::Deref;

use longshore::testing::{Form, LivePage, TestServer};
use longshore::{Limits, UploadsBuilder};

use super::pages::{Desk, Inbox, templates};

/// A running server with the pages `inbox` and `desk`.
pub(crate) struct TestApp(TestServer);

impl Deref for TestApp {
    type Target = TestServer;

    fn deref(&self) -> &TestServer {
        &self.0
    }
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
        let server = TestServer::start(|builder| {
            let builder = builder.templates(templates(&[]));
            change(builder.page("inbox", || Inbox).page("desk", || Desk))
        })
        .await;
        // A canary beside the data folder: whoever climbs out of that meets it.
        std::fs::write(server.data().with_file_name("canary"), b"untouched").unwrap();
        Self(server)
    }

    /// The live page `inbox` of a browser that was never here, greeted.
    pub(crate) async fn live(&self) -> LivePage {
        self.visitor().live("inbox").await
    }

    /// Nothing was written anywhere but into the data folder, and there only under names of ours.
    pub(crate) fn nothing_strayed(&self) {
        let data = self.data();
        let around = data.parent().unwrap();
        let mut names: Vec<_> = std::fs::read_dir(around)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["canary", "data"]);
        assert_eq!(std::fs::read(around.join("canary")).unwrap(), b"untouched");
        for blob in self.blobs() {
            let name = blob.file_name().unwrap().to_str().unwrap();
            assert!(name.parse::<uuid::Uuid>().is_ok(), "{name} is no name of ours");
        }
        for entry in std::fs::read_dir(&data).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let ours = ["boot", "files", "lock", "quarantine", "secret", "spool"].contains(&&*name)
                || name.starts_with("catalogue.sqlite");
            assert!(ours, "{name} has no business in the data folder");
        }
    }

    /// The server still takes a good file.
    pub(crate) async fn is_alive(&self) {
        let form = Form::new().file("any", "alive.txt", b"yes");
        let answer = self.visitor().post("inbox", form).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["success"], true);
    }

    /// The end of a test whose clients are gone: nothing unfinished is left, and the server stops.
    pub(crate) async fn end(self) {
        self.spool_empties().await;
        self.nothing_strayed();
        self.0.end().await;
    }

    /// Stops the server in good order; what is unfinished may stay.
    pub(crate) async fn stop(self) {
        self.0.stop().await;
    }

    /// The server goes, whatever is left.
    pub(crate) async fn abandon(self) {
        self.0.abandon().await;
    }
}

//! [`Target`]: a server that is about to be attacked, and what must hold afterwards whatever the attack was.
//!
//! An attack's own test looks where its author expects the damage. These oracles look everywhere else, with the same
//! eyes for every attack: O-FS at the file system, O-LIVE at the next visitor, O-INT at the bytes, O-CLEAN at what is
//! left, O-LOG at the log.

mod ground;
mod rows;

use std::ops::Deref;
use std::time::Duration;

use longshore::UploadsBuilder;
use longshore::testing::until;

use self::ground::Ground;
use crate::support::TestApp;
use crate::support::log::Log;

/// Longer than anything unfinished or unconsumed is kept.
const LONG: Duration = Duration::from_secs(30 * 24 * 3_600);

/// A server with the pages of [`TestApp`], or any other, under attack.
pub(crate) struct Target {
    app: TestApp,
    ground: Ground,
    log: Log,
}

impl Deref for Target {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.app
    }
}

impl Target {
    pub(crate) async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    /// With something else than the usual: other pages, limits or times.
    pub(crate) async fn with(change: impl FnOnce(UploadsBuilder) -> UploadsBuilder) -> Self {
        Self::around(TestApp::with(change).await)
    }

    /// An application that a test has made itself. What lies around it now must lie there unchanged at the end.
    pub(crate) fn around(app: TestApp) -> Self {
        let (ground, log) = (Ground::around(&app.data()), Log::from_here());
        Self { app, ground, log }
    }

    /// What must hold after each attack, also while others go on: O-FS, O-LIVE, O-INT, O-LOG.
    pub(crate) async fn holds(&self) {
        self.ground.is_unchanged();
        self.app.nothing_strayed();
        // O-LIVE: what `/readyz` answers, and a file of somebody else.
        let reasons = self.app.uploads().not_ready().await;
        assert!(reasons.is_empty(), "new uploads are not taken: {reasons:?}");
        self.app.is_alive().await;
        rows::files_are_what_their_rows_say(&self.app.data()).await;
        self.log.is_clean();
    }

    /// The end of an attack whose clients are gone: what [`holds`](Self::holds), and O-CLEAN. When its time is over
    /// nothing is left of what was unfinished, on the disk or in the catalogue.
    pub(crate) async fn end(self) {
        self.holds().await;
        self.app.clock().advance(LONG);
        // What a client left a moment ago may still be on its way out.
        let data = self.app.data();
        let mut left = Vec::new();
        for _ in 0..100 {
            self.app.sweep().await;
            left = rows::unfinished(&data);
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(left.is_empty(), "left in the catalogue: {left:?}");
        until("the spool is empty", || self.app.spool().is_empty()).await;
        rows::files_are_what_their_rows_say(&data).await;
        self.ground.is_unchanged();
        self.log.is_clean();
        self.app.end().await;
    }
}

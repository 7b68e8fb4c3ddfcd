//! [`World`]: a server on a data folder, and the blows that fall on it.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::{Either, select};
use tempfile::TempDir;

use super::{Chance, Loss, Site};
use crate::disk::Disk;
use crate::server::{Launch, Server, command};

/// Where the data folder lies.
#[derive(Debug)]
enum Ground {
    Folder(TempDir),
    Disk(RefCell<Option<Disk>>, PathBuf),
}

/// ORDER: the server ends before its ground does.
#[derive(Debug)]
pub(crate) struct World {
    server: RefCell<Option<Server>>,
    pub(crate) site: Site,
    ground: Ground,
    log: tempfile::NamedTempFile,
    bind: String,
}

impl World {
    /// A world in which processes die.
    pub(crate) fn of_processes() -> Self {
        Self::new(Ground::Folder(tempfile::tempdir().unwrap()), Loss::Nothing)
    }

    /// A world in which the power fails.
    pub(crate) fn of_power(mib: u64) -> Self {
        let disk = Disk::new(mib);
        let data = disk.path().join("data");
        Self::new(Ground::Disk(RefCell::new(Some(disk)), data), Loss::Unsynced)
    }

    fn new(ground: Ground, loss: Loss) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut world = Self {
            server: RefCell::default(),
            site: Site::new(String::new(), loss),
            ground,
            log,
            bind: "127.0.0.1:0".to_owned(),
        };
        world.start(&[]);
        let url = world.server.borrow().as_ref().unwrap().url.clone();
        world.bind = url.trim_start_matches("http://").to_owned();
        world.site.url = url;
        world
    }

    pub(crate) fn data(&self) -> PathBuf {
        match &self.ground {
            Ground::Folder(folder) => folder.path().join("data"),
            Ground::Disk(_, data) => data.clone(),
        }
    }

    /// Starts the server where it was, with these flags.
    pub(crate) fn start(&self, flags: &[&str]) {
        let data = self.data();
        let launch =
            Launch { bind: &self.bind, log: Some(self.log.reopen().unwrap()), ..Launch::on(&data) };
        let server = launch.start(flags);
        *self.server.borrow_mut() = Some(server);
    }

    pub(crate) fn kill(&self) {
        if let Some(server) = self.server.take() {
            server.kill();
        }
    }

    /// Waits for some moment, and strikes: what the ground is made of says with what.
    pub(crate) async fn blow(&self, chance: &mut Chance, longest: Duration) {
        let most = u64::try_from(longest.as_millis()).unwrap();
        let moment = tokio::time::sleep(Duration::from_millis(chance.within(1..most)));
        if chance.one_in(2) {
            // Right behind an answer: nobody has had time to make it true meanwhile.
            let (answer, end) =
                (self.site.answers(chance.within(1..5)), tokio::time::sleep(longest));
            match select(std::pin::pin!(answer), std::pin::pin!(end)).await {
                Either::Left(_) | Either::Right(_) => {}
            }
        } else {
            moment.await;
        }
        match &self.ground {
            Ground::Folder(_) => {
                self.kill();
                self.start(&[]);
            }
            Ground::Disk(place, _) => self.lose_power(place, chance).await,
        }
        self.site.count(|figures| figures.blows += 1);
    }

    async fn lose_power(&self, place: &RefCell<Option<Disk>>, chance: &mut Chance) {
        self.site.in_trouble.set(true);
        let mut disk = place.take().unwrap();
        disk.cut();
        // What does the server tell its clients while every write fails?
        tokio::time::sleep(Duration::from_millis(chance.within(0..40))).await;
        self.kill();
        disk.come_back();
        *place.borrow_mut() = Some(disk);
        // The kernel lives on, but the folder must not think so.
        let boot = self.data().join("boot");
        if boot.exists() {
            std::fs::write(boot, "an earlier life of the machine").unwrap();
        }
        self.start(&[]);
        // Words of the dead server are still on their way to clients that have not looked yet; they hear the end of
        // their connection behind them.
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.site.in_trouble.set(false);
    }

    /// Ends the server and sweeps whatever its age.
    pub(crate) fn sweep(&self) {
        self.kill();
        let output = command()
            .args(["sweep", "--session-grace", "0s", "--entry-ttl", "0s", "--data"])
            .arg(self.data())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Panics if a promise was broken, with the server's own last words.
    pub(crate) fn judge(&self) {
        if self.site.is_broken() {
            let log = std::fs::read_to_string(self.log.path()).unwrap();
            let lines: Vec<&str> = log.lines().collect();
            println!("{}", lines[lines.len().saturating_sub(40)..].join("\n"));
        }
        self.site.judge();
    }
}

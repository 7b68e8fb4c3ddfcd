//! [`Honest`]: a live page, a form and a tus client that want their files stored, whatever happens around them.

use futures_util::future::join3;
use longshore::testing::{Visitor, samples};

use crate::rig::{Chance, Contents, File, FormClient, LiveClient, Site, StepClient, Tongue, audit};

/// How many files each of them sends in a round.
const FILES: u64 = 4;

#[derive(Debug)]
pub(super) struct Honest<'a> {
    site: &'a Site,
    live: LiveClient,
    form: FormClient,
    tus: StepClient,
    seed: u64,
    rounds: u64,
}

impl<'a> Honest<'a> {
    pub(super) async fn new(site: &'a Site, seed: u64) -> Self {
        let chance = || Chance::new(seed);
        let (live, form, tus) = (
            LiveClient::new(site, chance()),
            FormClient::new(site, chance()),
            StepClient::new(Tongue::Tus, site, chance()),
        );
        for visitor in [&live.visitor, &form.visitor, &tus.visitor] {
            visitor.get("/").await;
        }
        Self { site, live, form, tus, seed, rounds: 0 }
    }

    /// Each sends files of so many bytes together; answers how many bytes that were. Every round sends the same bytes in
    /// the same pieces, so that rounds can be compared.
    pub(super) async fn round(&mut self, bytes: u64) -> u64 {
        self.rounds += 1;
        let mut chance = Chance::new(self.seed);
        let mut file = |who: &str, round: u64, n: u64| {
            let contents = Contents::new(&mut chance, bytes / FILES);
            File::new(format!("{who}-{round}-{n}.bin"), contents)
        };
        for n in 0..FILES {
            self.live.files.push(file("live", self.rounds, n));
            self.form.files.push(file("form", self.rounds, n));
            self.tus.files.push(file("tus", self.rounds, n));
        }
        self.live.begin_again(Chance::new(self.seed));
        self.form.begin_again(Chance::new(self.seed));
        self.tus.begin_again(Chance::new(self.seed));
        let site = self.site;
        join3(self.live.work(site), self.form.work(site), self.tus.work(site)).await;
        3 * FILES * (bytes / FILES)
    }

    /// A stored file that somebody may ask for and not read: its path, and the cookie of whom it belongs to.
    pub(super) async fn a_large_file(&self) -> (String, String) {
        let visitor = Visitor::at(&self.site.url);
        let bytes = samples::text(8 << 20);
        let stored =
            visitor.store("files", "files", longshore::testing::Upload::bytes("large.txt", bytes));
        let path = stored.await["url"].as_str().unwrap().to_owned();
        (path, visitor.cookie().unwrap())
    }

    /// Every byte of every file is as it was sent.
    pub(super) async fn audit(&mut self, site: &Site) {
        for (visitor, files) in [
            (&self.live.visitor, &mut self.live.files),
            (&self.form.visitor, &mut self.form.files),
            (&self.tus.visitor, &mut self.tus.files),
        ] {
            audit(site, visitor, files).await;
            assert!(files.iter().all(File::is_complete), "an honest file was not stored");
        }
    }
}

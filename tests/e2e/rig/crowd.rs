//! [`Crowd`]: the clients of a rig, round by round.

use std::time::Duration;

use futures_util::future::{join, join_all, pending, select};

use super::audit::{audit, audit_catalogue, audit_folders};
use super::{Chance, Contents, File, FormClient, LiveClient, Loss, StepClient, Tongue, World};

/// A round is far shorter; a client that hangs says so itself before.
const PATIENCE: Duration = Duration::from_secs(180);

#[derive(Debug)]
pub(crate) struct Crowd {
    live: Vec<LiveClient>,
    forms: Vec<FormClient>,
    steps: Vec<StepClient>,
    /// They never finish what they begin.
    lazy: Vec<LiveClient>,
    chance: Chance,
    rounds: u64,
}

impl Crowd {
    pub(crate) async fn new(world: &World, mut chance: Chance, live: usize, others: usize) -> Self {
        let site = &world.site;
        let mut client = || LiveClient::new(site, chance.fork());
        let (live, lazy) = ((0..live).map(|_| client()).collect(), vec![client()]);
        let forms = (0..others).map(|_| FormClient::new(site, chance.fork())).collect();
        let mut steps = Vec::new();
        for tongue in Tongue::ALL {
            let some = 0..others.div_ceil(2);
            steps.extend(some.map(|_| StepClient::new(tongue, site, chance.fork())));
        }
        let crowd = Self { live, forms, steps, lazy, chance, rounds: 0 };
        // With the first answer that is lost, a name would be lost, and all that was stored under it.
        let live = crowd.live.iter().chain(&crowd.lazy).map(|client| &client.visitor);
        let others = crowd.forms.iter().map(|client| &client.visitor);
        let others = others.chain(crowd.steps.iter().map(|client| &client.visitor));
        for visitor in live.chain(others) {
            visitor.get("/").await;
            assert!(visitor.cookie().is_some());
        }
        crowd
    }

    /// Each client gets up to `most` files of up to `largest` bytes; while they are sent, `blows` fall. All honest ones
    /// end, and everything is audited.
    pub(crate) async fn round(&mut self, world: &World, most: u64, largest: u64, blows: u64) {
        self.rounds += 1;
        // In a burst of small files several are renamed and committed within one tick of the file system's clock. Then
        // the sync of SQLite's log finds nothing of its own to write down, and brings no forgotten name along by luck.
        let burst = world.site.loss == Loss::Unsynced && self.chance.one_in(2);
        let (most, largest) = if burst { (24, 5_000) } else { (most, largest) };
        self.hand_out(most, largest);
        let Self { live, forms, steps, lazy, chance, .. } = self;
        let site = &world.site;
        let strike = async {
            for _ in 0..blows {
                world.blow(chance, Duration::from_millis(600)).await;
            }
        };
        let work = join(
            join_all(live.iter_mut().map(|client| client.work(site))),
            join_all(forms.iter_mut().map(|client| client.work(site))),
        );
        let work = join(work, join_all(steps.iter_mut().map(|client| client.work(site))));
        let honest = join(strike, work);
        let never = async {
            join_all(lazy.iter_mut().map(|client| client.work(site))).await;
            pending::<()>().await;
        };
        let round = select(Box::pin(honest), Box::pin(never));
        let ended = tokio::time::timeout(PATIENCE, round).await.is_ok();
        assert!(ended, "the round did not end: {self:?}");
        world.site.count(|figures| figures.rounds += 1);
        self.audit(world).await;
    }

    /// Stores tiny files one after another, until SQLite's log begins again at its own beginning.
    pub(crate) async fn fill_the_log(&mut self, world: &World) {
        const WHOLE: u64 = 1_000 * 4_096;
        let log = world.data().join("catalogue.sqlite3-wal");
        let client = &mut self.forms[0];
        while std::fs::metadata(&log).unwrap().len() < WHOLE {
            let known = client.files.len();
            for n in known..known + 50 {
                let contents = Contents::new(&mut self.chance, 10);
                client.files.push(File::new(format!("tiny-{n}.bin"), contents));
            }
            let batch: Vec<usize> = (known..known + 50).collect();
            assert!(client.post(&batch, &world.site).await, "the tiny files were not stored");
        }
        self.audit(world).await;
    }

    fn hand_out(&mut self, most: u64, largest: u64) {
        let (round, chance) = (self.rounds, &mut self.chance);
        let most = chance.within(1..most + 1);
        let name = |who: &str, client: usize, n: u64| format!("{who}{client}-{round}-{n}.bin");
        for (number, client) in self.live.iter_mut().enumerate() {
            for n in 0..most {
                let file = File::any(name("live", number, n), chance, largest);
                client.files.push(file.perhaps_a_mistake(chance));
            }
            if chance.one_in(2) {
                client.reload();
            }
        }
        for (number, client) in self.forms.iter_mut().enumerate() {
            for n in 0..most {
                client.files.push(File::any(name("form", number, n), chance, largest));
            }
        }
        for (number, client) in self.steps.iter_mut().enumerate() {
            for n in 0..most {
                let name = name(client.tongue.name(), number, n);
                client.files.push(File::any(name, chance, largest));
            }
        }
        for (number, client) in self.lazy.iter_mut().enumerate() {
            client.files.clear();
            client.reload();
            client.lazy = true;
            let size = chance.within(100_000..1_000_000);
            let contents = Contents::new(chance, size);
            client.files.push(File::new(name("lazy", number, 0), contents));
        }
    }

    async fn audit(&mut self, world: &World) {
        let site = &world.site;
        for client in self.live.iter_mut().chain(&mut self.lazy) {
            audit(site, &client.visitor, &mut client.files).await;
        }
        for client in &mut self.forms {
            audit(site, &client.visitor, &mut client.files).await;
        }
        for client in &mut self.steps {
            audit(site, &client.visitor, &mut client.files).await;
        }
        audit_catalogue(site, &world.data());
        world.judge();
    }

    /// After the last round: every byte of every file is fetched once more, and a sweep leaves nothing else behind.
    pub(crate) async fn end(&mut self, world: &World) {
        world.sweep();
        audit_folders(&world.site, &world.data(), self.files());
        world.start(&[]);
        let live = self.live.iter_mut().flat_map(|client| &mut client.files);
        let forms = self.forms.iter_mut().flat_map(|client| &mut client.files);
        let steps = self.steps.iter_mut().flat_map(|client| &mut client.files);
        live.chain(forms).chain(steps).for_each(|file| file.compared = false);
        self.audit(world).await;
    }

    fn files(&self) -> impl Iterator<Item = &File> {
        let live = self.live.iter().flat_map(|client| &client.files);
        let steps = self.steps.iter().flat_map(|client| &client.files);
        live.chain(self.forms.iter().flat_map(|client| &client.files)).chain(steps)
    }
}

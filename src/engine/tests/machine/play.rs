//! Plays a sequence: each command is done to the engine and to the picture, and then the two are compared.

mod ends;
mod goes_on;
mod race;
mod verbs;

use super::command::Command;
use super::model::{File, Held, Life, Session};
use super::{Outcome, Text};
use crate::blob::frail::Luck;
use crate::domain::Caller;
use crate::engine::tests::world::{Process, TTL, World, caller, is_shown, registration};
use crate::engine::{Clock, Lifetime};

/// How often a recovery is tried that a fault interrupts.
const STARTS: usize = 10;

/// A world, the process that runs on it, and the picture of both.
pub(super) struct Play {
    world: World,
    process: Process,
    callers: [Caller; 2],
    sessions: Vec<Session>,
    files: Vec<File>,
    leases: Vec<Held>,
    /// What happened, in words.
    log: Vec<String>,
    /// Faults that had happened when the command began.
    met: usize,
}

/// Fails with words unless it is so.
macro_rules! must {
    ($is:expr, $($words:tt)+) => {
        if !$is {
            return Err(format!($($words)+));
        }
    };
}
use must;

impl Play {
    /// Plays a sequence from its beginning to the end of the world. The error is why it went wrong, and what had
    /// happened.
    pub(super) fn of(commands: &[Command]) -> Result<(), (String, Vec<String>)> {
        let world = World::default();
        let process = world.start();
        let mut play = Self {
            world,
            process,
            callers: [caller(), caller()],
            sessions: Vec::new(),
            files: Vec::new(),
            leases: Vec::new(),
            log: Vec::new(),
            met: 0,
        };
        let played = play.all(commands);
        played.map_err(|why| (why, play.log))
    }

    fn all(&mut self, commands: &[Command]) -> Outcome {
        for command in commands {
            self.met = self.hits();
            self.step(*command)?;
            if self.world.faults.stuck() {
                self.say(
                    "something in the background was the last thing that the process did"
                        .to_owned(),
                );
                self.process.rest();
                self.die(None)?;
            }
            self.doubt_what_is_under_way();
            self.audit()?;
        }
        self.end()
    }

    fn hits(&self) -> usize {
        self.world.faults.met().len()
    }

    /// How many faults this command met.
    fn hit(&self) -> usize {
        self.hits() - self.met
    }

    /// A fault may have hit whatever goes on: from now on only what was promised holds.
    fn doubt_what_is_under_way(&mut self) {
        if self.hit() > 0 {
            self.files.iter_mut().for_each(|file| file.doubt = true);
        }
    }

    fn now(&self) -> i64 {
        self.world.clock.now().as_millis()
    }

    fn say(&mut self, words: String) {
        self.log.push(words);
    }

    /// Runs a verb; nothing if the process got stuck in it.
    fn run<T>(&self, verb: impl Future<Output = T>) -> Option<T> {
        self.process.run(&self.world, verb)
    }

    fn open(&mut self, caller: usize, lifetime: Lifetime) -> usize {
        let to = registration(&self.callers[caller], lifetime);
        self.sessions.push(Session { to, caller, open: true, over: false });
        self.sessions.len() - 1
    }

    /// The name of a file in the log.
    fn name(&self, file: usize) -> String {
        let known = &self.files[file];
        format!("f{}({}{})", known.name, known.size, if known.declared { "" } else { "?" })
    }

    fn text(name: usize) -> Text {
        thread_local! {
            static TEXTS: Vec<Text> = (0..8).map(Text::of).collect();
        }
        TEXTS.with(|texts| texts[name % texts.len()].clone())
    }

    /// Whoever holds a lease of this file holds it for nothing from now on.
    fn fence(&mut self, file: usize) {
        self.leases.iter_mut().filter(|held| held.file == file).for_each(|held| held.stale = true);
    }

    fn is_over(&mut self, file: usize) {
        self.files[file].life = Life::Over;
        self.files[file].doomed = None;
        self.fence(file);
    }

    /// Nobody was told what became of it.
    fn is_unknown(&mut self, file: usize) {
        self.files[file].life = Life::Unknown;
        self.files[file].doubt = true;
    }

    /// The process dies, and another one starts and recovers.
    fn die(&mut self, power: Option<[Luck; 3]>) -> Outcome {
        must!(!self.world.hung.get(), "it waits for ever");
        for start in 0..STARTS {
            if self.world.faults.stuck() {
                self.world.faults.heal();
            }
            self.process = self.world.start();
            self.leases.clear();
            match power {
                Some(luck) if start == 0 => {
                    let mut lucks = luck.iter().cycle();
                    self.world.store.cut_power(|| lucks.next().copied().unwrap_or(Luck::Gone));
                }
                _ => self.world.store.end_process(),
            }
            let (engine, met) = (self.process.engine.clone(), self.hits());
            match self.run(async move { engine.recover().await }) {
                Some(Ok(recovered)) => {
                    must!(recovered.lost == 0, "{} entries were lost", recovered.lost);
                    self.say("  and a new process has recovered".to_owned());
                    return self.forget_the_process();
                }
                Some(Err(error)) => must!(self.hits() > met, "recovery failed: {error}"),
                None => {}
            }
            self.say("  and the next process did not get through its recovery".to_owned());
        }
        Err("no recovery gets through".to_owned())
    }

    /// What a process knew is gone; what was promised is not.
    fn forget_the_process(&mut self) -> Outcome {
        self.sessions.iter_mut().for_each(|session| session.open = false);
        for file in &mut self.files {
            file.live = false;
            if file.doomed.is_some() && file.life == Life::Open {
                // Nobody knows whether its end came before that of the process.
                (file.life, file.doubt) = (Life::Unknown, true);
            }
            file.rests();
            if file.life == Life::Open && file.request {
                file.life = Life::Over;
            }
        }
        Ok(())
    }

    /// Compares the picture with the catalogue and the disk.
    fn audit(&self) -> Outcome {
        let wrong = self.process.engine.registry().miscounted();
        must!(wrong.is_empty(), "tallies are wrong: {}", wrong.join(", "));
        for file in 0..self.files.len() {
            let (name, known) = (self.name(file), &self.files[file]);
            let row = self.world.row(known.id);
            let state = row.as_ref().map(|row| row.state().as_str());
            let shown = row.as_ref().filter(|row| is_shown(row));
            if let Some(row) = shown {
                let size = row.length.unwrap_or_default();
                let bytes = self.world.store.bytes(known.id);
                let same = bytes.is_some_and(|bytes| bytes == known.text.bytes(0, size));
                must!(same, "{name} has a row that says {size} bytes, and its bytes are not these");
                must!(row.lost_at.is_none(), "{name} was lost");
            }
            match known.life {
                Life::Open => {
                    let active = row.as_ref().is_some_and(|row| row.state().is_active());
                    let right = if known.request { row.is_none() } else { active };
                    let over = known.doubt || known.doomed.is_some();
                    must!(right || over, "{name} is on its way, its row is {state:?}");
                }
                Life::Complete { .. } | Life::Safe { .. } | Life::Kept { .. } => {
                    let size = shown.and_then(|row| row.length);
                    must!(size == known.bytes(), "{name} is {:?}, its row {state:?}", known.life);
                    let kept = shown.is_some_and(|row| row.kept_at.is_some());
                    let is_kept = matches!(known.life, Life::Kept { .. });
                    must!(kept || !is_kept, "{name} is kept, its row is not");
                }
                Life::Over => must!(shown.is_none(), "{name} is over, its row is {state:?}"),
                Life::Unknown => {}
            }
        }
        Ok(())
    }

    /// All clients go, and all times end: only what was kept is left.
    fn end(&mut self) -> Outcome {
        self.say("the end: everybody goes, and all time is over".to_owned());
        self.world.faults.heal();
        self.met = self.hits();
        self.leases.clear();
        self.process.rest();
        for session in 0..self.sessions.len() {
            self.abandon(session)?;
        }
        self.world.tick(TTL * 100);
        self.sweep()?;
        self.audit()?;
        self.die(None)?;
        self.world.tick(TTL * 100);
        self.sweep()?;
        self.audit()?;
        let strange = self.world.unexplained();
        must!(strange.is_empty(), "left behind: {}", strange.join(", "));
        must!(self.world.waiting() == 0, "{} rows wait for ever", self.world.waiting());
        self.serves_again()
    }
}

/// The place of the one that is so many younger than the newest.
fn newest<T>(all: &[T], age: usize) -> Option<usize> {
    all.len().checked_sub(1 + age)
}

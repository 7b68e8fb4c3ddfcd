//! [`Postman`]: brings one receiver its letters, for as long as the service lives.
//!
//! Each has a thread with a runtime of its own: the receiver may hang, and nothing else may feel that. A few letters
//! are under way at a time, on threads of that runtime which nobody else uses.
//!
//! ORDER: a letter leaves the outbox after the receiver has said that it has it. Whoever dies between the two sends it
//! again, with the same id.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::client::{Attempt, Client, Trouble};
use super::webhook::Receiver;
use super::{Office, pause, signature};
use crate::catalogue::{Bounds, CatalogueError, Fate, Waiting};
use crate::domain::Timestamp;
use crate::engine::Causes;

/// Letters that are looked at together.
const ROUND: u32 = 32;
/// Letters under way to one receiver.
const AT_ONCE: usize = 4;
/// How long those may take when the service ends.
const MOMENT: Duration = Duration::from_secs(1);

/// What an outbox may hold.
const BOUNDS: Bounds =
    Bounds { waiting: 100_000, dead: 10_000, dead_for: Duration::from_secs(7 * 24 * 3_600) };

#[derive(Debug)]
pub(super) struct Postman {
    pub(super) receiver: Arc<Receiver>,
    pub(super) client: Arc<Client>,
    pub(super) office: Office,
    /// The receivers for whom this one clears up.
    pub(super) tidies: Option<Arc<[String]>>,
    pub(super) stop: watch::Receiver<bool>,
}

/// What came of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// There may be more.
    More,
    /// Nothing is due.
    Idle,
    /// The outbox doesn't work. What was sent would be sent again at once.
    Broken,
}

impl Postman {
    /// Starts the thread; what is answered ends with it.
    pub(super) fn start(self) -> std::io::Result<watch::Receiver<()>> {
        let (ending, ended) = watch::channel(());
        let runtime =
            Builder::new_current_thread().enable_time().max_blocking_threads(AT_ONCE).build()?;
        std::thread::Builder::new().name("webhook".to_owned()).spawn(move || {
            runtime.block_on(self.work());
            // Whoever hangs is left hanging, for as long as an attempt may take.
            runtime.shutdown_background();
            drop(ending);
        })?;
        Ok(ended)
    }

    async fn work(self) {
        let (mut stop, mut bell) = (self.stop.clone(), self.office.bell.subscribe());
        let mut trouble = None;
        loop {
            let mut stopped = self.stop.clone();
            let enough = async {
                let _ = stopped.wait_for(|stop| *stop).await;
                sleep(MOMENT).await;
            };
            let round = tokio::select! {
                round = self.round(&mut trouble) => round,
                () = enough => return,
            };
            if *stop.borrow() || stop.has_changed().is_err() {
                return;
            }
            let rested = async {
                match round {
                    Round::More => {}
                    Round::Broken => sleep(self.office.look).await,
                    Round::Idle => tokio::select! {
                        // Without anybody to ring it, it is silent; the clock is not.
                        Ok(()) = bell.changed() => {}
                        () = sleep(self.office.look) => {}
                    },
                }
            };
            tokio::select! {
                () = rested => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn round(&self, trouble: &mut Option<Trouble>) -> Round {
        match self.deliver(trouble).await {
            Ok(round) => round,
            Err(CatalogueError::Closed) => Round::Broken,
            Err(error) => {
                tracing::error!(error = %Causes(&error), "the outbox failed");
                Round::Broken
            }
        }
    }

    async fn deliver(&self, trouble: &mut Option<Trouble>) -> Result<Round, CatalogueError> {
        let outbox = &self.office.outbox;
        if let Some(receivers) = &self.tidies {
            let given_up = outbox.tidy(receivers, self.office.clock.now(), &BOUNDS).await?;
            if given_up > 0 {
                tracing::error!(letters = given_up, "letters given up: too many, or to nobody");
            }
        }
        let due = outbox.due(self.receiver.name(), self.office.clock.now(), ROUND).await?;
        let more = due.len() == ROUND as usize;
        let mut attempts =
            stream::iter(due).map(|waiting| self.attempt(waiting)).buffer_unordered(AT_ONCE);
        while let Some((waiting, outcome)) = attempts.next().await {
            self.tell(&outcome, trouble);
            let fate = fate(&waiting, outcome, self.office.clock.now());
            if let Fate::Dead { attempts, trouble, .. } = &fate {
                let (letter, entry) = (waiting.letter.id, waiting.letter.entry);
                let receiver = self.receiver.shown();
                tracing::error!(%letter, entry.id = %entry, receiver, attempts, trouble, "letter {letter} given up");
            }
            outbox.attempted(waiting.letter.id, self.receiver.name(), &fate).await?;
        }
        Ok(if more { Round::More } else { Round::Idle })
    }

    async fn attempt(&self, waiting: Waiting) -> (Waiting, Result<(), Trouble>) {
        let (client, attempt) = (Arc::clone(&self.client), self.signed(&waiting));
        let sent = spawn_blocking(move || client.send(&attempt)).await;
        (waiting, sent.unwrap_or(Err(Trouble::Protocol)))
    }

    fn signed(&self, waiting: &Waiting) -> Attempt {
        let (letter, seconds) = (&waiting.letter, self.office.clock.now().as_millis() / 1_000);
        let signature = signature::signatures(self.receiver.secrets(), seconds, &letter.body);
        Attempt {
            url: self.receiver.name().to_owned(),
            headers: vec![
                ("content-type", "application/json".to_owned()),
                ("longshore-id", letter.id.to_string()),
                ("longshore-event", letter.occasion.as_str().to_owned()),
                ("longshore-timestamp", seconds.to_string()),
                ("longshore-signature", signature),
            ],
            body: letter.body.clone(),
        }
    }

    /// Logs when a receiver's trouble begins, changes and ends, and not each letter of a long night.
    fn tell(&self, outcome: &Result<(), Trouble>, trouble: &mut Option<Trouble>) {
        let now = outcome.as_ref().err().cloned();
        if *trouble == now {
            return;
        }
        let receiver = self.receiver.shown();
        match &now {
            Some(why) => tracing::warn!(receiver, trouble = %why, "webhook {receiver}: {why}"),
            None => tracing::info!(receiver, "webhook {receiver} takes letters again"),
        }
        *trouble = now;
    }
}

/// What becomes of a letter after an attempt.
fn fate(waiting: &Waiting, outcome: Result<(), Trouble>, now: Timestamp) -> Fate {
    let Err(trouble) = outcome else { return Fate::Delivered };
    let attempts = waiting.attempts.saturating_add(1);
    let again = pause::again(attempts, waiting.letter.created_at, now, pause::chance());
    let again = again.filter(|_| !trouble.is_final());
    let trouble = trouble.to_string();
    match again {
        Some(due_at) => Fate::Later { attempts, due_at, trouble },
        None => Fate::Dead { attempts, at: now, trouble },
    }
}

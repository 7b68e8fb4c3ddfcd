//! Floor 3: telling other services what was stored and what was deleted.
//!
//! The engine puts a letter into the outbox in the commit that it speaks of; here each [`Webhook`] has a postman
//! who brings it there, again and again with growing pauses, until the receiver has taken it or its time is over.
//! Whoever names the receiver's address could have us speak to machines that only we can reach, and whoever runs its
//! domain could point it there later: so every address is looked at after it was looked up, and only those that were
//! looked at are connected to.
//!
//! INVARIANT: nothing that a client does waits for anything in here.

mod address;
mod client;
mod pause;
mod postman;
mod signature;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::catalogue::Outbox;
use crate::engine::Clock;

pub use self::webhook::{Webhook, WebhookError};

use self::client::Client;
use self::postman::Postman;
use self::webhook::Receiver;

/// As many webhooks as one service may have: each has a thread.
pub(crate) const MOST: usize = 16;

/// How long a shutdown waits for a letter that is under way. It is sent again by the next process.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What the postmen work with.
#[derive(Debug, Clone)]
pub(crate) struct Office {
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bell: watch::Sender<()>,
    /// How often they look for letters that have become due.
    pub(crate) look: Duration,
}

/// The postmen at work. They stop when this is dropped.
#[derive(Debug)]
pub(crate) struct Postmen {
    stop: watch::Sender<bool>,
    ended: Vec<watch::Receiver<()>>,
}

/// The webhooks of a service, with what was wrong about them found out before anything runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Receivers(Vec<Arc<Receiver>>);

impl Receivers {
    /// # Errors
    /// What is wrong with one of them.
    pub(crate) fn of(webhooks: Vec<Webhook>) -> Result<Self, WebhookError> {
        if let Some(beyond) = webhooks.get(MOST) {
            return Err(beyond.wrong("more webhooks than can be served", "at most 16"));
        }
        let mut receivers: Vec<Arc<Receiver>> = Vec::new();
        for webhook in webhooks {
            let receiver = webhook.clone().checked()?;
            if receivers.iter().any(|other| other.name() == receiver.name()) {
                return Err(webhook.wrong("given twice", "once"));
            }
            receivers.push(Arc::new(receiver));
        }
        Ok(Self(receivers))
    }

    /// The names by which the outbox knows them.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|receiver| receiver.name().to_owned()).collect()
    }

    /// Sends a postman to each.
    ///
    /// # Errors
    /// A thread can't be started.
    pub(crate) fn serve(&self, office: &Office) -> std::io::Result<Postmen> {
        let stop = watch::Sender::new(false);
        let names: Arc<[String]> = self.names().into();
        let mut ended = Vec::new();
        for (number, receiver) in self.0.iter().enumerate() {
            let client = Client::new(receiver.may_be_private());
            let postman = Postman {
                receiver: Arc::clone(receiver),
                client: Arc::new(client),
                office: office.clone(),
                // One of them clears up for all.
                tidies: (number == 0).then(|| Arc::clone(&names)),
                stop: stop.subscribe(),
            };
            ended.push(postman.start()?);
        }
        Ok(Postmen { stop, ended })
    }
}

impl Postmen {
    /// Tells them to stop and waits until they have, for a moment.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        let all = async {
            for mut ended in self.ended.clone() {
                // Nothing is ever said here: it ends with the thread.
                let _ = ended.changed().await;
            }
        };
        if tokio::time::timeout(LAST_WORDS, all).await.is_err() {
            tracing::info!("letters under way are left to the next start");
        }
    }
}

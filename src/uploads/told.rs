//! Who is told of files: from the builder's webhooks to postmen at work. A build without the feature `webhooks` tells
//! nobody, and this is the one place that knows the difference.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::StartError;
use crate::catalogue::Outbox;
use crate::engine::{Clock, Post};
#[cfg(feature = "webhooks")]
use crate::webhooks::{Office, Postmen, Receivers, Webhook};

/// How often a postman looks for letters that have become due, in a service whose application says nothing else.
const LOOK: Duration = Duration::from_secs(5);

/// What the application said about it.
#[derive(Default)]
pub(super) struct Wished {
    #[cfg(feature = "webhooks")]
    pub(super) webhooks: Vec<Webhook>,
    pub(super) outbox: Option<Arc<dyn Outbox>>,
    pub(super) look: Option<Duration>,
}

/// The same when nothing is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Told {
    #[cfg(feature = "webhooks")]
    receivers: Receivers,
    look: Duration,
}

/// Whoever is on the way with letters. They stop when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    #[cfg(feature = "webhooks")]
    postmen: Option<Postmen>,
}

impl Wished {
    pub(super) fn checked(self) -> Result<Told, StartError> {
        Ok(Told {
            #[cfg(feature = "webhooks")]
            receivers: Receivers::of(self.webhooks)?,
            look: self.look.unwrap_or(LOOK),
        })
    }
}

impl Told {
    #[cfg(feature = "webhooks")]
    fn names(&self) -> Vec<String> {
        self.receivers.names()
    }

    #[cfg(not(feature = "webhooks"))]
    #[allow(clippy::unused_self)] // It reads as what the other one does.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Where the engine puts letters; `None` if nobody wants any.
    pub(super) fn post(
        &self,
        outbox: Option<&Arc<dyn Outbox>>,
    ) -> Result<Option<Post>, StartError> {
        let names = self.names();
        if names.is_empty() {
            return Ok(None);
        }
        let outbox = Arc::clone(outbox.ok_or(StartError::NoOutbox)?);
        Ok(Some(Post { outbox, to: names.into(), bell: watch::Sender::new(()) }))
    }

    /// Begins to deliver what an earlier process left, and what will come.
    #[cfg(feature = "webhooks")]
    pub(super) fn deliver(
        &self,
        post: Option<&Post>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Delivery, StartError> {
        let Some(post) = post else { return Ok(Delivery::default()) };
        let office = Office {
            outbox: Arc::clone(&post.outbox),
            clock: Arc::clone(clock),
            bell: post.bell.clone(),
            look: self.look,
        };
        let postmen = self.receivers.serve(&office).map_err(StartError::Postmen)?;
        Ok(Delivery { postmen: Some(postmen) })
    }

    /// Nobody is told of anything.
    #[cfg(not(feature = "webhooks"))]
    pub(super) fn deliver(
        &self,
        _: Option<&Post>,
        _: &Arc<dyn Clock>,
    ) -> Result<Delivery, StartError> {
        let _ = self.look;
        Ok(Delivery::default())
    }
}

impl Delivery {
    /// Stops; what is not delivered waits for the next start.
    pub(super) async fn stop(&self) {
        #[cfg(feature = "webhooks")]
        if let Some(postmen) = &self.postmen {
            postmen.stop().await;
        }
    }
}

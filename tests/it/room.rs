//! A page that a test furnishes itself: its slots, and closures for what happens on it.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use longshore::catalogue::Catalogue;
use longshore::{
    Entry, Event, Rejection, SlotOptions, UploadSession, UploadsBuilder, View, ViewError,
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::pages::{self, LIST, PAGE};
use crate::support::{LivePage, TestApp};
use longshore::testing::{until, within};

type Handled = LocalBoxFuture<'static, Result<(), ViewError>>;

/// The page `room`: a test's slots, and `any`, which keeps everything.
#[derive(Clone)]
pub(crate) struct Room {
    slots: Vec<(&'static str, SlotOptions)>,
    event: Arc<dyn Fn(Event, UploadSession) -> Handled + Send + Sync>,
    progress: Arc<dyn Fn(Entry, UploadSession) -> Handled + Send + Sync>,
}

impl Room {
    pub(crate) fn new(slots: Vec<(&'static str, SlotOptions)>) -> Self {
        Self {
            slots,
            event: Arc::new(|event, _| {
                async move { Err(ViewError::unknown_event(&event.name)) }.boxed_local()
            }),
            progress: Arc::new(|_, _| async { Ok(()) }.boxed_local()),
        }
    }

    pub(crate) fn on_event<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Event, UploadSession) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), ViewError>> + 'static,
    {
        self.event = Arc::new(move |event, session| handler(event, session).boxed_local());
        self
    }

    pub(crate) fn on_progress<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Entry, UploadSession) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), ViewError>> + 'static,
    {
        self.progress = Arc::new(move |entry, session| handler(entry, session).boxed_local());
        self
    }

    pub(crate) async fn open(self) -> TestApp {
        self.open_with(longshore::Limits::default()).await
    }

    pub(crate) async fn open_with(self, limits: longshore::Limits) -> TestApp {
        self.open_as(|builder| builder.limits(limits)).await
    }

    pub(crate) async fn open_on(self, catalogue: impl Catalogue + 'static) -> TestApp {
        self.open_as(|builder| builder.catalogue(catalogue)).await
    }

    async fn open_as(self, more: impl FnOnce(UploadsBuilder) -> UploadsBuilder) -> TestApp {
        let templates = pages::templates(&[("room.html", PAGE), ("room/list.html", LIST)]);
        TestApp::with(|builder| {
            more(builder.templates(templates)).page("room", move || self.clone())
        })
        .await
    }
}

impl View for Room {
    fn template(&self) -> &str {
        "room.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        let keeps = SlotOptions::new().max_entries(20).on_progress(|entry, session| async move {
            if entry.done() { pages::keep(&entry, &session).await } else { Ok(()) }
        });
        session.allow_upload("any", keeps)?;
        for (name, options) in &self.slots {
            session.allow_upload(name, options.clone())?;
        }
        Ok(())
    }

    async fn handle_event(
        &mut self,
        event: &Event,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        match event.name.as_str() {
            "nothing" => Ok(()),
            _ => (self.event)(event.clone(), session.clone()).await,
        }
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        (self.progress)(entry.clone(), session.clone()).await
    }
}

/// What a handler answers that has something to say to a test.
pub(crate) fn says(text: impl ToString) -> Result<(), ViewError> {
    Err(Rejection::because(text.to_string()).into())
}

/// Sends an event, and answers its reply.
pub(crate) async fn event(live: &mut LivePage, name: &str, payload: Value) -> Value {
    live.say(&json!({ "type": "event", "name": name, "payload": payload, "seq": 5 })).await;
    live.hear_where("the reply", |message| message["type"] == "reply" && message["seq"] == 5).await
}

/// What an event's handler [says].
pub(crate) async fn told(live: &mut LivePage, name: &str, payload: Value) -> String {
    let reply = event(live, name, payload).await;
    reply["error"]["message"].as_str().unwrap_or_default().to_owned()
}

/// What happened, noted by whoever saw it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    pub(crate) fn note(&self, text: impl ToString) {
        self.0.lock().unwrap().push(text.to_string());
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.all().iter().any(|note| note == text)
    }

    /// Waits until something was noted.
    pub(crate) async fn until(&self, text: &str) {
        until(text, || self.has(text)).await;
    }
}

/// Something that a test lets happen when it wants to.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }

    /// Waits until it is open.
    pub(crate) async fn passed(&self) {
        let mut open = self.0.subscribe();
        within("an open gate", open.wait_for(|open| *open)).await.unwrap();
    }
}

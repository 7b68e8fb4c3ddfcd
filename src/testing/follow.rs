//! Following an upload by its events, as a browser's `EventSource` does.

use std::fmt;

use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::StreamExt;
use futures_util::stream::LocalBoxStream;
use serde_json::Value;

use super::{Visitor, within};

/// The events of one upload (`GET /api/entries/{id}/events`, `docs/http.md`). Dropping it ends the connection.
pub struct Following {
    status: u16,
    kind: String,
    body: LocalBoxStream<'static, Result<Bytes, PayloadError>>,
    received: String,
    beats: usize,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// `progress`, `complete`, `error` or `cancelled`.
    pub event: String,
    /// Its id, which only the last one has.
    pub id: Option<String>,
    /// The entry, as `GET /api/entries/{id}` says it.
    pub entry: Value,
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Visitor {
    /// Follows an upload by its entry's id.
    pub async fn follow(&self, entry: &str) -> Following {
        self.follow_from(entry, None).await
    }

    /// The same, coming back with the id of the event that was heard last.
    pub async fn follow_from(&self, entry: &str, last: Option<&str>) -> Following {
        let mut request = self.request(&format!("api/entries/{entry}/events"));
        if let Some(last) = last {
            request = request.insert_header(("last-event-id", last));
        }
        let request = request.insert_header((header::ACCEPT, "text/event-stream"));
        let answer = within("the head of an event stream", request.send()).await;
        let answer = answer.unwrap_or_else(|error| panic!("no event stream: {error}"));
        let kind = answer.headers().get(header::CONTENT_TYPE);
        Following {
            status: answer.status().as_u16(),
            kind: kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned(),
            body: answer.boxed_local(),
            received: String::new(),
            beats: 0,
        }
    }
}

impl Following {
    /// The status with which it was answered.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The type of the answer.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.kind
    }

    /// How many comments have come in which nothing was said.
    #[must_use]
    pub fn beats(&self) -> usize {
        self.beats
    }

    /// The next event; nothing at the end of the stream.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            match parsed(&self.block().await?) {
                Some(told) => return Some(told),
                None => self.beats += 1,
            }
        }
    }

    /// Reads on until this event has come, and answers it. Panics if the stream ends before.
    pub async fn until(&mut self, event: &str) -> Told {
        loop {
            let told = self.next().await;
            let told = told.unwrap_or_else(|| panic!("the stream ended before `{event}`"));
            if told.event == event {
                return told;
            }
        }
    }

    /// Waits for a comment in which nothing is said. Panics if something is.
    pub async fn beat(&mut self) {
        let block = self.block().await.expect("a stream that goes on");
        assert!(parsed(&block).is_none(), "something was said: {block}");
        self.beats += 1;
    }

    /// What is between two empty lines; nothing at the end of the stream.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.received.find("\n\n") {
                return Some(self.received.drain(..at + 2).collect());
            }
            match within("something on the event stream", self.body.next()).await {
                Some(Ok(piece)) => self.received += std::str::from_utf8(&piece).expect("UTF-8"),
                Some(Err(_)) | None => return None,
            }
        }
    }
}

fn parsed(block: &str) -> Option<Told> {
    let field = |name: &str| {
        let mut lines =
            block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        lines.next().map(str::to_owned)
    };
    let data = field("data")?;
    let entry = serde_json::from_str(&data).unwrap_or_else(|_| panic!("no JSON: {data}"));
    Some(Told { event: field("event")?, id: field("id"), entry })
}

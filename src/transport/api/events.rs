//! `GET /api/entries/{id}/events`: how far an upload is, told as it changes (server-sent events, HTML standard §9.2).
//!
//! Whoever asks every second how far an upload is asks too often and hears too late. Here the entry is told as it is,
//! and again when it has changed: latest values, at most ten a second, to its end. What is waiting to be read is the
//! connection's buffer and one change, so the number of streams is bounded by the number of connections; whoever
//! doesn't read is cut off like the receiver of any answer (`peers/outgoing.rs`).
//!
//! A stream ends with its upload, or when the server is told to stop: a drain waits for nobody who only listens.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{Error, HttpRequest, HttpResponse, web};
use futures_util::{Stream, stream};
use tokio::time::{Instant, sleep_until, timeout};

use super::entries::{entry_id, facts};
use crate::domain::{Caller, Entry, EntryId};
use crate::transport::answer::{Problem, log};
use crate::transport::identity::Visitor;
use crate::uploads::{UploadError, Uploads, Watch};

/// Between two events.
const PAUSE: Duration = Duration::from_millis(100);
/// The id of the last event. A browser whose stream has ended comes back with the id that it heard last, for ever;
/// who comes with this one is told not to.
const OVER: &str = "over";
/// A comment, from time to time: proxies end what is silent, and only who is sent something is found to be gone.
const BEAT: &[u8] = b":\n\n";

pub(in crate::transport) async fn get_events(
    request: HttpRequest,
    id: web::Path<String>,
    visitor: Visitor,
    uploads: web::Data<Uploads>,
) -> Result<HttpResponse, Problem> {
    let id = entry_id(&id)?;
    let caller = visitor.with_pass(&request, id, &uploads);
    // ORDER: watch, then look. Between the two nothing can happen that nobody hears of.
    let watch = uploads.watch_entry(id, &caller);
    let entry = uploads.entry(id, &caller).await?;
    let heard = request.headers().get("last-event-id");
    if entry.state().is_terminal() && heard.is_some_and(|heard| heard == OVER) {
        return Ok(HttpResponse::NoContent().finish());
    }
    let uploads = uploads.get_ref().clone();
    let next = Next::Event(Box::new(entry));
    let follower = Follower { uploads, caller, watch, next, rested: Instant::now() };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(follower.events()))
}

/// Whoever follows an upload.
#[derive(Debug)]
struct Follower {
    uploads: Uploads,
    caller: Caller,
    watch: Watch,
    next: Next,
    /// No event comes before.
    rested: Instant,
}

#[derive(Debug)]
enum Next {
    Event(Box<Entry>),
    News(EntryId),
    End,
}

impl Follower {
    fn events(self) -> impl Stream<Item = Result<Bytes, Error>> {
        stream::unfold(self, |mut follower| async move {
            let piece = follower.piece().await?;
            Some((Ok(piece), follower))
        })
    }

    /// What is sent next; nothing at the end.
    async fn piece(&mut self) -> Option<Bytes> {
        let entry = match std::mem::replace(&mut self.next, Next::End) {
            Next::Event(entry) => entry,
            Next::News(id) => {
                self.next = Next::News(id);
                let beat = self.uploads.patience().ping();
                let Ok(news) = timeout(beat, self.news(id)).await else {
                    return Some(Bytes::from_static(BEAT));
                };
                news?
            }
            Next::End => return None,
        };
        let over = entry.state().is_terminal();
        self.next = if over { Next::End } else { Next::News(entry.id) };
        self.rested = Instant::now() + PAUSE;
        Some(event(&entry, over, &facts(&entry, &self.uploads)))
    }

    /// The entry when it has changed; nothing if there will be no more.
    async fn news(&mut self, id: EntryId) -> Option<Box<Entry>> {
        sleep_until(self.rested).await;
        loop {
            let news = self.watch.next().await?;
            if let Some(end) = news.into_iter().find_map(|news| news.end) {
                return Some(Box::new(Entry::clone(&end)));
            }
            match self.uploads.entry(id, &self.caller).await {
                Ok(entry) => return Some(Box::new(entry)),
                Err(UploadError::NotFound) => return None,
                // The next change asks again.
                Err(error) => log(&error),
            }
        }
    }
}

fn event(entry: &Entry, over: bool, facts: &serde_json::Value) -> Bytes {
    match over {
        true => format!("event: {}\nid: {OVER}\ndata: {facts}\n\n", entry.state().wire()).into(),
        false => format!("event: progress\ndata: {facts}\n\n").into(),
    }
}

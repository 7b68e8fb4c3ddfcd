//! The actor of a live page in the actix test runtime: real frames in, real frames out, no network.

mod deaf;

use std::path::Path;
use std::time::Duration;

use actix_codec::{Decoder, Encoder};
use actix_http::ws::{Codec, Frame, Message as Sent};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::test::TestRequest;
use actix_web::web::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::poll_fn;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::wire::SUBPROTOCOL;
use super::*;
use crate::blob::{Durability, LocalStore};
use crate::domain::{Caller, OwnerId};
use crate::{Consumed, Entry, Event, SlotOptions, Templates, UploadSession, View, ViewError};

/// A page with a slot for text, whose events may panic.
struct Notes;

impl View for Notes {
    fn template(&self) -> &str {
        "notes.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        Ok(session.allow_upload("notes", SlotOptions::new().accept(".txt").max_entries(2))?)
    }

    async fn handle_event(
        &mut self,
        event: &Event,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        match event.name.as_str() {
            "panic" => panic!("on purpose"),
            "refresh" => session.push_region("list"),
            other => return Err(ViewError::unknown_event(other)),
        }
        Ok(())
    }

    async fn on_progress(
        &mut self,
        entry: &Entry,
        session: &UploadSession,
    ) -> Result<(), ViewError> {
        if !entry.done() {
            return Ok(());
        }
        session
            .consume_uploaded_entry(entry, async |file, _| {
                file.keep();
                Ok::<_, ViewError>(Consumed::Done(()))
            })
            .await
    }
}

struct Live {
    uploads: Uploads,
    frames: Option<mpsc::Sender<Result<Bytes, actix_web::error::PayloadError>>>,
    body: Option<BoxBody>,
    incoming: BytesMut,
    codec: Codec,
    folder: tempfile::TempDir,
}

async fn uploads(folder: &Path, grace: Duration) -> Uploads {
    let templates = [
        ("notes.html", "<ul></ul>"),
        ("notes/list.html", "{% for e in uploads.notes.entries %}{{ e.name }}{% endfor %}!"),
    ];
    Uploads::builder()
        .store(LocalStore::open(folder, Durability::Os).unwrap())
        .templates(Templates::from_texts(templates).unwrap())
        .page("notes", || Notes)
        .session_grace(grace)
        .start()
        .await
        .unwrap()
}

impl Live {
    async fn new(grace: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let uploads = uploads(folder.path(), grace).await;
        let page = PageName::try_from("notes").unwrap();
        let caller = Caller::new(OwnerId::from_uuid(uuid::Uuid::new_v4()));
        let context = page_context(&uploads, &page, &Visitor::of(caller.clone()));
        let (mounted, guard) = uploads.mount(&page, caller, Mount::Live).await.unwrap();
        let limits = *uploads.limits();
        let (frames, mut payload) = mpsc::channel(16);
        // An error in the stream stands for a bug in the actor: it panics while the actor is polled.
        let payload = stream::poll_fn(move |cx| {
            payload.poll_recv(cx).map(|piece| match piece {
                Some(Err(_)) => panic!("in the middle of the actor, on purpose"),
                piece => piece,
            })
        });
        let watch = Arc::new(Watch::new(Liveness::new()));
        let guarded = FrameGuard::new(
            payload,
            GuardLimits { frame: limits.max_frame, text: limits.max_text },
            Arc::clone(&watch),
        );
        let session =
            WsSession::new(uploads.clone(), mounted, context, guard, watch, Cut::new(|| ()));
        let request = TestRequest::default()
            .insert_header(("upgrade", "websocket"))
            .insert_header(("connection", "upgrade"))
            .insert_header(("sec-websocket-version", "13"))
            .insert_header(("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="))
            .insert_header(("sec-websocket-protocol", SUBPROTOCOL))
            .to_http_request();
        let response = socket::start(session, &request, guarded).unwrap();
        assert_eq!(response.status(), 101);
        let (codec, incoming) = (Codec::new().client_mode().max_size(1 << 20), BytesMut::new());
        let body = Some(response.into_body());
        Self { uploads, frames: Some(frames), body, incoming, codec, folder }
    }

    async fn greeted(grace: Duration) -> Self {
        let mut live = Self::new(grace).await;
        live.say(&json!({ "type": "hello" })).await;
        assert_eq!(live.hear().await["type"], "welcome");
        live
    }

    async fn send(&mut self, message: Sent) {
        let mut bytes = BytesMut::new();
        self.codec.encode(message, &mut bytes).unwrap();
        self.frames.as_ref().unwrap().send(Ok(bytes.freeze())).await.unwrap();
    }

    async fn say(&mut self, message: &Value) {
        self.send(Sent::Text(message.to_string().into())).await;
    }

    async fn data(&mut self, stream: u32, offset: u64, bytes: &[u8]) {
        let mut frame = stream.to_be_bytes().to_vec();
        frame.extend([0; 4]);
        frame.extend(offset.to_be_bytes());
        frame.extend(bytes);
        self.send(Sent::Binary(frame.into())).await;
    }

    /// The next text message; pings are passed over.
    async fn hear(&mut self) -> Value {
        loop {
            if let Some(frame) = self.codec.decode(&mut self.incoming).unwrap() {
                match frame {
                    Frame::Text(text) => return serde_json::from_slice(&text).unwrap(),
                    Frame::Ping(_) => continue,
                    other => panic!("unexpected frame {other:?}"),
                }
            }
            let body = self.body.as_mut().unwrap();
            let piece = poll_fn(|cx| std::pin::Pin::new(&mut *body).poll_next(cx)).await;
            self.incoming.extend_from_slice(&piece.expect("the socket ended").unwrap());
        }
    }

    async fn hear_type(&mut self, kind: &str) -> Value {
        loop {
            let message = self.hear().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    async fn register(&mut self, name: &str, size: u64) -> u32 {
        self.say(&json!({ "type": "register", "slot": "notes",
            "entries": [{ "ref": name, "name": name, "size": size }] }))
            .await;
        let answer = self.hear_type("registered").await;
        u32::try_from(answer["entries"][0]["stream"].as_u64().expect("an entry")).unwrap()
    }

    /// The socket is gone: nobody polls its body any more.
    fn disconnect(&mut self) {
        self.frames = None;
        self.body = None;
    }

    fn spool(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("spool")).unwrap().count()
    }

    async fn until(&self, mut done: impl FnMut(&Self) -> bool) {
        for _ in 0..1_000 {
            if done(self) {
                return;
            }
            actix_rt::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it did not happen within five seconds");
    }
}

#[actix::test]
async fn hello_is_answered_with_the_rules_of_every_slot() {
    let mut live = Live::new(Duration::ZERO).await;
    live.say(&json!({ "type": "hello" })).await;
    let welcome = live.hear().await;
    assert_eq!(welcome["version"], 1);
    assert_eq!(welcome["slots"]["notes"]["accept"], ".txt");
    assert_eq!(welcome["slots"]["notes"]["max_entries"], 2);
    assert!(welcome["resume"].as_str().unwrap().len() >= 32);
}

#[actix::test]
async fn a_registered_file_is_received_acknowledged_and_stored() {
    let mut live = Live::greeted(Duration::ZERO).await;
    let stream = live.register("a.txt", 5).await;
    live.data(stream, 0, b"he").await;
    live.data(stream, 2, b"llo").await;
    let done = loop {
        let progress = live.hear_type("progress").await;
        if progress["status"] == "complete" {
            break progress;
        }
    };
    assert_eq!((done["loaded"].as_u64(), done["progress"].as_u64()), (Some(5), Some(100)));
    let url = done["url"].as_str().unwrap();
    let id = url.split('/').nth(2).unwrap();
    let stored = std::fs::read(live.folder.path().join("files").join(id)).unwrap();
    assert_eq!(stored, b"hello");
}

#[actix::test]
async fn a_cancelled_entry_says_so_and_its_late_frames_are_dropped() {
    let mut live = Live::greeted(Duration::ZERO).await;
    let stream = live.register("a.txt", 50_000).await;
    live.data(stream, 0, &[b'a'; 20_000]).await;
    live.say(&json!({ "type": "cancel", "ref": "a.txt" })).await;
    live.data(stream, 20_000, &[b'a'; 20_000]).await;
    let progress = loop {
        let progress = live.hear_type("progress").await;
        if progress["status"] != "uploading" {
            break progress;
        }
    };
    assert_eq!(progress["status"], "cancelled");
    // The name is free again, and nothing was said about the late frame.
    live.say(&json!({ "type": "register", "slot": "notes",
        "entries": [{ "ref": "a.txt", "name": "a.txt", "size": 1 }] }))
        .await;
    assert_eq!(live.hear().await["type"], "registered");
}

#[actix::test]
async fn after_a_disconnect_the_session_folder_goes_when_the_grace_time_is_over() {
    let mut live = Live::greeted(Duration::from_millis(300)).await;
    let stream = live.register("a.txt", 2_000_000).await;
    live.data(stream, 0, &[b'a'; 900_000]).await;
    live.hear_type("ack").await;
    assert_eq!(live.spool(), 1);
    live.disconnect();
    assert_eq!(live.spool(), 1, "the grace time has just begun");
    live.until(|live| live.spool() == 0).await;
}

#[actix::test]
async fn without_a_grace_time_the_session_folder_goes_at_once() {
    let mut live = Live::greeted(Duration::ZERO).await;
    let stream = live.register("a.txt", 2_000_000).await;
    live.data(stream, 0, &[b'a'; 900_000]).await;
    live.hear_type("ack").await;
    live.disconnect();
    live.until(|live| live.spool() == 0).await;
}

#[actix::test]
async fn a_view_that_panics_is_told_to_its_user_and_the_session_lives() {
    let mut live = Live::greeted(Duration::ZERO).await;
    live.say(&json!({ "type": "event", "name": "panic", "seq": 1 })).await;
    let reply = live.hear_type("reply").await;
    assert_eq!((reply["ok"].as_bool(), reply["seq"].as_u64()), (Some(false), Some(1)));
    assert!(!reply.to_string().contains("on purpose"), "what happened inside is not for the user");
    live.say(&json!({ "type": "event", "name": "refresh", "seq": 2 })).await;
    assert_eq!(live.hear_type("region").await["html"], "!");
    assert_eq!(live.hear_type("reply").await["ok"], true);
}

#[actix::test]
async fn an_actor_that_panics_is_cleaned_up_all_the_same() {
    let mut live = Live::greeted(Duration::ZERO).await;
    let stream = live.register("a.txt", 2_000_000).await;
    live.data(stream, 0, &[b'a'; 900_000]).await;
    live.hear_type("ack").await;
    assert_eq!(live.spool(), 1);
    let bomb = Err(actix_web::error::PayloadError::Overflow);
    live.frames.as_ref().unwrap().send(bomb).await.unwrap();
    assert!(std::panic::AssertUnwindSafe(live.hear_type("never")).catch_unwind().await.is_err());
    live.disconnect();
    live.until(|live| live.spool() == 0).await;
    assert!(live.uploads.is_ready().await);
}

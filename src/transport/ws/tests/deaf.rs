//! A session that doesn't read because its disk is slow, in the actix test runtime: its peer's silence does not
//! count, for exactly as long as the disk takes, whether anybody polls the actor or not.

use std::time::Duration;

use actix_codec::Encoder;
use actix_http::ws::{Codec, Message};
use actix_web::body::MessageBody;
use actix_web::test::TestRequest;
use actix_web::web::{Bytes, BytesMut};
use futures_util::future::poll_fn;
use futures_util::{FutureExt, StreamExt, stream};

use super::super::wire::SUBPROTOCOL;
use super::super::*;
use crate::blob::faulty::{Fault, FaultyStore, Operation};
use crate::blob::{Durability, LocalStore};
use crate::domain::{Caller, OwnerId};
use crate::{Limits, SlotOptions, Templates, UploadSession, View, ViewError};

struct Notes;

impl View for Notes {
    fn template(&self) -> &str {
        "notes.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        Ok(session.allow_upload("notes", SlotOptions::new().max_file_size(10_000_000))?)
    }
}

/// What a client says that sends more of a file than may lie in memory.
fn frames() -> Vec<Result<Bytes, actix_web::error::PayloadError>> {
    let register = r#"{"type":"register","slot":"notes","entries":[{"ref":"a","name":"a.bin","size":4000000}]}"#;
    let mut messages =
        vec![Message::Text(r#"{"type":"hello"}"#.into()), Message::Text(register.into())];
    for number in 0..20_u64 {
        let mut frame = 1_u32.to_be_bytes().to_vec();
        frame.extend([0; 4]);
        frame.extend((number * 50_000).to_be_bytes());
        frame.extend([7; 50_000]);
        messages.push(Message::Binary(frame.into()));
    }
    let mut codec = Codec::new().client_mode();
    let encoded = messages.into_iter().map(|message| {
        let mut bytes = BytesMut::new();
        codec.encode(message, &mut bytes).unwrap();
        Ok(bytes.freeze())
    });
    encoded.collect()
}

async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it did not happen within ten seconds: {what}");
}

#[actix::test]
async fn silence_does_not_count_while_the_disk_is_waited_for_and_counts_again_when_it_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let store = FaultyStore::new(LocalStore::open(folder.path(), Durability::Os).unwrap());
    let store = store.with(Operation::Write, 1, Fault::Slow(Duration::from_secs(1)));
    let uploads = Uploads::builder()
        .store(store)
        .templates(Templates::from_texts([("notes.html", "")]).unwrap())
        .page("notes", || Notes)
        .limits(Limits { session_bytes: 64 * 1024, ..Limits::default() })
        .start()
        .await
        .unwrap();
    let page = PageName::try_from("notes").unwrap();
    let caller = Caller::new(OwnerId::from_uuid(uuid::Uuid::new_v4()));
    let context = page_context(&uploads, &page, &Visitor::of(caller.clone()));
    let (mounted, guard) = uploads.mount(&page, caller, Mount::Live).await.unwrap();
    let limits = *uploads.limits();
    let watch = Arc::new(Watch::new(Liveness::new()));
    let guarded = FrameGuard::new(
        stream::iter(frames()).chain(stream::pending()),
        GuardLimits { frame: limits.max_frame, text: limits.max_text },
        Arc::clone(&watch),
    );
    let session = WsSession::new(
        uploads.clone(),
        mounted,
        context,
        guard,
        Arc::clone(&watch),
        Cut::new(|| ()),
    );
    let request = TestRequest::default()
        .insert_header(("upgrade", "websocket"))
        .insert_header(("connection", "upgrade"))
        .insert_header(("sec-websocket-version", "13"))
        .insert_header(("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="))
        .insert_header(("sec-websocket-protocol", SUBPROTOCOL))
        .to_http_request();
    let mut body = socket::start(session, &request, guarded).unwrap().into_body();
    until("it does not listen", || {
        let piece = poll_fn(|cx| std::pin::Pin::new(&mut body).poll_next(cx)).now_or_never();
        assert!(!matches!(piece, Some(None)), "the socket ended");
        watch.liveness.is_deaf()
    })
    .await;
    // Nobody polls it from here on, as it is with a peer that doesn't read.
    until("it could listen again", || !watch.liveness.is_deaf()).await;
    drop(body);
}

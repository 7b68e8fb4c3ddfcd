//! Live pages whose peers don't go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use longshore::testing::raw::{Ended, RawConnection, frame, header};
use longshore::testing::{Patience, TestServer, until, within};
use longshore::{SlotOptions, Templates, UploadSession, View, ViewError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{LONG, impatient};

const HELLO: &[u8] = br#"{"type":"hello"}"#;
const SOON: Duration = Duration::from_millis(500);

#[actix_web::test]
async fn who_says_no_hello_is_told_and_cut_off() {
    let app = impatient(|patience| patience.hello = SOON).await;
    let mut mute = RawConnection::live(&app, "inbox").await;
    assert_eq!(mute.ended().await, Ended::Closed(1008));
    assert!(mute.is_cut().await);
    // Frames are no hello.
    let mut pings = RawConnection::live(&app, "inbox").await;
    pings.frame(0x89, b"").await;
    assert_eq!(pings.ended().await, Ended::Closed(1008));
    app.end().await;
}

#[actix_web::test]
async fn who_answers_no_ping_is_closed() {
    let app = impatient(|patience| patience.silence = SOON).await;
    let mut dead = RawConnection::live(&app, "inbox").await;
    dead.frame(0x81, HELLO).await;
    assert_eq!(dead.ended().await, Ended::Closed(1008));
    assert!(dead.is_cut().await);
    app.end().await;
}

#[actix_web::test]
async fn a_byte_now_and_then_is_no_sign_of_life() {
    let app = impatient(|patience| patience.silence = SOON).await;
    let mut slow = RawConnection::live(&app, "inbox").await;
    slow.frame(0x81, HELLO).await;
    slow.send(&header(0x82, 60_000, true)).await;
    let dribbling = async {
        loop {
            tokio::select! {
                ended = slow.ended() => break ended,
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
            slow.send_what_goes(b"x").await;
        }
    };
    assert_eq!(within("the end", dribbling).await, Ended::Closed(1008));
    app.end().await;
}

/// A page of which it is known how many there are.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl View for Counted {
    fn template(&self) -> &str {
        "counted.html"
    }

    async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
        Ok(session.allow_upload("any", SlotOptions::new().max_entries(5))?)
    }
}

#[actix_web::test]
async fn who_never_reads_is_cut_off_and_its_memory_is_freed() {
    let pages = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&pages);
    let server = TestServer::start(|builder| {
        builder
            .templates(Templates::from_texts([("counted.html", "")]).unwrap())
            .page("counted", move || {
                counted.fetch_add(1, Ordering::SeqCst);
                Counted(Arc::clone(&counted))
            })
            .patience(Patience { hello: LONG, silence: Duration::from_secs(1), body: LONG })
    })
    .await;
    until("only the page is left that was tried", || pages.load(Ordering::SeqCst) == 0).await;
    let mut deaf = within("a connection", TcpStream::connect(server.address())).await.unwrap();
    let head = format!(
        "GET /counted/ws HTTP/1.1\r\nHost: {0}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: longshore.v1\r\nOrigin: http://{0}\r\n\r\n",
        server.address()
    );
    deaf.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    within("a handshake", deaf.read_exact(&mut first)).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 101");
    deaf.write_all(&frame(0x81, HELLO)).await.unwrap();
    assert_eq!(pages.load(Ordering::SeqCst), 1);
    // Each of these is answered with as much again; when nobody reads that, the actor stands still.
    let offers: Vec<_> =
        (0..600).map(|n| format!(r#"{{"ref":"{n}","name":"{}.txt"}}"#, "n".repeat(60))).collect();
    let register =
        format!(r#"{{"type":"register","slot":"none","entries":[{}]}}"#, offers.join(","));
    assert!(register.len() < 64 * 1024);
    let flood = frame(0x81, register.as_bytes());
    let flooding = async { while deaf.write_all(&flood).await.is_ok() {} };
    within("the connection's end", flooding).await;
    until("its page is freed", || pages.load(Ordering::SeqCst) == 0).await;
    server.end().await;
}

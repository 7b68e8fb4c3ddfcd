//! A live page: a WebSocket client that speaks `longshore.v1` as the browser's does, and can lie in it.
//!
//! Its verbs are those of LiveView's tests: select a file, send a part of it, see what the page makes of it. Below
//! them lie the wire's own words (`say`, `hear`, `data`), for what an honest page never does.

mod attacks;
mod rejected;
mod resume;
mod selected;
mod settled;
mod wire;

use std::collections::{HashMap, VecDeque};
use std::fmt;

use actix_codec::Framed;
use actix_http::ws::Codec;
use serde_json::{Value, json};

pub use self::rejected::Rejected;
pub use self::selected::Selected;
pub use self::settled::Settled;
pub use self::wire::{crc32c, data_frame};

use super::Upload;

/// The largest payload of the data frames that are sent here, in bytes.
const PIECE: usize = 32 * 1024;

/// A page that is open in a visitor's browser.
///
/// ```
/// # actix_web::rt::System::new().block_on(async {
/// # use longshore::testing::{TestServer, Upload};
/// # use longshore::{Event, SlotOptions, Templates, UploadSession, View, ViewError};
/// # struct Desk;
/// # impl View for Desk {
/// #     fn template(&self) -> &str { "desk.html" }
/// #     async fn mount(&mut self, session: &UploadSession) -> Result<(), ViewError> {
/// #         session.allow_upload("papers", SlotOptions::new().max_entries(2))?;
/// #         Ok(())
/// #     }
/// #     async fn handle_event(&mut self, event: &Event, session: &UploadSession) -> Result<(), ViewError> {
/// #         if event.name != "tidy" { return Err(ViewError::unknown_event(&event.name)); }
/// #         session.push_region("list");
/// #         Ok(())
/// #     }
/// # }
/// # let templates = Templates::from_texts([("desk.html", ""), ("desk/list.html", "tidy")]).unwrap();
/// # let server = TestServer::start(|uploads| uploads.templates(templates).page("desk", || Desk)).await;
/// let mut page = server.visitor().live("desk").await;
///
/// let file = page.select("papers", Upload::bytes("a.bin", vec![7; 50_000])).await.unwrap();
/// page.send(&file, 50).await;
/// assert_eq!(page.progressed(&file, 50).await, 50);
/// page.send_all(&file).await;
/// assert!(page.settled(&file).await.is_complete());
///
/// page.event("tidy", serde_json::json!({})).await.unwrap();
/// assert_eq!(page.region("list").await, "tidy");
///
/// let file = page.lie_about_size("papers", 10).await;
/// page.fails(&file, "size_mismatch").await;
/// page.disconnect();
/// # server.end().await;
/// # });
/// ```
pub struct LivePage {
    socket: Framed<awc::BoxedSocket, Codec>,
    /// Heard, and not yet asked for.
    heard: VecDeque<Value>,
    welcome: Value,
    /// Where the next honest byte of a stream belongs.
    sent: HashMap<u32, u64>,
    /// Where the server has acknowledged a stream.
    acked: HashMap<u32, u64>,
    files: u64,
    events: u64,
}

impl fmt::Debug for LivePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("LivePage");
        debug.field("welcome", &self.welcome).field("heard", &self.heard).finish_non_exhaustive()
    }
}

impl LivePage {
    /// A page on a socket that a client of the test's own has opened, not greeted yet.
    #[must_use]
    pub fn over(socket: Framed<awc::BoxedSocket, Codec>) -> Self {
        Self {
            socket,
            heard: VecDeque::new(),
            welcome: Value::Null,
            sent: HashMap::new(),
            acked: HashMap::new(),
            files: 0,
            events: 0,
        }
    }

    /// What the server said to the hello: its window, the rules of each slot and more (`docs/wire.md`).
    #[must_use]
    pub fn welcome(&self) -> &Value {
        &self.welcome
    }

    /// Chooses a file for a slot: it is registered and judged by what is claimed about it; no byte is sent.
    ///
    /// # Errors
    /// [`Rejected`], with the code and the words that the visitor sees beside the file.
    pub async fn select(&mut self, slot: &str, upload: Upload) -> Result<Selected, Rejected> {
        self.select_all(slot, vec![upload]).await.remove(0)
    }

    /// Chooses several files at once; one answer for each, in their order.
    pub async fn select_all(
        &mut self,
        slot: &str,
        uploads: Vec<Upload>,
    ) -> Vec<Result<Selected, Rejected>> {
        let mut entries = Vec::new();
        for upload in &uploads {
            self.files += 1;
            entries.push(upload.facts(&format!("file{}", self.files)));
        }
        let mut answers = self.register_all(slot, &entries).await;
        for (answer, upload) in answers.iter_mut().zip(uploads) {
            if let Ok(file) = answer {
                file.bytes = Some(upload.into_contents());
            }
        }
        answers
    }

    /// Sends a file up to this percentage of its bytes, within the window that the server grants. Stops early if
    /// the entry ends meanwhile; [`LivePage::settled`] tells why.
    pub async fn send(&mut self, file: &Selected, percent: u8) {
        assert!(percent <= 100, "{percent} % of a file can't be sent");
        let Some(bytes) = file.bytes.as_deref() else {
            panic!("`{}` was registered without its bytes: send them with `write`", file.reference)
        };
        let to = bytes.len() * usize::from(percent) / 100;
        loop {
            let from = usize::try_from(self.sent(file)).unwrap();
            let end = to.min(from + PIECE);
            if from >= end || !self.has_room(file, end as u64).await {
                return;
            }
            let piece = &bytes[from..end];
            let sums = self.welcome["checksums"] == true;
            let checksum = if sums { crc32c(piece) } else { 0 };
            self.data_with_checksum(file.stream, checksum, from as u64, piece).await;
            self.sent.insert(file.stream, end as u64);
        }
    }

    /// Sends what is left of a file.
    pub async fn send_all(&mut self, file: &Selected) {
        self.send(file, 100).await;
    }

    /// Waits until the server has said that at least this percentage is there, and answers the one that it said.
    /// The page's view was told before. Less than 8 KiB is not reported before the file's end: nothing is
    /// written before a file's beginning has been looked at.
    pub async fn progressed(&mut self, file: &Selected, percent: u8) -> u64 {
        let what = format!("{percent} % of {}", file.reference);
        let at = self.wait_for(&what, |message| {
            is_about(message, &file.reference)
                && (message["progress"].as_u64() >= Some(percent.into()) || is_end(message))
        });
        let at = at.await;
        let message = self.heard[at].clone();
        if is_end(&message) {
            // It stays for `settled`.
            assert_eq!(message["status"], "complete", "the file ended before {what}: {message}");
        } else {
            self.heard.remove(at);
        }
        message["progress"].as_u64().expect("a percentage")
    }

    /// Waits until a file (or its reference) is complete, refused or cancelled. A file that its page saves later is
    /// settled once more then, now with its URL.
    pub async fn settled(&mut self, file: impl AsRef<str>) -> Settled {
        let reference = file.as_ref();
        let what = format!("the end of {reference}");
        let is_it = |message: &Value| is_about(message, reference) && is_end(message);
        Settled::of(self.hear_where(&what, is_it).await)
    }

    /// Asserts that a file fails, and why.
    pub async fn fails(&mut self, file: impl AsRef<str>, code: &str) {
        let end = self.settled(file).await;
        assert_eq!((end.status(), end.code()), ("error", Some(code)), "{end}");
        assert!(end.message().is_some_and(|words| !words.is_empty()), "{end}");
    }

    /// Uploads a whole file honestly. Panics unless it is complete, with the digest of these bytes if its slot has
    /// one.
    pub async fn upload(&mut self, slot: &str, upload: Upload) -> Settled {
        use super::samples::{blake3, sha256};
        let (name, bytes) = (upload.name().to_owned(), upload.contents().to_vec());
        let file = self.select(slot, upload).await;
        let file = file.unwrap_or_else(|refused| panic!("`{name}` was refused: {refused}"));
        self.send_all(&file).await;
        let end = self.settled(&file).await;
        assert!(end.is_complete(), "`{name}` is not complete: {end}");
        assert!(
            end.sha256().is_none_or(|told| told == sha256(&bytes)),
            "`{name}` has other bytes: {end}"
        );
        assert!(
            end.blake3().is_none_or(|told| told == blake3(&bytes)),
            "`{name}` has other bytes: {end}"
        );
        end
    }

    /// Gives a file up, and waits until it is.
    pub async fn cancel(&mut self, file: &Selected) {
        self.say(&json!({ "type": "cancel", "ref": file.reference })).await;
        let end = self.settled(file).await;
        assert_eq!(end.status(), "cancelled", "{} ended otherwise: {end}", file.reference);
    }

    /// Sends an event to the page's view, as a button or a form does, and waits for its reply.
    ///
    /// # Errors
    /// [`Rejected`], with what the handler refused or what went wrong in it.
    pub async fn event(&mut self, name: &str, payload: Value) -> Result<(), Rejected> {
        // Far from the numbers that a test gives when it says an event itself.
        self.events += 1;
        let seq = 1_000_000 + self.events;
        self.say(&json!({ "type": "event", "name": name, "payload": payload, "seq": seq })).await;
        let is_it = |message: &Value| message["type"] == "reply" && message["seq"] == seq;
        let reply = self.hear_where(&format!("the reply to `{name}`"), is_it).await;
        if reply["ok"] == true { Ok(()) } else { Err(Rejected::of(&reply["error"])) }
    }

    /// The next push of a part of the page: its HTML. Pushes wait until they are asked for, oldest first.
    pub async fn region(&mut self, name: &str) -> String {
        let is_it = |message: &Value| message["type"] == "region" && message["name"] == name;
        let region = self.hear_where(&format!("the region `{name}`"), is_it).await;
        region["html"].as_str().expect("HTML").to_owned()
    }

    /// Goes away without a word, as a closed laptop does.
    pub fn disconnect(self) {
        drop(self);
    }

    fn sent(&self, file: &Selected) -> u64 {
        self.sent.get(&file.stream).copied().unwrap_or_default()
    }

    /// Waits until the window reaches as far as `end`; false if the entry has ended.
    async fn has_room(&mut self, file: &Selected, end: u64) -> bool {
        let window = self.welcome["window"].as_u64().expect("a window: say hello first");
        let mut seen = self.heard.len();
        loop {
            if self.heard.iter().any(|m| is_about(m, &file.reference) && is_end(m)) {
                return false;
            }
            let nack = self.heard.iter().skip(seen).find(|m| is_nack(m, file.stream));
            assert!(nack.is_none(), "the server did not take {}: {nack:?}", file.reference);
            let acked = self.acked.get(&file.stream).copied().unwrap_or_default();
            if end <= acked.saturating_add(window) {
                return true;
            }
            seen = self.heard.len();
            self.listen("room in the window").await;
        }
    }
}

fn is_about(message: &Value, reference: &str) -> bool {
    message["type"] == "progress" && message["ref"] == reference
}

fn is_end(message: &Value) -> bool {
    ["complete", "error", "cancelled"].iter().any(|end| message["status"] == *end)
}

fn is_nack(message: &Value, stream: u32) -> bool {
    message["type"] == "nack" && message["stream"] == stream
}

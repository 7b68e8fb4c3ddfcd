//! A live page: a WebSocket client that speaks `longshore.v1`, and can lie in it.

use std::collections::VecDeque;

use actix_codec::Framed;
use actix_http::ws::{Codec, Frame, Message};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};

use super::wait::within;

/// The largest payload of the data frames that [`LivePage::send`] makes.
const PIECE: usize = 32 * 1024;

pub(crate) struct LivePage {
    socket: Framed<awc::BoxedSocket, Codec>,
    /// Heard, and not yet asked for.
    heard: VecDeque<Value>,
    pub(crate) welcome: Value,
}

/// An entry that was registered.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) reference: String,
    pub(crate) id: String,
    pub(crate) stream: u32,
}

impl LivePage {
    pub(crate) fn new(socket: Framed<awc::BoxedSocket, Codec>) -> Self {
        Self { socket, heard: VecDeque::new(), welcome: Value::Null }
    }

    pub(crate) async fn say_hello(&mut self, checksums: bool) {
        self.say(&json!({ "type": "hello", "checksums": checksums })).await;
        self.welcome = self.hear("welcome").await;
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.say_text(&message.to_string()).await;
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        self.send_message(Message::Text(text.to_owned().into())).await;
    }

    /// A binary message, whatever is in it.
    pub(crate) async fn say_bytes(&mut self, bytes: Vec<u8>) {
        self.send_message(Message::Binary(bytes.into())).await;
    }

    async fn send_message(&mut self, message: Message) {
        within("a place in the socket", self.socket.send(message)).await.expect("an open socket");
    }

    /// A data frame without a checksum.
    pub(crate) async fn data(&mut self, stream: u32, offset: u64, bytes: &[u8]) {
        self.data_with_checksum(stream, 0, offset, bytes).await;
    }

    pub(crate) async fn data_with_checksum(
        &mut self,
        stream: u32,
        checksum: u32,
        offset: u64,
        bytes: &[u8],
    ) {
        let mut frame = stream.to_be_bytes().to_vec();
        frame.extend(checksum.to_be_bytes());
        frame.extend(offset.to_be_bytes());
        frame.extend(bytes);
        self.say_bytes(frame).await;
    }

    /// The next message of this type; others wait until they are asked for.
    pub(crate) async fn hear(&mut self, kind: &str) -> Value {
        self.hear_where(kind, |message| message["type"] == kind).await
    }

    /// The next message that is wanted, however many others come before it.
    pub(crate) async fn hear_where(
        &mut self,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        if let Some(at) = self.heard.iter().position(&wanted) {
            return self.heard.remove(at).expect("it is there");
        }
        loop {
            let message = within(what, self.next()).await;
            let message = message.unwrap_or_else(|closed| {
                panic!("the socket was closed ({closed:?}) before `{what}`; {:?}", self.heard)
            });
            if wanted(&message) {
                return message;
            }
            self.heard.push_back(message);
        }
    }

    /// The next message, or the close code with which the server ended the connection.
    async fn next(&mut self) -> Result<Value, Option<u16>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Frame::Text(text))) => {
                    return Ok(serde_json::from_slice(&text).expect("JSON from the server"));
                }
                Some(Ok(Frame::Ping(bytes))) => {
                    let _ = self.socket.send(Message::Pong(bytes)).await;
                }
                Some(Ok(Frame::Pong(_))) => {}
                Some(Ok(Frame::Close(reason))) => {
                    return Err(reason.map(|reason| reason.code.into()));
                }
                Some(Ok(other)) => panic!("an unexpected frame: {other:?}"),
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Asserts that everything sent so far was taken without a word: the answer to an event that comes
    /// behind it is the only thing said of it. Answers what was said.
    pub(crate) async fn said_until_now(&mut self) -> Vec<Value> {
        self.say(&json!({ "type": "event", "name": "nothing", "seq": 77 })).await;
        self.hear_where("the reply", |m| m["type"] == "reply" && m["seq"] == 77).await;
        self.heard.drain(..).collect()
    }

    /// What the server says when it refuses a message that belongs to no entry.
    pub(crate) async fn error_code(&mut self) -> String {
        self.hear("error").await["code"].as_str().expect("a code").to_owned()
    }

    /// Registers one file, and answers the entry or the code with which it was refused.
    pub(crate) async fn register(
        &mut self,
        slot: &str,
        reference: &str,
        name: &str,
        size: u64,
    ) -> Result<Registered, String> {
        let entry = json!({ "ref": reference, "name": name, "size": size });
        self.register_as(slot, entry).await
    }

    /// Registers one file with exactly these fields.
    pub(crate) async fn register_as(
        &mut self,
        slot: &str,
        entry: Value,
    ) -> Result<Registered, String> {
        let message = json!({ "type": "register", "slot": slot, "entries": [entry] });
        self.say(&message).await;
        let answer = self.hear("registered").await;
        let (accepted, refused) = (&answer["entries"], &answer["errors"]);
        assert_eq!(
            accepted.as_array().map_or(0, Vec::len) + refused.as_array().map_or(0, Vec::len),
            1,
            "{answer}"
        );
        if let Some(error) = refused.get(0) {
            assert_eq!(error["ref"], entry["ref"]);
            assert!(error["message"].is_string());
            return Err(error["code"].as_str().expect("a code").to_owned());
        }
        Ok(Registered::of(&accepted[0]))
    }

    /// Sends all bytes of a file in frames, from an offset on, as fast as the socket takes them.
    pub(crate) async fn send(&mut self, entry: &Registered, bytes: &[u8]) {
        for (number, piece) in bytes.chunks(PIECE).enumerate() {
            self.data(entry.stream, (number * PIECE) as u64, piece).await;
        }
    }

    /// Waits until an entry is complete, refused or cancelled.
    pub(crate) async fn settled(&mut self, reference: &str) -> Value {
        self.hear_where(&format!("the end of {reference}"), |message| {
            message["type"] == "progress"
                && message["ref"] == reference
                && ["complete", "error", "cancelled"].iter().any(|end| message["status"] == *end)
        })
        .await
    }

    /// Asserts that an entry fails, and why.
    pub(crate) async fn fails(&mut self, reference: &str, code: &str) {
        let end = self.settled(reference).await;
        assert_eq!(end["status"], "error", "{end}");
        assert_eq!(end["error"]["code"], code, "{end}");
        assert!(end["error"]["message"].is_string());
    }

    /// Uploads a whole file honestly; answers the message that says that it is complete.
    pub(crate) async fn upload(&mut self, slot: &str, name: &str, bytes: &[u8]) -> Value {
        let reference = format!("r{}", uuid::Uuid::new_v4().simple());
        let entry = self
            .register(slot, &reference, name, bytes.len() as u64)
            .await
            .expect("a registered entry");
        self.send(&entry, bytes).await;
        let end = self.settled(&reference).await;
        assert_eq!(end["status"], "complete", "{end}");
        assert_eq!(end["sha256"], super::files::sha256(bytes).as_str());
        end
    }

    /// Another file of the same session is not hurt by whatever happened before.
    pub(crate) async fn others_go_on(&mut self) {
        self.upload("any", "other.txt", &super::files::text(50_000)).await;
    }

    // Attacks. A page that its visitor has tampered with does these.

    /// Declares a size and sends a byte more.
    pub(crate) async fn lie_about_size(&mut self, reference: &str, declared: u64) {
        let entry = self.register("any", reference, "liar.txt", declared).await.unwrap();
        let bytes = super::files::text(usize::try_from(declared).unwrap() + 1);
        self.data(entry.stream, 0, &bytes).await;
    }

    /// Declares more than it sends, and goes away without a word.
    pub(crate) async fn vanish_halfway(mut self, reference: &str, declared: u64, sent: usize) {
        let entry = self.register("large", reference, "half.txt", declared).await.unwrap();
        self.send(&entry, &super::files::text(sent)).await;
        if sent > PIECE {
            // The server has it; half a file lies in the spool now.
            self.hear("ack").await;
        }
    }

    /// Sends to a stream that was never given to it.
    pub(crate) async fn write_into_a_foreign_stream(&mut self, stream: u32) {
        self.data(stream, 0, b"not mine").await;
    }
}

impl Registered {
    pub(crate) fn of(answer: &Value) -> Self {
        Self {
            reference: answer["ref"].as_str().expect("a ref").to_owned(),
            id: answer["id"].as_str().expect("an id").to_owned(),
            stream: u32::try_from(answer["stream"].as_u64().expect("a stream")).unwrap(),
        }
    }
}

/// CRC-32C, bit by bit: slow, short, and not the server's own.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0x82f6_3b78 } else { sum >> 1 }
        })
    })
}

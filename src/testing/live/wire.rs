//! The wire's own words (`docs/wire.md`): text messages, data frames, and what the server says.

use actix_http::ws::{Frame, Message, ProtocolError};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};

use super::{LivePage, PIECE, Rejected, Selected};
use crate::testing::{PATIENCE, within};

/// The wire, for what an honest page never says.
impl LivePage {
    /// Says hello and waits for the welcome. With checksums every data frame carries a CRC-32C.
    pub async fn say_hello(&mut self, checksums: bool) {
        self.say(&json!({ "type": "hello", "checksums": checksums })).await;
        self.welcome = self.hear("welcome").await;
    }

    /// Sends a text message.
    pub async fn say(&mut self, message: &Value) {
        self.say_text(&message.to_string()).await;
    }

    /// Sends a text message, JSON or not.
    pub async fn say_text(&mut self, text: &str) {
        self.send_message(Message::Text(text.to_owned().into())).await;
    }

    /// Sends a binary message, whatever is in it.
    pub async fn say_bytes(&mut self, bytes: Vec<u8>) {
        self.send_message(Message::Binary(bytes.into())).await;
    }

    async fn send_message(&mut self, message: Message) {
        let sent = within("room in the socket", self.socket.send(message)).await;
        sent.unwrap_or_else(|error| panic!("the socket is closed ({error}); {}", self.unasked()));
    }

    /// Sends any message, on a connection that may be over.
    ///
    /// # Errors
    /// It is.
    pub async fn try_send(&mut self, message: Message) -> Result<(), ProtocolError> {
        self.socket.send(message).await
    }

    /// Sends a data frame without a checksum.
    pub async fn data(&mut self, stream: u32, offset: u64, bytes: &[u8]) {
        self.data_with_checksum(stream, 0, offset, bytes).await;
    }

    /// Sends a data frame with this checksum, right or not; see [`crc32c`].
    pub async fn data_with_checksum(
        &mut self,
        stream: u32,
        checksum: u32,
        offset: u64,
        bytes: &[u8],
    ) {
        self.say_bytes(data_frame(stream, checksum, offset, bytes)).await;
    }

    /// Sends these bytes from the file's beginning on, in frames, as fast as the socket takes them.
    pub async fn write(&mut self, file: &Selected, bytes: &[u8]) {
        for (number, piece) in bytes.chunks(PIECE).enumerate() {
            self.data(file.stream, (number * PIECE) as u64, piece).await;
        }
    }

    /// Registers a file of this size, without its bytes.
    ///
    /// # Errors
    /// [`Rejected`], if the slot does not take it.
    pub async fn register(
        &mut self,
        slot: &str,
        reference: &str,
        name: &str,
        size: u64,
    ) -> Result<Selected, Rejected> {
        let entry = json!({ "ref": reference, "name": name, "size": size });
        self.register_as(slot, entry).await
    }

    /// Registers a file with exactly these fields; `ref` must be one of them.
    ///
    /// # Errors
    /// [`Rejected`], if the slot does not take it.
    pub async fn register_as(&mut self, slot: &str, entry: Value) -> Result<Selected, Rejected> {
        self.register_all(slot, &[entry]).await.remove(0)
    }

    pub(super) async fn register_all(
        &mut self,
        slot: &str,
        entries: &[Value],
    ) -> Vec<Result<Selected, Rejected>> {
        self.say(&json!({ "type": "register", "slot": slot, "entries": entries })).await;
        let answer = self.hear("registered").await;
        let about = |list: &str, entry: &Value| -> Option<Value> {
            answer[list].as_array()?.iter().find(|one| one["ref"] == entry["ref"]).cloned()
        };
        let answers = ["entries", "errors"].map(|list| answer[list].as_array().map_or(0, Vec::len));
        assert_eq!(answers[0] + answers[1], entries.len(), "one answer for each file: {answer}");
        let answer_of = |entry: &Value| match (about("entries", entry), about("errors", entry)) {
            (Some(accepted), None) => Ok(Selected::of(&accepted)),
            (None, Some(error)) => Err(Rejected::of(&error)),
            _ => panic!("not one answer for {entry}: {answer}"),
        };
        entries.iter().map(answer_of).collect()
    }

    /// The next message of this type; others wait until they are asked for.
    pub async fn hear(&mut self, kind: &str) -> Value {
        self.hear_where(kind, |message| message["type"] == kind).await
    }

    /// The next message that is wanted, however many others come before it. `what` is said if it doesn't come.
    pub async fn hear_where(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let at = self.wait_for(what, wanted).await;
        self.heard.remove(at).expect("it is there")
    }

    /// What the server says when it refuses a message that belongs to no entry.
    pub async fn error_code(&mut self) -> String {
        Rejected::of(&self.hear("error").await).code().to_owned()
    }

    /// What the server says when a data frame can be sent again: the offset to go back to, and why.
    /// [`LivePage::send`] goes on from there.
    pub async fn nacked(&mut self, file: &Selected) -> (u64, String) {
        let what = format!("a nack of {}", file.reference);
        let nack = self.hear_where(&what, |message| super::is_nack(message, file.stream)).await;
        let offset = nack["offset"].as_u64().expect("an offset");
        self.sent.insert(file.stream, offset);
        (offset, nack["code"].as_str().expect("a code").to_owned())
    }

    /// Everything that the server said up to now and nobody asked for. Waits for the reply to an event `nothing`
    /// that is sent behind all the rest, so what was sent before has been answered.
    pub async fn said_until_now(&mut self) -> Vec<Value> {
        // Known to the view or not, it is replied to.
        let _ = self.event("nothing", Value::Null).await;
        self.heard.drain(..).collect()
    }

    /// Where the first wanted message is among those that were heard; listens until there is one.
    pub(super) async fn wait_for(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> usize {
        loop {
            if let Some(at) = self.heard.iter().position(&wanted) {
                return at;
            }
            self.listen(what).await;
        }
    }

    /// Waits for one more message.
    pub(super) async fn listen(&mut self, what: &str) {
        let message = match tokio::time::timeout(PATIENCE, self.next()).await {
            Ok(Ok(message)) => message,
            Ok(Err(closed)) => {
                panic!("the socket was closed ({closed:?}) before {what}; {}", self.unasked())
            }
            Err(_) => panic!("not within {PATIENCE:?}: {what}; {}", self.unasked()),
        };
        if message["type"] == "ack"
            && let (Some(stream), Some(offset)) =
                (message["stream"].as_u64(), message["offset"].as_u64())
            && let Ok(stream) = u32::try_from(stream)
        {
            self.acked.insert(stream, offset);
        }
        self.heard.push_back(message);
    }

    /// Waits until the server closes the connection, and answers the close code.
    pub async fn close_code(&mut self) -> u16 {
        let closed = within("the server's close", async {
            loop {
                match self.next().await {
                    Ok(message) => self.heard.push_back(message),
                    Err(code) => break code,
                }
            }
        });
        closed.await.unwrap_or_else(|| panic!("the connection ended without a close"))
    }

    fn unasked(&self) -> String {
        let heard: Vec<String> = self.heard.iter().map(Value::to_string).collect();
        format!("heard and not asked for: [{}]", heard.join(", "))
    }

    /// The next message, for a client that takes everything as it comes; what was heard before and not asked for is
    /// not told again. Ends when the connection does: it waits without a bound, and may be given up at any time.
    ///
    /// # Errors
    /// The connection is over: the close code, if the server said one.
    pub async fn next(&mut self) -> Result<Value, Option<u16>> {
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
}

/// A data frame with this checksum, right or not.
#[must_use]
pub fn data_frame(stream: u32, checksum: u32, offset: u64, bytes: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(16 + bytes.len());
    frame.extend(stream.to_be_bytes());
    frame.extend(checksum.to_be_bytes());
    frame.extend(offset.to_be_bytes());
    frame.extend(bytes);
    frame
}

/// CRC-32C, bit by bit: slow, short, and not the server's own.
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0x82f6_3b78 } else { sum >> 1 }
        })
    })
}

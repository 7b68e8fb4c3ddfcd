//! A live client that keeps to its window, and a form client with a cookie.

use awc::ws::{CloseCode, CloseReason, Frame, Message};
use awc::{BoxedSocket, Client};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};

/// A live connection to a page, after `welcome`.
pub(crate) struct Live {
    socket: actix_codec::Framed<BoxedSocket, actix_http::ws::Codec>,
    pub(crate) welcome: Value,
}

impl Live {
    pub(crate) async fn connect(url: &str, page: &str) -> Self {
        let (_, socket) = Client::default()
            .ws(format!("{url}/{page}/ws"))
            .protocols(["longshore.v1"])
            .max_frame_size(1 << 20)
            .connect()
            .await
            .unwrap();
        let mut live = Self { socket, welcome: Value::Null };
        live.say(&json!({ "type": "hello" })).await;
        live.welcome = live.hear("welcome").await;
        live
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.socket.send(Message::Text(message.to_string().into())).await.unwrap();
    }

    /// Closes the connection with a reason, and waits until the server has heard it.
    pub(crate) async fn close(mut self, reason: &str) {
        let reason = reason.chars().take(40).collect::<String>();
        let close = CloseReason { code: CloseCode::Normal, description: Some(reason) };
        self.socket.send(Message::Close(Some(close))).await.unwrap();
        while let Some(Ok(_)) = self.socket.next().await {}
    }

    /// The next message, or the close code.
    pub(crate) async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match self.socket.next().await {
                Some(Ok(Frame::Text(text))) => return Ok(serde_json::from_slice(&text).unwrap()),
                Some(Ok(Frame::Close(Some(reason)))) => return Err(reason.code.into()),
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                other => panic!("unexpected: {other:?}"),
            }
        }
    }

    pub(crate) async fn hear(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await.unwrap();
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Registers a file and answers its stream.
    pub(crate) async fn register(&mut self, slot: &str, name: &str, size: u64) -> u32 {
        let entry = json!({ "ref": name, "name": name, "size": size });
        self.say(&json!({ "type": "register", "slot": slot, "entries": [entry] })).await;
        let answer = self.hear("registered").await;
        u32::try_from(answer["entries"][0]["stream"].as_u64().unwrap()).unwrap()
    }

    pub(crate) async fn data(&mut self, stream: u32, offset: u64, payload: &[u8]) {
        let mut frame = Vec::with_capacity(16 + payload.len());
        frame.extend(stream.to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(offset.to_be_bytes());
        frame.extend(payload);
        self.socket.send(Message::Binary(frame.into())).await.unwrap();
    }

    /// Sends a whole file of this pattern within the window, and answers the last progress message.
    pub(crate) async fn upload(&mut self, name: &str, size: u64, pattern: &[u8]) -> Value {
        let window = self.welcome["window"].as_u64().unwrap();
        let stream = self.register("files", name, size).await;
        let (mut sent, mut acked) = (0, 0);
        loop {
            while sent < size && sent - acked + pattern.len() as u64 <= window {
                let length = (size - sent).min(pattern.len() as u64);
                self.data(stream, sent, &pattern[..usize::try_from(length).unwrap()]).await;
                sent += length;
            }
            let message = self.next().await.unwrap();
            match message["type"].as_str().unwrap() {
                "ack" => acked = message["offset"].as_u64().unwrap(),
                "progress" if message["url"].is_string() || message["error"].is_object() => {
                    return message;
                }
                "nack" | "error" => panic!("{message}"),
                _ => {}
            }
        }
    }
}

/// Posts a file as `curl -F file=@NAME` would, and answers the JSON with the caller's cookie.
pub(crate) async fn post(url: &str, name: &str, bytes: &[u8]) -> (Value, String) {
    let mut body = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
    )
    .into_bytes();
    body.extend(bytes);
    body.extend(b"\r\n--cut--\r\n");
    let mut response = Client::default()
        .post(format!("{url}/upload"))
        .insert_header(("content-type", "multipart/form-data; boundary=cut"))
        .send_body(body)
        .await
        .unwrap();
    let cookie = response.headers().get("set-cookie").unwrap().to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    (response.json().await.unwrap(), cookie)
}

/// Fetches a path as the owner of a cookie.
pub(crate) async fn get(url: &str, path: &str, cookie: &str) -> Vec<u8> {
    let mut response = Client::default()
        .get(format!("{url}{path}"))
        .insert_header(("cookie", cookie))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.body().limit(100_000_000).await.unwrap().to_vec()
}

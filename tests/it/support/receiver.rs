//! A service that is told of files: notes what it hears, and behaves as a test wants.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use longshore::Webhook;
use longshore::testing::{FakeClock, until};
use serde_json::Value;
use sha2::Sha256;

pub(crate) const SECRET: &str = "only the two of us know this";

/// How it answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Manner {
    Status(u16),
    /// It takes the letter and says nothing, for as long as the other side waits.
    Silent,
    /// It sends the sender elsewhere.
    Redirect(String),
}

/// A letter as it came.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Heard {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a letter is JSON")
    }

    pub(crate) fn id(&self) -> &str {
        &self.headers["longshore-id"]
    }

    /// What a careful receiver does: its own computation, over the bytes that came.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(self.headers["longshore-timestamp"].as_bytes());
        mac.update(b".");
        mac.update(self.body.as_bytes());
        let digest = mac.finalize().into_bytes();
        let expected: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let signatures = self.headers["longshore-signature"].split(',');
        signatures.filter_map(|one| one.strip_prefix("v1=")).any(|one| one == expected)
    }
}

/// The service. It ends with the process.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Receiver {
    pub(crate) fn that(manner: Manner) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), manner)
    }

    pub(crate) fn on(listener: TcpListener, manner: Manner) -> Self {
        let address = listener.local_addr().unwrap();
        let receiver =
            Self { address, manner: Arc::new(Mutex::new(manner)), heard: Arc::default() };
        let served = receiver.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let receiver = served.clone();
                std::thread::spawn(move || receiver.serve(socket));
            }
        });
        receiver
    }

    fn serve(&self, socket: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(socket.try_clone().ok()?);
        let (mut line, mut headers) = (String::new(), HashMap::new());
        reader.read_line(&mut line).ok()?;
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8(body).ok()?;
        let manner = self.manner.lock().unwrap().clone();
        self.heard.lock().unwrap().push(Heard { headers, body });
        let mut socket = socket;
        match manner {
            Manner::Status(status) => {
                write!(socket, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n").ok()
            }
            Manner::Redirect(to) => {
                write!(socket, "HTTP/1.1 307 x\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").ok()
            }
            // Until the other side hangs up.
            Manner::Silent => reader.read(&mut [0]).ok().map(drop),
        }
    }

    pub(crate) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until it has heard so many letters, and answers all of them.
    pub(crate) async fn hears(&self, count: usize) -> Vec<Heard> {
        until(&format!("{count} letters"), || self.heard.lock().unwrap().len() >= count).await;
        self.heard()
    }

    /// The same for letters that become due only when time passes.
    pub(crate) async fn hears_in_time(&self, count: usize, clock: &FakeClock) -> Vec<Heard> {
        until(&format!("{count} letters in time"), || {
            clock.advance(Duration::from_secs(1));
            self.heard.lock().unwrap().len() >= count
        })
        .await;
        self.heard()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hooks?of=this", self.address)
    }

    /// The webhook that leads here.
    pub(crate) fn webhook(&self) -> Webhook {
        Webhook::to(self.url()).secret(SECRET).allow_private()
    }
}

//! [`LiveClient`]: a live page that wants its files stored whatever happens on the way.
//!
//! It behaves as the browser's client does: it comes back after every end of a connection, shows its token or has lost
//! it with a reload and attaches what it remembers, and goes on where the server says.

mod hearing;

use std::collections::HashMap;
use std::time::Duration;

use actix_http::ws::Message;
use futures_util::FutureExt;
use longshore::testing::{LivePage, PATIENCE, Visitor, data_frame};
use serde_json::{Value, json};

use super::{Chance, End, File, Site};

/// How long it waits before it comes back.
const PAUSE: Duration = Duration::from_millis(20);

/// The connection is over, or of no more use.
struct Over;

/// One file on one connection.
struct Flow {
    file: usize,
    at: u64,
    acked: u64,
}

#[derive(Debug)]
pub(crate) struct LiveClient {
    pub(crate) visitor: Visitor,
    pub(crate) files: Vec<File>,
    token: Option<String>,
    chance: Chance,
    /// It stops at half of each file, and never finishes.
    pub(crate) lazy: bool,
    /// After so long without a word it takes the connection for dead.
    pub(crate) impatience: Option<Duration>,
}

impl LiveClient {
    pub(crate) fn new(site: &Site, chance: Chance) -> Self {
        let (visitor, files) = (Visitor::at(&site.url), Vec::new());
        Self { visitor, files, token: None, chance, lazy: false, impatience: None }
    }

    /// The page was reloaded: it knows its files, but not the session.
    pub(crate) fn reload(&mut self) {
        self.token = None;
    }

    fn is_done(&self) -> bool {
        self.files.iter().all(|file| file.end.is_some())
    }

    /// The same choices as whoever began with the same chance.
    pub(crate) fn begin_again(&mut self, chance: Chance) {
        self.chance = chance;
    }

    /// Works until every file is stored.
    pub(crate) async fn work(&mut self, site: &Site) {
        while !self.is_done() {
            if let Ok(page) = self.visitor.try_connect("files").await {
                let _ = self.converse(page, site).await;
            }
            self.forget_what_was_taken_back();
            if self.chance.one_in(3) {
                self.reload();
            }
            if !self.is_done() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn converse(&mut self, mut page: LivePage, site: &Site) -> Result<(), Over> {
        self.say(&mut page, &json!({ "type": "hello", "resume": self.token })).await?;
        let welcome = loop {
            let message = self.hear(&mut page, site).await?;
            if message["type"] == "welcome" {
                break message;
            }
        };
        self.token = welcome["resume"].as_str().map(str::to_owned);
        let limits = (welcome["window"].as_u64().unwrap(), welcome["max_frame"].as_u64().unwrap());
        let mut flows = HashMap::new();
        for entry in welcome["entries"].as_array().unwrap() {
            self.taken_up(entry, &mut flows, site);
        }
        self.begin_anew_what_was_not_heard_of(site);
        self.offer(&mut page, &flows).await?;
        loop {
            self.take_back(&mut page, &flows).await?;
            while let Some(message) = page.next().now_or_never() {
                self.heed(&message.map_err(|_| Over)?, &mut flows, site).await?;
            }
            if self.is_done() {
                return Ok(());
            }
            match self.next_piece(&mut flows, limits) {
                Some(frame) => self.send(&mut page, Message::Binary(frame.into())).await?,
                None => {
                    let message = self.hear(&mut page, site).await?;
                    self.heed(&message, &mut flows, site).await?;
                }
            }
        }
    }

    async fn hear(&self, page: &mut LivePage, site: &Site) -> Result<Value, Over> {
        let patience = self.impatience.unwrap_or(PATIENCE);
        match tokio::time::timeout(patience, page.next()).await {
            Ok(message) => message.map_err(|_| Over),
            Err(_) if self.impatience.is_some() || self.lazy => Err(Over),
            Err(_) => {
                let waiting: Vec<&File> = self.files.iter().filter(|f| f.end.is_none()).collect();
                site.broken(format!("nothing was heard for {patience:?}: {waiting:?}"));
                site.judge();
                Err(Over)
            }
        }
    }

    /// A file that was offered and is not known by an id may have been registered, and an empty one is complete then.
    fn begin_anew_what_was_not_heard_of(&mut self, site: &Site) {
        for number in 0..self.files.len() {
            let file = &self.files[number];
            if file.offered && file.id.is_none() && file.end.is_none() {
                self.give_up(number, site);
            }
        }
    }

    /// Cancels what turned out to be a mistake.
    async fn take_back(
        &mut self,
        page: &mut LivePage,
        flows: &HashMap<u32, Flow>,
    ) -> Result<(), Over> {
        for flow in flows.values() {
            let file = &mut self.files[flow.file];
            let mistaken = file.whim.is_some_and(|whim| flow.at >= whim);
            if mistaken && !file.taken_back && file.end.is_none() {
                file.taken_back = true;
                let cancel = json!({ "type": "cancel", "ref": file.name });
                self.say(page, &cancel).await?;
            }
        }
        Ok(())
    }

    /// The connection broke before anything was said of it: it may be gone, or stored if all of it was sent.
    fn forget_what_was_taken_back(&mut self) {
        for file in &mut self.files {
            if file.taken_back && file.end.is_none() {
                file.end = Some(End::Unknown);
            }
        }
    }

    async fn say(&self, page: &mut LivePage, message: &Value) -> Result<(), Over> {
        self.send(page, Message::Text(message.to_string().into())).await
    }

    async fn send(&self, page: &mut LivePage, message: Message) -> Result<(), Over> {
        let patience = self.impatience.unwrap_or(PATIENCE);
        match tokio::time::timeout(patience, page.try_send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Over),
        }
    }

    /// Says what it has: known files are attached, new ones registered.
    async fn offer(&mut self, page: &mut LivePage, flows: &HashMap<u32, Flow>) -> Result<(), Over> {
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for (number, file) in self.files.iter_mut().enumerate() {
            if file.end.is_some() || flows.values().any(|flow| flow.file == number) {
                continue;
            }
            match &file.id {
                Some(id) => {
                    known.push(json!({ "type": "attach", "ref": file.name, "id": id,
                        "size": file.size() }));
                }
                None => {
                    file.offered = true;
                    let size = file.size();
                    new.push(json!({ "ref": file.name, "name": file.name, "size": size }));
                }
            }
        }
        for attach in known {
            self.say(page, &attach).await?;
        }
        if new.is_empty() {
            return Ok(());
        }
        self.say(page, &json!({ "type": "register", "slot": "files", "entries": new })).await
    }

    /// A frame of some file that has room in its window.
    fn next_piece(
        &mut self,
        flows: &mut HashMap<u32, Flow>,
        (window, max_frame): (u64, u64),
    ) -> Option<Vec<u8>> {
        let lazy = self.lazy;
        let end = |file: &File| if lazy { file.size() / 2 } else { file.size() };
        let mut open: Vec<(&u32, &mut Flow)> = flows
            .iter_mut()
            .filter(|(_, flow)| {
                let file = &self.files[flow.file];
                file.end.is_none()
                    && !file.taken_back
                    && flow.at < end(file)
                    && flow.at < flow.acked + window
            })
            .collect();
        if open.is_empty() {
            return None;
        }
        let one = usize::try_from(self.chance.within(0..open.len() as u64)).unwrap();
        let (stream, flow) = &mut open[one];
        let file = &mut self.files[flow.file];
        let most = *self.chance.pick(&[1_000, 16_384, 65_536, 262_144]);
        let most = most.min(max_frame - 16).min(flow.acked + window - flow.at);
        let piece = file.contents.piece(flow.at, most.min(end(file) - flow.at));
        let frame = data_frame(**stream, 0, flow.at, &piece);
        flow.at += piece.len() as u64;
        file.sent = file.sent.max(flow.at);
        Some(frame)
    }
}

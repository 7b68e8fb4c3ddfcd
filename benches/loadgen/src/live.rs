//! The live door: `longshore.v1` over a WebSocket (docs/wire.md), many files registered in one message.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use serde_json::{Value, json};

use crate::args::Args;
use crate::http::{is_open, split};
use crate::ws::Socket;
use crate::{Client, File, Outcome};

/// In front of each payload: stream, checksum, offset.
const HEADER: usize = 16;

pub(crate) struct Live {
    host: String,
    path: String,
    slot: String,
    /// Bytes of payload in a frame; 0 for what the slot suggests.
    frame: usize,
    at_once: usize,
    socket: Option<Socket>,
    window: u64,
    /// Files that were registered on this connection so far.
    count: usize,
}

/// A file on its way.
struct Upload {
    stream: u32,
    bytes: &'static [u8],
    sent: u64,
    acknowledged: u64,
    begun: Option<Instant>,
}

/// What is on its way of one `upload`, by reference.
#[derive(Default)]
struct Under {
    uploads: HashMap<String, Upload>,
    streams: HashMap<u32, String>,
    /// Those that have bytes left to send, in order.
    order: VecDeque<String>,
}

impl Live {
    pub(crate) fn new(args: &Args) -> Outcome<Self> {
        let (host, path) = split(&args.text("url", "http://127.0.0.1:8080/files/ws"));
        Ok(Self {
            host,
            path,
            slot: args.text("slot", "files"),
            frame: args.number("frame", 0)?,
            at_once: args.number("at-once", 1)?,
            socket: None,
            window: 0,
            count: 0,
        })
    }

    fn socket(&mut self) -> Outcome<&mut Socket> {
        self.socket.as_mut().ok_or_else(|| "not connected".into())
    }

    fn message(&mut self) -> Outcome<Value> {
        Ok(serde_json::from_slice(&self.socket()?.receive()?)?)
    }

    /// The next message of a type. What else is said is of no interest here, unless it is an error.
    fn awaited(&mut self, kind: &str) -> Outcome<Value> {
        loop {
            let message = self.message()?;
            match message["type"].as_str() {
                Some(found) if found == kind => return Ok(message),
                Some("error") => return Err(message.to_string().into()),
                _ => {}
            }
        }
    }

    /// Registers files in one message and waits for their streams.
    fn register(&mut self, files: &[File]) -> Outcome<Under> {
        let first = self.count;
        self.count += files.len();
        let entry = |(index, file): (usize, &File)| json!({"ref": format!("f{}", first + index), "name": file.name, "size": file.bytes.len()});
        let entries: Vec<Value> = files.iter().enumerate().map(entry).collect();
        let slot = self.slot.clone();
        self.socket()?
            .text(&json!({"type": "register", "slot": slot, "entries": entries}).to_string())?;
        let answer = self.awaited("registered")?;
        let admitted = answer["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        if admitted.len() != files.len() {
            return Err(format!("refused: {}", answer["errors"]).into());
        }
        let mut under = Under::default();
        for (index, file) in files.iter().enumerate() {
            let name = format!("f{}", first + index);
            let of = |entry: &&Value| entry["ref"] == name.as_str();
            let stream = admitted.iter().find(of).and_then(|entry| entry["stream"].as_u64());
            let stream = stream.ok_or("a file without a stream")? as u32;
            let upload =
                Upload { stream, bytes: file.bytes, sent: 0, acknowledged: 0, begun: None };
            under.streams.insert(stream, name.clone());
            under.order.push_back(name.clone());
            under.uploads.insert(name, upload);
        }
        Ok(under)
    }

    /// Sends frames of the file at the front, as many as its window takes or up to `most` bytes of it. Whether something
    /// was sent.
    fn send(&mut self, under: &mut Under, most: usize) -> Outcome<bool> {
        let (window, frame) = (self.window, self.frame);
        let Some(name) = under.order.front() else { return Ok(false) };
        let upload = under.uploads.get_mut(name).ok_or("an unknown file")?;
        let before = upload.sent;
        upload.begun.get_or_insert_with(Instant::now);
        let most = upload.bytes.len().min(most) as u64;
        while upload.sent < most.min(upload.acknowledged + window) {
            let end = most.min(upload.sent + frame as u64).min(upload.acknowledged + window);
            let mut header = [0; HEADER];
            header[..4].copy_from_slice(&upload.stream.to_be_bytes());
            header[8..].copy_from_slice(&upload.sent.to_be_bytes());
            self.socket()?.binary(&header, &upload.bytes[upload.sent as usize..end as usize])?;
            upload.sent = end;
        }
        let sent = upload.sent > before;
        if upload.sent == upload.bytes.len() as u64 {
            under.order.pop_front();
        }
        Ok(sent)
    }

    /// Understands one message: an acknowledgement opens the window, an end closes the file.
    fn hear(&mut self, under: &mut Under, took: &mut Vec<f64>) -> Outcome<()> {
        let message = self.message()?;
        match message["type"].as_str() {
            Some("ack") => {
                let stream = message["stream"].as_u64().unwrap_or_default() as u32;
                let name = under.streams.get(&stream);
                if let Some(upload) = name.and_then(|name| under.uploads.get_mut(name)) {
                    upload.acknowledged = message["offset"].as_u64().unwrap_or_default();
                }
            }
            Some("progress") if message["status"] == "complete" => {
                let upload = message["ref"].as_str().and_then(|name| under.uploads.remove(name));
                if let Some(upload) = upload {
                    let begun = upload.begun.ok_or("complete before it was sent")?;
                    under.streams.remove(&upload.stream);
                    took.push(begun.elapsed().as_secs_f64());
                }
            }
            Some("progress") if message["status"] == "error" => {
                return Err(message.to_string().into());
            }
            Some("nack" | "error") => return Err(message.to_string().into()),
            _ => {}
        }
        Ok(())
    }
}

impl Client for Live {
    fn prepare(&mut self) -> Outcome<()> {
        self.socket = Some(Socket::open(&self.host, &self.path, "longshore.v1")?);
        self.socket()?.text(r#"{"type":"hello"}"#)?;
        let welcome = self.awaited("welcome")?;
        self.window = welcome["window"].as_u64().ok_or("no window")?;
        let longest = welcome["max_frame"].as_u64().ok_or("no max_frame")? as usize - HEADER;
        if self.frame == 0 {
            let suggested = welcome["slots"][self.slot.as_str()]["chunk_size"].as_u64();
            self.frame = suggested.ok_or("no such slot")? as usize;
        }
        self.frame = self.frame.min(longest);
        Ok(())
    }

    fn at_once(&self) -> usize {
        self.at_once
    }

    fn upload(&mut self, files: &[File], took: &mut Vec<f64>) -> Outcome<()> {
        let mut under = self.register(files)?;
        while !under.uploads.is_empty() {
            if !self.send(&mut under, usize::MAX)? {
                self.hear(&mut under, took)?;
            }
        }
        Ok(())
    }

    fn stall(&mut self, file: &File, part: usize) -> Outcome<()> {
        let mut under = self.register(std::slice::from_ref(file))?;
        self.send(&mut under, part).map(drop)
    }

    fn is_open(&self) -> bool {
        // What the server has said and nobody has read is a sign of life, too.
        self.socket.as_ref().is_some_and(|socket| is_open(&socket.stream))
    }
}

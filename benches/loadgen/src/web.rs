//! The doors over HTTP: a plain `PUT`, a form, tus 1.0, and the IETF's draft of resumable uploads.

use std::io::Write;
use std::time::Instant;

use crate::args::Args;
use crate::http::{Answer, Connection, is_open, split};
use crate::{Client, File, Outcome};

const BOUNDARY: &str = "----loadgen7MA4YWxkTrZu0gW";
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Put,
    Form,
    Tus,
    Draft,
}

pub(crate) struct Web {
    mode: Mode,
    pub(crate) connection: Connection,
    /// `{name}` stands for the file's.
    path: String,
    /// A request that goes before the clock starts.
    ping: Option<String>,
    /// The form's field.
    field: String,
    /// Keep the cookie of the ping's answer, as a browser does.
    cookie: bool,
    /// Lines for every request.
    headers: String,
    /// Bytes of one `PATCH`; 0 for all.
    part: usize,
    /// Send the first part with the creation.
    at_creation: bool,
}

/// A request without its body.
struct Request {
    head: String,
    before: String,
    behind: String,
}

impl Web {
    pub(crate) fn new(args: &Args, mode: &str) -> Outcome<Self> {
        let (host, path) = split(&args.text("url", "http://127.0.0.1:8080/"));
        let mode = match mode {
            "put" => Mode::Put,
            "form" => Mode::Form,
            "tus" => Mode::Tus,
            "draft" => Mode::Draft,
            _ => return Err(format!("--mode {mode} is unknown").into()),
        };
        Ok(Self {
            mode,
            connection: Connection::new(host),
            path,
            ping: args.get("ping").map(str::to_owned),
            field: args.text("field", "file"),
            cookie: args.get("cookie").is_some(),
            headers: String::new(),
            part: args.number("part", 0)?,
            at_creation: args.get("at-creation").is_some(),
        })
    }

    fn head(&self, method: &str, path: &str, length: usize, more: &str) -> String {
        let (host, headers) = (&self.connection.host, &self.headers);
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}{more}\r\n"
        )
    }

    /// `more` are header lines.
    pub(crate) fn get(&self, path: &str, more: &str) -> String {
        let (host, ours) = (&self.connection.host, &self.headers);
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{ours}{more}\r\n")
    }

    /// A file in one request.
    fn whole(&self, file: &File) -> Request {
        let path = self.path.replace("{name}", &file.name);
        if self.mode == Mode::Put {
            let head = self.head("PUT", &path, file.bytes.len(), "");
            return Request { head, before: String::new(), behind: String::new() };
        }
        let before = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            self.field, file.name
        );
        let behind = format!("\r\n--{BOUNDARY}--\r\n");
        let length = before.len() + file.bytes.len() + behind.len();
        let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n");
        Request { head: self.head("POST", &path, length, &kind), before, behind }
    }

    /// Where to go on with an upload, of which the first bytes have been sent.
    fn create(&mut self, file: &File, first: usize) -> Outcome<String> {
        let length = file.bytes.len();
        let mut more = match self.mode {
            Mode::Tus => format!(
                "Tus-Resumable: 1.0.0\r\nUpload-Length: {length}\r\nUpload-Metadata: filename {}\r\n",
                base64(file.name.as_bytes())
            ),
            _ => format!(
                "Upload-Complete: ?0\r\nUpload-Length: {length}\r\nContent-Disposition: inline; filename=\"{}\"\r\n",
                file.name
            ),
        };
        if first > 0 && self.mode == Mode::Tus {
            more += "Content-Type: application/offset+octet-stream\r\n";
        }
        let head = self.head("POST", &self.path, first, &more);
        let answer = self.connection.request(&head, &[&file.bytes[..first]])?.success()?;
        let location = answer.header("location").ok_or("no Location")?;
        Ok(if location.starts_with("http") { split(location).1 } else { location.to_owned() })
    }

    fn append(&self, location: &str, offset: usize, length: usize, last: bool) -> String {
        let more = match (self.mode, last) {
            (Mode::Tus, _) => {
                "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
            }
            (_, true) => "Upload-Complete: ?1\r\nContent-Type: application/partial-upload\r\n",
            (_, false) => "Upload-Complete: ?0\r\nContent-Type: application/partial-upload\r\n",
        };
        self.head("PATCH", location, length, &format!("Upload-Offset: {offset}\r\n{more}"))
    }

    fn in_parts(&mut self, file: &File) -> Outcome<()> {
        let length = file.bytes.len();
        let part = if self.part == 0 { length } else { self.part };
        let mut offset = if self.at_creation { part.min(length) } else { 0 };
        let location = self.create(file, offset)?;
        while offset < length {
            let end = (offset + part).min(length);
            let head = self.append(&location, offset, end - offset, end == length);
            self.connection.request(&head, &[&file.bytes[offset..end]])?.success()?;
            offset = end;
        }
        Ok(())
    }

    /// Sends one file; a door that takes it in one request answers with this.
    pub(crate) fn send(&mut self, file: &File) -> Outcome<Option<Answer>> {
        if matches!(self.mode, Mode::Tus | Mode::Draft) {
            return self.in_parts(file).map(|()| None);
        }
        let request = self.whole(file);
        let body: [&[u8]; 3] = [request.before.as_bytes(), file.bytes, request.behind.as_bytes()];
        Ok(Some(self.connection.request(&request.head, &body)?.success()?))
    }
}

impl Client for Web {
    fn prepare(&mut self) -> Outcome<()> {
        self.connection.stream = None;
        self.connection.open()?;
        let Some(ping) = self.ping.clone() else { return Ok(()) };
        let (method, path) = ping.split_once(' ').ok_or("--ping is a method and a path")?;
        let tus = if self.mode == Mode::Tus { "Tus-Resumable: 1.0.0\r\n" } else { "" };
        let answer = self.connection.request(&self.head(method, path, 0, tus), &[])?;
        if self.cookie && self.headers.is_empty() {
            let cookie = answer.header("set-cookie").and_then(|line| line.split(';').next());
            let cookie = cookie.ok_or("the ping's answer sets no cookie")?;
            self.headers =
                format!("Cookie: {cookie}\r\nOrigin: http://{}\r\n", self.connection.host);
        }
        Ok(())
    }

    fn upload(&mut self, files: &[File], took: &mut Vec<f64>) -> Outcome<()> {
        for file in files {
            let begun = Instant::now();
            self.send(file)?;
            took.push(begun.elapsed().as_secs_f64());
        }
        Ok(())
    }

    fn stall(&mut self, file: &File, part: usize) -> Outcome<()> {
        let (head, before) = if matches!(self.mode, Mode::Tus | Mode::Draft) {
            let location = self.create(file, 0)?;
            (self.append(&location, 0, file.bytes.len(), true), String::new())
        } else {
            let request = self.whole(file);
            (request.head, request.before)
        };
        let stream = self.connection.open()?;
        stream.write_all(head.as_bytes())?;
        stream.write_all(before.as_bytes())?;
        Ok(stream.write_all(&file.bytes[..part])?)
    }

    fn is_open(&self) -> bool {
        self.connection.stream.as_ref().is_some_and(is_open)
    }
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

//! A server of tus 1.0 (core and creation), which is not ours and plays tricks when it is told to.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::fake_http::{Request, read_request};

/// What the server does once, instead of what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trick {
    /// Answers so, and does nothing. Headers end with `\r\n`.
    Answer(&'static str, u16, String, String),
    /// Does it, and closes the connection without an answer.
    Silence(&'static str),
    /// Keeps so many bytes of a body, and resets the connection.
    Cut(usize),
    /// Reads so many bytes of a body, says no and closes, as if the rest were of no interest.
    No(usize, u16, String),
    /// Has only so many bytes, whatever it said before.
    LoseFrom(usize),
}

impl Trick {
    fn is_for(&self, method: &str) -> bool {
        match self {
            Self::Answer(of, ..) | Self::Silence(of) => *of == method,
            Self::Cut(_) | Self::No(..) => method == "PATCH",
            Self::LoseFrom(_) => method == "HEAD",
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Upload {
    pub(super) bytes: Vec<u8>,
    pub(super) length: Option<usize>,
    pub(super) metadata: String,
}

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) uploads: BTreeMap<usize, Upload>,
    pub(super) requests: Vec<Request>,
    pub(super) tricks: Vec<Trick>,
    /// Where it says that uploads are, instead of at itself.
    pub(super) elsewhere: Option<String>,
    /// What `/api/files/…` answers.
    pub(super) facts: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Fake {
    pub(super) address: String,
    pub(super) world: Arc<Mutex<World>>,
}

impl Fake {
    pub(super) fn start() -> Self {
        Self::with(|stream| Box::new(stream))
    }

    pub(super) fn with(wrap: impl Fn(TcpStream) -> Box<dyn Line> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let fake = Self { address, world: Arc::default() };
        let served = fake.clone();
        let wrap = Arc::new(Mutex::new(wrap));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (served, wrap) = (served.clone(), Arc::clone(&wrap));
                std::thread::spawn(move || {
                    let mut line = (wrap.lock().unwrap())(stream.unwrap());
                    while served.serve(&mut *line).is_some() {}
                });
            }
        });
        fake
    }

    /// Where it takes files.
    pub(super) fn url(&self) -> String {
        format!("http://{}/up/", self.address)
    }

    pub(super) fn play(&self, trick: Trick) {
        self.world.lock().unwrap().tricks.push(trick);
    }

    /// The methods of its requests, in their order.
    pub(super) fn methods(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.method).collect()
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.world.lock().unwrap().requests.clone()
    }

    /// The bytes of its only whole upload.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let world = self.world.lock().unwrap();
        let whole: Vec<_> = world
            .uploads
            .values()
            .filter(|upload| upload.length == Some(upload.bytes.len()))
            .collect();
        assert_eq!(whole.len(), 1, "{:?}", world.requests);
        whole[0].bytes.clone()
    }

    fn serve(&self, line: &mut dyn Line) -> Option<()> {
        let mut request = read_request(line)?;
        let trick = {
            let mut world = self.world.lock().unwrap();
            let at = world.tricks.iter().position(|trick| trick.is_for(&request.method));
            at.map(|at| world.tricks.remove(at))
        };
        match &trick {
            Some(Trick::Cut(after)) => {
                request.take(line, *after);
                self.answer(&request);
                line.reset();
                self.world.lock().unwrap().requests.push(request);
                return None;
            }
            Some(Trick::No(after, status, body)) => {
                request.take(line, *after);
                self.world.lock().unwrap().requests.push(request);
                say(line, *status, "Connection: close\r\n", body);
                line.end();
                return None;
            }
            _ => request.take(line, usize::MAX),
        }
        self.world.lock().unwrap().requests.push(request.clone());
        let (status, headers, body) = match trick {
            Some(Trick::Answer(_, status, headers, body)) => (status, headers, body),
            Some(Trick::LoseFrom(length)) => {
                let id = request.id().unwrap();
                self.world.lock().unwrap().uploads.get_mut(&id).unwrap().bytes.truncate(length);
                self.answer(&request)
            }
            Some(_) => {
                self.answer(&request);
                line.end();
                return None;
            }
            None => self.answer(&request),
        };
        say(line, status, &headers, if request.method == "HEAD" { "" } else { &body });
        Some(())
    }

    fn answer(&self, request: &Request) -> (u16, String, String) {
        let mut world = self.world.lock().unwrap();
        let none = || (404, String::new(), String::new());
        if request.path.contains("/api/files/") {
            return world.facts.clone().map_or_else(none, |facts| (200, String::new(), facts));
        }
        match (request.method.as_str(), request.id()) {
            ("OPTIONS", None) if request.path.starts_with("/up/") => {
                (204, "Tus-Version: 1.0.0\r\n".into(), String::new())
            }
            ("POST", None) => {
                let id = world.uploads.len();
                let length = request.number("upload-length");
                let metadata = request.header("upload-metadata").unwrap_or_default().to_owned();
                world.uploads.insert(id, Upload { length, metadata, bytes: Vec::new() });
                let before = world.elsewhere.clone().unwrap_or_default();
                let path = request.path.trim_end_matches('/');
                (201, format!("Location: {before}{path}/{id}\r\n"), String::new())
            }
            ("HEAD", Some(id)) => world
                .uploads
                .get(&id)
                .map_or_else(none, |upload| (200, told(upload), String::new())),
            ("PATCH", Some(id)) => {
                let Some(upload) = world.uploads.get_mut(&id) else { return none() };
                if request.number("upload-offset") != Some(upload.bytes.len()) {
                    return (409, told(upload), String::new());
                }
                upload.length = upload.length.or(request.number("upload-length"));
                upload.bytes.extend(&request.body);
                (204, told(upload), String::new())
            }
            _ => none(),
        }
    }
}

fn told(upload: &Upload) -> String {
    let length = upload.length.map(|length| format!("Upload-Length: {length}\r\n"));
    format!("Upload-Offset: {}\r\n{}", upload.bytes.len(), length.unwrap_or_default())
}

fn say(line: &mut dyn Line, status: u16, headers: &str, body: &str) {
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} X\r\nTus-Resumable: 1.0.0\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    // A 204 has no length.
    let answer = match status {
        204 => answer.replacen("Content-Length: 0\r\n", "", 1),
        _ => answer,
    };
    let _ = line.write_all(answer.as_bytes());
    let _ = line.flush();
}

/// A connection, with or without TLS.
pub(super) trait Line: Read + Write {
    /// Closes it, whatever was not read.
    fn end(&mut self);

    /// Tears it.
    fn reset(&mut self);
}

impl Line for TcpStream {
    fn end(&mut self) {
        // What the other side still writes meets nobody, as behind a server that has closed its socket.
        let _ = self.shutdown(Shutdown::Both);
    }

    fn reset(&mut self) {
        // It is dropped next.
        let _ = rustix::net::sockopt::set_socket_linger(&*self, Some(std::time::Duration::ZERO));
    }
}

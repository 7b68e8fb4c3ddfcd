//! Requests as the server of tus reads them.

use std::collections::BTreeMap;

use super::fake::Line;

#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
    /// What has been read of the body with the head.
    ahead: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.header(name)?.parse().ok()
    }

    /// The upload that it is about.
    pub(super) fn id(&self) -> Option<usize> {
        self.path.rsplit('/').next()?.split('?').next()?.parse().ok()
    }

    /// Reads the body, up to so many bytes.
    pub(super) fn take(&mut self, line: &mut dyn Line, most: usize) {
        let whole = self.number("content-length").unwrap_or(0).min(most);
        self.body = std::mem::take(&mut self.ahead);
        let mut buffer = [0; 64 * 1024];
        while self.body.len() < whole {
            let room = buffer.len().min(whole - self.body.len());
            match line.read(&mut buffer[..room]) {
                Ok(read) if read > 0 => self.body.extend(&buffer[..read]),
                _ => break,
            }
        }
        self.body.truncate(whole);
    }
}

pub(super) fn read_request(line: &mut dyn Line) -> Option<Request> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        match line.read(&mut buffer) {
            Ok(read) if read > 0 => bytes.extend(&buffer[..read]),
            _ => return None,
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Some(Request { method, path, headers, body: Vec::new(), ahead: bytes[end + 4..].to_vec() })
}

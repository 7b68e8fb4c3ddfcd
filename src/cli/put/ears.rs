//! Hears what a server says before it has read everything.
//!
//! A server that won't have a file says so after its first bytes and closes the connection. Whoever is still writing
//! then finds a broken connection, and the reason lies unread beside it. So while a body goes out we listen now and
//! then, and once more when it can't be sent.

use std::fmt;
use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, HeaderName, HeaderValue};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};
use ureq::{Error, Timeout};

/// How often we listen while we write, and how long: as short as a socket can.
const EVERY: Duration = Duration::from_millis(500);
const MOMENT: Duration = Duration::from_millis(1);
/// How long the rest of what has begun, or what may lie behind a broken connection, is waited for.
const REST: Duration = Duration::from_secs(2);

/// An answer that came too early to be one for `ureq`.
#[derive(Debug, Clone)]
pub(super) struct Early {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl fmt::Display for Early {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {} before it had everything", self.status)
    }
}

impl std::error::Error for Early {}

/// Puts [`Ears`] on each connection.
#[derive(Debug, Default)]
pub(super) struct Listening;

impl<In: Transport> Connector<In> for Listening {
    type Out = Ears<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Ears<In>>, Error> {
        Ok(chained.map(|inner| Ears { inner, listened: Instant::now() }))
    }
}

#[derive(Debug)]
pub(super) struct Ears<T> {
    inner: T,
    listened: Instant,
}

impl<T: Transport> Ears<T> {
    /// Something that is being said, as far as it goes in this time.
    fn hear(&mut self, patience: Duration) -> Option<Early> {
        self.listened = Instant::now();
        if !self.fill(patience) {
            return read(self.inner.buffers().input(), true);
        }
        let begun = Instant::now();
        loop {
            let early = read(self.inner.buffers().input(), false);
            if early.is_some() {
                return early;
            }
            let left = REST.saturating_sub(begun.elapsed());
            if left.is_zero() || !self.fill(left) {
                return read(self.inner.buffers().input(), true);
            }
        }
    }

    fn fill(&mut self, patience: Duration) -> bool {
        let (after, reason) = (patience.into(), Timeout::RecvResponse);
        let timeout = NextTimeout { after, reason, per_read: None, per_write: None };
        self.inner.await_input(timeout).unwrap_or(false)
    }
}

impl<T: Transport> Transport for Ears<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.listened.elapsed() >= EVERY
            && let Some(early) = self.hear(MOMENT)
        {
            return Err(Error::Other(Box::new(early)));
        }
        self.inner.transmit_output(amount, timeout).map_err(|error| match self.hear(REST) {
            Some(early) => Error::Other(Box::new(early)),
            None => error,
        })
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let heard = self.inner.await_input(timeout);
        self.listened = Instant::now();
        heard
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Reads an answer that is whole, or as whole as it will ever be.
fn read(bytes: &[u8], ended: bool) -> Option<Early> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = bytes.split_at_checked(end + 4)?;
    let head = std::str::from_utf8(head).ok()?;
    let mut lines = head.trim_end().split("\r\n");
    let mut first = lines.next()?.split(' ');
    let status: u16 = first.next()?.starts_with("HTTP/1.").then(|| first.next())??.parse().ok()?;
    if status < 200 {
        return read(body, ended);
    }
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if let (Ok(name), Ok(value)) =
            (name.parse::<HeaderName>(), HeaderValue::from_str(value.trim()))
        {
            headers.append(name, value);
        }
    }
    let length = headers.get("content-length").and_then(|value| value.to_str().ok());
    let length = length.and_then(|length| length.parse::<usize>().ok());
    if !ended && length.is_none_or(|length| body.len() < length) {
        return None;
    }
    Some(Early { status, headers, body: String::from_utf8_lossy(body).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str =
        "HTTP/1.1 415 Unsupported Media Type\r\nA: b\r\nContent-Length: 4\r\n\r\nwhat";

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        for end in 0..ANSWER.len() {
            assert!(read(&ANSWER.as_bytes()[..end], false).is_none(), "{end}");
        }
        let early = read(ANSWER.as_bytes(), false).unwrap();
        assert_eq!((early.status, early.body.as_str()), (415, "what"));
        assert_eq!(early.headers["a"], "b");
    }

    #[test]
    fn an_answer_that_is_cut_is_better_than_none() {
        let cut = &ANSWER.as_bytes()[..ANSWER.len() - 2];
        assert_eq!(read(cut, true).unwrap().body, "wh");
        assert!(read(b"HTTP/1.1 415 Unsup", true).is_none());
    }

    #[test]
    fn what_is_no_answer_is_not_taken_for_one() {
        for text in ["\r\n\r\n", "HTTP/2 415\r\n\r\n", "HTTP/1.1 x\r\n\r\n", "HTTP/1.1\r\n\r\n"] {
            assert!(read(text.as_bytes(), true).is_none(), "{text:?}");
        }
        let interim = format!("HTTP/1.1 100 Continue\r\n\r\n{ANSWER}");
        assert_eq!(read(interim.as_bytes(), false).unwrap().status, 415);
    }
}

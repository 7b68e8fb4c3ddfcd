//! One request and its answer.
//!
//! What the user gave us as headers, and cookies, go to the server that the user named and to no other, wherever its
//! answers point. Redirects are left to whoever asks.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, DefaultConnector};
use ureq::{Agent, AsSendBody, Error, SendBody, Timeout};
use url::Url;

use super::address::{may_know, shown};
use super::cookies::{Cookie, Jar};
use super::ears::{Early, Listening};
use super::memory::{Memory, now};

/// More than this of an answer is not wanted.
const ANSWER: u64 = 256 * 1024;
const CONNECT: Duration = Duration::from_secs(30);

/// What a request sends.
pub(super) enum Body<'a> {
    /// Nothing, and no word about it.
    None,
    /// Nothing, said as a length of zero.
    Empty,
    Bytes(&'a mut dyn Read, u64),
}

pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) url: &'a Url,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body<'a>,
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// Nobody was there.
    Unreachable(String),
    /// The connection ended too early.
    Cut(String),
    /// It would be the same again.
    Hopeless(String),
}

/// What a client needs to know.
pub(super) struct Manners<'a> {
    /// The user's headers are for this place.
    pub(super) home: Url,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) cacert: Option<&'a Path>,
    pub(super) timeout: Duration,
    pub(super) connections: usize,
}

pub(super) struct Client {
    agent: Agent,
    home: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
    jar: Jar,
    memory: Arc<Memory>,
}

impl Client {
    /// # Errors
    /// A sentence for the user, if the certificates can't be read.
    pub(super) fn new(manners: Manners<'_>, memory: Arc<Memory>) -> Result<Self, String> {
        let roots = manners.cacert.map_or(Ok(RootCerts::PlatformVerifier), roots)?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("longshore/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .timeout_connect(Some(CONNECT.min(manners.timeout)))
            .timeout_per_write(Some(manners.timeout))
            .timeout_per_read(Some(manners.timeout.saturating_mul(10)))
            .max_idle_connections(2 * manners.connections)
            .max_idle_connections_per_host(manners.connections)
            .build();
        let connector = DefaultConnector::new().chain(Listening);
        let agent = Agent::with_parts(config, connector, DefaultResolver::default());
        let jar = Jar::with(memory.cookies().unwrap_or_default());
        Ok(Self { agent, home: manners.home, headers: manners.headers, jar, memory })
    }

    /// # Errors
    /// There was no answer.
    pub(super) fn send(&self, ask: Ask<'_>) -> Result<Reply, Broken> {
        let url = ask.url.clone();
        let mut request = Request::builder().method(ask.method).uri(url.as_str());
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if may_know(&self.home, &url) {
            for (name, value) in &self.headers {
                request = request.header(name, value);
            }
        }
        let knows_cookies = self.headers.iter().any(|(name, _)| *name == header::COOKIE);
        if !knows_cookies && let Some(cookies) = self.jar.header(&url) {
            request = request.header(header::COOKIE, cookies);
        }
        let result = match ask.body {
            Body::None => self.run(request.body(())),
            Body::Empty => self.run(request.body(&[][..])),
            Body::Bytes(reader, length) => {
                let request = request.header(header::CONTENT_LENGTH, length);
                self.run(request.body(SendBody::from_reader(reader)))
            }
        };
        let reply = result.or_else(|error| early(error, &url))?;
        self.note_cookies(&reply, &url);
        Ok(reply)
    }

    fn run(&self, request: ureq::http::Result<Request<impl AsSendBody>>) -> Result<Reply, Error> {
        let mut response = self.agent.run(request?)?;
        let mut body = Vec::new();
        // An answer that is cut in its body is still one.
        let _ = response.body_mut().as_reader().take(ANSWER).read_to_end(&mut body);
        let body = String::from_utf8_lossy(&body).into_owned();
        let (parts, _) = response.into_parts();
        Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    fn note_cookies(&self, reply: &Reply, url: &Url) {
        let lines = reply.headers.get_all(header::SET_COOKIE).iter();
        for line in lines.filter_map(|line| line.to_str().ok()) {
            let Some(cookie) = Cookie::read(line, url, now()) else { continue };
            if self.jar.take(&cookie, now()) && cookie.until.is_some() {
                // The next run would be another caller, which is no reason to stop this one.
                let _ = self.memory.keep_cookie(cookie);
            }
        }
    }
}

fn early(error: Error, url: &Url) -> Result<Reply, Broken> {
    match error {
        Error::Other(other) => match other.downcast::<Early>() {
            Ok(early) => {
                let Early { status, headers, body } = *early;
                Ok(Reply { status, headers, body })
            }
            Err(other) => Err(Broken::Cut(other.to_string())),
        },
        error => Err(broken(&error, url)),
    }
}

fn broken(error: &Error, url: &Url) -> Broken {
    let host = url.host_str().unwrap_or_default();
    let unreachable = |why: &str| {
        let port = url.port_or_known_default().unwrap_or_default();
        Broken::Unreachable(format!("{host}:{port} can't be reached: {why}"))
    };
    match error {
        Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable => unreachable(&error.to_string()),
            // What rustls has against the other side.
            ErrorKind::InvalidData => Broken::Hopeless(format!("TLS with {host} fails: {error}")),
            _ => Broken::Cut(format!("the connection broke: {error}")),
        },
        Error::Timeout(Timeout::Connect | Timeout::Resolve) => unreachable("it does not answer"),
        Error::Timeout(_) => Broken::Cut("nothing moved for too long".to_owned()),
        Error::HostNotFound => unreachable("there is no such host"),
        Error::ConnectionFailed | Error::ConnectProxyFailed(_) => unreachable(&error.to_string()),
        Error::Protocol(_) => Broken::Cut(format!("the answer is not HTTP: {error}")),
        error => Broken::Hopeless(format!("{} can't be asked: {error}", shown(url))),
    }
}

fn roots(path: &Path) -> Result<RootCerts, String> {
    let unreadable = |why: &dyn std::fmt::Display| format!("--cacert {}: {why}", path.display());
    let pem = std::fs::read(path).map_err(|error| unreadable(&error))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| unreadable(&error))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(unreadable(&"there is no certificate in it"));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

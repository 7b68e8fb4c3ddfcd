//! The requests of tus 1.0 that a client needs: core and creation, and nothing that a server might not have.

use std::io::Read;

use actix_web::http::header::HttpDate;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ureq::http::Method;
use url::Url;

use super::address::{leaves_tls, shown};
use super::http::{Ask, Body, Client, Reply};
use super::trouble::{About, Trouble};

const VERSION: &str = "1.0.0";
/// So many redirects of one request are followed.
const REDIRECTS: usize = 5;

/// An upload as its server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) offset: u64,
    /// None while the length has not been said.
    pub(super) length: Option<u64>,
    pub(super) until: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Created {
    pub(super) address: Url,
    pub(super) until: Option<u64>,
}

/// A part of a file, and the length of the whole if it is said with it.
pub(super) struct Part<'a> {
    pub(super) offset: u64,
    pub(super) bytes: &'a mut dyn Read,
    pub(super) count: u64,
    pub(super) length: Option<u64>,
}

impl Client {
    /// Asks whether tus is spoken at an address, and answers the address after redirects if it is.
    pub(super) fn speaks_tus(&self, url: &Url) -> Result<Option<Url>, Trouble> {
        let (reply, at) = self.following(url, |url| Ask {
            method: Method::OPTIONS,
            url,
            headers: Vec::new(),
            body: Body::None,
        })?;
        let versions = reply.header("tus-version").or_else(|| reply.header("tus-resumable"));
        let speaks =
            versions.is_some_and(|versions| versions.split(',').any(|v| v.trim() == VERSION));
        match Trouble::with(&reply, About::Creation) {
            _ if speaks && reply.is_success() => Ok(Some(at)),
            passing @ Trouble::Passing { .. } if !reply.is_success() => Err(passing),
            _ => Ok(None),
        }
    }

    /// Begins an upload.
    pub(super) fn create(
        &self,
        endpoint: &Url,
        length: Option<u64>,
        metadata: &[(&str, &str)],
    ) -> Result<Created, Trouble> {
        let (reply, at) = self.following(endpoint, |url| {
            let mut headers = vec![("tus-resumable", VERSION.to_owned())];
            headers.push(match length {
                Some(length) => ("upload-length", length.to_string()),
                None => ("upload-defer-length", "1".to_owned()),
            });
            headers.push(("upload-metadata", encoded(metadata)));
            Ask { method: Method::POST, url, headers, body: Body::Empty }
        })?;
        if !reply.is_success() {
            return Err(Trouble::with(&reply, About::Creation));
        }
        let address = reply.header("location").and_then(|location| at.join(location).ok());
        let address = address.ok_or_else(|| Trouble::odd(&reply, "without a Location"))?;
        if leaves_tls(&at, &address) {
            return Err(Trouble::Failed(
                "The server wants the file sent without TLS. If a proxy stands before it, that has to say \
                 `X-Forwarded-Proto`."
                    .to_owned(),
            ));
        }
        Ok(Created { address, until: until(&reply) })
    }

    /// Asks how much the server has.
    pub(super) fn head(&self, address: &Url) -> Result<Standing, Trouble> {
        let headers = vec![("tus-resumable", VERSION.to_owned())];
        let reply =
            self.send(Ask { method: Method::HEAD, url: address, headers, body: Body::None })?;
        standing(&reply)
    }

    /// Sends bytes, and answers how much the server has then.
    pub(super) fn patch(&self, address: &Url, part: Part<'_>) -> Result<Standing, Trouble> {
        let mut headers = vec![
            ("tus-resumable", VERSION.to_owned()),
            ("upload-offset", part.offset.to_string()),
            ("content-type", "application/offset+octet-stream".to_owned()),
        ];
        headers.extend(part.length.map(|length| ("upload-length", length.to_string())));
        let body = match part.count {
            0 => Body::Empty,
            count => Body::Bytes(part.bytes, count),
        };
        let reply = self.send(Ask { method: Method::PATCH, url: address, headers, body })?;
        standing(&reply)
            .map(|standing| Standing { length: standing.length.or(part.length), ..standing })
    }

    /// Sends a request without a body wherever redirects lead, except away from TLS.
    fn following(
        &self,
        first: &Url,
        ask: impl for<'a> Fn(&'a Url) -> Ask<'a>,
    ) -> Result<(Reply, Url), Trouble> {
        let mut url = first.clone();
        for _ in 0..=REDIRECTS {
            let reply = self.send(ask(&url))?;
            if !matches!(reply.status, 301 | 302 | 307 | 308) {
                return Ok((reply, url));
            }
            let next = reply.header("location").and_then(|location| url.join(location).ok());
            let next = next.ok_or_else(|| Trouble::odd(&reply, "without a Location"))?;
            if leaves_tls(&url, &next) || !matches!(next.scheme(), "http" | "https") {
                return Err(Trouble::Failed(format!(
                    "The server sends us to {}, where there is no TLS.",
                    shown(&next)
                )));
            }
            url = next;
        }
        Err(Trouble::Failed("The server sends us from one place to the next.".to_owned()))
    }
}

fn standing(reply: &Reply) -> Result<Standing, Trouble> {
    if !reply.is_success() {
        return Err(Trouble::with(reply, About::Upload));
    }
    let number = |name: &str| reply.header(name).and_then(|text| text.trim().parse().ok());
    let offset = number("upload-offset");
    let offset = offset.ok_or_else(|| Trouble::odd(reply, "without an Upload-Offset"))?;
    Ok(Standing { offset, length: number("upload-length"), until: until(reply) })
}

/// `Upload-Expires` in seconds since 1970.
fn until(reply: &Reply) -> Option<u64> {
    let date: HttpDate = reply.header("upload-expires")?.parse().ok()?;
    let time = std::time::SystemTime::from(date);
    time.duration_since(std::time::UNIX_EPOCH).ok().map(|since| since.as_secs())
}

fn encoded(metadata: &[(&str, &str)]) -> String {
    let pairs = metadata.iter().map(|(key, value)| match *value {
        "" => (*key).to_owned(),
        value => format!("{key} {}", BASE64_STANDARD.encode(value)),
    });
    pairs.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderMap;

    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)]) -> Reply {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Reply { status, headers: map, body: String::new() }
    }

    #[test]
    fn metadata_is_base64_and_an_empty_value_has_none() {
        let metadata = [("filename", "wörld.pdf"), ("filetype", "application/pdf"), ("empty", "")];
        let text = "filename d8O2cmxkLnBkZg==,filetype YXBwbGljYXRpb24vcGRm,empty";
        assert_eq!(encoded(&metadata), text);
    }

    #[test]
    fn an_answer_without_an_offset_is_not_tus() {
        let fine = [
            ("upload-offset", "70"),
            ("upload-length", "100"),
            ("upload-expires", "Thu, 01 Jan 1970 00:01:40 GMT"),
        ];
        let expected = Standing { offset: 70, length: Some(100), until: Some(100) };
        assert_eq!(standing(&reply(200, &fine)), Ok(expected));
        assert!(matches!(standing(&reply(204, &fine[1..])), Err(Trouble::Failed(_))));
        let odd = [("upload-offset", "-1")];
        assert!(matches!(standing(&reply(204, &odd)), Err(Trouble::Failed(_))));
        assert_eq!(standing(&reply(404, &fine)), Err(Trouble::Gone(None)));
    }
}

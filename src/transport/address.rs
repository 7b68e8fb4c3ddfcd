//! Where a request comes from: the address that rates and counts go by.
//!
//! That is the peer of the connection. Behind a reverse proxy all connections have the same peer, so a proxy that the
//! operator trusts is asked whom it speaks for; what anybody else says is not even read. Each proxy adds the address
//! that it saw at the right of `X-Forwarded-For` or `Forwarded` (RFC 7239), behind whatever its client had written
//! there. So the list is read from the right, through the proxies that are trusted, up to the first address that isn't
//! one of them: what stands further left that one may have made up.
//!
//! It says how much somebody may do, and never who they are.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

use crate::uploads::{Proxies, Uploads};

/// Of a request that came over no network.
const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The address of the client.
pub(super) fn client(request: &HttpRequest, uploads: &Uploads) -> IpAddr {
    match peer(request) {
        Some(peer) => behind(peer, request.headers(), uploads.proxies()),
        None => NOWHERE,
    }
}

/// Whether the connection itself comes from a trusted proxy, so that what its headers say is the proxy's word.
pub(super) fn comes_from_trusted_proxy(request: &HttpRequest, uploads: &Uploads) -> bool {
    peer(request).is_some_and(|peer| uploads.proxies().trust(peer))
}

impl Uploads {
    /// The address that a request comes from, for routes of the application's own: the peer's, or, behind a
    /// [trusted proxy](crate::UploadsBuilder::trusted_proxy), that of whom the proxy speaks for. `0.0.0.0` for a
    /// request that came over no network. It says where somebody is, and not who.
    #[must_use]
    pub fn client_address(&self, request: &HttpRequest) -> IpAddr {
        client(request, self)
    }

    /// Whether a request was handed on by a [trusted proxy](crate::UploadsBuilder::trusted_proxy), so that headers
    /// which that proxy sets are its own word.
    #[must_use]
    pub fn is_from_trusted_proxy(&self, request: &HttpRequest) -> bool {
        comes_from_trusted_proxy(request, self)
    }
}

fn peer(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|peer| peer.ip().to_canonical())
}

/// Whom a peer speaks for.
fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    if !proxies.trust(peer) {
        return peer;
    }
    let follow = |name, read: fn(&str) -> Vec<Option<IpAddr>>| {
        let mut lines = headers.get_all(name).peekable();
        lines.peek()?;
        let hops: Vec<_> = lines.flat_map(|line| hops(line, read)).collect();
        Some(walk(peer, hops.into_iter().rev(), proxies))
    };
    let habit = header::HeaderName::from_static("x-forwarded-for");
    match (follow(habit, x_forwarded_for), follow(header::FORWARDED, forwarded)) {
        // A proxy writes one of them and may let the other through as its client wrote it. Nobody knows which.
        (Some(one), Some(other)) if one != other => peer,
        (Some(client), _) | (None, Some(client)) => client,
        (None, None) => peer,
    }
}

/// Goes from proxy to proxy, as long as each is trusted and says something that can be understood.
fn walk(peer: IpAddr, hops: impl Iterator<Item = Option<IpAddr>>, proxies: &Proxies) -> IpAddr {
    let mut last = peer;
    for hop in hops {
        match hop {
            Some(address) if proxies.trust(address) => last = address,
            Some(address) => return address,
            None => return last,
        }
    }
    last
}

/// One header line, the first hop first; a line that isn't text is one that says nothing.
fn hops(line: &HeaderValue, read: fn(&str) -> Vec<Option<IpAddr>>) -> Vec<Option<IpAddr>> {
    line.to_str().map_or_else(|_| vec![None], read)
}

/// `203.0.113.7, 10.0.0.1`; some proxies add a port.
fn x_forwarded_for(line: &str) -> Vec<Option<IpAddr>> {
    line.split(',').map(|hop| node(hop.trim())).collect()
}

/// `for=203.0.113.7;proto=https, for="[2001:db8::1]:4711"`. A quote that a client left open swallows what the proxy has
/// added behind it, so such a line says nothing as a whole.
fn forwarded(line: &str) -> Vec<Option<IpAddr>> {
    let Some(elements) = split_outside_quotes(line, ',') else { return vec![None] };
    elements.into_iter().map(forwarded_for).collect()
}

/// RFC 7239 §4: each parameter at most once, names in any case.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = split_outside_quotes(element, ';')?;
    let pairs = pairs.into_iter().filter_map(|pair| pair.split_once('='));
    let mut said = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let (value, twice) = (said.next()?.1.trim(), said.next().is_some());
    let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    if twice { None } else { node(unquoted.unwrap_or(value)) }
}

/// `None` if a quote is never closed.
fn split_outside_quotes(text: &str, at: char) -> Option<Vec<&str>> {
    let (mut parts, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if character == at && !quoted => {
                parts.push(&text[begin..index]);
                begin = index + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    (!quoted).then_some(parts)
}

/// An address, with or without a port, IPv6 with or without brackets. `unknown` and `_hidden` are none.
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse().ok().map(|it: SocketAddr| it.ip()));
    // RFC 7239 §6 lets a port be obfuscated, too.
    let hidden = || text.rsplit_once(":_").and_then(|(node, _)| node_without_port(node));
    address.or_else(hidden).map(|address| address.to_canonical())
}

fn node_without_port(text: &str) -> Option<IpAddr> {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse().ok(),
        None => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn client_of(peer: &str, lines: &[(&str, &str)]) -> String {
        let said = ["10.0.0.0/8", "127.0.0.1", "fd00::/8"].map(str::to_owned);
        let proxies = Proxies::read(&said).unwrap();
        behind(peer.parse().unwrap(), &headers(lines), &proxies).to_string()
    }

    #[test]
    fn ses_21_nobody_but_a_trusted_proxy_says_who_they_are() {
        for line in [("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=127.0.0.1")] {
            assert_eq!(client_of("203.0.113.9", &[line]), "203.0.113.9");
        }
        let line = ("x-forwarded-for", "10.0.0.1, 8.8.8.8");
        assert_eq!(client_of("2001:db8::1", &[line]), "2001:db8::1");
    }

    #[test]
    fn the_right_most_address_that_is_no_trusted_proxy_is_the_client() {
        let from = |line: &str| client_of("10.0.0.1", &[("x-forwarded-for", line)]);
        for (line, client) in [
            ("203.0.113.7", "203.0.113.7"),
            ("1.1.1.1, 203.0.113.7", "203.0.113.7"),
            ("127.0.0.1, 203.0.113.7", "203.0.113.7"),
            ("203.0.113.7, 10.2.0.1", "203.0.113.7"),
            ("1.1.1.1,203.0.113.7 ,10.2.0.1, 10.3.0.1", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("203.0.113.7, fd00::1", "203.0.113.7"),
            // All of them are ours: somebody inside asks.
            ("10.4.0.1, 10.3.0.1", "10.4.0.1"),
        ] {
            assert_eq!(from(line), client, "{line}");
        }
    }

    #[test]
    fn what_can_not_be_understood_ends_the_way_at_the_last_proxy() {
        for line in [
            "",
            " ",
            ",",
            "unknown",
            "_hidden",
            "localhost",
            "203.0.113.7, ",
            "203.0.113.7, nonsense",
            "203.0.113.999",
            "0x7f000001",
            "203.0.113.7 1.1.1.1",
            "[203.0.113.7",
            "2001:db8::7]:1",
            "203.0.113.7:",
            "203.0.113.7:99999",
            "\u{ff}",
        ] {
            assert_eq!(client_of("10.0.0.1", &[("x-forwarded-for", line)]), "10.0.0.1", "{line:?}");
            let both = format!("203.0.113.7, {line}, 10.9.0.1");
            let client = client_of("10.0.0.1", &[("x-forwarded-for", &both)]);
            // A line that isn't text says nothing; in others each hop speaks for itself.
            let last = if line.is_ascii() { "10.9.0.1" } else { "10.0.0.1" };
            assert_eq!(client, last, "{both:?}");
        }
    }

    #[test]
    fn many_lines_are_one_list() {
        let lines = ["1.1.1.1", "127.0.0.1, 203.0.113.7", "10.2.0.1"];
        let lines = lines.map(|line| ("x-forwarded-for", line));
        assert_eq!(client_of("127.0.0.1", &lines), "203.0.113.7");
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_says() {
        let from = |line: &str| client_of("10.0.0.1", &[("forwarded", line)]);
        for (line, client) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("For=203.0.113.7; proto=https; by=10.0.0.1", "203.0.113.7"),
            ("proto=https;for=\"203.0.113.7:4711\"", "203.0.113.7"),
            ("for=\"203.0.113.7:_port\"", "203.0.113.7"),
            ("for=\"[2001:db8::7]\"", "2001:db8::7"),
            ("for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("for=\"[2001:db8::7]:_p\"", "2001:db8::7"),
            ("for=1.1.1.1, for=203.0.113.7, for=10.2.0.1", "203.0.113.7"),
            ("for=1.1.1.1;host=\"a,b;for=8.8.8.8\", for=203.0.113.7", "203.0.113.7"),
            ("for=203.0.113.7;host=\"a\\\",for=8.8.8.8\"", "203.0.113.7"),
            // What says nothing.
            ("for=_hidden", "10.0.0.1"),
            ("for=unknown", "10.0.0.1"),
            ("by=203.0.113.7", "10.0.0.1"),
            ("for=203.0.113.7;for=1.1.1.1", "10.0.0.1"),
            ("for=", "10.0.0.1"),
            ("for=203.0.113.7, for=_hidden, for=10.2.0.1", "10.2.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(from(line), client, "{line}");
        }
    }

    #[test]
    fn an_open_quote_swallows_nothing_that_a_proxy_has_added() {
        for mine in ["for=\"8.8.8.8", "for=8.8.8.8;host=\"x", "\"", "for=\"x\\"] {
            for added in ["for=203.0.113.7", "for=\"203.0.113.7\"", "for=\"[2001:db8::7]:1\""] {
                let line = format!("{mine}, {added}");
                assert_eq!(client_of("10.0.0.1", &[("forwarded", &line)]), "10.0.0.1", "{line}");
                let apart = [("forwarded", mine), ("forwarded", added)];
                assert_ne!(client_of("10.0.0.1", &apart), "8.8.8.8");
                assert_ne!(client_of("10.0.0.1", &apart), "10.0.0.1");
            }
        }
    }

    #[test]
    fn of_two_headers_that_disagree_neither_is_believed() {
        let often = ("x-forwarded-for", "203.0.113.7");
        assert_eq!(client_of("10.0.0.1", &[often, ("forwarded", "for=8.8.8.8")]), "10.0.0.1");
        assert_eq!(
            client_of("10.0.0.1", &[often, ("forwarded", "for=203.0.113.7")]),
            "203.0.113.7"
        );
    }
}

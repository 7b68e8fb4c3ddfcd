//! Other origins whose pages may upload here, as browsers write them.
//!
//! An origin is compared letter by letter with what a browser sends. One that is written otherwise would
//! never match, and its developer would search for the reason in the wrong place.

/// What is allowed, for messages.
pub(crate) const ORIGIN: &str = "an origin as browsers write it: scheme://host or scheme://host:port, with `http` or `https`, in lower \
     case, without a path and without the port that goes without saying";

/// True if a browser could send this as `Origin`.
pub(crate) fn is_origin(text: &str) -> bool {
    let (rest, usual) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, 443),
        (None, Some(rest)) => (rest, 80),
        (None, None) => return false,
    };
    // The colons of an IPv6 address stand in brackets.
    let (host, port) = match (rest.ends_with(']'), rest.rsplit_once(':')) {
        (false, Some((host, port))) => (host, Some(port)),
        _ => (rest, None),
    };
    is_host(host) && port.is_none_or(|port| is_port(port, usual))
}

fn is_host(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = address {
        return address.parse::<std::net::Ipv6Addr>().is_ok_and(|v6| v6.to_string() == address);
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    !host.is_empty() && host.chars().all(plain) && (!ends_in_a_number(host) || is_v4(host))
}

/// Such a host is an address to a browser, however it is written (URL standard, "ends in a number checker").
fn ends_in_a_number(host: &str) -> bool {
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or_default();
    let hex = |rest: &str| rest.chars().all(|c| c.is_ascii_hexdigit());
    let decimal = !last.is_empty() && last.chars().all(|c| c.is_ascii_digit());
    decimal || last.strip_prefix("0x").is_some_and(hex)
}

fn is_v4(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok_and(|v4| v4.to_string() == host)
}

fn is_port(port: &str, usual: u16) -> bool {
    port.parse::<u16>().is_ok_and(|number| number != usual && number.to_string() == port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_could_send_is_an_origin() {
        for good in [
            "https://app.example",
            "http://localhost:3000",
            "https://xn--bcher-kva.example:8443",
            "http://127.0.0.1:1",
            "http://[::1]",
            "http://[::1]:3000",
            "https://app.example:80",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "app.example",
            "//app.example",
            "ftp://app.example",
            "https://",
            "https://app.example/",
            "https://app.example/path",
            "https://App.example",
            "HTTPS://app.example",
            "https://app.example:443",
            "http://app.example:80",
            "https://app.example:",
            "https://app.example:065",
            "https://app.example:65536",
            "https://bücher.example",
            "https://*.example",
            "https://user@app.example",
            "https://app.example?x",
            "https://app.example,https://b.example",
            "http://[::1",
            "http://[0:0::1]",
            "http://127.0.0.00",
            "http://127.1",
            "http://127.0.0.0x1",
            "http://1",
            "http://10.0.0.1.",
            "null",
            "*",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}

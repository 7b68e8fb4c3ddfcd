//! Where a daemon listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a `clamd` listens: `LocalSocket` or `TCPSocket` of its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClamdAddress {
    /// A socket of this machine.
    Unix(PathBuf),
    /// Host and port. What is sent there isn't encrypted.
    Tcp(String),
}

/// Text that is no address of a daemon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no address of a clamd: write a path (/run/clamav/clamd.ctl) or a host and port (127.0.0.1:3310)"
)]
pub struct AddressError(String);

impl FromStr for ClamdAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = || AddressError(text.chars().take(200).collect());
        let path = text.strip_prefix("unix:").unwrap_or(text);
        if path.starts_with('/') && path.len() > 1 && !path.contains('\0') {
            return Ok(Self::Unix(path.into()));
        }
        let peer = text.strip_prefix("tcp:").unwrap_or(text).trim_start_matches("//");
        let (host, port) = peer.rsplit_once(':').ok_or_else(error)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let good_host = match bare {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host != "unix" && host.chars().all(plain),
        };
        match port.parse::<u16>() {
            Ok(1..) if good_host => Ok(Self::Tcp(peer.to_owned())),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for ClamdAddress {
    /// As it is read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Tcp(peer) => f.write_str(peer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_or_a_host_and_port_is_an_address() {
        let unix = |path: &str| ClamdAddress::Unix(path.into());
        let tcp = |peer: &str| ClamdAddress::Tcp(peer.to_owned());
        for (text, address) in [
            ("/run/clamav/clamd.ctl", unix("/run/clamav/clamd.ctl")),
            ("unix:/run/x", unix("/run/x")),
            ("127.0.0.1:3310", tcp("127.0.0.1:3310")),
            ("tcp://scanner.lan:3310", tcp("scanner.lan:3310")),
            ("[::1]:3310", tcp("[::1]:3310")),
        ] {
            let read: ClamdAddress = text.parse().unwrap();
            assert_eq!(read, address);
            assert_eq!(read.to_string().parse(), Ok(address));
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_allowed() {
        for text in
            ["", "/", "clamd", "clamd:", ":3310", "h:0", "h:65536", "::1:3310", "a b:1", "unix:x:1"]
        {
            let error = text.parse::<ClamdAddress>().unwrap_err();
            assert!(error.to_string().contains("127.0.0.1:3310"), "{text}");
        }
    }
}

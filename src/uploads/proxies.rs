//! The reverse proxies whose word about a request's sender is believed.
//!
//! Everybody can write an `X-Forwarded-For`. It says something only if the connection comes from a proxy that the
//! operator has named, because that one wrote its end.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// As many bits stand in front of an IPv4 address that is written as one of IPv6.
const MAPPED: u8 = 96;

/// What a trusted proxy may be said as.
pub(crate) const PROXY: &str = "an address or a range of them, like 127.0.0.1 or 10.0.0.0/8";

/// The addresses of trusted proxies; none unless said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Reads addresses and ranges.
    ///
    /// # Errors
    /// The first that is neither.
    pub(crate) fn read(said: &[String]) -> Result<Self, String> {
        let ranges = said.iter().map(|text| range(text).ok_or_else(|| text.clone()));
        ranges.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the word of whoever has this address is believed.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|range| range.contains(&address))
    }
}

/// An address alone is a range of one.
fn range(text: &str) -> Option<IpNet> {
    let text = text.trim();
    let said = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    Some(canonical(said))
}

/// A range of IPv4 that is written as one of IPv6 (RFC 4291 §2.5.5.2) is the range of IPv4: so are addresses compared.
fn canonical(range: IpNet) -> IpNet {
    let IpNet::V6(six) = range else { return range };
    let four = six.addr().to_ipv4_mapped().zip(six.prefix_len().checked_sub(MAPPED));
    let four = four.and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    four.map_or(range, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_single_addresses_are_trusted_and_nobody_else() {
        let said = ["10.0.0.0/8", "127.0.0.1", "2001:db8::/32", "::1"].map(str::to_owned);
        let proxies = Proxies::read(&said).unwrap();
        for (address, trusted) in [
            ("10.255.0.1", true),
            ("11.0.0.1", false),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("::ffff:10.0.0.1", true),
            ("::ffff:8.8.8.8", false),
            ("2001:db8:1::5", true),
            ("2001:db9::5", false),
            ("::1", true),
            ("0.0.0.0", false),
        ] {
            assert_eq!(proxies.trust(address.parse().unwrap()), trusted, "{address}");
        }
        assert!(!Proxies::default().trust("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_range_of_ipv4_that_is_written_as_ipv6_is_the_same_range() {
        for (mapped, plain) in [
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:a00:0/104", "10.0.0.0/8"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7/128", "192.0.2.7/32"),
            ("::ffff:0.0.0.0/96", "0.0.0.0/0"),
        ] {
            let read = |text: &str| Proxies::read(&[text.to_owned()]).unwrap();
            assert_eq!(read(mapped), read(plain), "{mapped}");
        }
        // A wider one is of IPv6, and of no address of IPv4.
        let wide = Proxies::read(&["::ffff:0:0/95".to_owned(), "::/0".to_owned()]).unwrap();
        assert!(wide.trust("2001:db8::1".parse().unwrap()));
        assert!(!wide.trust("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_range_is_refused_as_it_was_said() {
        for bad in ["", "localhost", "10.0.0.0/33", "10.0.0", "10.0.0.1:80", "::/129", "*"] {
            assert_eq!(Proxies::read(&[bad.to_owned()]), Err(bad.to_owned()));
        }
    }
}

//! Origins, addresses of proxies and tags that somebody made up.

use proptest::prelude::*;

use super::origin::is_origin;
use super::proxies::Proxies;
use super::secret::Secret;
use crate::fuzz::{cases, text_like};

const ORIGINS: &[&str] = &[
    "https://app.example",
    "http://localhost:3000",
    "https://xn--bcher-kva.example:8443",
    "http://[::1]:3000",
    "http://127.0.0.1:1",
    "https://app.example:443",
    "https://App.example/",
    "https://user@app.example",
    "null",
    "http://[0:0::1]",
    "http://a.b:65536",
];
const RANGES: &[&str] =
    &["127.0.0.1", "10.0.0.0/8", "2001:db8::/32", "::1", "10.0.0.0/33", "::ffff:10.0.0.1", "*"];
const TAGS: &[&str] =
    &["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "", "00"];

proptest! {
    #![proptest_config(cases(1_000))]

    /// The oracle is the URL standard: what a browser would write of such a page.
    #[cfg(feature = "put")]
    #[test]
    fn an_origin_is_one_that_a_browser_writes(text in text_like(ORIGINS)) {
        if is_origin(&text)
            && let Ok(url) = url::Url::parse(&text)
        {
            prop_assert_eq!(url.origin().ascii_serialization(), text);
        }
    }

    #[test]
    fn a_range_trusts_its_own_addresses(text in text_like(RANGES), address in any::<[u8; 4]>()) {
        if let Ok(proxies) = Proxies::read(std::slice::from_ref(&text)) {
            let (plain, mapped) = (std::net::Ipv4Addr::from(address), std::net::Ipv4Addr::from(address).to_ipv6_mapped());
            prop_assert_eq!(proxies.trust(plain.into()), proxies.trust(mapped.into()));
            if let Ok(own) = text.trim().parse() {
                prop_assert!(proxies.trust(own));
            }
        }
    }

    #[test]
    fn a_tag_holds_for_its_purpose_and_its_text_only(text in any::<String>(), other in any::<String>(), tag in text_like(TAGS), at in 0..64_usize) {
        let secret = Secret::new([7; 64]);
        let ours = secret.tag("one", &text);
        prop_assert!(secret.checks("one", &text, &ours));
        prop_assert!(!secret.checks("two", &text, &ours) && !Secret::new([8; 64]).checks("one", &text, &ours));
        prop_assert!(text == other || !secret.checks("one", &other, &ours));
        prop_assert!(tag.eq_ignore_ascii_case(&ours) || !secret.checks("one", &text, &tag));
        let mut bent = ours.clone().into_bytes();
        bent[at] = if bent[at] == b'0' { b'1' } else { b'0' };
        prop_assert!(!secret.checks("one", &text, std::str::from_utf8(&bent).unwrap()));
        prop_assert!(!secret.checks("one", &text, &ours[..at]));
    }
}

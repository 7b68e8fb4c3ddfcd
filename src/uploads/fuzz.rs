//! Origins, addresses of proxies and tags that somebody made up.

use proptest::prelude::*;
use uuid::Uuid;

use super::origin::is_origin;
use super::proxies::Proxies;
use super::resume::{named, token};
use super::secret::Secret;
use crate::domain::{Caller, OwnerId, PageName, SessionId};
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
const TOKENS: &[&str] = &[
    "019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10.e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10.",
    ".",
];
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

    /// Whatever is done to a token, it names its own session or none, and that for nobody else and nowhere else.
    #[test]
    fn a_resume_token_is_of_one_session_one_page_and_one_caller(text in text_like(TOKENS), session in any::<u128>(), whose in any::<[u128; 2]>(), cut in 0..101_usize, put in any::<char>()) {
        let secret = Secret::new([7; 64]);
        let id = SessionId::from_uuid(Uuid::from_u128(session));
        let [owner, other] = whose.map(|it| Caller::new(OwnerId::from_uuid(Uuid::from_u128(it))));
        let (page, elsewhere) = (PageName::try_from("inbox").unwrap(), PageName::try_from("desk").unwrap());
        let ours = token(&secret, id, &page, &owner);
        prop_assert_eq!(named(&secret, &ours, &page, &owner), Some(id));
        prop_assert_eq!(named(&secret, &ours, &elsewhere, &owner), None);
        prop_assert_eq!(named(&Secret::new([8; 64]), &ours, &page, &owner), None);
        prop_assert!(whose[0] == whose[1] || named(&secret, &ours, &page, &other).is_none());
        let cut = cut.min(ours.len());
        let bent: String = ours[..cut].chars().chain([put]).chain(ours[cut..].chars().skip(1)).collect();
        for token in [text, ours[..cut].to_owned(), format!("{}{ours}", &ours[..cut]), bent] {
            let is_ours = token.eq_ignore_ascii_case(&ours);
            prop_assert!(is_ours || named(&secret, &token, &page, &owner).is_none(), "{}", token);
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

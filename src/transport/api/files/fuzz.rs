//! Listings that nobody asks for.

use proptest::prelude::*;

use super::*;
use crate::fuzz::{cases, text_like};

const QUERIES: &[&str] = &[
    "page=inbox&slot=any&limit=50",
    "cursor=019aa5e2-9b02-7a11-8c55-7e0b6c3d4f10&limit=1000",
    "limit=0&limit=1",
    "page=%69nbox&sort=1%3bdrop",
    "limit=%2B5",
    "slot=%27%20OR%201=1--",
];

/// What stands in a query under a name, read by hand (WHATWG URL, `application/x-www-form-urlencoded`).
fn said(query: &str, wanted: &str) -> Vec<String> {
    let plain = |text: &str| {
        let (bytes, mut read, mut at) = (text.as_bytes(), Vec::new(), 0);
        while at < bytes.len() {
            let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
            let hex = hex.filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
            match (bytes[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
                (b'%', Some(byte)) => {
                    read.push(byte);
                    at += 2;
                }
                (b'+', _) => read.push(b' '),
                (byte, _) => read.push(byte),
            }
            at += 1;
        }
        String::from_utf8_lossy(&read).into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter(|(name, _)| plain(name) == wanted).map(|(_, value)| plain(value)).collect()
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn a_listing_is_bounded_and_asks_for_what_was_said(query in text_like(QUERIES)) {
        let Ok(listing) = web::Query::<Listing>::from_query(&query) else { return Ok(()) };
        let read = match listing.query() {
            Ok(read) => read,
            Err(problem) => {
                let words = problem.rejection().message();
                prop_assert!(words.len() < 100 && !words.contains(char::is_control), "{}", words);
                return Ok(());
            }
        };
        let limit = said(&query, "limit");
        prop_assert!((1..=1_000).contains(&read.limit));
        prop_assert!(limit.iter().all(|text| text.bytes().all(|byte| byte.is_ascii_digit())), "{:?}", limit);
        let limit = limit.first().map_or(Some(PAGE), |text| text.parse().ok());
        prop_assert_eq!(limit, Some(read.limit));
        let page: Vec<_> = read.page.iter().map(ToString::to_string).collect();
        let slot: Vec<_> = read.slot.iter().map(ToString::to_string).collect();
        let cursor: Vec<_> = read.cursor.iter().map(ToString::to_string).collect();
        for (name, read) in [("page", page), ("slot", slot), ("cursor", cursor)] {
            prop_assert_eq!(said(&query, name), read, "{}", name);
        }
    }
}

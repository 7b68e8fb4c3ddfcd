//! Handshakes that are nearly one.

use actix_web::http::header::HeaderMap;
use actix_web::test::TestRequest;
use proptest::prelude::*;

use super::*;
use crate::fuzz::{bytes_like, cases};

const UPGRADES: &[&str] = &["websocket", "WebSocket", "h2c, websocket"];
const CONNECTIONS: &[&str] = &["Upgrade", "keep-alive, Upgrade", "close"];
const VERSIONS: &[&str] = &["13", "8", " 13 "];
const KEYS: &[&str] = &["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ", "AAAA"];
const PROTOCOLS: &[&str] = &["longshore.v1", "chat, longshore.v1", "longshore.v2"];

/// The lines of a header, as a reader sees them who knows no library.
fn lines(headers: &HeaderMap, name: &str) -> Vec<String> {
    let text = |value: &actix_web::http::header::HeaderValue| {
        let bytes = value.as_bytes();
        let is_text = bytes.iter().all(|byte| *byte == b'\t' || (b' '..0x7f).contains(byte));
        is_text.then(|| String::from_utf8_lossy(bytes).trim().to_owned())
    };
    headers.get_all(name).filter_map(text).collect()
}

/// The one value of a header that is there once, and is text.
fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = lines(headers, name);
    (headers.get_all(name).count() == 1).then(|| all.into_iter().next()).flatten()
}

fn lists(headers: &HeaderMap, name: &str, token: &str) -> bool {
    let listed = lines(headers, name).join(",");
    listed.split(',').any(|word| word.trim() == token)
}

/// 22 digits of base64 and two signs of equality are 16 bytes, if the last digit has no bits too many.
fn is_key(text: &str) -> bool {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let Some(digits) = text.strip_suffix("==") else { return false };
    digits.len() == 22
        && digits.as_bytes().iter().all(digit)
        && digits.ends_with(['A', 'Q', 'g', 'w'])
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn a_handshake_is_one_that_a_reader_by_hand_calls_so(
        upgrade in bytes_like(UPGRADES),
        connection in bytes_like(CONNECTIONS),
        versions in proptest::collection::vec(bytes_like(VERSIONS), 1..3),
        keys in proptest::collection::vec(bytes_like(KEYS), 1..3),
        protocol in bytes_like(PROTOCOLS),
        good in any::<[bool; 5]>(),
    ) {
        // Few of them are wrong at a time, or hardly any would get behind the first line.
        let mut request = TestRequest::get();
        let mut put = |name: &'static str, meant: &'static str, is_good: bool, values: &[Vec<u8>]| {
            let meant = [meant.as_bytes().to_vec()];
            let values = if is_good { &meant[..] } else { values };
            for value in values {
                let Ok(value) = actix_web::http::header::HeaderValue::from_bytes(value) else { return false };
                request = std::mem::take(&mut request).append_header((name, value));
            }
            true
        };
        let can_be_sent = put("upgrade", "websocket", good[0], &[upgrade])
            && put("connection", "Upgrade", good[1], &[connection])
            && put("sec-websocket-version", "13", good[2], &versions)
            && put("sec-websocket-key", KEYS[0], good[3], &keys)
            && put("sec-websocket-protocol", SUBPROTOCOL, good[4], &[protocol]);
        if !can_be_sent {
            return Ok(());
        }
        let request = request.to_http_request();
        let headers = request.headers();
        let lower = |name: &str, token: &str| {
            lines(headers, name).join(",").to_ascii_lowercase().split(',').any(|word| word.trim() == token)
        };
        let by_hand = lower("upgrade", "websocket")
            && lower("connection", "upgrade")
            && one(headers, "sec-websocket-version").as_deref() == Some("13")
            && one(headers, "sec-websocket-key").is_some_and(|key| is_key(&key))
            && lists(headers, "sec-websocket-protocol", SUBPROTOCOL);
        let refused = refusal(&request);
        prop_assert_eq!(refused.is_none(), by_hand, "{:?}", headers);
        if let Some(response) = refused {
            prop_assert!([400, 426].contains(&response.status().as_u16()));
        }
    }
}

//! Messages and data frames of anybody: read or refused, shortly.

use proptest::prelude::*;
use serde_json::Value;

use super::client::{ClientMessage, decode};
use super::data::{DataFrame, HEADER};
use super::strict::Strict;
use crate::fuzz::{bytes_like, cases, cuts, pieces, text_like};

const SEEDS: &[&str] = &[
    r#"{"type":"hello","resume":"0198f0f0-0000-7000-8000-000000000001.aa","checksums":true}"#,
    r#"{"type":"register","slot":"any","entries":[{"ref":"c1","name":"a.txt","size":10,"mime":"text/plain","relative_path":"d/a.txt","last_modified":1700000000000,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}"#,
    r#"{"type":"attach","ref":"c1","id":"0198f0f0-0000-7000-8000-000000000001","size":10}"#,
    r#"{"type":"cancel","ref":"c1"}"#,
    r#"{"type":"event","name":"save","payload":{"a":[1,2.5,null,"x\u00e9\ud83d\ude00"]},"seq":1}"#,
    r#"{"type":"event","name":"save","payload":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}"#,
    r#"{"a":1,"a":2}"#,
    "[1e999,-0,18446744073709551615,9007199254740993]",
];

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn any_text_is_a_message_or_is_refused_shortly(text in text_like(SEEDS)) {
        match decode(&text) {
            Err(error) => prop_assert!(error.message.len() <= 1_000, "{}", error.message),
            Ok(ClientMessage::Register { offers, .. }) => {
                prop_assert!(offers.len() <= 1_000);
                for offer in offers {
                    prop_assert!((1..=64).contains(&offer.reference.as_str().len()));
                    if let Ok(facts) = offer.facts {
                        prop_assert!(facts.client_size.unwrap() < 1 << 53);
                    }
                }
            }
            Ok(ClientMessage::Attach { reference, .. } | ClientMessage::Cancel { reference }) => {
                prop_assert!(reference.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
            }
            Ok(ClientMessage::Hello { .. } | ClientMessage::Event { .. }) => {}
        }
    }

    /// The oracle is the library's own reader, which takes the last of two fields.
    #[test]
    fn what_is_read_strictly_is_read_alike_by_the_usual_reader(text in text_like(SEEDS)) {
        let usual = serde_json::from_str::<Value>(&text).ok();
        match serde_json::from_str::<Strict>(&text) {
            Ok(Strict(value)) => prop_assert_eq!(Some(value), usual),
            Err(error) => prop_assert!(usual.is_none() || error.to_string().contains("twice")),
        }
    }

    #[test]
    fn any_bytes_are_a_data_frame_or_too_short(bytes in bytes_like(SEEDS), cuts in cuts()) {
        let frame = DataFrame::decode(pieces(&bytes, &cuts));
        prop_assert_eq!(frame.is_some(), bytes.len() >= HEADER);
        if let Some(frame) = frame {
            let mut again = frame.stream.to_be_bytes().to_vec();
            again.extend(frame.crc32c.to_be_bytes());
            again.extend(frame.offset.to_be_bytes());
            again.extend(frame.payload.concat());
            prop_assert_eq!(again, bytes);
        }
    }
}

//! What FilePond's client would never send.

use proptest::prelude::*;

use super::*;
use crate::fuzz::{bytes_like, cases, headers as lines, text_like};

const NUMBERS: &[&str] =
    &["0", "5000000", "007", "9223372036854775807", "9223372036854775808", "1e3", "-1", "1,2"];
const NAMES: &[&str] = &["a.txt", "f\u{f6}to 100%25.jpg", "../../x", "a\" ; b"];
const QUERIES: &[&str] = &[
    "patch=0198f0f0-0000-7000-8000-000000000001.owner.tag",
    "x=1&load=a&patch=b",
    "fetch=http%3A%2F%2F169.254.169.254%2F",
    "restore=..%2f..%2fetc&id=%ff%zz",
];

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_chunk_is_read_or_refused(
        offset in bytes_like(NUMBERS), length in bytes_like(NUMBERS), name in bytes_like(NAMES),
    ) {
        let all: &[(&'static str, &[u8])] = &[
            ("content-type", b"application/offset+octet-stream"),
            ("upload-offset", &offset),
            ("upload-length", &length),
            ("upload-name", &name),
        ];
        let Some(headers) = lines(all) else { return Ok(()) };
        // A simple reader: all that lies between the ends of the line is a digit, and there are not too many of them.
        let plain = |bytes: &[u8]| {
            let digits: Option<String> = bytes.iter().map(|b| b.is_ascii_digit().then_some(char::from(*b))).collect();
            digits.and_then(|digits| digits.parse::<u128>().ok()).filter(|number| *number < 1 << 63)
        };
        let patch = Patch::read(&headers);
        prop_assert_eq!(patch.is_ok(), plain(&offset).is_some() && plain(&length).is_some());
        if let Ok(patch) = patch {
            prop_assert_eq!(Some(u128::from(patch.offset)), plain(&offset));
            prop_assert_eq!(patch.length.map(u128::from), plain(&length));
            prop_assert!(patch.name.unwrap().len() <= 3 * name.len());
        }
    }

    #[test]
    fn a_query_asks_for_one_thing_whatever_it_says(query in text_like(QUERIES)) {
        match Ask::read(&query) {
            Ask::Patch(text) | Ask::Load(text) => prop_assert!(text.len() <= 3 * query.len()),
            Ask::Fetch => prop_assert!(query.contains("fetch") || query.contains('%')),
            Ask::Nothing => {}
        }
    }
}

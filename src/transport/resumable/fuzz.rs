//! The fields of the draft and the names of files, as anybody might write them.

use proptest::prelude::*;

use super::digests::{self, Content};
use super::fields::{Fields, LARGEST};
use super::name;
use crate::domain::FileName;
use crate::fuzz::{bytes_like, cases, headers as lines};

const INTEGERS: &[&str] = &[
    "0",
    "5",
    "  5 ",
    "007",
    "-0",
    "999999999999999",
    "1000000000000000",
    "1;a=?1",
    "1; a;b=\"x\"",
    "5, 5",
    "5.0",
];
const BOOLEANS: &[&str] = &["?1", "?0", "?1;a", " ?0 ", "?2", "1", "true", "?1, ?1"];
const DIGESTS: &[&str] = &[
    "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:",
    "md5=:AAAA:, sha-256=:AAAA:, sha-512=:AAAA:",
    "sha-512=3, sha-256=1",
    "sha-256=\"text\";a=1",
    "sha-256=(1 2);x",
];
const DISPOSITIONS: &[&str] = &[
    "inline; filename=\"a b.txt\"",
    "attachment; filename=\"x.txt\"; filename*=UTF-8''na%C3%AFve.txt",
    "inline; filename*=ISO-8859-1''%e4.txt",
    "inline; filename=\"say \\\"hi\\\".txt\"",
    "form-data; name=\"f\"; filename=\"..\\\\..\\\\x\"",
    "inline; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd",
];

/// RFC 9651 §4.2.4 by hand, for an item without a look at its parameters: at most fifteen digits, a sign in front.
fn simple_integer(bytes: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(bytes).ok()?.trim_matches(' ');
    let bare = text.split_once(';').map_or(text, |(bare, _)| bare);
    let digits = bare.strip_prefix('-').unwrap_or(bare);
    let sound =
        (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| bare.parse().ok()).flatten()
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_number_of_the_draft_is_what_a_simple_reader_reads(value in bytes_like(INTEGERS)) {
        let Some(headers) = lines(&[("upload-offset", &value), ("upload-length", &value)]) else { return Ok(()) };
        let fields = Fields::read(&headers);
        prop_assert_eq!(fields.offset, fields.length);
        let simple = simple_integer(&value).and_then(|number| u64::try_from(number).ok());
        match fields.offset {
            Some(number) => prop_assert!(number <= LARGEST && simple == Some(number)),
            // Only what is wrong with its parameters is refused besides.
            None => prop_assert!(simple.is_none() || value.contains(&b';')),
        }
        for offset in [0, 1, LARGEST, u64::MAX] {
            let content_length = fields.length;
            let said = Fields { content_length, complete: Some(true), ..fields };
            if let Ok(Some(whole)) = said.whole(offset) {
                prop_assert!(whole >= offset);
            }
        }
    }

    #[test]
    fn a_word_for_complete_is_yes_or_no_or_nothing(value in bytes_like(BOOLEANS)) {
        let Some(headers) = lines(&[("upload-complete", &value)]) else { return Ok(()) };
        let bare = value.trim_ascii();
        let bare = bare.split(|byte| *byte == b';').next().unwrap_or_default();
        match Fields::read(&headers).complete {
            Some(true) => prop_assert_eq!(bare, b"?1"),
            Some(false) => prop_assert_eq!(bare, b"?0"),
            None => prop_assert!(value.contains(&b';') || ![&b"?1"[..], b"?0"].contains(&bare) || value.contains(&b'\t')),
        }
    }

    #[test]
    fn digests_are_read_or_passed_over(value in bytes_like(DIGESTS)) {
        let all: &[(&'static str, &[u8])] =
            &[("repr-digest", &value), ("content-digest", &value), ("want-repr-digest", &value)];
        let Some(headers) = lines(all) else { return Ok(()) };
        let declared = digests::declared(&headers);
        if let Some(mut content) = Content::read(&headers) {
            content.update(&value);
            prop_assert!(!content.holds(), "nobody finds a digest of itself by chance");
        } else {
            prop_assert!(declared.is_ok_and(|digest| digest.is_none()), "both are read by one reader");
        }
        let memo = digests::Memo::read(&headers);
        let written = memo.written().unwrap();
        prop_assert_eq!(serde_json::from_str::<digests::Memo>(&written).unwrap(), memo);
    }

    #[test]
    fn whatever_a_disposition_says_its_name_can_be_made_safe(value in bytes_like(DISPOSITIONS)) {
        let Some(headers) = lines(&[("content-disposition", &value)]) else { return Ok(()) };
        let claimed = name::claimed(&headers, None);
        // A byte of Latin-1 is two of UTF-8.
        prop_assert!(claimed.len() <= 2 * value.len());
        if let Ok(file) = FileName::sanitise(&claimed) {
            prop_assert!(!file.as_str().contains(['/', '\\', ':', '\0', '\r', '\n', '"']));
        }
    }
}

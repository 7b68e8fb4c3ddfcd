//! Fields of chunks that contradict each other.

use proptest::prelude::*;

use super::*;
use crate::fuzz::{cases, text_like};

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "10",
    "10000",
    "10001",
    "922337203685477",
    "9223372036854775807",
    "-1",
    "1.5",
];

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn a_chunk_lies_within_its_file(
        uuid in text_like(&["a4f0", "../../x", ""]),
        index in text_like(NUMBERS), total in text_like(NUMBERS), size in text_like(NUMBERS), count in text_like(NUMBERS),
        offset in proptest::option::of(text_like(NUMBERS)),
    ) {
        let chunk = Chunk::read(|name| match name {
            "dzuuid" => Some(&uuid),
            "dzchunkindex" => Some(&index),
            "dztotalfilesize" => Some(&total),
            "dzchunksize" => Some(&size),
            "dztotalchunkcount" => Some(&count),
            _ => offset.as_deref(),
        });
        let Ok(chunk) = chunk else { return Ok(()) };
        prop_assert!(chunk.index < chunk.count && chunk.count <= MOST && !chunk.file.is_empty() && chunk.file.len() <= LONGEST);
        let most = chunk.count.checked_mul(chunk.size).unwrap();
        prop_assert!(most <= i64::MAX.unsigned_abs());
        let (least, length) = chunk.length();
        prop_assert!(least <= most && length.is_none_or(|length| (least..=most).contains(&length)));
        prop_assert!(offset.is_none_or(|offset| offset.parse() == Ok(chunk.index * chunk.size)));
    }
}

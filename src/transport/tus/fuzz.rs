//! The headers of tus, as anybody might write them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::{checksum, concat, headers, length, metadata};
use crate::fuzz::{bytes_like, cases, headers as lines, text_like};

const METADATA: &[&str] = &[
    "filename d29ybGQucGRm,is_confidential",
    "filename Li4vLi4vZXRjL3Bhc3N3ZA==,filetype dGV4dC9wbGFpbg==,relativePath YS8uLi8uLi9i",
    "name YQ, type , lastModified MTcwMDAwMDAwMDAwMA==",
    "filename DQpTZXQtQ29va2llOiBhPWI=",
    "Set-Cookie YT1i,filename AA==",
    "a YQ==,a Yg==",
];
const CONCAT: &[&str] = &[
    "partial",
    "final;/tus/inbox/any/0198f0f0-0000-7000-8000-000000000001 /tus/inbox/any/0198f0f0-0000-7000-8000-000000000002?pass=x.y",
    "final;http://good.example/tus/inbox/any/0198f0f0-0000-7000-8000-000000000001",
    "final;../../etc/passwd",
    "final;http://169.254.169.254/latest/meta-data %2e%2e/%2e%2e",
];
const CHECKSUM: &[&str] = &[
    "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
    "sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=",
    "md5 XrY7u+Ae7tCTyyK7j1rNww==",
    "crc32 DUoRhQ==",
];
const NUMBER: &[&str] = &[
    "0",
    "100",
    "007",
    "9223372036854775807",
    "9223372036854775808",
    "-1",
    "1, 1",
    "18446744073709551616",
];

/// A number as the protocol has it, read in another way: digits, and no more of them than fit.
fn plain_number(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?.trim_matches([' ', '\t']);
    let digits = text.trim_start_matches('0');
    let all = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) && digits.len() <= 19;
    all.then(|| digits.bytes().fold(0_u128, |sum, digit| sum * 10 + u128::from(digit - b'0')))
        .filter(|number| *number <= i64::MAX.unsigned_abs().into())
        .and_then(|number| u64::try_from(number).ok())
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn metadata_is_read_as_it_would_be_written_again(value in bytes_like(METADATA)) {
        let Some(headers) = lines(&[("upload-metadata", &value)]) else { return Ok(()) };
        let Ok(Some(read)) = metadata::read(&headers) else { return Ok(()) };
        prop_assert!(value.len() <= 8 * 1024 + 64 && read.raw.is_ascii());
        let pairs = read.pairs();
        prop_assert!(pairs.len() <= 64);
        for (index, (key, bytes)) in pairs.iter().enumerate() {
            prop_assert!(!key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(pairs[..index].iter().all(|(other, _)| other != key));
            prop_assert!(bytes.len() <= read.raw.len());
        }
        let written: Vec<_> =
            pairs.iter().map(|(key, bytes)| format!("{key} {}", STANDARD.encode(bytes))).collect();
        let again = lines(&[("upload-metadata", written.join(",").as_bytes())]).unwrap();
        let again = metadata::read(&again).unwrap().unwrap();
        prop_assert_eq!(again.pairs(), pairs);
        // Claims are claims, but they are text and no longer than what was sent.
        let facts = metadata::facts(Some(&read), Some(7));
        prop_assert!(facts.client_name.len() <= 3 * read.raw.len() + 4);
    }

    #[test]
    fn a_number_is_what_a_simple_reader_reads(value in bytes_like(NUMBER)) {
        let Some(headers) = lines(&[("upload-length", &value)]) else { return Ok(()) };
        let expected = plain_number(&value);
        prop_assert_eq!(headers::number(&headers, "upload-length").ok().flatten(), expected);
        prop_assert_eq!(length::declared(&headers).ok().flatten(), expected);
    }

    #[test]
    fn a_joined_file_names_parts_of_this_place_only(value in text_like(CONCAT)) {
        let Some(headers) = lines(&[("upload-concat", value.as_bytes())]) else { return Ok(()) };
        let Ok(Some(concat::Concat::Final(addresses))) = concat::read(&headers) else { return Ok(()) };
        prop_assert!((1..=10_000).contains(&addresses.len()));
        prop_assert_eq!(format!("final;{}", addresses.join(" ")), value.trim_matches([' ', '\t']));
        let origins = ["http://good.example".to_owned()];
        for address in &addresses {
            let Some(part) = concat::part(address, &origins, "/tus/inbox/any") else { continue };
            let ours = format!("/tus/inbox/any/{}", part.id);
            let query = if address.contains('?') { format!("?{}", part.query) } else { String::new() };
            let origin = address.strip_suffix(&format!("{ours}{query}"));
            prop_assert!(origin.is_some_and(|origin| origin.is_empty() || origin.eq_ignore_ascii_case(&origins[0])));
        }
    }

    #[test]
    fn a_checksum_is_refused_or_can_be_met(value in bytes_like(CHECKSUM)) {
        let Some(headers) = lines(&[("upload-checksum", &value)]) else { return Ok(()) };
        if let Ok(Some(mut read)) = checksum::read(&headers) {
            let text = std::str::from_utf8(&value).unwrap().trim_matches([' ', '\t']);
            let (name, digest) = text.split_once(' ').unwrap();
            prop_assert!(checksum::ALGORITHMS.split(',').any(|known| known == name));
            prop_assert_eq!(STANDARD.encode(STANDARD.decode(digest).unwrap()), digest);
            read.update(&value);
            prop_assert!(!read.holds(), "nobody finds a digest of itself by chance");
        }
    }
}

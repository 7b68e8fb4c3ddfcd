//! Names on their way out, and ranges that nobody needs.

use std::io::Write;

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_RANGE, TryIntoHeaderValue};
use actix_web::test::TestRequest;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::*;
use crate::fuzz::{bytes_like, cases, text_like};
use crate::transport::multipart::parameter;

const NAMES: &[&str] = &[
    "a.txt",
    "a\"; filename=\"x.html",
    "\r\nSet-Cookie: a=b",
    "na\u{ef}ve \u{20ac}.pdf",
    "100%41.txt",
    "\u{1f600}",
    "a;b=c.txt",
    "'quoted'.txt",
];
const RANGES: &[&str] = &[
    "bytes=0-4",
    "bytes=5-",
    "bytes=-3",
    "bytes=0-0,2-3",
    "bytes=9-4",
    "bytes=0-18446744073709551615",
    "bytes=-0",
    "items=0-1",
    "bytes=",
    "bytes=0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1,0-1",
];
const BYTES: &[u8] = b"0123456789";

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_name_is_one_line_and_is_read_as_it_was(raw in text_like(NAMES), shown in any::<bool>()) {
        let Ok(name) = FileName::sanitise(&raw) else { return Ok(()) };
        let kind = MediaType::parse(if shown { "image/png" } else { "text/html" }).unwrap();
        // What can't be a header's value would be an error here.
        let value = disposition(&name, &kind, Way::AsUsual).try_into_value().unwrap();
        let text = value.to_str().unwrap();
        let how = if shown { "inline;" } else { "attachment;" };
        prop_assert!(text.starts_with(how));
        let plain = parameter(text, "filename").unwrap();
        prop_assert!(plain.is_ascii() && !plain.contains(['"', '\\', '\r', '\n']));
        let read = match parameter(text, "filename*") {
            Some(extended) => {
                let encoded = extended.strip_prefix("UTF-8''").unwrap();
                percent_decode_str(encoded).decode_utf8().unwrap().into_owned()
            }
            None => plain,
        };
        prop_assert_eq!(read, name.as_str());
    }

    #[test]
    fn a_range_is_a_part_of_its_file(range in bytes_like(RANGES)) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(BYTES).unwrap();
        let Ok(range) = actix_web::http::header::HeaderValue::from_bytes(&range) else { return Ok(()) };
        let request = TestRequest::default().insert_header(("range", range)).to_http_request();
        let opened = std::fs::File::open(file.path()).unwrap();
        let blob = Blob::of(BYTES.len() as u64, BlobSource::File(opened, file.path().to_owned()));
        let name = FileName::sanitise("a.txt").unwrap();
        let answer = answer(&request, &name, &MediaType::default(), blob, Way::AsUsual).unwrap();
        prop_assert!(answer.headers().contains_key(CONTENT_DISPOSITION) || answer.status() == 416);
        let size = match answer.body().size() {
            BodySize::Sized(size) => size,
            BodySize::None | BodySize::Stream => 0,
        };
        let said = answer.headers().get(CONTENT_RANGE).map(|value| value.to_str().unwrap().to_owned());
        match answer.status().as_u16() {
            200 => prop_assert_eq!(size, 10),
            206 => {
                let said = said.unwrap();
                let (part, whole) = said.strip_prefix("bytes ").unwrap().split_once('/').unwrap();
                let (first, last) = part.split_once('-').unwrap();
                let (first, last): (u64, u64) = (first.parse().unwrap(), last.parse().unwrap());
                prop_assert!(first <= last && last < 10 && whole == "10" && size == last - first + 1);
            }
            416 => prop_assert!(size == 0),
            other => prop_assert!(other == 400, "{}", other),
        }
    }
}

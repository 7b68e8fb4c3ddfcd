//! Forms of anybody, cut anywhere: the parts don't depend on where a body was cut on its way.

use actix_web::error::PayloadError;
use actix_web::http::header::HeaderMap;
use futures_util::{FutureExt, stream};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::fuzz::{bytes_like, cases, cuts, headers, pieces, text_like};

const TYPES: &[&str] = &[
    "multipart/form-data; boundary=X",
    "multipart/form-data; boundary=\"X\"; charset=utf-8",
    "multipart/form-data; boundary=Y; boundary=X",
    "Multipart/Form-Data; BOUNDARY=X",
    "multipart/mixed; boundary=X",
    "multipart/form-data",
];
const BODIES: &[&str] = &[
    "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--X\r\nContent-Disposition: form-data; name=\"any\"; filename=\"b.txt\"\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--X--\r\n",
    "preamble\r\n--X\r\nContent-Disposition: form-data; name=\"any\"; filename=\"..\\x\"; filename*=UTF-8''..%2fb.php\r\n\r\n\r\n--X1 not a boundary\r\n--X--\r\nepilogue",
    "--X\nContent-Disposition: form-data; name=\"a\"\n\nline feeds\n--X--",
    "--X\r\nContent-Disposition: form-data; name=\"_charset_\"\r\nContent-Transfer-Encoding: base64\r\nContent-Length: 4\r\n\r\nYWJj\r\n--X--\r\n",
    "--X--\r\n",
    "--X\r\n\r\nno headers\r\n--X--",
];
const DISPOSITIONS: &[&str] = &[
    "form-data; name=\"any\"; filename=\"a.png\"; filename*=UTF-8''..%2fb.php",
    "form-data; name=any; filename=a.txt",
    "form-data; name=\"x\\\"y\"; filename=\"..\\..\\windows\"",
    "form-data; filename=\"unfinished",
    "form-data;;; =; filename==\"=\"",
];

/// A part as it was read: its name, its file's name, its bytes.
type Seen = (Option<String>, Option<String>, Vec<u8>);

/// The parts that were read to their end, and whether the body was.
fn read(head: &HeaderMap, body: &[u8], cuts: &[usize]) -> (Vec<Seen>, bool) {
    let pieces = pieces(body, cuts).into_iter().map(Ok::<_, PayloadError>);
    let mut parser = Parser::of(head, stream::iter(pieces));
    let mut parts = Vec::new();
    let reading = async {
        // Bounded, so that a reader that no longer gets on is found.
        for _ in 0..10_000 {
            let Some(part) = parser.next().await else { return true };
            let Ok(mut part) = part else { return false };
            let (name, file) = (part.name().map(ToOwned::to_owned), file_name(&part));
            let (mut content, mut bytes) = (Content::of(&mut part), Vec::new());
            loop {
                match content.next().await {
                    Ok(Some(piece)) => bytes.extend_from_slice(&piece),
                    Ok(None) => break,
                    Err(_) => return false,
                }
            }
            parts.push((name, file, bytes));
        }
        panic!("it does not end");
    };
    let mut reading = Box::pin(reading);
    let whole = (0..100_000).find_map(|_| (&mut reading).now_or_never()).expect("it got on");
    drop(reading);
    (parts, whole)
}

/// A name as browsers write it (HTML, "multipart form data").
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn a_form_is_read_alike_however_it_is_cut(kind in bytes_like(TYPES), body in bytes_like(BODIES), cuts in cuts()) {
        for kind in [&kind[..], TYPES[0].as_bytes()] {
            let Some(head) = headers(&[("content-type", kind)]) else { continue };
            let whole = read(&head, &body, &[usize::MAX]);
            prop_assert_eq!(&read(&head, &body, &cuts), &whole);
            let sum: usize = whole.0.iter().map(|(_, _, bytes)| bytes.len()).sum();
            prop_assert!(sum <= body.len());
        }
    }

    #[test]
    fn what_a_browser_writes_is_what_is_read(
        parts in vec((text_like(&["a", "any", "\u{e9}"]), proptest::option::of(text_like(&["a.txt", "b c.png", "\u{1f600}.gif"])), vec(any::<u8>(), 0..200)), 0..5),
        cuts in cuts(),
    ) {
        // What can't be told from an escape, or can't stand in a header, nobody reads back.
        let plain = |text: &str| !text.contains(['%', '\\']) && !text.chars().any(|c| c.is_control() && !"\r\n".contains(c));
        let boundary = b"\r\n--X";
        let sound = |(name, file, bytes): &(String, Option<String>, Vec<u8>)| {
            !name.is_empty() && plain(name) && file.as_deref().is_none_or(plain)
                && !bytes.windows(4).any(|four| four == &boundary[..4])
        };
        let parts: Vec<_> = parts.into_iter().filter(sound).collect();
        let mut body = Vec::new();
        for (name, file, bytes) in &parts {
            body.extend(format!("--X\r\nContent-Disposition: form-data; name=\"{}\"", escaped(name)).into_bytes());
            if let Some(file) = file {
                body.extend(format!("; filename=\"{}\"", escaped(file)).into_bytes());
            }
            body.extend(b"\r\n\r\n");
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--X--\r\n");
        let head = headers(&[("content-type", TYPES[0].as_bytes())]).unwrap();
        let (read, whole) = read(&head, &body, &cuts);
        prop_assert!(whole);
        let seen: Vec<_> = read.into_iter().map(|(_, file, bytes)| (file, bytes)).collect();
        let meant: Vec<_> = parts.into_iter().map(|(_, file, bytes)| (file, bytes)).collect();
        prop_assert_eq!(seen, meant);
    }

    #[test]
    fn a_parameter_is_a_part_of_its_header(header in text_like(DISPOSITIONS), wanted in text_like(&["filename", "filename*", "name"])) {
        if let Some(value) = parameter(&header, &wanted) {
            prop_assert!(value.len() <= header.len());
            prop_assert!(value.chars().all(|c| header.contains(c)));
        }
    }
}

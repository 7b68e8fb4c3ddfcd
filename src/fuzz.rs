//! Hostile input: what is nearly right, and what is nothing at all (docs/fuzzing.md).
//!
//! A parser fails at what its author didn't think of, and random bytes rarely get past its first line. So most input
//! here begins as something that is meant, a seed, and is then cut, doubled, spliced with another seed, and sprinkled with
//! the tokens that have broken other servers. Each parser's properties lie beside it, in a file called `fuzz.rs`.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

/// What has broken others: climbing, ending a line, ending a string, numbers at their edges, what looks like something
/// else.
const TOKENS: &[&[u8]] = &[
    b"../",
    b"..\\",
    b"%2e%2e%2f",
    b"%00",
    b"\0",
    b"\r\n",
    b"\n",
    b"\r",
    b"\t",
    b" ",
    b"  ",
    b"\"",
    b"'",
    b"\\",
    b"\\\"",
    b"/",
    b"//",
    b":",
    b";",
    b",",
    b"=",
    b"*",
    b"?",
    b"&",
    b"#",
    b"%",
    b"+",
    b"-",
    b".",
    b"..",
    b"()",
    b"[[",
    b"{}",
    b"--",
    b"0",
    b"00",
    b"-1",
    b"+1",
    b"1e999",
    b"0x10",
    b"1.5",
    b"999999999999999",
    b"1000000000000000",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551615",
    b"18446744073709551616",
    b"NaN",
    b"\xc3\xa9",
    b"\xc3",
    b"\xff",
    b"\x7f",
    b"\xc2\x85",
    b"\xe2\x80\xae",
    b"\xef\xbb\xbf",
    b"\xf0\x9f\x98\x80",
    b"\xed\xa0\x80",
    b"e\xcc\x81",
    b"<script>",
    b"{{7*7}}",
    b"${x}",
    b"CON",
    b"UTF-8''",
    b"filename*=",
    b"bytes=",
    b"final;",
    b"?1",
    b"?0",
    b":YQ==:",
    b"\\ud800",
];

/// One step away from what is meant. Places are parts of the whole, because the whole is not known yet.
#[derive(Debug, Clone)]
enum Edit {
    Insert(u16, &'static [u8]),
    Remove(u16, u8),
    Double(u16, u8, u8),
    Flip(u16, u8),
    Put(u16, u8),
    Splice(u16, u16),
    End(u16),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (any::<u16>(), proptest::sample::select(TOKENS)).prop_map(|(at, token)| Edit::Insert(at, token)),
        2 => (any::<u16>(), 1..20_u8).prop_map(|(at, count)| Edit::Remove(at, count)),
        2 => (any::<u16>(), 1..20_u8, 1..60_u8).prop_map(|(at, count, times)| Edit::Double(at, count, times)),
        1 => (any::<u16>(), 0..8_u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        1 => (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Edit::Put(at, byte)),
        1 => (any::<u16>(), any::<u16>()).prop_map(|(at, seed)| Edit::Splice(at, seed)),
        1 => any::<u16>().prop_map(Edit::End),
    ]
}

fn edited(mut bytes: Vec<u8>, edits: &[Edit], seeds: &[&str]) -> Vec<u8> {
    for edit in edits {
        let length = bytes.len();
        let place = |at: u16| usize::from(at) * length / 65_536;
        let part = |at: u16, count: u8| place(at)..length.min(place(at) + usize::from(count));
        match edit {
            Edit::Insert(at, token) => {
                drop(bytes.splice(place(*at)..place(*at), token.iter().copied()))
            }
            Edit::Remove(at, count) => drop(bytes.drain(part(*at, *count))),
            Edit::Double(at, count, times) => {
                let more = bytes[part(*at, *count)].repeat(usize::from(*times));
                bytes.splice(place(*at)..place(*at), more);
            }
            Edit::Flip(at, bit) if length > 0 => bytes[place(*at)] ^= 1 << bit,
            Edit::Put(at, byte) if length > 0 => bytes[place(*at)] = *byte,
            Edit::Splice(at, seed) => {
                let seed = seeds[usize::from(*seed) % seeds.len()].as_bytes();
                bytes.truncate(place(*at));
                bytes.extend(seed.get(place(*at)..).unwrap_or(seed));
            }
            Edit::End(at) => bytes.truncate(place(*at)),
            Edit::Flip(..) | Edit::Put(..) => {}
        }
    }
    bytes
}

/// Bytes like these, and sometimes like nothing.
pub(crate) fn bytes_like(seeds: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let near = (proptest::sample::select(seeds), vec(edit(), 0..6))
        .prop_map(move |(seed, edits)| edited(seed.as_bytes().to_vec(), &edits, seeds));
    prop_oneof![8 => near, 1 => vec(any::<u8>(), 0..80)]
}

/// Text like this, and sometimes like nothing.
pub(crate) fn text_like(seeds: &'static [&'static str]) -> impl Strategy<Value = String> {
    let near = bytes_like(seeds).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    prop_oneof![8 => near, 1 => any::<String>()]
}

/// Where bytes are cut on their way: nowhere, everywhere, or here and there.
pub(crate) fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![Just(vec![usize::MAX]), Just(vec![1]), vec(1..40_usize, 1..8)]
}

/// Bytes in pieces of these lengths, again and again.
pub(crate) fn pieces(bytes: &[u8], cuts: &[usize]) -> Vec<Bytes> {
    let (mut rest, mut all) = (bytes, Vec::new());
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at((*cut).clamp(1, rest.len()));
        all.push(Bytes::copy_from_slice(piece));
        rest = behind;
    }
    all
}

/// Headers with these lines; nothing where a line can't stand in a request at all.
pub(crate) fn headers(lines: &[(&'static str, &[u8])]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?);
    }
    Some(headers)
}

/// So many cases with the other tests, or as many as `PROPTEST_CASES` says.
pub(crate) fn cases(usual: u32) -> ProptestConfig {
    let config = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { usual };
    ProptestConfig { cases, ..config }
}

#[test]
fn edits_reach_every_place_and_break_nothing_here() {
    let all = [
        Edit::Insert(65_535, b".."),
        Edit::Double(0, 3, 2),
        Edit::Splice(32_768, 1),
        Edit::Remove(65_535, 200),
        Edit::Flip(0, 7),
        Edit::End(65_535),
    ];
    assert!(!edited(b"seed".to_vec(), &all, &["seed", "another"]).is_empty());
    assert!(
        edited(Vec::new(), &[Edit::Flip(0, 1), Edit::Put(9, 1), Edit::End(3)], &["x"]).is_empty()
    );
    let cut = pieces(b"0123456789", &[1, 3]);
    assert_eq!(cut.iter().map(Bytes::len).collect::<Vec<_>>(), [1, 3, 1, 3, 1, 1]);
    assert_eq!(cut.concat(), b"0123456789");
}

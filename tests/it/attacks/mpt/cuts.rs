//! Where a body is cut: by whoever sends it to its end no more, and by the network, which cuts as it likes.

use std::collections::HashSet;

use longshore::testing::raw::RawConnection;
use longshore::testing::samples::{sha256, text};
use longshore::testing::{BOUNDARY, until};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use super::super::oracle::Target;
use super::{PLACES, chunk};
use crate::support::Form;

/// How a body's length is told.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Told {
    /// By `Content-Length`, of what is sent and no more.
    Exactly,
    /// By `Content-Length` of the whole; the connection ends before.
    Whole,
    /// In chunks, of which the last is missing.
    Chunked,
}

fn head(place: &str, length: &str) -> String {
    let kind = Form::content_type();
    format!("POST {place} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n{length}\r\n\r\n")
}

/// Sends a body's beginning, and answers with what status, if any.
async fn cut(target: &Target, place: &str, body: &[u8], end: usize, told: Told) -> Option<u16> {
    let mut connection = RawConnection::to(target).await;
    let begun = &body[..end];
    let request = match told {
        Told::Exactly => {
            [head(place, &format!("Content-Length: {end}")).as_bytes(), begun].concat()
        }
        Told::Whole => {
            [head(place, &format!("Content-Length: {}", body.len())).as_bytes(), begun].concat()
        }
        Told::Chunked => {
            let size = format!("{:x}\r\n", end.max(1));
            let head = head(place, "Transfer-Encoding: chunked");
            [head.as_bytes(), size.as_bytes(), begun].concat()
        }
    };
    connection.send_what_goes(&request).await;
    if told != Told::Exactly {
        return None;
    }
    connection.try_answer().await.map(|answer| answer.status)
}

/// A form with a field and two files, the second of which is the last.
fn two_parts(form: Form) -> Form {
    form.file("any", "1.txt", b"first").file("any", "2.txt", b"second")
}

/// What a whole form of two small parts leaves of its files when it is cut at any byte: those before the one that was
/// under way, and never half a one.
#[actix_web::test]
async fn mpt_05_a_body_that_ends_at_any_byte_stores_no_half_file() {
    let (first, second) = (sha256(b"first"), sha256(b"second"));
    for place in PLACES {
        let target = Target::start().await;
        let body = two_parts(Form::new()).body();
        for end in 0..body.len() - 2 {
            let status = cut(&target, place, &body, end, Told::Exactly).await;
            // The first may be stored by then, unless the files of one request are one thing.
            assert!(status.is_some_and(|status| status < 500), "{place}: cut at {end}: {status:?}");
        }
        for told in [Told::Whole, Told::Chunked] {
            for end in (0..body.len() - 2).step_by(3) {
                cut(&target, place, &body, end, told).await;
            }
        }
        until("all that was begun is over", || target.spool().is_empty()).await;
        for blob in target.blobs() {
            let digest = sha256(&std::fs::read(&blob).unwrap());
            assert!([&first, &second].contains(&&digest), "{place} stores half a file");
        }
        target.end().await;
    }
}

/// A chunk of a larger file: nothing is complete, wherever it is cut.
#[actix_web::test]
async fn mpt_05_a_chunk_that_ends_at_any_byte_makes_no_file() {
    let target = Target::start().await;
    let whole = chunk().file("file", "1.txt", b"x").body();
    let body = &whole[..];
    for end in 0..body.len() - (BOUNDARY.len() + 8) {
        let status = cut(&target, "/inbox", body, end, Told::Exactly).await;
        assert!(status.is_some_and(|s| (400..500).contains(&s)), "cut at {end}: {status:?}");
    }
    assert!(target.blobs().is_empty());
    target.end().await;
}

/// One way in which a network may cut a body: the sizes of its chunks, and those of the writes.
fn cuts() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    let sizes =
        || proptest::collection::vec(prop_oneof![1..4_usize, 1..200_usize, 1..9_000_usize], 1..12);
    (sizes(), sizes())
}

/// Bytes in pieces of these sizes, over and over.
fn pieces<'a>(bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let (mut rest, mut pieces) = (bytes, Vec::new());
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at(rest.len().min(*size));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// Full of what looks like the end of a part.
fn contents() -> [Vec<u8>; 2] {
    let near = format!("\r\n--{}\r\r\n-\n--{BOUNDARY}\r\n-", &BOUNDARY[..BOUNDARY.len() - 1]);
    [[near.as_bytes(), &text(3_000)].concat(), [&text(700)[..], near.as_bytes()].concat()]
}

async fn post(
    target: &Target,
    place: &str,
    body: &[u8],
    chunks: &[usize],
    writes: &[usize],
) -> u16 {
    let mut request = head(place, "Transfer-Encoding: chunked").into_bytes();
    for piece in pieces(body, chunks) {
        request.extend(format!("{:x}\r\n", piece.len()).into_bytes());
        request.extend(piece);
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\n\r\n");
    let mut connection = RawConnection::to(target).await;
    for piece in pieces(&request, writes) {
        // Without Nagle's delay each write is a segment of its own, as far as the kernel goes along.
        connection.send(piece).await;
        tokio::task::yield_now().await;
    }
    connection.answer().await.status
}

/// However it is cut, each file is what was put into its part.
#[actix_web::test]
async fn mpt_08_a_body_is_the_same_however_it_is_cut() {
    let files = contents();
    let mut expected = files.each_ref().map(|bytes| sha256(bytes));
    expected.sort();
    let body = files
        .iter()
        .fold(Form::new().text("note", "n"), |form, bytes| form.file("any", "a.txt", bytes));
    let body = body.body();
    let mut runner = TestRunner::new(Config::default());
    for place in PLACES {
        let (target, mut seen) = (Target::start().await, HashSet::new());
        for _ in 0..24 {
            let (chunks, writes) = cuts().new_tree(&mut runner).unwrap().current();
            let how = format!("{place} in chunks of {chunks:?} and writes of {writes:?}");
            let status = post(&target, place, &body, &chunks, &writes).await;
            assert!([200, 201].contains(&status), "{how}: {status}");
            let new = target.blobs().into_iter().filter(|blob| seen.insert(blob.clone()));
            let mut digests: Vec<_> =
                new.map(|blob| sha256(&std::fs::read(blob).unwrap())).collect();
            digests.sort();
            assert_eq!(digests, expected, "{how}");
        }
        target.end().await;
    }
}

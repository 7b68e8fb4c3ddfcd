use std::io::Write;

use futures_util::{StreamExt, poll};

use super::*;

const LENGTH: usize = 3 * RUN + 12_345;

fn bytes() -> Vec<u8> {
    (0..LENGTH).map(|n| (n % 251).to_le_bytes()[0]).collect()
}

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// One that has to hop for each piece.
fn patient(file: File, part: Range<u64>) -> Pieces {
    Pieces::of(Source::File { file: Arc::new(file), at_once: false, hop: None }, part)
}

async fn all(pieces: Pieces) -> Vec<u8> {
    let pieces: Vec<_> = pieces.collect().await;
    assert!(pieces.iter().flatten().all(|piece| piece.len() <= PIECE && !piece.is_empty()));
    pieces.into_iter().flat_map(|piece| piece.unwrap()).collect()
}

#[tokio::test]
async fn any_part_of_a_file_comes_whole_and_in_order_however_it_is_read() {
    let bytes = bytes();
    for part in [0..LENGTH, 0..1, 5..5, PIECE - 1..PIECE + 1, 7..2 * RUN + 3, LENGTH - 1..LENGTH] {
        let range = part.start as u64..part.end as u64;
        let pieces = Pieces::of_file(file(&bytes), range.clone());
        assert!(all(pieces).await == bytes[part.clone()], "{part:?} at once");
        assert!(all(patient(file(&bytes), range)).await == bytes[part.clone()], "{part:?} by hops");
    }
}

#[tokio::test]
async fn pieces_that_somebody_keeps_stay_what_they_were() {
    let bytes = bytes();
    let (mut first, mut second) = (
        Pieces::of_file(file(&bytes), 0..LENGTH as u64),
        Pieces::of_file(file(&bytes[1..]), 0..LENGTH as u64 - 1),
    );
    let mut kept = Vec::new();
    for _ in 0..4 {
        kept.push(first.next().await.unwrap().unwrap());
        kept.push(second.next().await.unwrap().unwrap());
    }
    for (turn, pair) in kept.chunks(2).enumerate() {
        assert!(pair[0] == bytes[turn * PIECE..][..PIECE]);
        assert!(pair[1] == bytes[1 + turn * PIECE..][..PIECE]);
    }
}

#[tokio::test]
async fn a_file_that_is_shorter_than_was_said_is_an_error_and_then_the_end() {
    for mut pieces in [
        Pieces::of_file(file(b"short"), 0..100),
        patient(file(b"short"), 0..100),
        Pieces::of_file(file(b"short"), 50..100),
    ] {
        let mut came = 0;
        let error = loop {
            match pieces.next().await.expect("an error comes first") {
                Ok(piece) => came += piece.len(),
                Err(error) => break error,
            }
        };
        assert!(came <= 5);
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(pieces.next().await.is_none());
    }
}

#[tokio::test]
async fn whoever_reads_fast_lets_others_of_the_thread_go_first_now_and_then() {
    let bytes = bytes();
    let mut pieces = Pieces::of_file(file(&bytes), 0..LENGTH as u64);
    // Without a hop, if this file system can do that: otherwise there are more pauses than this one.
    let (mut run, mut breaks) = (0, 0);
    loop {
        match poll!(pieces.next()) {
            Poll::Ready(Some(piece)) => run += piece.unwrap().len(),
            Poll::Ready(None) => break,
            Poll::Pending => {
                (run, breaks) = (0, breaks + 1);
                tokio::task::yield_now().await;
            }
        }
        assert!(run <= RUN);
    }
    assert!(breaks >= 3, "{breaks}");
}

#[tokio::test]
async fn what_is_in_memory_comes_as_it_is() {
    let blob = Blob::of(3, BlobSource::Memory(Bytes::from_static(b"abc")));
    assert_eq!(blob.stream().next().await.unwrap().unwrap(), "abc");
    let empty = Blob::of(0, BlobSource::Memory(Bytes::new()));
    assert!(empty.stream().next().await.is_none());
}

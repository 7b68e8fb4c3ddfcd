//! [`BufferedWriter`]: gathers bytes into parts of one size.
//!
//! Object stores take a large file in numbered parts that must have a least size, S3 for instance
//! 5 MiB for all but the last. The network brings pieces of a few kilobytes. What lies between is
//! the same everywhere, and easy to get wrong at the last part.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use serde_json::Value;

use super::{UploadWriter, WriterError};
use crate::domain::{Chunk, Rejection};

/// The part size that object stores ask for at least: 5 MiB.
pub const PART: usize = 5 * 1024 * 1024;

/// Takes an upload in parts of one size; see [`BufferedWriter`].
///
/// # Contract
///
/// As for [`UploadWriter`], but with parts for chunks. Parts are numbered from 1. All are exactly as
/// large as the writer was told; only the last may be smaller, and it is never empty. An empty file
/// has no part. `complete` is told how many there were.
///
/// # Errors
///
/// As for [`UploadWriter`].
///
/// # Cancellation
///
/// As for [`UploadWriter`].
///
/// # Implementing
///
/// Memory is one part for each upload on its way, and whatever you hold yourself.
#[async_trait]
pub trait PartWriter: Send {
    /// Begins.
    async fn open(&mut self) -> Result<(), WriterError>;

    /// Takes the next part.
    async fn write_part(&mut self, number: u32, part: Bytes) -> Result<(), WriterError>;

    /// All parts have come.
    async fn complete(&mut self, parts: u32) -> Result<Value, WriterError>;

    /// The upload ends without success.
    async fn abort(&mut self, reason: &Rejection);
}

/// An [`UploadWriter`] that hands parts of one size to a [`PartWriter`].
#[derive(Debug)]
pub struct BufferedWriter<P> {
    parts: P,
    size: usize,
    number: u32,
    gathered: BytesMut,
}

impl<P: PartWriter> BufferedWriter<P> {
    /// Parts of [`PART`] bytes.
    pub fn new(parts: P) -> Self {
        Self::with_part_size(parts, PART)
    }

    /// Parts of this many bytes; at least one.
    pub fn with_part_size(parts: P, bytes: usize) -> Self {
        Self { parts, size: bytes.max(1), number: 0, gathered: BytesMut::new() }
    }

    async fn hand_over(&mut self, bytes: usize) -> Result<(), WriterError> {
        let part = self.gathered.split_to(bytes).freeze();
        self.number += 1;
        self.parts.write_part(self.number, part).await
    }
}

#[async_trait]
impl<P: PartWriter> UploadWriter for BufferedWriter<P> {
    async fn open(&mut self) -> Result<(), WriterError> {
        self.parts.open().await
    }

    async fn write_chunk(&mut self, chunk: Chunk) -> Result<(), WriterError> {
        let mut bytes = chunk.bytes;
        // Piece by piece, so that a chunk of many parts is never in memory twice.
        while !bytes.is_empty() {
            let room = self.size - self.gathered.len();
            self.gathered.extend_from_slice(&bytes.split_to(room.min(bytes.len())));
            if self.gathered.len() == self.size {
                self.hand_over(self.size).await?;
            }
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<Value, WriterError> {
        if !self.gathered.is_empty() {
            self.hand_over(self.gathered.len()).await?;
        }
        self.parts.complete(self.number).await
    }

    async fn abort(&mut self, reason: &Rejection) {
        self.gathered = BytesMut::new();
        self.parts.abort(reason).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Code;

    #[derive(Debug, Default)]
    struct Seen {
        parts: Vec<(u32, Bytes)>,
        aborted: Option<Code>,
    }

    #[async_trait]
    impl PartWriter for Seen {
        async fn open(&mut self) -> Result<(), WriterError> {
            Ok(())
        }

        async fn write_part(&mut self, number: u32, part: Bytes) -> Result<(), WriterError> {
            self.parts.push((number, part));
            Ok(())
        }

        async fn complete(&mut self, parts: u32) -> Result<Value, WriterError> {
            Ok(parts.into())
        }

        async fn abort(&mut self, reason: &Rejection) {
            self.aborted = Some(reason.code());
        }
    }

    async fn parts_of(file: &[u8], chunk: usize, part: usize) -> (Vec<usize>, Value, Vec<u8>) {
        let mut writer = BufferedWriter::with_part_size(Seen::default(), part);
        writer.open().await.unwrap();
        for (number, piece) in file.chunks(chunk).enumerate() {
            let offset = (number * chunk) as u64;
            writer.write_chunk(Chunk::new(offset, piece.to_vec())).await.unwrap();
        }
        let answer = writer.close().await.unwrap();
        let numbers: Vec<u32> = writer.parts.parts.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1..=u32::try_from(numbers.len()).unwrap()).collect::<Vec<_>>());
        let sizes = writer.parts.parts.iter().map(|(_, part)| part.len()).collect();
        let whole = writer.parts.parts.iter().flat_map(|(_, part)| part.to_vec()).collect();
        (sizes, answer, whole)
    }

    #[tokio::test]
    async fn parts_have_one_size_and_only_the_last_may_be_smaller() {
        let file: Vec<u8> = (0..100).collect();
        for chunk in [1, 7, 10, 30, 33, 100] {
            let (sizes, answer, whole) = parts_of(&file, chunk, 30).await;
            assert_eq!(sizes, [30, 30, 30, 10], "chunks of {chunk}");
            assert_eq!((answer, whole), (4.into(), file.clone()), "chunks of {chunk}");
        }
    }

    #[tokio::test]
    async fn a_file_of_whole_parts_has_no_empty_part_and_an_empty_file_has_none() {
        assert_eq!(parts_of(&[1; 60], 25, 30).await.0, [30, 30]);
        let (sizes, answer, _) = parts_of(&[], 25, 30).await;
        assert_eq!((sizes.len(), answer), (0, 0.into()));
    }

    #[tokio::test]
    async fn an_abort_is_passed_on() {
        let mut writer = BufferedWriter::new(Seen::default());
        writer.write_chunk(Chunk::new(0, vec![1])).await.unwrap();
        writer.abort(&Rejection::new(Code::Cancelled)).await;
        assert_eq!(writer.parts.aborted, Some(Code::Cancelled));
        assert!(writer.parts.parts.is_empty(), "an aborted upload hands nothing over any more");
    }
}

//! Where an entry's bytes go: into the store, or to a writer of the application's.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Mutex;

use super::hooks::contained;
use super::live::LiveEntry;
use super::{Parts, UploadError};
use crate::blob::{BlobError, BlobKey, BlobStore, BlobWriter};
use crate::checks::Content;
use crate::domain::{Chunk, Code, Rejection};
use crate::sink::{UploadWriter, WriterError};

/// The answer to a write that was asked for.
pub(super) type Landing = BoxFuture<'static, Result<(), BlobError>>;

/// An open place for one entry's bytes.
pub(super) enum Sink {
    /// The store: published when it is whole.
    Store(Box<dyn BlobWriter>),
    /// The store, for a file all of whose bytes are here: nothing of it was written yet.
    Little(Little),
    /// The application's own.
    Writer(Box<dyn UploadWriter>),
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Store(_) => "Sink::Store",
            Self::Little(_) => "Sink::Little",
            Self::Writer(_) => "Sink::Writer",
        })
    }
}

impl Sink {
    /// Opens the place that the entry's slot names.
    pub(super) async fn open(parts: &Parts, live: &LiveEntry) -> Result<Self, UploadError> {
        let Some(make) = &live.hooks.writer else {
            return Ok(Self::Store(parts.blobs.create(live.key()).await?));
        };
        let entry = live.snapshot();
        let mut writer = called(async { Ok(make(&entry)) }).await?;
        match called(writer.open()).await {
            Ok(()) => Ok(Self::Writer(writer)),
            Err(error) => {
                let _ = Self::Writer(writer).abort(&error.rejection()).await;
                Err(error)
            }
        }
    }

    /// All bytes of an entry that goes into the store, in the place of one that is open.
    pub(super) fn little(parts: &Parts, live: &LiveEntry, pieces: Vec<Bytes>) -> Self {
        Self::Little(Little { blobs: Arc::clone(&parts.blobs), key: live.key(), pieces })
    }

    /// From here on more may come, or the bytes are to be kept without being published.
    pub(super) async fn open_up(&mut self) -> Result<(), UploadError> {
        if let Self::Little(little) = self {
            let mut writer = little.blobs.create(little.key).await?;
            writer.write_at(0, &little.pieces).await?;
            *self = Self::Store(writer);
        }
        Ok(())
    }

    pub(super) async fn write_at(&mut self, at: u64, batch: &[Bytes]) -> Result<(), UploadError> {
        self.open_up().await?;
        let writer = match self {
            Self::Store(writer) => return Ok(writer.write_at(at, batch).await?),
            Self::Little(_) => return Err(UploadError::NotInStore),
            Self::Writer(writer) => writer,
        };
        let mut offset = at;
        for bytes in batch {
            let chunk = Chunk { offset, bytes: bytes.clone() };
            offset += chunk.len();
            called(writer.write_chunk(chunk)).await?;
        }
        Ok(())
    }

    /// As [`write_at`](Self::write_at) where the answer need not be waited for; nothing was done where it must.
    pub(super) fn write_behind(&mut self, at: u64, batch: &[Bytes]) -> Option<Landing> {
        match self {
            Self::Store(writer) => writer.write_behind(at, batch),
            Self::Little(_) | Self::Writer(_) => None,
        }
    }

    /// Reads back up to so many bytes.
    pub(super) async fn read_at(&mut self, at: u64, length: usize) -> Result<Bytes, UploadError> {
        match self {
            Self::Store(writer) => Ok(writer.read_at(at, length).await?),
            Self::Little(little) => Ok(little.read_at(at, length)),
            Self::Writer(_) => Err(UploadError::NotInStore),
        }
    }

    /// Copies a part of unfinished bytes of the store; `false` if that is not possible.
    pub(super) async fn copy_at(
        &mut self,
        at: u64,
        from: BlobKey,
        part: Range<u64>,
    ) -> Result<bool, UploadError> {
        self.open_up().await?;
        match self {
            Self::Store(writer) => match writer.copy_at(at, from, part).await {
                // It was cancelled, or taken back, since it was looked at.
                Err(BlobError::NotFound) => Err(UploadError::NotFound),
                copied => Ok(copied?),
            },
            Self::Little(_) | Self::Writer(_) => Ok(false),
        }
    }

    /// Cuts off what is behind an offset.
    pub(super) async fn truncate(&mut self, length: u64) -> Result<(), UploadError> {
        self.open_up().await?;
        match self {
            Self::Store(writer) => Ok(writer.truncate(length).await?),
            Self::Little(_) => Err(UploadError::NotInStore),
            // What the application has been given it has.
            Self::Writer(_) => {
                let words = "A part of this upload broke off. Send the file again.";
                Err(Rejection::new(Code::StorageError).with_message(words).into())
            }
        }
    }

    /// Begins to make durable what was written, once it is [open](Self::open_up); nothing for a writer of the application's, which promises none.
    pub(super) fn sync(&mut self) -> Option<BoxFuture<'static, Result<(), BlobError>>> {
        match self {
            Self::Store(writer) => Some(writer.sync()),
            Self::Little(_) | Self::Writer(_) => None,
        }
    }

    /// All bytes, if they can be read back.
    pub(super) fn content(&mut self) -> Option<impl Content + use<'_>> {
        match self {
            Self::Store(_) | Self::Little(_) => Some(Written(Mutex::new(self))),
            Self::Writer(_) => None,
        }
    }

    /// Whether all bytes are in memory, and stored in one step with those of others.
    pub(super) fn is_little(&self) -> bool {
        matches!(self, Self::Little(_))
    }

    /// Makes the bytes the application's for good; answers what is left to undo it.
    pub(super) async fn settle(self) -> Result<Settled, (UploadError, Option<Self>)> {
        match self {
            Self::Store(writer) => match writer.publish().await {
                Ok(()) => Ok(Settled::Published),
                Err(error) => Err((error.into(), None)),
            },
            Self::Little(little) => match little.blobs.put(little.key, &little.pieces).await {
                Ok(()) => Ok(Settled::Published),
                Err(error) => Err((error.into(), None)),
            },
            Self::Writer(mut writer) => match called(writer.close()).await {
                Ok(result) => Ok(Settled::Closed(result, Self::Writer(writer))),
                Err(error) => Err((error, Some(Self::Writer(writer)))),
            },
        }
    }

    /// Throws away what was written.
    pub(super) async fn abort(self, reason: &Rejection) -> Result<(), UploadError> {
        match self {
            Self::Store(writer) => Ok(writer.abort().await?),
            Self::Little(_) => Ok(()),
            Self::Writer(mut writer) => {
                called(async {
                    writer.abort(reason).await;
                    Ok(())
                })
                .await
            }
        }
    }
}

/// A file that is in memory as a whole.
pub(super) struct Little {
    blobs: Arc<dyn BlobStore>,
    key: BlobKey,
    pieces: Vec<Bytes>,
}

impl Little {
    fn read_at(&self, at: u64, length: usize) -> Bytes {
        let mut rest = usize::try_from(at).unwrap_or(usize::MAX);
        let mut bytes = BytesMut::new();
        for piece in &self.pieces {
            let skipped = rest.min(piece.len());
            rest -= skipped;
            let wanted = (piece.len() - skipped).min(length - bytes.len());
            bytes.extend_from_slice(&piece[skipped..skipped + wanted]);
        }
        bytes.freeze()
    }
}

/// What became of the bytes.
#[derive(Debug)]
pub(super) enum Settled {
    /// They lie in the store under the entry's id.
    Published,
    /// The application has them, and said this of them.
    Closed(Value, Sink),
}

/// A call into the application's writer: its errors and its panics are ours.
async fn called<T>(call: impl Future<Output = Result<T, WriterError>>) -> Result<T, UploadError> {
    match contained(|| call).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(WriterError::Refused(rejection))) => Err(rejection.into()),
        Ok(Err(error)) => Err(UploadError::Writer(Arc::new(error))),
        Err(panic) => {
            let error = WriterError::failed(format!("the writer panicked: {panic}"));
            Err(UploadError::Writer(Arc::new(error)))
        }
    }
}

/// What goes into the store, for checks to read.
struct Written<'a>(Mutex<&'a mut Sink>);

impl fmt::Debug for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Written")
    }
}

#[async_trait]
impl Content for Written<'_> {
    async fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        self.0.lock().await.read_at(offset, length).await.map_err(io::Error::other)
    }
}

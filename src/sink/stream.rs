//! [`ChunkStream`]: an upload as a stream that an application's handler reads while it comes in.
//!
//! A handler in its own task reads; a bounded queue lies between. When it is full, the writer waits,
//! and with it the browser.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt};
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::{UploadWriter, WriterError};
use crate::domain::{Chunk, Code, Rejection};

/// As many chunks wait for a slow handler; then its browser waits.
pub const QUEUED: usize = 8;

/// How an upload ended that somebody reads.
#[derive(Debug, Default)]
enum Ending {
    /// It goes on, or nobody will ever say how it ended.
    #[default]
    Unknown,
    /// All bytes have come.
    Whole,
    /// It was given up.
    Aborted(Rejection),
}

/// What both ends of a stream know.
#[derive(Debug, Default)]
struct Shared {
    ending: Mutex<Ending>,
    /// Bytes that were taken out of the stream.
    read: AtomicU64,
}

impl Shared {
    fn ending(&self) -> MutexGuard<'_, Ending> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The chunks of one upload, in order, while they arrive.
///
/// It ends with `None` when all bytes have come, and with an error when the upload was given up:
/// whoever has read up to `None` has read the whole file. Nothing is lost between two chunks; each
/// begins where the one before ended. At most [`QUEUED`] chunks wait here.
#[derive(Debug)]
pub struct ChunkStream {
    chunks: Receiver<Chunk>,
    shared: Arc<Shared>,
    ended: bool,
}

impl ChunkStream {
    /// The next chunk; `None` when the file is whole.
    ///
    /// # Errors
    /// Why the upload was given up; once, then `None`.
    ///
    /// # Cancellation
    /// A dropped call has taken no chunk.
    pub async fn next(&mut self) -> Option<Result<Chunk, Rejection>> {
        StreamExt::next(self).await
    }
}

impl Stream for ChunkStream {
    type Item = Result<Chunk, Rejection>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let chunk = std::task::ready!(self.chunks.poll_recv(cx));
        if let Some(chunk) = chunk {
            self.shared.read.fetch_add(chunk.len(), Ordering::SeqCst);
            return Poll::Ready(Some(Ok(chunk)));
        }
        self.ended = true;
        let ending = std::mem::take(&mut *self.shared.ending());
        Poll::Ready(match ending {
            Ending::Whole => None,
            Ending::Aborted(reason) => Some(Err(reason)),
            Ending::Unknown => Some(Err(Rejection::new(Code::Cancelled))),
        })
    }
}

/// What reads a [`ChunkStream`], as a future that is ready to run.
pub(crate) type Reading = BoxFuture<'static, Result<Value, WriterError>>;
/// Makes the future that reads.
pub(crate) type Read = Box<dyn FnOnce(ChunkStream) -> Reading + Send>;

/// The writer behind a [`ChunkStream`].
pub(crate) struct StreamWriter {
    read: Option<Read>,
    chunks: Option<Sender<Chunk>>,
    shared: Arc<Shared>,
    written: u64,
    reader: Option<JoinHandle<Result<Value, WriterError>>>,
}

impl StreamWriter {
    /// A writer whose chunks `read` gets.
    pub(crate) fn new(read: Read) -> Self {
        let shared = Arc::default();
        Self { read: Some(read), chunks: None, shared, written: 0, reader: None }
    }

    /// What the reader came to.
    async fn answer(&mut self) -> Result<Value, WriterError> {
        match self.reader.take() {
            Some(reader) => reader.await.map_err(WriterError::failed)?,
            None => Err(WriterError::failed("the reader has ended before")),
        }
    }
}

#[async_trait]
impl UploadWriter for StreamWriter {
    async fn open(&mut self) -> Result<(), WriterError> {
        let (sender, chunks) = channel(QUEUED);
        let stream = ChunkStream { chunks, shared: Arc::clone(&self.shared), ended: false };
        if let Some(read) = self.read.take() {
            self.reader = Some(tokio::spawn(read(stream)));
        }
        self.chunks = Some(sender);
        Ok(())
    }

    async fn write_chunk(&mut self, chunk: Chunk) -> Result<(), WriterError> {
        let Some(chunks) = &self.chunks else {
            return Err(WriterError::failed("a chunk before the writer was opened"));
        };
        self.written += chunk.len();
        if chunks.send(chunk).await.is_ok() {
            return Ok(());
        }
        // The reader let go of the stream: by its own fault, or because it believes that it is done.
        self.answer().await?;
        Err(WriterError::failed("the handler ended before it had read all chunks"))
    }

    async fn close(&mut self) -> Result<Value, WriterError> {
        *self.shared.ending() = Ending::Whole;
        self.chunks = None;
        let answer = self.answer().await?;
        if self.shared.read.load(Ordering::SeqCst) < self.written {
            return Err(WriterError::failed("the handler ended before it had read all chunks"));
        }
        Ok(answer)
    }

    async fn abort(&mut self, reason: &Rejection) {
        *self.shared.ending() = Ending::Aborted(reason.clone());
        self.chunks = None;
        // The handler sees the end and comes to its own.
        if let Some(reader) = self.reader.take()
            && let Err(error) = reader.await
        {
            tracing::error!(%error, "the handler of an aborted upload died");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading<F, Fut>(read: F) -> StreamWriter
    where
        F: FnOnce(ChunkStream) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Value, WriterError>> + Send + 'static,
    {
        StreamWriter::new(Box::new(move |stream| Box::pin(read(stream))))
    }

    fn chunk(number: u64) -> Chunk {
        Chunk::new(number * 10, vec![u8::try_from(number).unwrap(); 10])
    }

    async fn count(mut stream: ChunkStream) -> Result<Value, WriterError> {
        let mut end = 0;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            assert_eq!(chunk.offset, end, "no gap and no repetition");
            end = chunk.offset + chunk.len();
        }
        Ok(end.into())
    }

    #[tokio::test]
    async fn a_handler_reads_every_chunk_and_answers_for_the_entry() {
        let mut writer = reading(count);
        writer.open().await.unwrap();
        for number in 0..100 {
            writer.write_chunk(chunk(number)).await.unwrap();
        }
        assert_eq!(writer.close().await.unwrap(), 1_000);
    }

    #[tokio::test]
    async fn an_empty_upload_is_an_empty_stream() {
        let mut writer = reading(count);
        writer.open().await.unwrap();
        assert_eq!(writer.close().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_handler_that_does_not_read_makes_the_writer_wait() {
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let mut writer = reading(|stream| async move {
            let _ = gone.await;
            count(stream).await
        });
        writer.open().await.unwrap();
        for number in 0..QUEUED as u64 {
            writer.write_chunk(chunk(number)).await.unwrap();
        }
        let mut next = Box::pin(writer.write_chunk(chunk(QUEUED as u64)));
        assert!(futures_util::poll!(&mut next).is_pending(), "the queue is full");
        go.send(()).unwrap();
        next.await.unwrap();
        assert_eq!(writer.close().await.unwrap(), (QUEUED as u64 + 1) * 10);
    }

    #[tokio::test]
    async fn a_handler_that_ends_early_fails_the_upload() {
        let mut writer = reading(|stream| async move {
            drop(stream);
            Ok(Value::Null)
        });
        writer.open().await.unwrap();
        let mut failed = None;
        for number in 0..100 {
            failed = writer.write_chunk(chunk(number)).await.err();
            if failed.is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let message = failed.expect("it noticed").to_string();
        assert_eq!(message, "the handler ended before it had read all chunks");
    }

    #[tokio::test]
    async fn a_handler_that_leaves_the_last_chunk_unread_fails_the_upload() {
        let (done, was_done) = tokio::sync::oneshot::channel::<()>();
        let mut writer = reading(|mut stream| async move {
            let _ = stream.next().await;
            let _ = was_done.await;
            Ok(Value::Null)
        });
        writer.open().await.unwrap();
        writer.write_chunk(chunk(0)).await.unwrap();
        writer.write_chunk(chunk(1)).await.unwrap();
        tokio::task::yield_now().await;
        done.send(()).unwrap();
        assert!(writer.close().await.is_err());
    }

    #[tokio::test]
    async fn a_handlers_own_error_is_the_uploads() {
        let mut writer = reading(|mut stream| async move {
            let _ = stream.next().await;
            Err(Rejection::because("Only invoices.").into())
        });
        writer.open().await.unwrap();
        writer.write_chunk(chunk(0)).await.unwrap();
        let WriterError::Refused(rejection) = writer.close().await.unwrap_err() else {
            panic!("the handler refused");
        };
        assert_eq!(rejection.message(), "Only invoices.");
    }

    #[tokio::test]
    async fn an_aborted_upload_ends_the_stream_with_its_reason() {
        let (say, said) = tokio::sync::oneshot::channel();
        let mut writer = reading(|mut stream| async move {
            let mut reason = None;
            while let Some(chunk) = stream.next().await {
                reason = chunk.err();
            }
            let _ = say.send(reason.map(|reason| reason.code()));
            Ok(Value::Null)
        });
        writer.open().await.unwrap();
        writer.write_chunk(chunk(0)).await.unwrap();
        writer.abort(&Rejection::new(Code::Cancelled)).await;
        assert_eq!(said.await.unwrap(), Some(Code::Cancelled));
    }
}
